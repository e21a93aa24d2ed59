#!/bin/sh
# Installs the servers that the tests drive, from Debian's packages, and says what it installs. They are not started as
# services: the tests start private ones on loopback.
set -eu
need=""
command -v prosody >/dev/null 2>&1 || need="$need prosody"
command -v ip >/dev/null 2>&1 || need="$need iproute2"   # network namespaces: proof that no link is ever requested
command -v unshare >/dev/null 2>&1 || need="$need util-linux"
if [ -z "$need" ]; then
	echo "servers: everything is there (prosody, ip, unshare)"
	exit 0
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
echo "servers: installing with apt-get:$need"
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $need
