package servertest

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nospim/nospim"
)

// releasedThroughKills: what waited at the door arrives once and in its order, though nospim is killed (-9) again and again while it is
// released.
func releasedThroughKills(t *testing.T, d *daemon) {
	const senders, each = 4, 4 // whoever says more at once is throttled
	w := d.world(patient)
	person := w.user(t)
	before := strings.Count(w.log(t), "nospim answers")
	d.end(syscall.SIGTERM)
	d.run("people", "set", person.jid, "contacts_only")
	d.start() // and knows it from the start
	w.answers(t, before+1)
	want := map[string][]string{}
	for i := range senders {
		stranger := w.user(t)
		for j := range each {
			text := fmt.Sprintf("%s, question %d: do you still sing in that choir of yours on day %d?", stranger.jid, j, i*each+j)
			stranger.say(person.jid, text)
			want[stranger.jid] = append(want[stranger.jid], text)
		}
	}
	var list []nospim.Held
	eventually(t, "all of it to wait", func() bool { list = d.heldList(); return len(list) == senders*each })
	for i := range list {
		d.run("held", "release", "--no-lesson", list[i].ID)
		if i%3 == 1 {
			d.end(syscall.SIGKILL)
			d.start()
		}
	}
	person.waitBodies(senders * each)
	d.end(syscall.SIGKILL) // what was not acknowledged would come again
	d.start()
	eventually(t, "the deliveries in nospim's books", func() bool {
		return len(d.heldList()) == 0 && count([]string{d.run("held", "list", "--state", "released")}, "h-") == 0
	})
	got := bodies(person.received())
	for from, texts := range want {
		var his []string
		for _, text := range got {
			if slices.Contains(texts, text) {
				his = append(his, text)
			}
		}
		if !slices.Equal(his, texts) {
			t.Errorf("of %s arrived %q, want %q", from, his, texts)
		}
	}
	if len(got) != senders*each {
		t.Errorf("%d messages arrived, want %d: %q", len(got), senders*each, got)
	}
}
