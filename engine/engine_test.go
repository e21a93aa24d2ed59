package engine_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// start is the time at which every test begins; the engines of most tests have no clock but that of their events.
var start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

// rig is an engine on embedded stores, and the stores.
type rig struct {
	*engine.Engine
	memory  memory.Memory
	records record.Store
	file    string
}

// option changes what a rig is made of.
type option func(*engine.Config)

func newRig(t testing.TB, file string, options ...option) *rig {
	t.Helper()
	if file == "" {
		file = filepath.Join(t.TempDir(), "nospim.db")
	}
	store, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		t.Fatal(err)
	}
	c := engine.Config{Memory: memory.New(memory.Limits{}), Records: store, Policy: p.Enforced(), Detectors: detect.All(nil)}
	for _, o := range options {
		o(&c)
	}
	e, err := engine.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return &rig{e, c.Memory, c.Records, file}
}

// message is a message of a stranger; the id makes it an event of its own.
func message(id, from, to, body string) *nospim.Event {
	return &nospim.Event{
		ID: id, Kind: nospim.KindMessage, Time: start, Service: "chat.example", Protocol: "xmpp", Relation: nospim.RelationStranger,
		Sender: nospim.Account{ID: from, Local: true}, Recipients: []nospim.Account{{ID: to, Local: true}}, Body: body, Raw: "<message/>",
	}
}

func judge(t testing.TB, j nospim.Judge, e *nospim.Event) *nospim.Verdict {
	t.Helper()
	v, err := j.Judge(t.Context(), e)
	if err != nil {
		t.Fatalf("judging %s: %v", e.ID, err)
	}
	return v
}

