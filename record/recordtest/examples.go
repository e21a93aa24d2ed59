package recordtest

import (
	"context"
	"testing"
	"time"

	"github.com/nospim/nospim/record"
)

// example is a text that somebody called spim.
func example(event, by string, source record.Source) *record.Example {
	return &record.Example{
		Service: "chat.example", EventID: event, By: by, Source: source, Spam: source != record.FromSample, At: start, Base: -1.5,
		Words: []uint32{1, 1<<32 - 1},
	}
}

// examples reads the examples of a service without their IDs, which must grow.
func examples(t *testing.T, s record.Store, service string) []record.Example {
	t.Helper()
	list, err := s.Examples(t.Context(), service)
	must(t, "reading examples", err)
	last := int64(0)
	for i := range list {
		if list[i].ID <= last {
			t.Errorf("example %d has ID %d after %d", i, list[i].ID, last)
		}
		last, list[i].ID = list[i].ID, 0
	}
	return list
}

func testExamples(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	first, second, sample := example("e-1", "ada", record.FromPerson), example("e-1", "mod", record.FromModerator), example("e-2", "", record.FromSample)
	elsewhere := example("e-1", "ada", record.FromPerson)
	elsewhere.Service = "other.example"
	for _, e := range []*record.Example{first, second, sample, elsewhere, first} {
		must(t, "teaching", s.Teach(ctx, e))
	}
	same(t, "examples", examples(t, s, "chat.example"), []record.Example{*first, *second, *sample})
	same(t, "examples of all services", examples(t, s, ""), []record.Example{*first, *second, *sample, *elsewhere})

	second.Spam, second.At = false, start.Add(time.Hour)
	must(t, "changing one's mind", s.Teach(ctx, second))
	l.reopen(t)
	s = l.store
	same(t, "examples after a change of mind", examples(t, s, "chat.example"), []record.Example{*first, *second, *sample})

	all, err := s.Examples(ctx, "chat.example")
	must(t, "reading", err)
	for i, want := range []int64{1, 0} { // the sample stays, and nothing is revoked twice
		if n, err := s.Unlearn(ctx, "chat.example", all[0].ID, "mod", "wrong"); err != nil || n != want {
			t.Errorf("revoking, time %d: %d examples, %v; want %d", i, n, err, want)
		}
	}
	same(t, "examples after revoking", examples(t, s, "chat.example"), []record.Example{*first, *sample})
	same(t, "examples of the other service", examples(t, s, "other.example"), []record.Example{*elsewhere})
	must(t, "teaching again", s.Teach(ctx, second))
	same(t, "examples after teaching again", examples(t, s, "chat.example"), []record.Example{*first, *second, *sample})
}

// teaching are the writes of examples to be broken.
func teaching(nothing func(*testing.T, record.Store) string) []write {
	taught := func(t *testing.T, s record.Store) string {
		t.Helper()
		must(t, "teaching", s.Teach(t.Context(), example("e-1", "mod", record.FromModerator)))
		return ""
	}
	expect := func(want ...record.Example) func(*testing.T, record.Store) {
		return func(t *testing.T, s record.Store) { t.Helper(); same(t, "examples", examples(t, s, ""), want) }
	}
	return []write{
		{"teach", nothing, func(ctx context.Context, s record.Store, _ string) error {
			return s.Teach(ctx, example("e-1", "mod", record.FromModerator))
		}, nil, expect(*example("e-1", "mod", record.FromModerator))},
		{"unlearn", taught, func(ctx context.Context, s record.Store, _ string) error {
			return second(s.Unlearn(ctx, "chat.example", 0, "mod", ""))
		}, nil, expect()},
	}
}
