package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/record"
)

// TestGlance: what is not judged for want of time passes, but for what people decided: it waits.
func TestGlance(t *testing.T) {
	const ada, kid, bob = "ada@chat.example", "kid@chat.example", "bob@far.example"
	r := newRig(t, "")
	block(t, r, "nina@far.example")
	if err := people.Set(t.Context(), r.records, people.Change{Account: ada, Profile: nospim.ProfileContactsOnly, As: people.Self, By: ada}, start); err != nil {
		t.Fatal(err)
	}
	restricted := nospim.Label{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: "own@chat.example"}, Name: detect.LabelRestricted, Until: start.Add(time.Hour)}
	if err := r.records.PutLabel(t.Context(), record.Labelling{Label: restricted, By: "operator", At: start}); err != nil {
		t.Fatal(err)
	}
	r = newRig(t, r.file)
	judge(t, r, message("m0", ada, bob, "are you there?"))
	spam := "Cheap pills for everybody at http://pills.example/a"
	for _, c := range []struct {
		name, from, to string
		change         func(*nospim.Event)
		want, wanted   nospim.Action
	}{
		{name: "a stranger", from: bob, to: "zoe@chat.example"},
		{name: "on the block list", from: "nina@far.example", to: "zoe@chat.example", want: nospim.Throttle, wanted: nospim.Reject},
		{name: "to a child", from: bob, to: kid, change: func(e *nospim.Event) { e.Recipients[0].Minor = true }, want: nospim.Throttle, wanted: nospim.Hold},
		{name: "a child's contact", from: bob, to: kid, change: func(e *nospim.Event) { e.Recipients[0].Minor, e.Relation = true, nospim.RelationContact }},
		{name: "at a closed door", from: "eve@far.example", to: ada, want: nospim.Throttle, wanted: nospim.Hold},
		{name: "whom the person wrote to", from: bob, to: ada},
		{name: "a restricted account", from: "own@chat.example", to: "zoe@chat.example", want: nospim.Throttle, wanted: nospim.Hold},
		{name: "observed", from: "nina@far.example", to: ada, change: func(e *nospim.Event) { e.Observe = true }, wanted: nospim.Reject},
	} {
		e := message(c.name, c.from, c.to, spam)
		if c.change != nil {
			c.change(e)
		}
		v := r.Glance(e, new(nospim.Verdict))
		if v == nil || v.Action != c.want || v.Wanted != c.wanted || !slices.Equal(v.Degraded, []string{engine.Overload}) || v.EventID != e.ID {
			t.Errorf("%s: %+v, want %v", c.name, v, c.want)
		}
		if v != nil && (v.Action == nospim.Throttle) != (v.RetryAfter > 0) {
			t.Errorf("%s: retry after %d", c.name, v.RetryAfter)
		}
	}
	s := r.Stats()
	if s.Glanced[nospim.Allow] != 4 || s.Glanced[nospim.Throttle] != 4 || s.Lacks[0] != 8 || s.Degraded != 8 {
		t.Errorf("counted %v, lacking %v, %d degraded; want four of each, all for overload", s.Glanced, s.Lacks, s.Degraded)
	}
}

// TestGlanceLeavesNothing: what was not judged is judged as new when it comes again; what was judged keeps its verdict.
func TestGlanceLeavesNothing(t *testing.T) {
	r := newRig(t, "")
	block(t, r, "nina@far.example")
	r = newRig(t, r.file)
	e := message("m1", "nina@far.example", "zoe@chat.example", "hello")
	before := r.memory.Stats()
	if v := r.Glance(e, new(nospim.Verdict)); v.Action != nospim.Throttle {
		t.Fatalf("%v at a glance, want throttle", v.Action)
	}
	if after := r.memory.Stats(); after.Cells != before.Cells || after.Events != before.Events {
		t.Errorf("the memory has %+v, want %+v as before", after, before)
	}
	if v := judge(t, r, e); v.Action != nospim.Reject || len(v.Degraded) > 0 {
		t.Errorf("judged: %v, degraded %v; want reject", v.Action, v.Degraded)
	}
	if v := r.Glance(e, new(nospim.Verdict)); v != nil {
		t.Errorf("at a glance after a refusal: %v; want it judged, for the answer must be durable", v.Action)
	}
	plain := message("m2", "bob@far.example", "zoe@chat.example", "hello")
	judged := judge(t, r, plain)
	if v := r.Glance(plain, new(nospim.Verdict)); v != judged {
		t.Errorf("at a glance after an allow: %+v, want the verdict of the first time", v)
	}
}

// TestGlanceOwnsItsVerdict: what a verdict says stays when the next event is glanced at, and it takes no memory.
func TestGlanceOwnsItsVerdict(t *testing.T) {
	r := newRig(t, "")
	block(t, r, "nina@far.example")
	block(t, r, "otto@far.example")
	r = newRig(t, r.file)
	var first, second nospim.Verdict
	nina, otto := message("m1", "nina@far.example", "zoe@chat.example", "hello"), message("m2", "otto@far.example", "zoe@chat.example", "hello")
	v := r.Glance(nina, &first)
	r.Glance(otto, &second)
	if v != &first || len(v.Signals) != 1 || len(v.Signals[0].Entities) != 1 || v.Signals[0].Entities[0].ID != "nina@far.example" {
		t.Errorf("the first verdict became %+v", v)
	}
	plain, least := message("m3", "bob@chat.example", "zoe@chat.example", "hello"), 1.0
	plain.Relation = nospim.RelationContact
	for range 50 { // under the race detector, pools forget on purpose
		least = min(least, testing.AllocsPerRun(1, func() { r.Glance(plain, &first) }))
	}
	if least > 0 {
		t.Errorf("%v allocations, want 0", least)
	}
}

// TestGlanceWithoutThrottle: what a connector cannot make wait is judged, if somebody decided against it.
func TestGlanceWithoutThrottle(t *testing.T) {
	r := newRig(t, "", func(c *engine.Config) { c.Clock = time.Now })
	block(t, r, "nina@far.example")
	r = newRig(t, r.file)
	e := message("m1", "nina@far.example", "zoe@chat.example", "hello")
	e.Can = []nospim.Action{nospim.Allow, nospim.Reject}
	if v := r.Glance(e, new(nospim.Verdict)); v != nil {
		t.Errorf("%v at a glance, want it judged", v.Action)
	}
	e.Sender.ID = "bob@far.example"
	if v := r.Glance(e, new(nospim.Verdict)); v == nil || v.Action != nospim.Allow {
		t.Errorf("%+v at a glance, want allow", v)
	}
}

// BenchmarkGlance answers the events of BenchmarkJudge without judging them.
func BenchmarkGlance(b *testing.B) {
	r := newRig(b, "")
	c := newCrowd(1_000_000)
	b.ReportAllocs()
	i, into := 0, new(nospim.Verdict)
	for b.Loop() {
		if v := r.Glance(c.next(i), into); v == nil || v.Action != nospim.Allow {
			b.Fatal(v)
		}
		i++
	}
}
