package policy

import (
	"path"
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
	known := func(s string) bool { _, ok := ld.weights[s]; return ok }
	if n, ok := keys["when"]; ok {
		if text, ok := n.str(); ok {
			c := &compiler{src: n, counters: &ld.counters, symbols: known, where: &r.counters}
			t := c.compile(text)
			switch {
			case t.typ == invalid:
			case t.typ != boolean:
				n.problem("is %s; a condition is expected", t.typ)
			case t.fixed:
				n.problem("is always %v", t.cond(nil))
			default:
				r.when, r.reach, r.text = t.cond, t.reach, strings.TrimSpace(text)
			}
		}
	}
	if n, ok := keys["why"]; ok {
		if text, ok := n.str(); ok {
			c := &compiler{src: n, counters: &ld.counters, symbols: known, where: &r.counters}
			r.why = c.compileSentence(strings.TrimRight(text, " \n"))
			if strings.TrimSpace(text) == "" {
				n.problem("is empty; people want to know why")
			}
		}
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
		switch b.role = nospim.ParseRole(s); b.role {
		case nospim.RoleSender, nospim.RoleRecipient, nospim.RoleAddr, nospim.RoleRoom, nospim.RoleLink, nospim.RoleDomain:
		default:
			keys["entity"].problem("%q cannot be labelled; it may be sender, recipient, addr, room, link or domain", clip(s))
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
