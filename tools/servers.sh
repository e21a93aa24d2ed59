#!/bin/sh
# Installs the servers that the tests drive, from Debian's packages, and says what it installs. They are not started as
# services: the tests start private ones on loopback.
set -eu
PATH="$PATH:/usr/sbin:/sbin" # ejabberdctl and ip are there, and not everybody's PATH has it
need=""
command -v prosody >/dev/null 2>&1 || need="$need prosody"
command -v ejabberdctl >/dev/null 2>&1 || need="$need ejabberd"
command -v nats-server >/dev/null 2>&1 || need="$need nats-server"
command -v chromium >/dev/null 2>&1 || need="$need chromium" # the pages, as people see them
command -v ip >/dev/null 2>&1 || need="$need iproute2"   # network namespaces: proof that no link is ever requested
command -v unshare >/dev/null 2>&1 || need="$need util-linux"
command -v profanity >/dev/null 2>&1 || need="$need profanity" # a client, as a person sees it
command -v tmux >/dev/null 2>&1 || need="$need tmux"
if [ -z "$need" ]; then
	echo "servers: everything is there (prosody, ejabberd, nats-server, ip, unshare, profanity, tmux)"
	exit 0
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
echo "servers: installing with apt-get:$need"

# Debian starts a service when its package is installed, and Erlang's epmd with it, unless this file says no (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
	$sudo chmod 755 "$policy"
	trap '$sudo rm -f "$policy"' EXIT
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $need

# Nor are those that were installed now to be started with the machine.
command -v systemctl >/dev/null 2>&1 || exit 0
case "$need" in *prosody*) $sudo systemctl disable prosody >/dev/null 2>&1 || true ;; esac
case "$need" in *ejabberd*) $sudo systemctl disable ejabberd epmd.socket epmd >/dev/null 2>&1 || true ;; esac
