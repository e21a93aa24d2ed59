package town

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// played is an event that was kept.
type played struct {
	nospim.Event
	Truth
}

// play plays a town and keeps all.
func play(t *testing.T, o Options) []played {
	t.Helper()
	var all []played
	for e, truth := range settled(t, small(o)).Events() {
		kept := *e
		kept.Recipients = slices.Clone(e.Recipients)
		all = append(all, played{kept, truth})
	}
	return all
}

// incidents sorts the events of attackers by incident.
func incidents(all []played) map[string][]played {
	by := map[string][]played{}
	for _, p := range all {
		if p.Attack != "" {
			by[p.Attack] = append(by[p.Attack], p)
		}
	}
	return by
}

func attackOf(t *testing.T, name string, o Options) map[string][]played {
	t.Helper()
	o.Attacks, o.Quiet = []string{name}, true
	o.Incidents, o.Length = 12, 60*time.Hour
	by := incidents(play(t, o))
	if len(by) < 8 {
		t.Fatalf("%d incidents of %s", len(by), name)
	}
	return by
}

func TestCommunityHasNoSpam(t *testing.T) {
	for _, p := range play(t, Options{Seed: 1}) {
		if p.Label != Ham || p.Attack != "" {
			t.Fatalf("%s is %+v", p.ID, p.Truth)
		}
	}
}

func TestQuietTownHasFewHonestEvents(t *testing.T) {
	spam, ham := 0, 0
	for _, p := range play(t, Options{Seed: 1, Quiet: true, Attacks: []string{"bulk"}}) {
		switch {
		case p.Label == Spam:
			spam++
		case p.Role != "recipient":
			t.Fatalf("a %s does something in a quiet town", p.Role)
		default:
			ham++
		}
	}
	if spam == 0 || ham > spam {
		t.Errorf("%d spam, %d ham", spam, ham)
	}
}

// TestBuddyBotHasOneScript: every account of an incident says the same turns, in the same order, to everybody.
func TestBuddyBotHasOneScript(t *testing.T) {
	names, links := 0, 0
	for name, events := range attackOf(t, "buddy_bot", Options{Seed: 2}) {
		if !strings.Contains(events[0].Variant, "fixed") || strings.Contains(events[0].Variant, "echoes") {
			continue
		}
		turns, senders := map[string][]string{}, map[string]bool{}
		for _, e := range events {
			if e.Kind == nospim.KindMessage {
				senders[e.Sender.ID] = true
				pair := e.Sender.ID + " " + e.Recipients[0].ID
				body := regexp.MustCompile(`http\S+|\b2\d\b`).ReplaceAllString(strings.ReplaceAll(e.Body, e.Sender.Name, "BOT"), "X")
				turns[pair] = append(turns[pair], body)
				if strings.Contains(e.Body, "http://") {
					links++
				}
			}
		}
		var longest []string
		for _, said := range turns {
			if len(said) > len(longest) {
				longest = said
			}
		}
		for pair, said := range turns {
			if !slices.Equal(said, longest[:len(said)]) {
				t.Errorf("%s, %s: %q is not the script %q", name, pair, said, longest)
			}
		}
		names += len(senders)
	}
	if names < 4 || links == 0 {
		t.Errorf("%d names, %d links", names, links)
	}
}

// TestStolenFriendIsAChain: log-in from elsewhere, the contact list is read, then links to contacts only.
func TestStolenFriendIsAChain(t *testing.T) {
	by := attackOf(t, "stolen_friend", Options{Seed: 3, People: 300})
	lured := 0
	for name, events := range by {
		var in, read time.Time
		var owner string
		for _, e := range events {
			switch {
			case e.Role == "lure":
				lured++
				continue
			case e.Kind == nospim.KindLogin:
				in, owner, read = e.Time, e.Sender.ID, time.Time{}
			case e.Kind == nospim.KindRosterRead && e.Sender.ID == owner:
				read = e.Time
				if e.Count < 8 {
					t.Errorf("%s: the list has %d contacts", name, e.Count)
				}
			case e.Kind == nospim.KindMessage:
				if in.IsZero() || e.Relation != nospim.RelationContact {
					t.Errorf("%s: %s is sent to a %s, logged in at %v", name, e.ID, e.Relation, in)
				}
			}
		}
		if read.Before(in) {
			t.Errorf("%s: the list was read at %v, before the log-in at %v", name, read, in)
		}
	}
	if lured < 4 {
		t.Errorf("only %d of %d were lured", lured, len(by))
	}
}

