package policy

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/nospim/nospim"
)

// become gives the result of an operation what its operands make of it: cost, what it reads, and whether it is constant.
func (t term) become(result term, operands ...term) term {
	result.fixed, result.reads = t.fixed, t.reads
	result.cost += t.cost
	for _, o := range operands {
		result.fixed = result.fixed && o.fixed
		result.reads |= o.reads
		result.cost += o.cost
	}
	if result.reach == (reach{}) {
		result.reach = everywhere
	}
	return result
}

func (c *compiler) unary(n *ast.UnaryNode) term {
	x := c.term(n.Node)
	switch {
	case x.typ == invalid:
		return term{}
	case (n.Operator == "!" || n.Operator == "not") && x.typ == boolean:
		cond := x.cond
		return x.become(term{typ: boolean, cond: func(l *nospim.Look) bool { return !cond(l) }, reach: x.reach.not()})
	case n.Operator == "-" && (x.typ == number || x.typ == span):
		num := x.num
		return x.become(term{typ: x.typ, num: func(l *nospim.Look) float64 { return -num(l) }})
	case n.Operator == "+" && (x.typ == number || x.typ == span):
		return x
	}
	return c.problem(n, "%s cannot be applied to %s", n.Operator, x.typ)
}

func (c *compiler) binary(n *ast.BinaryNode) term {
	switch n.Operator {
	case "&&", "and":
		if chained(n) {
			return c.problem(n, "comparisons cannot be chained: write a < b && b < c")
		}
		return c.junction(n, "&&", "and")
	case "||", "or":
		return c.junction(n, "||", "or")
	case "in":
		return c.in(n)
	}
	a, b := c.term(n.Left), c.term(n.Right)
	if a.typ == invalid || b.typ == invalid {
		return term{}
	}
	// A constant text beside a duration is a duration.
	if a.typ == span && b.typ == word && b.fixed {
		if b = c.toSpan(n.Right, b); b.typ == invalid {
			return term{}
		}
	}
	if b.typ == span && a.typ == word && a.fixed {
		if a = c.toSpan(n.Left, a); a.typ == invalid {
			return term{}
		}
	}
	switch n.Operator {
	case "==", "!=":
		return c.equal(n, a, b)
	case "<", "<=", ">", ">=":
		return c.compare(n, a, b)
	case "contains", "startsWith", "endsWith", "matches":
		return c.search(n, a, b)
	case "+", "-", "*", "/", "%":
		return c.arithmetic(n, a, b)
	}
	return c.problem(n, "the operator %s is not in the rule language", n.Operator)
}

// chained reports whether the parser made a && of a < b < c. Its middle is then shared by both sides, and deep nesting of such
// shares would take time without bound; so it is found before anything below is looked at.
func chained(n *ast.BinaryNode) bool {
	right, ok := n.Right.(*ast.BinaryNode)
	if !ok {
		return false
	}
	left, ok := n.Left.(*ast.BinaryNode)
	if ok && (left.Operator == "&&" || left.Operator == "and") {
		left, ok = left.Right.(*ast.BinaryNode)
	}
	return ok && left.Right == right.Left
}

// junction compiles a chain of && or of ||. Terms are pure and cannot fail, so the cheapest is asked first.
func (c *compiler) junction(n *ast.BinaryNode, symbol, spelled string) term {
	and := symbol == "&&"
	var parts []term
	ok := true
	for _, o := range flatten(n, symbol, spelled) {
		t := c.term(o)
		if t.typ != boolean && t.typ != invalid {
			c.problem(o, "%s stands between conditions; this is %s", n.Operator, t.typ)
		}
		ok = ok && t.typ == boolean
		parts = append(parts, t)
	}
	if !ok {
		return term{}
	}
	where := parts[0].reach
	for _, p := range parts[1:] {
		if and {
			where = where.and(p.reach)
		} else {
			where = where.or(p.reach)
		}
	}
	slices.SortStableFunc(parts, func(a, b term) int { return a.cost - b.cost })
	conds := make([]func(*nospim.Look) bool, len(parts))
	for i := range parts {
		conds[i] = parts[i].cond
	}
	result := parts[0].become(term{typ: boolean, cond: join(conds, and)}, parts[1:]...)
	result.reach = where
	result.guard = guard(parts, and)
	return result
}

// early returns a condition that holds wherever the term does, and can be asked before anything is recalled; nil when there is
// none. It spares the facts of rules that cannot fire. What searches the body is too dear to be asked twice.
func (t term) early() func(*nospim.Look) bool {
	if t.reads&(readsFacts|readsRaised|readsBody) == 0 {
		return t.cond
	}
	return t.guard
}

// guard makes the early condition of several terms, of which all hold, or any.
func guard(parts []term, all bool) func(*nospim.Look) bool {
	var conds []func(*nospim.Look) bool
	for _, p := range parts {
		early := p.early()
		if early != nil {
			conds = append(conds, early)
		} else if !all {
			return nil
		}
	}
	switch len(conds) {
	case 0:
		return nil
	case 1:
		return conds[0]
	}
	return join(conds, all)
}

