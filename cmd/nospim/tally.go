package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/nospim/nospim"
)

// tally counts verdicts.
type tally struct {
	Policy  string         `json:"policy"`
	Events  int            `json:"events"`
	Refused int            `json:"refused"`
	Actions map[string]int `json:"actions"`
	Symbols map[string]int `json:"symbols"`
	// Labels counts by the label of the line and the action.
	Labels map[string]map[string]int `json:"labels,omitempty"`
}

func newTally(policy string) *tally {
	return &tally{Policy: policy, Actions: map[string]int{}, Symbols: map[string]int{}, Labels: map[string]map[string]int{}}
}

func (t *tally) add(v *nospim.Verdict, label string) {
	t.Events++
	action := v.Action.String()
	t.Actions[action]++
	for i := range v.Signals {
		t.Symbols[v.Signals[i].Symbol]++
	}
	if label == "" {
		return
	}
	if t.Labels[label] == nil {
		t.Labels[label] = map[string]int{}
	}
	t.Labels[label][action]++
}

// print writes the summary: actions from weak to strong, symbols from frequent to rare, labels by name.
func (t *tally) print(a *app, asJSON bool) error {
	if asJSON {
		return a.printJSON(t)
	}
	if err := a.printf("%d events, policy %s\n\n", t.Events, t.Policy); err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	p := newPaint(a.out)
	for _, action := range nospim.Actions() {
		if n := t.Actions[action.String()]; n > 0 {
			_, _ = fmt.Fprintf(w, "%d\t%s\t %s\n", n, t.share(n), p.action(action))
		}
	}
	_, _ = fmt.Fprintln(w)
	for _, name := range slices.SortedFunc(maps.Keys(t.Symbols), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.Symbols[b], t.Symbols[a]), cmp.Compare(a, b))
	}) {
		n := t.Symbols[name]
		_, _ = fmt.Fprintf(w, "%d\t%s\t %s\n", n, t.share(n), name)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return t.printLabels(a)
}

func (t *tally) share(n int) string {
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(1, t.Events)))
}

// printLabels writes one line a label: how many of its events were done what with.
func (t *tally) printLabels(a *app) error {
	if len(t.Labels) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(w, "\nlabel\tevents\t")
	for _, action := range nospim.Actions() {
		_, _ = fmt.Fprintf(w, "%s\t", action)
	}
	_, _ = fmt.Fprintln(w)
	for _, label := range slices.Sorted(maps.Keys(t.Labels)) {
		counts, all := t.Labels[label], 0
		for _, n := range counts {
			all += n
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t", safe(label), all)
		for _, action := range nospim.Actions() {
			_, _ = fmt.Fprintf(w, "%d\t", counts[action.String()])
		}
		_, _ = fmt.Fprintln(w)
	}
	return w.Flush()
}
