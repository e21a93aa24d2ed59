package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nospim/nospim/internal/servers"
)

// TestNoLinkIsEverRequested judges, replays and serves messages full of links in a network namespace that has a route to
// everywhere and a name server, and counts the packets that leave: none (DESIGN §8, rule 1). A packet sent on purpose at the
// end shows that they would be counted.
func TestNoLinkIsEverRequested(t *testing.T) {
	servers.Need(t, "unshare")
	servers.Need(t, "ip")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	events := filepath.Join(dir, "events.jsonl")
	var lines strings.Builder
	for _, id := range []string{"1", "2", "3"} {
		lines.WriteString(`{"id":"` + id + `","kind":"message","time":"2026-03-01T18:00:00Z","service":"chat.example","sender":{"id":"bot@x.example"},` +
			`"recipients":[{"id":"ada@chat.example"}],"relation":"stranger","body":"see http://pills.test/a and www.cam.example","links":["https://more.invalid/"],` +
			`"files":[{"url":"http://files.test/x.png"}]}` + "\n")
	}
	if err := os.WriteFile(events, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	const script = `set -e
ip link set lo up
ip link add d0 type veth peer name d1
ip link set d1 up
ip addr add 192.0.2.1/24 dev d0
ip link set d0 up
ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:01 dev d0
ip route add default via 192.0.2.2
sent() { awk '/^Ip:/ { line = $0 } END { split(line, f, " "); print f[11] }' /proc/net/snmp; }
"$SELF" check 'see http://pills.test/a and www.cam.example and hxxp://x.example' >&2
"$SELF" replay "$EVENTS" >&2
echo "nospim $(sent)"
bash -c 'echo hi > /dev/udp/203.0.113.1/53'
echo "control $(sent)"`
	args := []string{"-n"}
	if os.Geteuid() != 0 {
		args = []string{"-r", "-n"}
	}
	cmd := exec.CommandContext(t.Context(), "unshare", append(args, "sh", "-c", script)...)
	cmd.Env = append(os.Environ(), runEnv+"=1", "SELF="+self, "EVENTS="+events, "HOME="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if got := string(out); got != "nospim 0\ncontrol 1\n" {
		t.Errorf("packets sent:\n%s\nwant none by nospim and one by the control\n%s", got, stderr.String())
	}
}