// flatten returns the operands of a chain of one operator, from left to right.
func flatten(n ast.Node, symbol, spelled string) []ast.Node {
	b, ok := n.(*ast.BinaryNode)
	if !ok || b.Operator != symbol && b.Operator != spelled || chained(b) {
		return []ast.Node{n}
	}
	return append(flatten(b.Left, symbol, spelled), flatten(b.Right, symbol, spelled)...)
}

// join makes one condition of several: all of them, or any of them.
func join(conds []func(*nospim.Look) bool, all bool) func(*nospim.Look) bool {
	a, b := conds[0], conds[1]
	switch {
	case len(conds) > 2:
		return func(l *nospim.Look) bool {
			for _, cond := range conds {
				if cond(l) != all {
					return !all
				}
			}
			return all
		}
	case all:
		return func(l *nospim.Look) bool { return a(l) && b(l) }
	}
	return func(l *nospim.Look) bool { return a(l) || b(l) }
}

// equal compiles == and !=.
func (c *compiler) equal(n *ast.BinaryNode, a, b term) term {
	if a.typ != b.typ {
		return c.problem(n, "%s cannot be equal to %s", a.typ, b.typ)
	}
	result := term{typ: boolean, cost: 2}
	same := n.Operator == "=="
	switch a.typ {
	case boolean:
		x, y := a.cond, b.cond
		result.cond = func(l *nospim.Look) bool { return (x(l) == y(l)) == same }
	case word:
		if a.fixed {
			a, b = b, a
			n = &ast.BinaryNode{Operator: n.Operator, Left: n.Right, Right: n.Left}
		}
		if !c.possible(n.Right, a, b) {
			return term{}
		}
		result.cond = equalWords(a, b, same)
		result.reach = reachOfEqual(n.Left, b, same)
	default:
		x, y := a.num, b.num
		result.cond = func(l *nospim.Look) bool { return (x(l) == y(l)) == same }
	}
	return a.become(result, b)
}

func equalWords(a, b term, same bool) func(*nospim.Look) bool {
	x, y := a.str, b.str
	if !b.fixed {
		return func(l *nospim.Look) bool { return (x(l) == y(l)) == same }
	}
	s := y(nil)
	return func(l *nospim.Look) bool { return (x(l) == s) == same }
}

// possible reports whether a can ever have the constant value b; otherwise the problem is noted.
func (c *compiler) possible(at ast.Node, a, b term) bool {
	if a.words == nil || !b.fixed || slices.Contains(a.words, b.str(nil)) {
		return true
	}
	c.problem(at, "%q is never its value; it may be %s", clip(b.str(nil)), oneOf(a.words))
	return false
}

// compare compiles < <= > >=.
func (c *compiler) compare(n *ast.BinaryNode, a, b term) term {
	if a.typ != b.typ || a.typ != number && a.typ != span {
		return c.problem(n, "%s cannot be compared with %s by %s", a.typ, b.typ, n.Operator)
	}
	return a.become(term{typ: boolean, cost: 1, cond: order(n.Operator, a.num, b)}, b)
}

// order compares; a constant on the right is read once, here.
func order(operator string, x func(*nospim.Look) float64, b term) func(*nospim.Look) bool {
	if b.fixed {
		y := b.num(nil)
		switch operator {
		case "<":
			return func(l *nospim.Look) bool { return x(l) < y }
		case "<=":
			return func(l *nospim.Look) bool { return x(l) <= y }
		case ">":
			return func(l *nospim.Look) bool { return x(l) > y }
		}
		return func(l *nospim.Look) bool { return x(l) >= y }
	}
	y := b.num
	switch operator {
	case "<":
		return func(l *nospim.Look) bool { return x(l) < y(l) }
	case "<=":
		return func(l *nospim.Look) bool { return x(l) <= y(l) }
	case ">":
		return func(l *nospim.Look) bool { return x(l) > y(l) }
	}
	return func(l *nospim.Look) bool { return x(l) >= y(l) }
}

// search compiles the operators that look into a text.
func (c *compiler) search(n *ast.BinaryNode, a, b term) term {
	if a.typ != word || b.typ != word {
		return c.problem(n, "%s stands between texts; these are %s and %s", n.Operator, a.typ, b.typ)
	}
	x, y := a.str, b.str
	switch n.Operator {
	case "contains":
		return a.become(term{typ: boolean, cost: 40, cond: func(l *nospim.Look) bool { return strings.Contains(x(l), y(l)) }}, b)
	case "startsWith":
		return a.become(term{typ: boolean, cost: 3, cond: func(l *nospim.Look) bool { return strings.HasPrefix(x(l), y(l)) }}, b)
	case "endsWith":
		return a.become(term{typ: boolean, cost: 3, cond: func(l *nospim.Look) bool { return strings.HasSuffix(x(l), y(l)) }}, b)
	}
	if !b.fixed {
		return c.problem(n.Right, "the pattern of matches must be a constant text")
	}
	pattern, err := regexp.Compile(y(nil))
	if err != nil {
		return c.problem(n.Right, "%v", err)
	}
	return a.become(term{typ: boolean, cost: 3000, cond: func(l *nospim.Look) bool { return pattern.MatchString(x(l)) }}, b)
}