func symbols(v *nospim.Verdict) string {
	var s []string
	for _, g := range v.Signals {
		s = append(s, g.Symbol)
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

// block makes an account's every message a rejection, which is the simplest enforced verdict.
func block(t testing.TB, r *rig, account string) {
	t.Helper()
	entry, err := detect.ParseEntry(nospim.ListAccount, account)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.records.PutList(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
}

func TestTheDayOfABulkSender(t *testing.T) {
	r := newRig(t, "")
	first := judge(t, r, message("m-0", "bot@chat.example", "u0@chat.example", "Cheap pills for everybody at http://pills.example/a"))
	if first.Action >= nospim.Hold || symbols(first) != "FIRST_CONTACT_LINK" {
		t.Errorf("one stranger with a link: %v for %s; want less than hold", first.Action, symbols(first))
	}
	var last *nospim.Verdict
	for i := range 40 {
		e := message(fmt.Sprint("m-", i+1), "bot@chat.example", fmt.Sprintf("u%d@chat.example", i+1), fmt.Sprintf("Cheap pills for everybody at http://pills.example/%d", i))
		e.Time = start.Add(time.Duration(i+1) * 3 * time.Second)
		last = judge(t, r, e)
	}
	for want := range strings.FieldsSeq("BULK_TEXT CAMPAIGN_CONDEMNED CAMPAIGN_SPUN FAN_OUT FAN_OUT_LINK FIRST_CONTACT_LINK TRACKING_UNIQUE") {
		if last.Action != nospim.Reject || !slices.Contains(strings.Fields(symbols(last)), want) {
			t.Errorf("the fortieth: %v for %s, score %v; want reject, for %s, too", last.Action, symbols(last), last.Score, want)
		}
	}
	for _, s := range last.Signals {
		if s.Why == "" || s.Score == 0 {
			t.Errorf("%s has score %v and why %q", s.Symbol, s.Score, s.Why)
		}
	}
}

func TestPeopleAreLeftAlone(t *testing.T) {
	r := newRig(t, "")
	for i := range 200 {
		friend := message(fmt.Sprint("c-", i), "ada@chat.example", fmt.Sprintf("friend%d@chat.example", i), "my new number is 555 0100, tell the others")
		friend.Relation = nospim.RelationContact
		if v := judge(t, r, friend); v.Action != nospim.Allow {
			t.Fatalf("contact %d: %v for %s", i, v.Action, symbols(v))
		}
	}
	for i, who := range []string{"bob", "eve", "kim"} {
		if v := judge(t, r, message(fmt.Sprint("s-", i), who+"@chat.example", "ada@chat.example", "hello, are you the Ada from the reading group?")); v.Action != nospim.Allow {
			t.Errorf("a polite stranger: %v for %s", v.Action, symbols(v))
		}
	}
	for i := range 30 { // a help desk answers thirty strangers who wrote to it
		who := fmt.Sprintf("u%d@chat.example", i)
		judge(t, r, message(fmt.Sprint("q-", i), who, "help@chat.example", "my question is about "+topic(i)))
		if v := judge(t, r, message(fmt.Sprint("a-", i), "help@chat.example", who, "the answer lies in "+topic(i))); v.Action.Stops() {
			t.Errorf("answer %d of the help desk: %v for %s", i, v.Action, symbols(v))
		}
	}
}

// topic returns another made-up word for every number below 676.
func topic(i int) string { return string([]rune{rune('a' + i/26), 'q', rune('a' + i%26)}) }

func TestListsWin(t *testing.T) {
	r := newRig(t, "")
	block(t, r, "bot@chat.example")
	allowed, err := detect.ParseEntry(nospim.ListDomain, "good.example")
	if err != nil {
		t.Fatal(err)
	}
	allowed.Allow = true
	if err := r.records.PutList(t.Context(), allowed); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, r.file)
	if v := judge(t, r, message("1", "bot@chat.example", "ada@chat.example", "hello")); v.Action != nospim.Reject || symbols(v) != "LIST_BLOCK_ACCOUNT" {
		t.Errorf("a blocked account: %v for %s", v.Action, symbols(v))
	}
	if v := judge(t, r, message("2", "bot@chat.example", "ada@chat.example", "hello, see http://good.example/x")); v.Action != nospim.Allow {
		t.Errorf("allow does not win: %v for %s", v.Action, symbols(v))
	}
}

func TestCiphertextIsNotText(t *testing.T) {
	r := newRig(t, "")
	e := message("1", "bot@chat.example", "ada@chat.example", "fallback, see http://client.example/omemo")
	e.Encrypted = true
	if v := judge(t, r, e); symbols(v) != "" {
		t.Errorf("the body of an encrypted message raised %s", symbols(v))
	}
}

// counting counts what the engine asks of its memory.
type counting struct {
	memory.Memory
	recalls, notes int
}

func (c *counting) Recall(n *memory.Note, r *memory.Recalled) *nospim.Verdict {
	c.recalls++
	return c.Memory.Recall(n, r)
}

func (c *counting) Note(n *memory.Note) *nospim.Verdict {
	c.notes++
	return c.Memory.Note(n)
}

// keeping counts what the engine asks of its record store, and can hold or break it.
type keeping struct {
	record.Store
	mu             sync.Mutex
	keeps, appends int
	gate           func()
	err            error
}

func (k *keeping) Keep(r *nospim.Record) record.Commit {
	k.mu.Lock()
	k.keeps++
	k.mu.Unlock()
	if k.gate != nil {
		k.gate()
	}
	if k.err != nil {
		return failed{k.err}
	}
	return k.Store.Keep(r)
}

func (k *keeping) Append(r *nospim.Record) {
	k.mu.Lock()
	k.appends++
	k.mu.Unlock()
	k.Store.Append(r)
}

type failed struct{ err error }

func (f failed) Wait(context.Context) (*nospim.Record, error) { return nil, f.err }

func TestOneRecallAndOneWrite(t *testing.T) {
	m := &counting{Memory: memory.New(memory.Limits{})}
	var k *keeping
	r := newRig(t, "", func(c *engine.Config) {
		k = &keeping{Store: c.Records}
		c.Memory, c.Records = m, k
	})
	judge(t, r, message("1", "ada@chat.example", "bob@chat.example", "hello"))
	if m.recalls != 1 || m.notes != 1 || k.keeps != 0 || k.appends != 1 {
		t.Errorf("an allowed message: %d recalls, %d notes, %d durable writes, %d behind; want 1, 1, 0, 1", m.recalls, m.notes, k.keeps, k.appends)
	}
	for i := range 30 {
		judge(t, r, message(fmt.Sprint("b", i), "bot@chat.example", fmt.Sprintf("u%d@chat.example", i), "Cheap pills for everybody at http://pills.example/a"))
	}
	*m, k.keeps, k.appends = counting{Memory: m.Memory}, 0, 0
	if v := judge(t, r, message("b-last", "bot@chat.example", "ada@chat.example", "Cheap pills for everybody at http://pills.example/a")); !v.Action.Enforced() {
		t.Fatal("the bulk sender is allowed")
	}
	if m.recalls != 1 || m.notes != 1 || k.keeps != 1 || k.appends != 0 {
		t.Errorf("a rejected message: %d recalls, %d notes, %d durable writes, %d behind; want 1, 1, 1, 0", m.recalls, m.notes, k.keeps, k.appends)
	}
}

// barrier lets nobody through until n have come.
func barrier(t *testing.T, n int) func() {
	var mu sync.Mutex
	open := make(chan struct{})
	come := 0
	return func() {
		mu.Lock()
		if come++; come == n {
			close(open)
		}
		mu.Unlock()
		select {
		case <-open:
		case <-time.After(patience):
			t.Error("the barrier saw too few")
		}
	}
}

// held stops every Recall at a barrier: all of them have seen an event that nobody has judged yet.
type held struct {
	memory.Memory
	gate func()
}

func (h *held) Recall(n *memory.Note, r *memory.Recalled) *nospim.Verdict {
	v := h.Memory.Recall(n, r)
	h.gate()
	return v
}

// TestSameEventAtOnce holds two judgements of one event where each believes to be the first. Without the compare-and-set in
// Note both would count and both would answer for themselves.
func TestSameEventAtOnce(t *testing.T) {
	for _, c := range []struct {
		name, sender string
		want         nospim.Action
	}{
		{"allowed", "ada@chat.example", nospim.Allow},
		{"rejected", "bot@chat.example", nospim.Reject},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, "")
			block(t, r, "bot@chat.example")
			m := &held{Memory: r.memory, gate: barrier(t, 2)}
			r = newRig(t, r.file, func(cfg *engine.Config) { cfg.Memory = m })

			verdicts := make([]*nospim.Verdict, 2)
			var group sync.WaitGroup
			for i := range verdicts {
				group.Go(func() {
					verdicts[i] = judge(t, r, message("same", c.sender, "eve@chat.example", "hello to you, dear reader"))
				})
			}
			group.Wait()
			if verdicts[0].Action != c.want || verdicts[1].Action != c.want {
				t.Errorf("got %v and %v, want %v", verdicts[0].Action, verdicts[1].Action, c.want)
			}
			m.gate = func() {}
			s := r.Stats()
			if s.Actions[c.want] != 1 || s.Again != 1 {
				t.Errorf("counted %d judged, %d again; want 1 and 1", s.Actions[c.want], s.Again)
			}
			if err := r.records.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := kept(t, r.records); n != 1 {
				t.Errorf("%d records were kept, want 1", n)
			}
			if n := contacts(t, r.memory, r, c.sender); n != 1 {
				t.Errorf("the memory counted it %v times", n)
			}
		})
	}
}

