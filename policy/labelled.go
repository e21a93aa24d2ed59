package policy

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/nospim/nospim"
)

// bearers are the roles whose entities a rule can label, and ask for their labels.
var bearers = []nospim.Role{
	nospim.RoleSender, nospim.RoleRecipient, nospim.RoleAddr, nospim.RoleRoom, nospim.RoleLink, nospim.RoleDomain,
}

func bearerWords() string {
	var words []string
	for _, r := range bearers {
		words = append(words, r.String())
	}
	return oneOf(words)
}

// labelled compiles labelled("name") and labelled("name", role).
func (c *compiler) labelled(n *ast.CallNode) term {
	usage := functions["labelled"].Name
	if c.within != "" {
		return c.problem(n, "the condition of %s may not use labelled: it sees the event and its features only", c.within)
	}
	if len(n.Arguments) < 1 || len(n.Arguments) > 2 {
		return c.problem(n, "labelled has %d arguments; it is written %s", len(n.Arguments), usage)
	}
	name, ok := n.Arguments[0].(*ast.StringNode)
	if !ok || !plainWord.MatchString(name.Value) {
		return c.problem(n.Arguments[0], "the name of a label is expected, as in %s", usage)
	}
	by := nospim.RoleSender
	if len(n.Arguments) == 2 {
		if by, ok = c.role(n.Arguments[1]); !ok {
			return term{}
		}
		if !slices.Contains(bearers, by) {
			return c.problem(n.Arguments[1], "%s cannot be labelled; it may be %s", by, bearerWords())
		}
	}
	t := c.fact(n, nospim.Counter{Name: name.Value, Kind: nospim.Labelled, By: [2]nospim.Role{by}}, 0)
	if t.typ == invalid {
		return t
	}
	recalled := t.num
	t.typ, t.num, t.cond = boolean, nil, func(l *nospim.Look) bool { return recalled(l) > 0 }
	return t
}
