package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/nospim/nospim"
)

// Limits of counters.
const (
	minWindow   = time.Second
	maxWindow   = 90 * 24 * time.Hour
	maxCounters = 500 // in one policy: each is recalled for every event
)

// counters are those of all rules, each once.
type counters struct {
	list []nospim.Counter
	at   map[string]int // by title
	// kinds are, by index, the kinds of event at which each is noted or asked for, as bits.
	kinds []uint32
}

// place returns the index of a counter that is noted at some kinds; one that is defined already is shared.
func (cs *counters) place(c nospim.Counter, noted uint32) int {
	key := title(&c)
	if i, ok := cs.at[key]; ok {
		return i
	}
	i := len(cs.list)
	cs.list, cs.at[key] = append(cs.list, c), i
	cs.kinds = append(cs.kinds, noted)
	return i
}

// narrow returns the counters, each with the events at which it matters: those where it is noted, and those where a rule that
// uses it may fire.
func (cs *counters) narrow(rules []rule) []nospim.Counter {
	users := make([][]func(*nospim.Look) bool, len(cs.list))
	always := make([]bool, len(cs.list))
	for i := range rules {
		r := &rules[i]
		for _, c := range r.counters {
			cs.kinds[c] |= r.reach.kinds
			users[c], always[c] = append(users[c], r.early), always[c] || r.early == nil
		}
	}
	for i := range cs.list {
		if !always[i] {
			cs.list[i].If = anyOf(users[i])
		}
	}
	for i, bits := range cs.kinds {
		if bits == allKinds {
			continue
		}
		for k, kind := range kinds {
			if bits>>k&1 == 1 {
				cs.list[i].Only = append(cs.list[i].Only, kind)
			}
		}
	}
	return cs.list
}

// anyOf returns whether any of the conditions holds; of none, none does.
func anyOf(conds []func(*nospim.Look) bool) func(*nospim.Look) bool {
	if len(conds) == 1 {
		return conds[0]
	}
	return func(l *nospim.Look) bool {
		return slices.ContainsFunc(conds, func(cond func(*nospim.Look) bool) bool { return cond(l) })
	}
}

// counter compiles count(by, window, condition) and distinct(of, by, window, condition).
func (c *compiler) counter(n *ast.CallNode, function string) term {
	if c.within != "" {
		return c.problem(n, "the condition of %s may not use %s: it sees the event and its features only", c.within, function)
	}
	def := nospim.Counter{Kind: nospim.Count}
	args := n.Arguments
	least := 2
	if function == "distinct" {
		def.Kind, least = nospim.Distinct, 3
	}
	if len(args) < least || len(args) > least+1 {
		return c.problem(n, "%s has %d arguments; it is written %s", function, len(args), functions[function].Name)
	}
	ok := true
	if def.Kind == nospim.Distinct {
		def.Of, ok = c.role(args[0])
		args = args[1:]
	}
	by, byOK := c.roles(args[0])
	window, windowOK := c.window(args[1])
	when, text, whenOK := c.condition(function, args[2:])
	if !ok || !byOK || !windowOK || !whenOK {
		return term{}
	}
	def.By, def.Window, def.When = by, window, when.cond
	def.Name = definition(&def, text)
	return c.fact(n, def, when.reach.kinds)
}

// fact makes the term that reads what was recalled for a counter.
func (c *compiler) fact(n ast.Node, def nospim.Counter, noted uint32) term {
	i := c.counters.place(def, noted)
	if i >= maxCounters {
		return c.problem(n, "this is more than the limit of %d counters", maxCounters)
	}
	if !slices.Contains(*c.used, i) {
		*c.used = append(*c.used, i)
	}
	return term{typ: number, reads: readsFacts, cost: 2, reach: everywhere, num: func(l *nospim.Look) float64 {
		if i < len(l.Facts) {
			return l.Facts[i].N
		}
		return 0
	}}
}

// title is how a counter is written in a rule.
func title(c *nospim.Counter) string {
	if c.Kind == nospim.Labelled {
		return fmt.Sprintf("labelled(%q, %s)", c.Name, c.By[0])
	}
	return c.Name // its definition
}

