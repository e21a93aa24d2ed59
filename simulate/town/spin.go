package town

import (
	"math/rand/v2"
	"strings"
)

// spin writes one of the texts that a template stands for: {a|b|c} is one of several, in which braces may nest; {name} is what
// slots has under that name.
func spin(r *rand.Rand, template string, slots map[string]string) string {
	var b strings.Builder
	spinInto(&b, r, template, slots)
	return b.String()
}

func spinInto(b *strings.Builder, r *rand.Rand, template string, slots map[string]string) {
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return
		}
		options, end := choices(rest)
		one := options[r.IntN(len(options))]
		if value, ok := slots[one]; ok && len(options) == 1 {
			b.WriteString(value)
		} else {
			spinInto(b, r, one, slots)
		}
		template = rest[end:]
	}
}

// choices cuts what follows a brace into its options, and says where the template goes on. A brace that is never closed ends
// with the template.
func choices(s string) (options []string, end int) {
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '|':
			if depth == 0 {
				options = append(options, s[from:i])
				from = i + 1
			}
		case '}':
			if depth == 0 {
				return append(options, s[from:i]), i + 1
			}
			depth--
		}
	}
	return append(options, s[from:]), len(s)
}
