package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/nospim/nospim"
)

// Limits of one expression.
const (
	maxExpression = 4096 // characters
	maxNodes      = 1000 // names, literals and operators
)

// term is a compiled expression. Of its three functions it has the one of its type; a duration is a number of seconds.
type term struct {
	typ   typ
	cond  func(*nospim.Look) bool
	num   func(*nospim.Look) float64
	str   func(*nospim.Look) string
	fixed bool     // the functions return the same whatever the look, even nil
	words []string // the only values that it can have
	reads reads
	cost  int // roughly nanoseconds
	reach reach
	guard func(*nospim.Look) bool // see early
}

// compiler turns expressions of one rule into terms.
type compiler struct {
	src      node // the text that is being compiled
	offset   int  // of the expression within the text, in characters
	counters *counters
	symbols  func(string) bool // whether a symbol is known so far
	within   string            // "count" or "distinct" inside a counter's condition
	used     *[]int            // the counters of the rule, by index
	lets     map[string]let
}

// let is a part of a rule that has a name.
type let struct {
	term
	node ast.Node
}

// compile parses and checks the text of a node. Problems are noted at their place; the type is then invalid.
func (c *compiler) compile(text string) term {
	n, ok := c.parse(text)
	if !ok {
		return term{}
	}
	return c.term(n)
}

func (c *compiler) parse(text string) (ast.Node, bool) {
	if n := utf8.RuneCountInString(text); n > maxExpression {
		c.src.problem("has %d characters, more than the limit of %d for an expression", n, maxExpression)
		return nil, false
	}
	tree, err := parser.ParseWithConfig(text, language())
	if err == nil {
		return tree.Node, true
	}
	var at *file.Error
	if errors.As(err, &at) {
		c.src.problemAt(c.offset+at.From, "%s", at.Message)
	} else {
		c.src.problem("is no expression: %v", err)
	}
	return nil, false
}

// language tells the parser that the functions of the rule language are functions, not its own loops of the same name.
func language() *conf.Config {
	own := make(conf.FunctionsTable, len(functions))
	for f := range functions {
		own[f] = &builtin.Function{Name: f}
	}
	return &conf.Config{Functions: own, MaxNodes: maxNodes, DisableIfOperator: true}
}

// problem notes what is wrong at a part of the expression.
func (c *compiler) problem(n ast.Node, format string, args ...any) term {
	c.src.problemAt(c.offset+n.Location().From, format, args...)
	return term{}
}

func (c *compiler) term(n ast.Node) term {
	switch n := n.(type) {
	case *ast.BoolNode:
		return fixedBool(n.Value)
	case *ast.IntegerNode:
		return fixedNumber(number, float64(n.Value))
	case *ast.FloatNode:
		return fixedNumber(number, n.Value)
	case *ast.StringNode:
		return fixedWord(n.Value)
	case *ast.IdentifierNode, *ast.MemberNode:
		return c.name(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.choose(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.problem(n, "%s() is not in the rule language", n.Name)
	case *ast.ArrayNode:
		return c.problem(n, "a list may only stand on the right of in")
	}
	return c.problem(n, "this is not in the rule language")
}

func fixedBool(b bool) term {
	return term{typ: boolean, cond: func(*nospim.Look) bool { return b }, fixed: true, reach: everywhere}
}

func fixedNumber(t typ, f float64) term {
	return term{typ: t, num: func(*nospim.Look) float64 { return f }, fixed: true, reach: everywhere}
}

func fixedWord(s string) term {
	return term{typ: word, str: func(*nospim.Look) string { return s }, fixed: true, reach: everywhere}
}

// dotted returns the name that an identifier or a chain of members spells.
func dotted(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.MemberNode:
		owner, ok := dotted(n.Node)
		property, is := n.Property.(*ast.StringNode)
		if ok && is && !n.Optional {
			return owner + "." + property.Value, true
		}
	}
	return "", false
}

// name compiles something that is read.
func (c *compiler) name(n ast.Node) term {
	key, ok := dotted(n)
	if !ok {
		return c.problem(n, "only names such as sender.id may have a dot")
	}
	if v, ok := c.lets[key]; ok {
		return c.allowed(n, key, v.term)
	}
	v, ok := names[key]
	switch {
	case ok:
		return c.allowed(n, key, term{
			typ: v.typ, cond: v.cond, num: v.num, str: v.str, words: v.words, reads: v.reads, cost: 2,
			reach: reachOfName(key),
		})
	case slices.Contains(owners, key):
		return c.problem(n, "%s is no value; it may be followed by .%s", key, oneOf(members(key)))
	case functions[key].Name != "":
		return c.problem(n, "%s is a function: %s", key, functions[key].Name)
	case nospim.ParseRole(key) != nospim.RoleNone:
		return c.problem(n, "%s is a role: it may stand in count and distinct only", key)
	}
	return c.problem(n, "%s is not known%s", clip(key), like(key))
}

// owners are what stands before the dot of a name.
var owners = []string{"sender", "recipient", "text"}

func members(owner string) []string {
	var m []string
	for n := range names {
		if after, ok := strings.CutPrefix(n, owner+"."); ok {
			m = append(m, after)
		}
	}
	slices.Sort(m)
	return m
}

// like suggests the names of the same owner, or those with the same beginning.
func like(key string) string {
	if owner, _, ok := strings.Cut(key, "."); ok && slices.Contains(owners, owner) {
		return "; " + owner + " has " + strings.Join(members(owner), ", ")
	}
	var near []string
	for n := range names {
		if len(key) >= 3 && strings.HasPrefix(n, key[:3]) {
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		return ""
	}
	slices.Sort(near)
	return "; did you mean " + oneOf(near) + "?"
}

// allowed refuses what a counter's condition may not read.
func (c *compiler) allowed(n ast.Node, what string, t term) term {
	switch {
	case c.within == "" || t.reads&^readsNow == 0: // the age of the sender is rebuilt from records as well
		return t
	case t.reads&readsBody != 0:
		return c.problem(n, "the condition of %s may not read %s: counters are rebuilt from records, which have no body", c.within, what)
	}
	return c.problem(n, "the condition of %s may not use %s: it sees the event and its features only", c.within, what)
}

func (c *compiler) call(n *ast.CallNode) term {
	f, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.problem(n, "nothing but functions can be called")
	}
	switch f.Value {
	case "count", "distinct":
		return c.counter(n, f.Value)
	case "labelled":
		return c.labelled(n)
	case "duration":
		return c.duration(n)
	case "len":
		return c.length(n)
	case "fired":
		return c.fired(n)
	case "link_domain":
		return c.linkDomain(n)
	}
	return c.problem(n, "%s() is not in the rule language; functions are count, distinct, duration, fired, labelled, len and link_domain", clip(f.Value))
}

// constants reads arguments that must be constant texts.
func (c *compiler) constants(n *ast.CallNode, usage string) ([]string, bool) {
	var texts []string
	for _, a := range n.Arguments {
		s, ok := a.(*ast.StringNode)
		if !ok {
			c.problem(a, "a constant text is expected, as in %s", usage)
			return nil, false
		}
		texts = append(texts, s.Value)
	}
	return texts, true
}

func (c *compiler) duration(n *ast.CallNode) term {
	texts, ok := c.constants(n, functions["duration"].Name)
	if !ok {
		return term{}
	}
	if len(texts) != 1 {
		return c.problem(n, "duration has %d arguments; it is written %s", len(texts), functions["duration"].Name)
	}
	return c.toSpan(n.Arguments[0], fixedWord(texts[0]))
}

// toSpan reads a constant text as a duration.
func (c *compiler) toSpan(n ast.Node, t term) term {
	d, err := parseDuration(t.str(nil))
	if err != nil {
		return c.problem(n, "%v", err)
	}
	return fixedNumber(span, d.Seconds())
}

// parseDuration reads what time.ParseDuration reads, and days and weeks.
func parseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is no duration; it is written like 30s, 10m, 1h30m, 7d or 2w", clip(s))
	unit := time.Duration(0)
	switch {
	case strings.HasSuffix(s, "d"):
		unit = 24 * time.Hour
	case strings.HasSuffix(s, "w"):
		unit = 7 * 24 * time.Hour
	default:
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return 0, bad
		}
		return d, nil
	}
	f, err := strconv.ParseFloat(s[:len(s)-1], 64)
	if err != nil || !(f >= 0 && f <= float64(math.MaxInt64/unit)) {
		return 0, bad
	}
	return time.Duration(f * float64(unit)), nil
}