// definition is the canonical text of a counter: its identity. Renaming or moving a rule does not change it.
func definition(c *nospim.Counter, condition string) string {
	var b strings.Builder
	if c.Kind == nospim.Distinct {
		fmt.Fprintf(&b, "distinct(%s, ", c.Of)
	} else {
		b.WriteString("count(")
	}
	if c.By[1] == nospim.RoleNone {
		b.WriteString(c.By[0].String())
	} else {
		fmt.Fprintf(&b, "[%s, %s]", c.By[0], c.By[1])
	}
	fmt.Fprintf(&b, ", %q", spell(c.Window))
	if condition != "" {
		b.WriteString(", " + condition)
	}
	b.WriteString(")")
	return b.String()
}

// role reads one role.
func (c *compiler) role(n ast.Node) (nospim.Role, bool) {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		c.problem(n, "a role is expected: %s", roleWords())
		return nospim.RoleNone, false
	}
	r := nospim.ParseRole(id.Value)
	if r == nospim.RoleNone {
		c.problem(n, "%s is no role; it may be %s", clip(id.Value), roleWords())
	}
	return r, r != nospim.RoleNone
}

// roleWords lists the roles for people.
func roleWords() string {
	var words []string
	for r := nospim.RoleSender; nospim.ParseRole(r.String()) == r; r++ {
		words = append(words, r.String())
	}
	return oneOf(words)
}

// roles reads a role or [role, role].
func (c *compiler) roles(n ast.Node) (by [2]nospim.Role, ok bool) {
	list, ok := n.(*ast.ArrayNode)
	if !ok {
		by[0], ok = c.role(n)
		return by, ok
	}
	if len(list.Nodes) == 0 || len(list.Nodes) > len(by) {
		c.problem(n, "a counter is kept by one role or by two, not by %d", len(list.Nodes))
		return by, false
	}
	for i, r := range list.Nodes {
		if by[i], ok = c.role(r); !ok {
			return by, false
		}
	}
	if first, second := by[0], by[1]; first == second {
		c.problem(n, "names %s twice", first)
		return by, false
	}
	return by, true
}

// window reads a counter's window.
func (c *compiler) window(n ast.Node) (time.Duration, bool) {
	s, ok := n.(*ast.StringNode)
	if !ok {
		c.problem(n, "the window must be a constant such as \"10m\"")
		return 0, false
	}
	d, err := parseDuration(s.Value)
	switch {
	case err != nil:
		c.problem(n, "%v", err)
		return 0, false
	case d < minWindow || d > maxWindow:
		c.problem(n, "a window of %s is outside %s to %s", spell(d), spell(minWindow), spell(maxWindow))
		return 0, false
	}
	return d, true
}

// condition compiles a counter's condition, which may be left out, and returns its canonical text.
func (c *compiler) condition(function string, args []ast.Node) (when term, text string, ok bool) {
	if len(args) == 0 {
		return term{reach: everywhere}, "", true
	}
	inner := *c
	inner.within = function
	t := inner.term(args[0])
	switch {
	case t.typ == invalid:
		return term{}, "", false
	case t.typ != boolean:
		c.problem(args[0], "a condition is expected; this is %s", t.typ)
		return term{}, "", false
	case t.fixed:
		c.problem(args[0], "the condition is always the same: leave it out")
		return term{}, "", false
	}
	text = c.canonical(args[0]).String()
	if len(text) > maxExpression {
		c.problem(args[0], "the condition is longer than the limit of %d bytes once its names are put in", maxExpression)
		return term{}, "", false
	}
	return t, text, true
}

// canonical spells operators that have two spellings in one way, and puts what names of the rule stand for in their place.
func (c *compiler) canonical(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if v, ok := c.lets[n.Value]; ok {
			return v.node
		}
	case *ast.BinaryNode:
		n.Operator = canonicalOperator(n.Operator)
		n.Left, n.Right = c.canonical(n.Left), c.canonical(n.Right)
	case *ast.UnaryNode:
		n.Operator = canonicalOperator(n.Operator)
		n.Node = c.canonical(n.Node)
	case *ast.ConditionalNode:
		n.Cond, n.Exp1, n.Exp2 = c.canonical(n.Cond), c.canonical(n.Exp1), c.canonical(n.Exp2)
	case *ast.CallNode:
		for i := range n.Arguments {
			n.Arguments[i] = c.canonical(n.Arguments[i])
		}
	}
	return n
}

func canonicalOperator(o string) string {
	switch o {
	case "and":
		return "&&"
	case "or":
		return "||"
	case "not":
		return "!"
	}
	return o
}