// in compiles membership of a list of constants.
func (c *compiler) in(n *ast.BinaryNode) term {
	a := c.term(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	switch {
	case a.typ == invalid:
		return term{}
	case !ok:
		return c.problem(n.Right, "in needs a list of constants, as in [\"a\", \"b\"]")
	case a.typ != word && a.typ != number:
		return c.problem(n, "in needs a text or a number on its left; this is %s", a.typ)
	}
	var texts []string
	var numbers []float64
	for _, e := range list.Nodes {
		t := c.term(e)
		switch {
		case t.typ == invalid:
			return term{}
		case !t.fixed || t.typ != a.typ:
			return c.problem(e, "the list may hold only constants that are %s", a.typ)
		case t.typ == number:
			numbers = append(numbers, t.num(nil))
		case !c.possible(e, a, t):
			return term{}
		default:
			texts = append(texts, t.str(nil))
		}
	}
	if a.typ == number {
		x := a.num
		return a.become(term{typ: boolean, cost: 5, cond: func(l *nospim.Look) bool { return slices.Contains(numbers, x(l)) }})
	}
	return a.become(term{typ: boolean, cost: 8, cond: member(a.str, texts), reach: reachOfList(n.Left, texts)})
}

// member looks a text up: in a short list one by one, in a long one by its hash.
func member(x func(*nospim.Look) string, texts []string) func(*nospim.Look) bool {
	const few = 8
	if len(texts) <= few {
		return func(l *nospim.Look) bool { return slices.Contains(texts, x(l)) }
	}
	set := make(map[string]bool, len(texts))
	for _, t := range texts {
		set[t] = true
	}
	return func(l *nospim.Look) bool { return set[x(l)] }
}

// choose compiles a ? b : c.
func (c *compiler) choose(n *ast.ConditionalNode) term {
	which, a, b := c.term(n.Cond), c.term(n.Exp1), c.term(n.Exp2)
	if which.typ == invalid || a.typ == invalid || b.typ == invalid {
		return term{}
	}
	if which.typ != boolean {
		return c.problem(n.Cond, "a condition is expected before ?; this is %s", which.typ)
	}
	if a.typ != b.typ {
		return c.problem(n.Exp2, "both sides of : must have one type; these are %s and %s", a.typ, b.typ)
	}
	cond := which.cond
	result := term{typ: a.typ}
	switch a.typ {
	case boolean:
		result.cond = pick(cond, a.cond, b.cond)
	case word:
		result.str = pick(cond, a.str, b.str)
	default:
		result.num = pick(cond, a.num, b.num)
	}
	return which.become(result, a, b)
}

func pick[T any](cond func(*nospim.Look) bool, a, b func(*nospim.Look) T) func(*nospim.Look) T {
	return func(l *nospim.Look) T {
		if cond(l) {
			return a(l)
		}
		return b(l)
	}
}

// arithmetic compiles + - * / %. Durations may be added, scaled, and divided by each other.
func (c *compiler) arithmetic(n *ast.BinaryNode, a, b term) term {
	t := resultType(n.Operator, a.typ, b.typ)
	if t == invalid {
		return c.problem(n, "%s cannot be applied to %s and %s", n.Operator, a.typ, b.typ)
	}
	return a.become(term{typ: t, cost: 1, num: calculate(n.Operator, a.num, b.num)}, b)
}

func resultType(operator string, a, b typ) typ {
	switch {
	case a == number && b == number:
		return number
	case a == span && b == span && (operator == "+" || operator == "-"):
		return span
	case a == span && b == span && operator == "/":
		return number
	case a == span && b == number && (operator == "*" || operator == "/"), a == number && b == span && operator == "*":
		return span
	}
	return invalid
}

func calculate(operator string, x, y func(*nospim.Look) float64) func(*nospim.Look) float64 {
	switch operator {
	case "+":
		return func(l *nospim.Look) float64 { return x(l) + y(l) }
	case "-":
		return func(l *nospim.Look) float64 { return x(l) - y(l) }
	case "*":
		return func(l *nospim.Look) float64 { return x(l) * y(l) }
	case "/":
		return func(l *nospim.Look) float64 {
			if d := y(l); d != 0 {
				return x(l) / d
			}
			return 0
		}
	}
	return func(l *nospim.Look) float64 {
		if d := y(l); d != 0 {
			return math.Mod(x(l), d)
		}
		return 0
	}
}
