package people_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

const day = 24 * time.Hour

// town is a service with a real engine on a real store, on which people write and report. Its clock stands still unless it is moved.
type town struct {
	*testing.T
	reports *people.Reports
	store   *sqlite.Store
	now     time.Time
	n       int
}

func newTown(t *testing.T) *town {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	detectors := detect.All(nil)
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detectors))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(t.Context(), engine.Config{Memory: memory.New(memory.Limits{}), Records: store, Policy: p.Enforced(), Detectors: detectors})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{T: t, store: store, now: start}
	w.reports = &people.Reports{
		Judged: e, Store: store, Clock: func() time.Time { return w.now }, Thanks: true,
		Forward: people.Forward{
			Compose: func(c *nospim.Complaint) string {
				return "<message><!-- " + c.About + " " + c.Reason + " --><message/>" + c.Message + "</message>"
			},
			ThirdParties: []string{"reports@third.example"},
		},
	}
	return w
}

// old is an account of a year, young one of a day.
func (w *town) old(name string) nospim.Account   { return w.account(name, 365*day) }
func (w *town) young(name string) nospim.Account { return w.account(name, day) }

func (w *town) account(name string, age time.Duration) nospim.Account {
	return nospim.Account{ID: name + "@chat.example", Local: true, Created: w.now.Add(-age)}
}

func (w *town) event(kind nospim.Kind, from, to nospim.Account) *nospim.Event {
	w.n++
	return &nospim.Event{
		ID: fmt.Sprint("e-", w.n), Kind: kind, Time: w.now, Protocol: "xmpp", Service: "chat.example", Relation: nospim.RelationStranger,
		Sender: from, Recipients: []nospim.Account{to},
	}
}

