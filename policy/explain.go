package policy

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Explain writes the policy in words: what each score does, what each symbol weighs, the rules and what they count.
func (p *Policy) Explain(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "Policy %s\n", p.hash)
	fmt.Fprintf(b, "\n%s\n", p.shadowWords(p.usual))
	fmt.Fprintf(b, "\nWhat a score does:\n")
	p.usual.explainSteps(b)
	p.explainSymbols(b)
	p.explainRules(b)
	p.explainCounters(b)
	for _, name := range slices.Sorted(maps.Keys(p.services)) {
		p.explainService(b, name)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("explaining the policy: %w", err)
	}
	return nil
}

func (p *Policy) shadowWords(f *profile) string {
	if f.shadow && !p.enforced {
		return "In shadow: every verdict allows and says what would have been done."
	}
	return "Verdicts are enforced."
}

// explainSteps writes the thresholds. Relations that agree in everything are told of together.
func (f *profile) explainSteps(b *bufio.Writer) {
	first := relationIndex(nospim.RelationStranger)
	order := []int{first}
	for rel := range relations {
		order = append(order, rel)
	}
	told := make([]bool, len(relations))
	for _, rel := range order {
		if told[rel] {
			continue
		}
		var from []string
		for other := range relations {
			if slices.Equal(f.steps[other], f.steps[rel]) {
				told[other] = true
				from = append(from, string(relations[other]))
			}
		}
		who := ""
		if !slices.Equal(f.steps[rel], f.steps[first]) {
			who = "from " + strings.Join(from, ", ") + ": "
		}
		explainKinds(b, who, f.steps[rel])
	}
}

// explainKinds writes the thresholds of one relation: those of messages, and of the kinds that differ.
func explainKinds(b *bufio.Writer, who string, by []steps) {
	usual := by[kindAts[nospim.KindMessage]]
	fmt.Fprintf(b, "  %s%s\n", who, usual.words())
	told := []steps{usual}
	for i := range kinds {
		if slices.Contains(told, by[i]) {
			continue
		}
		told = append(told, by[i])
		var which []string
		for j := range kinds {
			if by[j] == by[i] {
				which = append(which, string(kinds[j]))
			}
		}
		fmt.Fprintf(b, "  %s%s: %s\n", who, strings.Join(which, ", "), by[i].words())
	}
}

// words writes thresholds for people.
func (s *steps) words() string {
	var parts []string
	for _, a := range nospim.Actions()[1:] {
		if !math.IsInf(s[a], 1) {
			parts = append(parts, fmt.Sprintf("%s from %s", a, format(s[a])))
		}
	}
	if len(parts) == 0 {
		return "nothing, whatever the score"
	}
	return strings.Join(parts, ", ")
}

func (p *Policy) explainSymbols(b *bufio.Writer) {
	fmt.Fprintf(b, "\nWhat detectors notice, and what it weighs:\n")
	for _, s := range p.symbols {
		if s.Group != "rule" {
			fmt.Fprintf(b, "  %6s  %-24s %s\n", format(s.Weight), s.Name, s.Description)
			for _, w := range p.remarks(s.Name) {
				fmt.Fprintf(b, "          %-24s %s\n", "", w)
			}
		}
	}
	for i, name := range voiceNames {
		if v, symbols := &p.voices[i], p.speakers(i); len(symbols) > 0 {
			fmt.Fprintf(b, "  %s speak of %s alone: by themselves they do at most %s, between contacts %s.\n",
				strings.Join(symbols, ", "), name, v.most, min(v.most, v.contact))
		}
	}
}

// speakers returns the symbols of a voice, sorted.
func (p *Policy) speakers(voice int) (symbols []string) {
	for symbol, e := range p.effects {
		if e.voices[voice] {
			symbols = append(symbols, symbol)
		}
	}
	slices.Sort(symbols)
	return symbols
}

