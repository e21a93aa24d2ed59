package policy

import (
	"github.com/expr-lang/expr/ast"

	"github.com/nospim/nospim"
)

// reach says of which kinds and relations a condition may hold, as sets of bits by index. It is never too small: a rule is
// left out for an event only if it cannot fire. That is what makes a hundred rules cost no more than those of one kind.
type reach struct {
	kinds     uint32
	relations uint8
	// exact says that the condition holds for the whole of the reach, so that its opposite holds outside of it.
	exact bool
}

var (
	allKinds     = uint32(1)<<len(kinds) - 1
	allRelations = uint8(1)<<len(relations) - 1
	everywhere   = reach{kinds: allKinds, relations: allRelations}
)

func (r reach) and(o reach) reach {
	return reach{kinds: r.kinds & o.kinds, relations: r.relations & o.relations, exact: r.exact && o.exact}
}

func (r reach) or(o reach) reach {
	return reach{kinds: r.kinds | o.kinds, relations: r.relations | o.relations}
}

// not returns the opposite of an exact reach that names kinds or relations, but not both.
func (r reach) not() reach {
	switch {
	case r.exact && r.relations == allRelations:
		return reach{kinds: allKinds &^ r.kinds, relations: allRelations, exact: true}
	case r.exact && r.kinds == allKinds:
		return reach{kinds: allKinds, relations: allRelations &^ r.relations, exact: true}
	}
	return everywhere
}

// has reports whether the condition may hold for a kind and a relation, by index.
func (r reach) has(kind, relation int) bool {
	return r.kinds>>kind&1 == 1 && r.relations>>relation&1 == 1
}

// reachOfName returns the reach of a name that is a condition by itself.
func reachOfName(key string) reach {
	if key != "stranger" {
		return everywhere
	}
	r := reach{kinds: allKinds, exact: true}
	for i, rel := range relations {
		if rel.Stranger() {
			r.relations |= 1 << i
		}
	}
	return r
}

// reachOfEqual returns the reach of left == right, or of left != right.
func reachOfEqual(left ast.Node, right term, same bool) reach {
	if !right.fixed {
		return everywhere
	}
	r := reachOfList(left, []string{right.str(nil)})
	if !same {
		return r.not()
	}
	return r
}

// reachOfList returns the reach of left in [words].
func reachOfList(left ast.Node, words []string) reach {
	id, ok := left.(*ast.IdentifierNode)
	if !ok || id.Value != "kind" && id.Value != "relation" {
		return everywhere
	}
	r := reach{kinds: allKinds, relations: allRelations, exact: true}
	if id.Value == "kind" {
		r.kinds = 0
		for _, w := range words {
			r.kinds |= 1 << kindAts[nospim.Kind(w)]
		}
		return r
	}
	r.relations = 0
	for _, w := range words {
		r.relations |= 1 << relationIndex(nospim.Relation(w))
	}
	return r
}