func (w *town) judge(e *nospim.Event) *nospim.Verdict {
	w.Helper()
	v, err := w.reports.Judge(w.Context(), e)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// say lets somebody write to somebody.
func (w *town) say(from, to nospim.Account) *nospim.Event {
	w.Helper()
	e := w.event(nospim.KindMessage, from, to)
	e.Body, e.Raw = fmt.Sprintf("line %d of a conversation", w.n), "<message/>"
	w.judge(e)
	return e
}

// report lets somebody report somebody, who has written to them a minute ago.
func (w *town) report(by, about nospim.Account) {
	w.Helper()
	w.now = w.now.Add(time.Minute)
	w.judge(w.event(nospim.KindReport, by, about))
}

// last is the report that came last.
func (w *town) last() record.Complaint {
	w.Helper()
	all, err := w.store.Complaints(w.Context(), record.ComplaintFilter{Limit: 1})
	if err != nil || len(all) != 1 {
		w.Fatalf("%d reports, %v", len(all), err)
	}
	return all[0]
}

// count counts the reports about somebody, and returns which label they come to.
func (w *town) count(about nospim.Account) (people.Tally, string) {
	w.Helper()
	t, err := w.reports.Count(w.Context(), "chat.example", about.ID)
	if err != nil {
		w.Fatal(err)
	}
	labels, err := w.store.Labels(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	label := ""
	for i := range labels {
		if l := &labels[i]; l.Entity.ID == about.ID && l.Until.After(w.now) && len(l.Name) > len(label) {
			label = l.Name
		}
	}
	return t, label
}

// gang are so many accounts of an age; each has said something here.
func (w *town) gang(n int, account func(string) nospim.Account) (all []nospim.Account) {
	w.Helper()
	for i := range n {
		a := account(fmt.Sprint("gang", i))
		w.say(a, w.old("neighbour"))
		all = append(all, a)
	}
	return all
}

// befriend has so many people of standing write to their contact.
func (w *town) befriend(who nospim.Account, n int) {
	w.Helper()
	for i := range n {
		e := w.event(nospim.KindMessage, w.old(fmt.Sprint("friend", i)), who)
		e.Relation, e.Body, e.Raw = nospim.RelationContact, fmt.Sprintf("see you on day %d", i), "<message/>"
		w.judge(e)
	}
}

// TestReportIsProven: a report counts only if its author got something from whom it is about.
func TestReportIsProven(t *testing.T) {
	w := newTown(t)
	ada, bob, eve, mallory := w.old("ada"), w.old("bob"), w.old("eve"), w.old("mallory")
	far := nospim.Account{ID: "spammer@far.example"}
	w.gang(1, w.old)
	w.say(ada, bob)
	w.say(eve, ada)
	wrote := w.say(far, ada)
	for _, c := range []struct {
		name      string
		by, about nospim.Account
		refers    string
		proof     record.Proof
		counts    bool
	}{
		{"of a message that is named", ada, far, wrote.ID, record.Proven, true},
		{"once more", ada, far, wrote.ID, record.Proven, false},
		{"of the latest, by a name that only the server knows", ada, eve, "archive-4711", record.Proven, true},
		{"about somebody who never wrote", ada, mallory, "", record.Unproven, false},
		{"of a message that was another's", mallory, far, wrote.ID, record.Unproven, false},
		{"of a message that never was", bob, mallory, "e-99999", record.Unproven, false},
		{"about oneself", ada, ada, wrote.ID, record.Void, false},
		{"by somebody from elsewhere", far, ada, "", record.Void, false},
	} {
		w.now = w.now.Add(time.Minute)
		e := w.event(nospim.KindReport, c.by, c.about)
		e.Refers = c.refers
		w.judge(e)
		if got := w.last(); got.EventID != e.ID || got.Proof != c.proof || (got.Weight > 0) != c.counts {
			t.Errorf("%s: %+v, want it %s, and to count: %v", c.name, got, c.proof, c.counts)
		}
	}
}

// TestReportsComeTo is who can get whom labelled: what the reports of some come to against the friends of others.
func TestReportsComeTo(t *testing.T) {
	for _, c := range []struct {
		name    string
		gang    int
		account func(*town, string) nospim.Account
		friends int
		asked   bool // the gang writes first
		want    string
	}{
		{"one reporter alone", 1, (*town).old, 0, false, ""},
		{"two", 2, (*town).old, 0, false, ""},
		{"ten fresh accounts", 10, (*town).young, 0, false, ""},
		{"three people of standing, about somebody whom nobody knows", 3, (*town).old, 0, false, nospim.LabelReported},
		{"six", 6, (*town).old, 0, false, nospim.LabelReportedMuch},
		{"six, about somebody with two friends", 6, (*town).old, 2, false, ""},
		{"nine, about somebody with two friends", 9, (*town).old, 2, false, nospim.LabelReported},
		{"fifty old accounts that a spammer bought, about an honest sender with thirteen friends", 50, (*town).old, 13, false, ""},
		{"fifty of them, about somebody with twelve friends", 50, (*town).old, 12, false, nospim.LabelReported},
		{"fifty who asked somebody with four friends first", 50, (*town).old, 4, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			accused := w.old("accused")
			w.befriend(accused, c.friends)
			for _, g := range w.gang(c.gang, func(s string) nospim.Account { return c.account(w, s) }) {
				if c.asked {
					w.say(g, accused)
				}
				w.now = w.now.Add(11 * time.Minute)
				w.say(accused, g)
				w.report(g, accused)
				w.report(g, accused) // each counts once
			}
			tally, label := w.count(accused)
			if label != c.want {
				t.Errorf("it comes to %+v and the label %q, want %q", tally, label, c.want)
			}
			w.now = w.now.Add(time.Hour)
			v := w.judge(w.event(nospim.KindMessage, accused, w.old("somebody")))
			if v.Action >= nospim.Reject {
				t.Errorf("reports alone make it %v", v.Action)
			}
		})
	}
}

// TestLabelsOfReports: who is reported is marked to strangers; a moderator's word stands; the label goes when the reports were dismissed, and fades.
func TestLabelsOfReports(t *testing.T) {
	w := newTown(t)
	accused := w.old("accused")
	for _, g := range w.gang(3, w.old) {
		w.say(accused, g)
		w.report(g, accused)
	}
	if _, label := w.count(accused); label != nospim.LabelReported {
		t.Fatalf("label %q", label)
	}
	first := w.last()
	if err := w.store.DecideComplaint(t.Context(), first.ID, record.Dismissed, "mod", "a quarrel"); err != nil {
		t.Fatal(err)
	}
	if tally, label := w.count(accused); label != "" {
		t.Errorf("with one dismissed: %+v, %q", tally, label)
	}
	if err := w.store.DecideComplaint(t.Context(), first.ID, record.Confirmed, "mod", ""); err != nil {
		t.Fatal(err)
	}
	w.count(accused)
	w.now = w.now.Add(time.Minute)
	lift := record.Labelling{Label: nospim.Label{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: accused.ID}, Name: nospim.LabelReported, Until: w.now}, At: w.now, By: "mod"}
	if err := w.store.PutLabel(t.Context(), lift); err != nil {
		t.Fatal(err)
	}
	if tally, label := w.count(accused); label != "" {
		t.Errorf("after a moderator lifted it: %+v, %q", tally, label)
	}
}