func TestHarvestReadsBeforeItWrites(t *testing.T) {
	for name, events := range attackOf(t, "harvest", Options{Seed: 4}) {
		wrote, reads, known, writes := false, 0, map[string]bool{}, 0
		for _, e := range events {
			switch e.Kind {
			case nospim.KindDirectorySearch:
				reads += e.Count
			case nospim.KindRosterRead:
				if len(e.Recipients) > 0 {
					reads += e.Count
				}
			case nospim.KindProfileRead:
				reads++
				known[e.Recipients[0].ID] = true
			case nospim.KindMessage:
				wrote = true
				writes++
			default:
			}
			if wrote && (e.Kind == nospim.KindDirectorySearch || e.Kind == nospim.KindProfileRead) {
				t.Errorf("%s reads after it has written", name)
			}
		}
		if reads < 40 || writes > 0 && writes < 20 {
			t.Errorf("%s read %d and wrote %d", name, reads, writes)
		}
	}
}

// TestTrackingTellsRecipientsApart: in an incident, no two people get the same link.
func TestTrackingTellsRecipientsApart(t *testing.T) {
	slots := map[string]bool{}
	for name, events := range attackOf(t, "tracking", Options{Seed: 5}) {
		for _, s := range trackingSlots {
			if slices.Contains(strings.Split(events[0].Variant, ","), s) {
				slots[s] = true
			}
		}
		if strings.Contains(events[0].Variant, "disguised") {
			continue
		}
		owner := map[string]string{}
		for _, e := range events {
			if e.Kind != nospim.KindMessage {
				continue
			}
			link := anyLink.FindString(e.Body)
			if link == "" {
				t.Fatalf("%s: no link in %q", name, e.Body)
			}
			if other, taken := owner[link]; taken && other != e.Recipients[0].ID {
				t.Errorf("%s: %s and %s get %s", name, other, e.Recipients[0].ID, link)
			}
			owner[link] = e.Recipients[0].ID
		}
	}
	if len(slots) < 5 {
		t.Errorf("only the slots %v were used", slots)
	}
}

func TestCountingCodesAscend(t *testing.T) {
	last := ""
	for n := range 3000 {
		c := code36(n)
		if len(c) != 4 || c <= last {
			t.Fatalf("after %q comes %q", last, c)
		}
		last = c
	}
}

func TestGangReportsSomebodyHonest(t *testing.T) {
	for name, events := range attackOf(t, "report_gang", Options{Seed: 6, People: 300}) {
		accused, reporters := map[string]bool{}, map[string]bool{}
		for _, e := range events {
			if e.Kind == nospim.KindReport {
				accused[e.Recipients[0].ID] = true
				reporters[e.Sender.ID] = true
			}
		}
		if len(accused) != 1 || len(reporters) < 5 {
			t.Errorf("%s: %d report %d", name, len(reporters), len(accused))
		}
	}
}

func TestChildApproachTurnsToMinors(t *testing.T) {
	for name, events := range attackOf(t, "child_approach", Options{Seed: 7}) {
		children := map[string]bool{}
		for _, e := range events {
			if len(e.Recipients) > 0 {
				children[e.Recipients[0].ID] = true
				if !e.Recipients[0].Minor {
					t.Errorf("%s turns to %s, who is no minor", name, e.Recipients[0].ID)
				}
			}
		}
		if len(children) < 2 {
			t.Errorf("%s turns to %d children", name, len(children))
		}
	}
}

// TestTimers: a periodic program keeps its beat, a random one does not, people have long tails.
func TestTimers(t *testing.T) {
	deviation := func(attack string) (worst float64) {
		for _, events := range attackOf(t, attack, Options{Seed: 8}) {
			var gaps []float64
			var last time.Time
			for _, e := range events {
				if e.Kind == nospim.KindMessage {
					if !last.IsZero() {
						gaps = append(gaps, e.Time.Sub(last).Seconds())
					}
					last = e.Time
				}
			}
			worst = max(worst, variation(gaps))
		}
		return worst
	}
	if d := deviation("timer_periodic"); d > 0.1 {
		t.Errorf("a periodic program's gaps deviate by %.2f of their mean", d)
	}
	if d := deviation("timer_random"); d < 0.25 {
		t.Errorf("random gaps deviate by %.2f of their mean at most", d)
	}
}

var anyLink = regexp.MustCompile(`https?://[^\s"\\»]+`)

// TestHostsAreReserved: no link of the town leads to a host that could exist (RFC 2606).
func TestHostsAreReserved(t *testing.T) {
	reserved := regexp.MustCompile(`\.(example|test|invalid)$`)
	found := 0
	for _, p := range play(t, Options{Seed: 9, Attacks: Attacks(), Incidents: 6}) {
		if strings.Contains(p.Variant, "disguised") {
			continue // made of the same links; what is left of a host is no host
		}
		for _, link := range append(anyLink.FindAllString(p.Body, -1), p.Links...) {
			found++
			if u, err := url.Parse(link); err != nil || !reserved.MatchString(u.Hostname()) {
				t.Errorf("%s: %s leads out of the reserved domains (%v)", p.Attack, link, err)
			}
		}
	}
	if found < 500 {
		t.Errorf("only %d links", found)
	}
}