// contacts tells how often sender turned to eve, through a detector that reports the fact.
func contacts(t *testing.T, m memory.Memory, r *rig, sender string) float64 {
	t.Helper()
	var spy spy
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(t.Context(), engine.Config{Memory: m, Records: r.records, Policy: p, Detectors: []detect.Detector{&spy}})
	if err != nil {
		t.Fatal(err)
	}
	judge(t, e, message("probe of "+sender, sender, "eve@chat.example", ""))
	return spy.n - 1
}

// spy reports how often the pair has been noted.
type spy struct{ n float64 }

func (*spy) Symbols() []nospim.Symbol    { return []nospim.Symbol{{Name: "SPY", Group: "spy"}} }
func (*spy) Counters() []nospim.Counter  { return detect.FirstContact{}.Counters()[:1] }
func (s *spy) Look(l *nospim.Look) error { s.n = l.Facts[0].N; return nil }

func kept(t *testing.T, s record.Store) (n int) {
	t.Helper()
	if err := s.Scan(t.Context(), time.Time{}, func(*nospim.Record) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSameEventAfterRestart(t *testing.T) {
	r := newRig(t, "")
	for i := range 20 {
		judge(t, r, message(fmt.Sprint("m-", i), "bot@chat.example", fmt.Sprintf("u%d@chat.example", i), "Cheap pills for everybody at http://pills.example/a"))
	}
	ok := judge(t, r, message("ok", "ada@chat.example", "eve@chat.example", "hello to you, dear reader"))
	bad := judge(t, r, message("bad", "bot@chat.example", "eve@chat.example", "Cheap pills for everybody at http://pills.example/a"))
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := newRig(t, r.file)
	for _, c := range []struct {
		e    *nospim.Event
		want *nospim.Verdict
	}{
		{message("ok", "ada@chat.example", "eve@chat.example", "hello to you, dear reader"), ok},
		{message("bad", "bot@chat.example", "eve@chat.example", "Cheap pills for everybody at http://pills.example/a"), bad},
	} {
		if v := judge(t, again, c.e); v.Action != c.want.Action || v.Score != c.want.Score || symbols(v) != symbols(c.want) {
			t.Errorf("%s after the restart: %v %v %s; before: %v %v %s", c.e.ID, v.Action, v.Score, symbols(v), c.want.Action, c.want.Score, symbols(c.want))
		}
	}
	if s := again.Stats(); s.Again != 2 {
		t.Errorf("%d events were recognised, want 2", s.Again)
	}
	for _, who := range []string{"ada@chat.example", "bot@chat.example"} {
		if n := contacts(t, again.memory, again, who); n != 1 {
			t.Errorf("%s turned to eve once and was counted %v times", who, n)
		}
	}
}

// TestVerdictsAfterRestartAreTheirOwn: records are read one after the other into the same slices; what is remembered of each
// must be its own.
func TestVerdictsAfterRestartAreTheirOwn(t *testing.T) {
	watching := func(c *engine.Config) { // in shadow every verdict allows, and is written behind with its signals
		p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(c.Detectors))
		if err != nil {
			t.Fatal(err)
		}
		c.Policy = p
	}
	event := func(i int) *nospim.Event {
		return message(fmt.Sprint("m-", i), fmt.Sprintf("bot%d@chat.example", i), "eve@chat.example", "see http://x.example/a")
	}
	r := newRig(t, "", watching)
	var before []*nospim.Verdict
	for i := range 5 {
		before = append(before, judge(t, r, event(i)))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, r.file, watching)
	for i, want := range before {
		got := judge(t, r, event(i))
		if len(want.Signals) == 0 || fmt.Sprint(got.Signals) != fmt.Sprint(want.Signals) {
			t.Errorf("event %d: %v, before the restart %v", i, got.Signals, want.Signals)
		}
	}
	if again := r.Stats().Again; again != 5 {
		t.Errorf("%d events were recognised, want 5", again)
	}
}

func TestAnUnkeptVerdictIsNotEnforced(t *testing.T) {
	r := newRig(t, "")
	block(t, r, "bot@chat.example")
	r = newRig(t, r.file, func(c *engine.Config) { c.Records = &keeping{Store: c.Records, err: errors.New("disk full")} })
	v := judge(t, r, message("1", "bot@chat.example", "ada@chat.example", "hello"))
	if v.Action != nospim.Allow || v.Wanted != nospim.Reject || !slices.Contains(v.Degraded, "record") {
		t.Errorf("got %v, wanted %v, degraded %v; want allow, reject, record", v.Action, v.Wanted, v.Degraded)
	}
	if s := r.Stats(); s.Unkept != 1 {
		t.Errorf("%d unkept counted, want 1", s.Unkept)
	}
}

// broken is a detector that fails in every way it can.
type broken struct{ panics bool }

func (broken) Symbols() []nospim.Symbol {
	return []nospim.Symbol{{Name: "BROKEN", Group: "broken", Weight: 50}}
}
func (broken) Counters() []nospim.Counter { return nil }

func (b broken) Look(l *nospim.Look) error {
	l.Raise("BROKEN", 1, "half a signal")
	if b.panics {
		panic("broken")
	}
	return errors.New("broken")
}

func TestABrokenDetectorIsDegraded(t *testing.T) {
	for _, panics := range []bool{false, true} {
		r := newRig(t, "", func(c *engine.Config) { c.Detectors = append([]detect.Detector{broken{panics}}, c.Detectors...) })
		v := judge(t, r, message("1", "bot@chat.example", "ada@chat.example", "see http://x.example/a"))
		if symbols(v) != "FIRST_CONTACT_LINK" || !slices.Contains(v.Degraded, "detect:broken") {
			t.Errorf("panics %v: %s, degraded %v; want the other detectors' signals and detect:broken", panics, symbols(v), v.Degraded)
		}
	}
}

// TestVerdictsKeepNothingOfTheEvent cuts all strings of an event from one big one, as connectors do, and looks whether the
// verdict, which the memory keeps, keeps that one alive.
func TestVerdictsKeepNothingOfTheEvent(t *testing.T) {
	r := newRig(t, "")
	line := strings.Repeat(" ", 100) + "e-1" + "bot@chat.example" + "hello see http://x.example/a"
	e := message(line[100:103], line[103:119], "ada@chat.example", line[119:])
	v := judge(t, r, e)
	if symbols(v) != "FIRST_CONTACT_LINK" || v.EventID != "e-1" {
		t.Fatalf("%s for %q", symbols(v), v.EventID)
	}
	from, to := uintptr(unsafe.Pointer(unsafe.StringData(line))), uintptr(len(line))
	inside := func(s string) bool {
		p := uintptr(unsafe.Pointer(unsafe.StringData(s)))
		return p >= from && p < from+to
	}
	if inside(v.EventID) {
		t.Error("the event's id keeps the line alive")
	}
	for _, s := range v.Signals {
		for _, entity := range s.Entities {
			if inside(entity.ID) {
				t.Errorf("an entity of %s keeps the line alive", s.Symbol)
			}
		}
	}
}

func TestTheDeadlineDegrades(t *testing.T) {
	r := newRig(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := r.Judge(ctx, message("1", "bot@chat.example", "ada@chat.example", "see http://x.example/a"))
	if err != nil || v.Action != nospim.Allow || !slices.Contains(v.Degraded, "deadline") {
		t.Errorf("got %+v, %v; want allow, degraded by the deadline", v, err)
	}
}

func TestTimesThatCannotBe(t *testing.T) {
	r := newRig(t, "", func(c *engine.Config) { c.Clock = func() time.Time { return start } })
	for _, c := range []struct {
		name     string
		time     time.Time
		degraded bool
	}{
		{"now", start, false},
		{"an hour ago, from a queue", start.Add(-time.Hour), false},
		{"long ago", start.AddDate(-3, 0, 0), true},
		{"tomorrow", start.AddDate(0, 0, 1), true},
	} {
		e := message(c.name, "ada@chat.example", "bob@chat.example", "hello")
		e.Time = c.time
		if v := judge(t, r, e); slices.Contains(v.Degraded, "time") != c.degraded {
			t.Errorf("%s: degraded %v", c.name, v.Degraded)
		}
	}
	e := message("never", "ada@chat.example", "bob@chat.example", "hello")
	e.Time = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := r.Judge(t.Context(), e); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("the year 9999: %v, want ErrInvalid", err)
	}
}

func TestHeldThenReleased(t *testing.T) {
	r := newRig(t, "", func(c *engine.Config) { c.Clock = time.Now })
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	group.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	var v *nospim.Verdict
	for i := range 30 {
		e := message(fmt.Sprint("m-", i), "friend@chat.example", fmt.Sprintf("u%d@chat.example", i), "look at this! http://party.example/pics")
		e.Time, e.Relation, e.Raw = time.Now(), nospim.RelationContact, fmt.Sprintf("<message id='%d'/>", i)
		v = judge(t, r, e)
	}
	if v.Action != nospim.Hold || !strings.Contains(symbols(v), "BURST_TO_CONTACTS") {
		t.Fatalf("the stolen friend: %v for %s; want hold", v.Action, symbols(v))
	}
	waiting, err := r.records.Held(ctx, record.HeldFilter{State: nospim.HoldHeld})
	if err != nil || len(waiting) == 0 || waiting[len(waiting)-1].Event.Raw != "<message id='29'/>" {
		t.Fatalf("held: %d, %v", len(waiting), err)
	}
	got := make(chan nospim.Order, 4)
	group.Go(func() {
		err := r.Watch(ctx, "chat.example", func(o nospim.Order) error {
			if o.Do == nospim.OrderDeliver { // the account's owner is asked, too
				got <- o
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if err := r.records.Settle(ctx, waiting[0].ID, nospim.HoldReleased, "moderator", "a party it was"); err != nil {
		t.Fatal(err)
	}
	select {
	case o := <-got:
		if o.Do != nospim.OrderDeliver || o.EventID != waiting[0].Event.ID || o.Raw != waiting[0].Event.Raw {
			t.Errorf("order %+v for %s", o, waiting[0].Event.ID)
		}
		if err := r.Ack(ctx, o.ID, ""); err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("no order came")
	}
	done, err := r.records.Held(ctx, record.HeldFilter{State: nospim.HoldDelivered})
	if err != nil || len(done) != 1 || done[0].Event.Raw != "" {
		t.Errorf("delivered: %+v, %v; want one without its wire form", done, err)
	}
}

func TestSnapshotKeepsTheMemory(t *testing.T) {
	snapshot := filepath.Join(t.TempDir(), "memory")
	with := func(c *engine.Config) { c.Snapshot, c.Clock = snapshot, time.Now }
	r := newRig(t, "", with)
	for i := range 4 {
		e := message(fmt.Sprint("m-", i), "bot@chat.example", fmt.Sprintf("u%d@chat.example", i), "hello to you, dear reader")
		e.Time = time.Now()
		judge(t, r, e)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A store of its own: what is known comes from the snapshot alone.
	r = newRig(t, "", with, func(c *engine.Config) { c.Records = salted{c.Records, r.records} })
	e := message("m-4", "bot@chat.example", "u4@chat.example", "hello to you, dear reader")
	e.Time = time.Now()
	if v := judge(t, r, e); !strings.Contains(symbols(v), "BULK_TEXT") {
		t.Errorf("the fifth after the restart raised %q, want BULK_TEXT", symbols(v))
	}
}

// TestSnapshotIsNotRelearned has a memory that knows the last event only: whatever was relearned beside it would count twice.
func TestSnapshotIsNotRelearned(t *testing.T) {
	var counted spy
	snapshot, now := filepath.Join(t.TempDir(), "memory"), start
	clock := func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
	with := func(c *engine.Config) {
		c.Snapshot, c.Clock, c.Memory = snapshot, clock, memory.New(memory.Limits{Events: 1})
		c.Detectors = append(c.Detectors, &counted)
	}
	r := newRig(t, "", with)
	for i := range 5 {
		judge(t, r, message(fmt.Sprint("m-", i), "ada@chat.example", "eve@chat.example", "hello to you, dear reader"))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, r.file, with)
	judge(t, r, message("probe", "ada@chat.example", "eve@chat.example", ""))
	if counted.n != 6 {
		t.Errorf("the sixth message, after the restart, is counted as number %v", counted.n)
	}
}

// salted is a store with the salt of another.
type salted struct {
	record.Store
	of record.Store
}

func (s salted) Salt(ctx context.Context) ([16]byte, error) { return s.of.Salt(ctx) }

func TestAllowedMessagesHardlyAllocate(t *testing.T) {
	r := newRig(t, "")
	e := message("", "ada@chat.example", "bob@chat.example", "are you coming tonight? bring the games")
	ids := make([]string, 2000)
	for i := range ids {
		ids[i] = fmt.Sprint("m-", i)
	}
	i := 0
	n := testing.AllocsPerRun(1000, func() {
		e.ID = ids[i]
		e.Time = e.Time.Add(time.Duration(5000+i*i*7919%83_000) * time.Millisecond) // as a person writes
		i++
		judge(t, r, e)
	})
	if n > 3 && !raceEnabled {
		t.Errorf("an allowed message allocates %v times, want at most 3: the verdict, what it names, a sentence", n)
	}
	t.Logf("%v allocations", n)
}

// choosy counts what strangers send, and looks at it when contacts write, too.
type choosy struct{ n float64 }

func (*choosy) Symbols() []nospim.Symbol { return []nospim.Symbol{{Name: "CHOOSY", Group: "choosy"}} }
func (*choosy) Counters() []nospim.Counter {
	return []nospim.Counter{{
		Name: "choosy", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender}, Window: time.Hour,
		When: byStranger, If: func(l *nospim.Look) bool { return l.Event.Relation == nospim.RelationContact },
	}}
}

func byStranger(l *nospim.Look) bool { return l.Event.Relation == nospim.RelationStranger }

func (c *choosy) Look(l *nospim.Look) error { c.n = l.Facts[0].N; return nil }

func TestFactsThatNobodyLooksAt(t *testing.T) {
	var c choosy
	r := newRig(t, "", func(config *engine.Config) { config.Detectors = append(config.Detectors, &c) })
	for i, step := range []struct {
		relation nospim.Relation
		want     float64
	}{
		{nospim.RelationStranger, 1}, // noted
		{nospim.RelationContact, 1},  // looked at
		{nospim.RelationSelf, 0},     // neither
		{nospim.RelationStranger, 2},
	} {
		e := message(fmt.Sprint("m-", i), "ada@chat.example", "eve@chat.example", "hello to you, dear reader")
		e.Relation = step.relation
		if judge(t, r, e); c.n != step.want {
			t.Errorf("message %d, from a %s: the fact is %v, want %v", i, step.relation, c.n, step.want)
		}
	}
}

// nosy looks at choosy's counter at every event.
type nosy struct{ choosy }

func (*nosy) Symbols() []nospim.Symbol { return []nospim.Symbol{{Name: "NOSY", Group: "nosy"}} }

func (n *nosy) Counters() []nospim.Counter {
	all := n.choosy.Counters()
	all[0].If = nil
	return all
}

func TestASharedCounterIsRecalledForEverybody(t *testing.T) {
	var c choosy
	var n nosy
	r := newRig(t, "", func(config *engine.Config) { config.Detectors = append(config.Detectors, &c, &n) })
	for i, relation := range []nospim.Relation{nospim.RelationStranger, nospim.RelationSelf} {
		e := message(fmt.Sprint("m-", i), "ada@chat.example", "eve@chat.example", "hello to you, dear reader")
		e.Relation = relation
		if judge(t, r, e); n.n != 1 {
			t.Errorf("from a %s: the fact is %v, want 1, noted once", relation, n.n)
		}
	}
}