// TestReporterHasARecord: who was right counts; who was not counts less and less; who reports much is heard up to a limit.
func TestReporterHasARecord(t *testing.T) {
	w := newTown(t)
	crier, right := w.old("crier"), w.old("right")
	w.gang(2, w.old)
	w.say(crier, w.old("neighbour"))
	w.say(right, w.old("neighbour"))
	var weights []float64
	for i := range 6 {
		victim := w.old(fmt.Sprint("victim", i))
		w.say(victim, crier)
		w.report(crier, victim)
		weights = append(weights, w.last().Weight)
		spammer := w.old(fmt.Sprint("spammer", i))
		for _, by := range append(w.gang(2, w.old), right) {
			w.say(spammer, by)
			w.report(by, spammer)
		}
		if got := w.last(); got.By != right.ID || got.Weight != 1 {
			t.Errorf("round %d: who was always right counts %v: %s", i, got.Weight, got.Why)
		}
		w.now = w.now.Add(2 * day)
	}
	for i := 1; i < len(weights); i++ {
		if weights[i] >= weights[i-1] {
			t.Errorf("who is never confirmed counts %v", weights)
		}
	}
	if weights[0] != 1 || weights[5] > 0.3 {
		t.Errorf("who is never confirmed counts %v", weights)
	}
	kept, counts := 0, 0
	for i := range 120 {
		v := w.old(fmt.Sprint("many", i))
		w.say(v, crier)
		w.judge(w.event(nospim.KindReport, crier, v))
	}
	all, err := w.store.Complaints(t.Context(), record.ComplaintFilter{By: crier.ID, Since: w.now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		kept++
		if all[i].Weight > 0 {
			counts++
		}
	}
	if kept != 100 || counts != 20 {
		t.Errorf("of 120 reports in a minute %d are kept and %d count, want 100 and 20", kept, counts)
	}
}

// TestForwarding goes through what a reporter may wish, and who the reporter is.
func TestForwarding(t *testing.T) {
	for _, c := range []struct {
		name          string
		origin, third bool
		proven, minor bool
		children      bool
		local         bool // the reported account is of this service
		want          string
	}{
		{"nothing wished", false, false, true, false, false, false, ""},
		{"to the origin", true, false, true, false, false, false, "far.example"},
		{"to third parties", false, true, true, false, false, false, "reports@third.example"},
		{"both", true, true, true, false, false, false, "far.example reports@third.example"},
		{"not proven", true, true, false, false, false, false, ""},
		{"by a child", true, true, true, true, false, false, ""},
		{"by a child, where the operator says so", true, true, true, true, true, false, "far.example reports@third.example"},
		{"about an account of this service", true, false, true, false, false, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			w.reports.Forward.Children, w.reports.Evidence = c.children, time.Hour
			w.reports.Read = func(string) nospim.Complaint {
				return nospim.Complaint{Reason: nospim.ReasonAbuse, Origin: c.origin, ThirdParty: c.third, Lang: "de"}
			}
			ada, far := w.old("ada"), nospim.Account{ID: "spammer@far.example"}
			if ada.Minor = c.minor; c.local {
				far.ID = "spammer@chat.example"
			}
			if c.proven {
				e := w.event(nospim.KindMessage, far, ada)
				e.Body, e.Raw = "canary", "<message to='ada@chat.example'><body>canary</body></message>"
				w.judge(e)
			}
			for range 3 { // once
				e := w.event(nospim.KindReport, ada, far)
				e.Raw = "<item/>"
				w.judge(e)
			}
			orders, err := w.store.Orders(t.Context(), "chat.example", "")
			if err != nil {
				t.Fatal(err)
			}
			var to []string
			thanks := 0
			for _, o := range orders {
				switch o.Do {
				case nospim.OrderForward:
					to = append(to, o.Recipients...)
					if !strings.Contains(o.Raw, "canary") || !strings.Contains(o.Raw, far.ID+" abuse") {
						t.Errorf("forwarded: %s", o.Raw)
					}
				case nospim.OrderThank:
					thanks++
					if o.Recipients[0] != ada.ID || o.Text != "de" {
						t.Errorf("thanks: %+v", o)
					}
				case nospim.OrderDeliver, nospim.OrderNotify, nospim.OrderChallenge, nospim.OrderRestrict, nospim.OrderRetract:
				}
			}
			if strings.Join(to, " ") != c.want {
				t.Errorf("forwarded to %q, want %q", to, c.want)
			}
			if c.proven && thanks != 1 {
				t.Errorf("thanked %d times, want once", thanks)
			}
		})
	}
}