// remarks says what a symbol does beside its weight.
func (p *Policy) remarks(symbol string) []string {
	e := p.effects[symbol]
	if e == nil {
		return nil
	}
	var w []string
	if e.allow {
		w = append(w, "allows, whatever else was found")
	}
	if e.forced {
		w = append(w, "at least "+e.force.String()+", whatever the score")
	}
	return w
}

func (p *Policy) explainRules(b *bufio.Writer) {
	fmt.Fprintf(b, "\nRules, in their order:\n")
	for i := range p.rules {
		r := &p.rules[i]
		fmt.Fprintf(b, "  %6s  %s (%s)\n", format(p.usual.weights[r.name]), r.name, r.file)
		fmt.Fprintf(b, "          %s\n", strings.TrimSpace(r.description))
		fmt.Fprintf(b, "          when %s\n", strings.Join(strings.Fields(r.text), " "))
		for _, l := range r.lets {
			fmt.Fprintf(b, "            where %s\n", l)
		}
		for _, w := range append(p.remarks(r.name), r.effects()...) {
			fmt.Fprintf(b, "          %s\n", w)
		}
	}
}

// effects says what a rule does beside its score.
func (r *rule) effects() []string {
	var w []string
	if r.action != nospim.Allow {
		w = append(w, "at least "+r.action.String()+", whatever the score")
	}
	if r.label != nil {
		w = append(w, fmt.Sprintf("labels the %s %s for %s", r.label.role, r.label.name, spell(r.label.span)))
	}
	if r.tip != "" {
		w = append(w, "advises "+r.tip)
	}
	switch {
	case r.shadow:
		w = append(w, "in shadow: it is shown and does not count")
	case r.percent < 100:
		w = append(w, "counts for "+format(r.percent)+" % of senders and is in shadow for the others")
	}
	if !r.until.IsZero() {
		w = append(w, "until "+r.until.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	return w
}

func (p *Policy) explainCounters(b *bufio.Writer) {
	if len(p.counters) == 0 {
		return
	}
	fmt.Fprintf(b, "\nWhat is counted for the rules:\n")
	for i := range p.counters {
		fmt.Fprintf(b, "  %s\n      %s\n", title(&p.counters[i]), counterWords(&p.counters[i], p.users(i)))
	}
}

// users names the rules that use a counter.
func (p *Policy) users(counter int) []string {
	var names []string
	for i := range p.rules {
		if slices.Contains(p.rules[i].counters, counter) {
			names = append(names, p.rules[i].name)
		}
	}
	return names
}

// counterWords says what a counter counts.
func counterWords(c *nospim.Counter, users []string) string {
	if c.Kind == nospim.Labelled {
		return fmt.Sprintf("whether the %s bears the label; used by %s", c.By[0], strings.Join(users, ", "))
	}
	what := "events"
	if c.Kind == nospim.Distinct {
		what = "different ones in the role " + c.Of.String() + ","
	}
	by := c.By[0].String()
	if c.By[1] != nospim.RoleNone {
		by += " and " + c.By[1].String()
	}
	which := ""
	if c.When != nil {
		which = " where the condition holds"
	}
	return fmt.Sprintf("%s for each %s within %s%s; used by %s", what, by, spell(c.Window), which, strings.Join(users, ", "))
}

// explainService writes what one service has otherwise.
func (p *Policy) explainService(b *bufio.Writer, name string) {
	f := p.services[name]
	fmt.Fprintf(b, "\nOn %s otherwise:\n  %s\n", name, p.shadowWords(f))
	if !sameSteps(f, p.usual) {
		f.explainSteps(b)
	}
	for _, s := range p.symbols {
		if w := f.weights[s.Name]; w != s.Weight {
			fmt.Fprintf(b, "  %6s  %s\n", format(w), s.Name)
		}
	}
	for _, r := range slices.Sorted(maps.Keys(f.off)) {
		fmt.Fprintf(b, "     off  %s\n", r)
	}
}

func sameSteps(a, b *profile) bool {
	for i := range a.steps {
		if !slices.Equal(a.steps[i], b.steps[i]) {
			return false
		}
	}
	return true
}
