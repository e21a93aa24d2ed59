package recordtest

import (
	"context"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// labelling restricts an account for an hour.
func labelling(account string) record.Labelling {
	return record.Labelling{
		Label: nospim.Label{Entity: nospim.Entity{Kind: nospim.EntityAccount, ID: account}, Name: "restricted", Until: start.Add(time.Hour)},
		At:    start, By: "ada", Reason: "adverts",
	}
}

func labels(t *testing.T, s record.Store) []record.Labelling {
	t.Helper()
	list, err := s.Labels(t.Context())
	must(t, "reading labels", err)
	return list
}

func testLabels(t *testing.T, l *lab) {
	ctx, s := t.Context(), l.store
	same(t, "labels of an empty store", labels(t, s), []record.Labelling{})
	bot, eve, other := labelling("bot@chat.example"), labelling("eve@chat.example"), labelling("bot@chat.example")
	other.Name = "asked"
	for _, l := range []record.Labelling{eve, bot, other} {
		must(t, "labelling", s.PutLabel(ctx, l))
	}
	same(t, "labels", labels(t, s), []record.Labelling{other, bot, eve})
	lifted := bot
	lifted.At, lifted.Until, lifted.By, lifted.Reason = start.Add(time.Minute), start.Add(time.Minute), "bob", "it was her"
	if !lifted.Lifts() || bot.Lifts() {
		t.Error("what lifts is told from what labels wrongly")
	}
	must(t, "lifting", l.another(t).PutLabel(ctx, lifted))
	l.reopen(t)
	same(t, "labels after one was lifted elsewhere", labels(t, l.store), []record.Labelling{other, lifted, eve})

	var actions []string
	for _, a := range audit(t, l.store) {
		actions = append(actions, a.By+" "+a.Action+" "+a.Object+" "+a.Reason)
	}
	same(t, "journal", actions, []string{
		"ada label.set restricted of account:eve@chat.example adverts",
		"ada label.set restricted of account:bot@chat.example adverts",
		"ada label.set asked of account:bot@chat.example adverts",
		"bob label.lift restricted of account:bot@chat.example it was her",
	})

	now := labelling("now@chat.example")
	now.At = time.Time{}
	now.Until = time.Now().Add(time.Hour)
	must(t, "labelling now", l.store.PutLabel(ctx, now))
	list := labels(t, l.store)
	if at := list[len(list)-1].At; time.Since(at) > time.Minute {
		t.Errorf("a label without a time is of %s", at)
	}
	_, err := l.store.Expire(ctx, start.Add(2*time.Hour), 0, 90*time.Minute, 0)
	must(t, "expiring", err)
	if n := len(labels(t, l.store)); n != 3 {
		t.Errorf("%d labels are left, want those three that ended less than 90 minutes ago", n)
	}
}

func labelWrite(nothing func(*testing.T, record.Store) string) write {
	return write{"label", nothing, func(ctx context.Context, s record.Store, _ string) error {
		return s.PutLabel(ctx, labelling("bot@chat.example"))
	}, nil, func(t *testing.T, s record.Store) {
		t.Helper()
		same(t, "labels", labels(t, s), []record.Labelling{labelling("bot@chat.example")})
	}}
}