// TestFromElsewhere: what other services report is kept, unproven, and never enough by itself.
func TestFromElsewhere(t *testing.T) {
	w := newTown(t)
	about := nospim.Complaint{About: "Victim@chat.example", Reason: nospim.ReasonSpam}
	for i := range 40 {
		for n := range 30 {
			if err := w.reports.FromElsewhere(t.Context(), "chat.example", fmt.Sprintf("d%d.example", i), fmt.Sprint(n), record.ByForward, []nospim.Complaint{about, {}, {About: strings.Repeat("x", 5000)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	tally, label := w.count(w.old("victim"))
	if label != "" || tally.Reports != 1 {
		t.Errorf("40 services with 30 reports each come to %+v and %q, want 1", tally, label)
	}
	if c := w.last(); c.Proof != record.Unproven || c.By != "d39.example" || c.About != "victim@chat.example" {
		t.Errorf("kept: %+v", c)
	}
}

// TestReportsToTheAddress: what other services forward to the address of the operator is read, and goes its way; what their users write
// there is no report.
func TestReportsToTheAddress(t *testing.T) {
	w := newTown(t)
	w.reports.Address = "abuse@chat.example"
	read := 0
	w.reports.ReadForwarded = func(string) (nospim.Complaint, error) {
		read++
		return nospim.Complaint{About: "bot@chat.example", Reason: nospim.ReasonSpam}, nil
	}
	for _, from := range []string{"far.example", "reports.far.example", "somebody@far.example"} {
		e := w.event(nospim.KindMessage, nospim.Account{ID: from}, nospim.Account{ID: "abuse@chat.example", Local: true})
		e.Body, e.Raw = "a report", "<message><report xmlns='urn:xmpp:reporting:1'/></message>"
		if v := w.judge(e); v.EventID != e.ID {
			t.Errorf("%s gets the verdict of %s", from, v.EventID)
		}
	}
	all, err := w.store.Complaints(t.Context(), record.ComplaintFilter{About: "bot@chat.example"})
	if err != nil || len(all) != 2 || read != 2 || all[0].By != "reports.far.example" || all[0].Source != record.ByForward || all[0].Proof != record.Unproven {
		t.Errorf("read %d, kept %+v, %v", read, all, err)
	}
}

// TestRunCountsWhatWasLeft: reports that were kept before the program ended are counted when it begins again.
func TestRunCountsWhatWasLeft(t *testing.T) {
	w := newTown(t)
	accused := w.old("accused")
	for _, g := range w.gang(3, w.old) {
		w.say(accused, g)
		w.report(g, accused)
	}
	again := &people.Reports{Store: w.store, Clock: w.reports.Clock}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- again.Run(ctx) }()
	for end := time.Now().Add(2 * time.Minute); ; <-time.After(5 * time.Millisecond) {
		labels, err := w.store.Labels(t.Context())
		if err != nil || time.Now().After(end) {
			t.Fatalf("no label, %v", err)
		}
		if len(labels) == 1 && labels[0].Name == nospim.LabelReported {
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestByKey: who answers a mark reports the message that was marked.
func TestByKey(t *testing.T) {
	w := newTown(t)
	ada, far := w.old("ada"), nospim.Account{ID: "spammer@far.example"}
	w.say(ada, w.old("neighbour"))
	e := w.event(nospim.KindMessage, far, ada)
	e.Body, e.Raw = "see my cam at http://x.example/a and http://y.example/b now", "<message/>"
	v := w.judge(e)
	if !v.Action.Enforced() {
		t.Fatalf("the message of the test is not even marked: %v", v)
	}
	for range 2 {
		if err := w.reports.ByKey(t.Context(), "chat.example", ada.ID, e.ID); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.store.Complaints(t.Context(), record.ComplaintFilter{})
	if err != nil || len(all) != 1 || all[0].Proof != record.Proven || all[0].About != far.ID || all[0].By != ada.ID || all[0].Refers != e.ID || all[0].Source != record.ByMark {
		t.Errorf("reports: %+v, %v", all, err)
	}
	if err := w.reports.ByKey(t.Context(), "chat.example", ada.ID, "e-99"); err == nil {
		t.Error("a message that nobody knows was reported")
	}
}
