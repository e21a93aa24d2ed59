package policy

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// name reads a rule's name and, when it is new, takes the rule into the policy.
func (ld *loader) name(r *rule, n node) {
	if n.Node == nil {
		return
	}
	s, ok := n.str()
	if !ok {
		return
	}
	_, taken := ld.weights[s]
	switch file := strings.TrimSuffix(path.Base(r.file), ".yaml"); {
	case !symbolName.MatchString(s):
		n.problem("%q is no symbol: capital letters, digits and underscores, 3 to 64", clip(s))
	case s != file:
		n.problem("%s stands in a file of another name, %s.yaml", s, clip(file))
	case taken:
		n.problem("%s is the symbol of a detector or of another rule", s)
	default:
		r.name = s
		ld.weights[s] = r.score
		ld.rules = append(ld.rules, *r)
	}
}

// expressions compiles what a rule asks and what it says.
func (ld *loader) expressions(r *rule, keys map[string]node) {
	c := &compiler{
		counters: &ld.counters, used: &r.counters, lets: make(map[string]let),
		symbols: func(s string) bool { _, ok := ld.weights[s]; return ok },
	}
	if n, ok := keys["let"]; ok {
		for _, e := range n.entries() {
			c.src = e.value
			c.let(e)
			if v := c.lets[e.key]; v.node != nil {
				r.lets = append(r.lets, e.key+" is "+v.node.String())
			}
		}
	}
	if n, ok := keys["when"]; ok {
		c.src = n
		c.when(r)
	}
	if n, ok := keys["why"]; ok {
		c.src = n
		if text, ok := n.str(); ok {
			r.why = c.compileSentence(strings.TrimRight(text, " \n"))
			if strings.TrimSpace(text) == "" {
				n.problem("is empty; people want to know why")
			}
		}
	}
}

// maxLets is how many names a rule may give.
const maxLets = 20

// letName is what the names that a rule gives look like.
var letName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// let compiles a part of a rule that has a name. It may use those before it.
func (c *compiler) let(e entry) {
	text, ok := e.value.str()
	_, known := names[e.key]
	switch {
	case !ok:
		return
	case !letName.MatchString(e.key):
		e.at.problem("%q is no name: small letters, digits and underscores, at most 32", clip(e.key))
		return
	case known || functions[e.key].Name != "" || nospim.ParseRole(e.key) != nospim.RoleNone || slices.Contains(owners, e.key):
		e.at.problem("%s has a meaning already", e.key)
		return
	case len(c.lets) >= maxLets:
		e.at.problem("this is more than the limit of %d names", maxLets)
		return
	}
	var v let
	if n, ok := c.parse(text); ok {
		if v.term = c.term(n); v.typ != invalid {
			v.node = c.canonical(n)
		}
	}
	if v.node != nil && len(v.node.String()) > maxExpression {
		e.value.problem("is longer than the limit of %d bytes once its names are put in", maxExpression)
		v = let{}
	}
	c.lets[e.key] = v
}

// when compiles a rule's condition.
func (c *compiler) when(r *rule) {
	text, ok := c.src.str()
	if !ok {
		return
	}
	switch t := c.compile(text); {
	case t.typ == invalid:
	case t.typ != boolean:
		c.src.problem("is %s; a condition is expected", t.typ)
	case t.fixed:
		c.src.problem("is always %v", t.cond(nil))
	default:
		r.when, r.early, r.reach, r.text = t.cond, t.early(), t.reach, strings.TrimSpace(text)
	}
}

// effects reads what a rule does.
func (ld *loader) effects(r *rule, keys map[string]node) {
	if n, ok := keys["description"]; ok {
		r.description, _ = n.str()
	}
	if n, ok := keys["score"]; ok {
		r.score, _ = n.numberIn(-maxScore, maxScore)
	}
	if n, ok := keys["action"]; ok {
		r.action, _ = action(n)
	}
	if n, ok := keys["harm"]; ok {
		r.harm = plain(n)
	}
	if n, ok := keys["tip"]; ok {
		r.tip = plain(n)
	}
	if n, ok := keys["label"]; ok {
		r.label = readLabel(n)
	}
}

// readLabel reads label: {entity: sender, name: x, for: 1h}.
func readLabel(n node) *label {
	keys := n.keys("entity", "name", "for")
	for _, k := range []string{"entity", "name", "for"} {
		if _, ok := keys[k]; !ok {
			n.problem("%s is missing in the label", k)
			return nil
		}
	}
	b := &label{name: plain(keys["name"])}
	if s, ok := keys["entity"].str(); ok {
		if b.role = nospim.ParseRole(s); !slices.Contains(bearers, b.role) {
			keys["entity"].problem("%q cannot be labelled; it may be %s", clip(s), bearerWords())
		}
	}
	if s, ok := keys["for"].str(); ok {
		d, err := parseDuration(s)
		switch {
		case err != nil:
			keys["for"].problem("%v", err)
		case d < minWindow || d > maxWindow:
			keys["for"].problem("%s is outside %s to %s", spell(d), spell(minWindow), spell(maxWindow))
		}
		b.span = d
	}
	return b
}

// rollout reads for whom and until when a rule counts.
func (ld *loader) rollout(r *rule, keys map[string]node) {
	if n, ok := keys["shadow"]; ok {
		r.shadow, _ = n.boolean()
	}
	if n, ok := keys["percent"]; ok {
		if f, ok := n.numberIn(0, 100); ok {
			r.percent = f
		}
	}
	if n, ok := keys["until"]; ok {
		if s, ok := n.str(); ok {
			day, err := time.Parse(time.DateOnly, s)
			if err != nil {
				n.problem("%q is no date; it is written like 2026-12-31 and is the last day of the rule (UTC)", clip(s))
				return
			}
			r.until = day.AddDate(0, 0, 1)
		}
	}
}