// spell writes a duration as policies do.
func spell(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func (c *compiler) length(n *ast.CallNode) term {
	if len(n.Arguments) != 1 {
		return c.problem(n, "len has %d arguments; it is written %s", len(n.Arguments), functions["len"].Name)
	}
	of := c.term(n.Arguments[0])
	switch {
	case of.typ == invalid:
		return term{}
	case of.typ != word:
		return c.problem(n.Arguments[0], "len needs a text; this is %s", of.typ)
	}
	str := of.str
	return of.become(term{typ: number, cost: 20, num: func(l *nospim.Look) float64 {
		return float64(utf8.RuneCountInString(str(l)))
	}})
}

func (c *compiler) fired(n *ast.CallNode) term {
	texts, ok := c.constants(n, functions["fired"].Name)
	if !ok {
		return term{}
	}
	switch {
	case len(texts) != 1:
		return c.problem(n, "fired has %d arguments; it is written %s", len(texts), functions["fired"].Name)
	case !c.symbols(texts[0]):
		return c.problem(n.Arguments[0], "%s is no symbol of a detector or of a rule that stands before this one", clip(texts[0]))
	}
	symbol := texts[0]
	t := term{typ: boolean, reads: readsRaised, cost: 5, reach: everywhere, cond: func(l *nospim.Look) bool {
		for i := range l.Raised {
			if l.Raised[i].Symbol == symbol {
				return true
			}
		}
		return false
	}}
	return c.allowed(n, "fired", t)
}

func (c *compiler) linkDomain(n *ast.CallNode) term {
	texts, ok := c.constants(n, functions["link_domain"].Name)
	if !ok {
		return term{}
	}
	if len(texts) == 0 {
		return c.problem(n, "link_domain names no domain; it is written %s", functions["link_domain"].Name)
	}
	set := make(map[string]bool, len(texts))
	for i, d := range texts {
		if d == "" || d != strings.ToLower(d) || strings.ContainsAny(d, "/: *") || strings.HasPrefix(d, ".") {
			c.problem(n.Arguments[i], "%q is no domain; it is written in lower case like x.example", clip(d))
			return term{}
		}
		set[d] = true
	}
	return term{typ: boolean, cost: 10, reach: everywhere, cond: func(l *nospim.Look) bool {
		for i := range l.Features.Links {
			if below(l.Features.Links[i].Host, set) {
				return true
			}
		}
		return false
	}}
}

// below reports whether a host is one of the domains or lies below one.
func below(host string, domains map[string]bool) bool {
	for host != "" {
		if domains[host] {
			return true
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return false
}
