package town

import (
	"strings"

	"github.com/nospim/nospim/simulate"
)

// style is how the texts of an incident are written: one template for all, or spun, disguised, with names.
type style struct {
	spun     bool
	disguise simulate.DisguiseKind
}

// style chooses.
func (i *incident) style() style {
	switch i.vary("fixed", "spun", "spun", "disguised", "spun_disguised") {
	case "spun":
		return style{spun: true}
	case "disguised":
		return style{disguise: i.disguiseKind()}
	case "spun_disguised":
		return style{spun: true, disguise: i.disguiseKind()}
	default:
		return style{}
	}
}

func (i *incident) disguiseKind() simulate.DisguiseKind {
	kind := pick(i.r, simulate.DisguiseKinds())
	i.variant = append(i.variant, string(kind))
	return kind
}

// writer returns a function that writes the text for one recipient after the other. A text that is not spun is chosen once; its
// slots are the recipient's all the same.
func (i *incident) writer(s style, template string) func(slots map[string]string) string {
	if !s.spun {
		template = i.settled(template)
	}
	return func(slots map[string]string) string {
		text := spin(i.r, template, slots)
		if s.disguise == "" {
			return text
		}
		if out, err := simulate.Disguise(i.r.Uint64(), s.disguise, text); err == nil {
			return out
		}
		return text // no kind of its own making is refused
	}
}

// settled chooses once among the options of a template and leaves its slots open.
func (i *incident) settled(template string) string {
	open := map[string]string{}
	for _, slot := range []string{"name", "link", "age", "bot", "brand", "room"} {
		open[slot] = "{" + slot + "}"
	}
	return strings.TrimSpace(spin(i.r, template, open))
}
