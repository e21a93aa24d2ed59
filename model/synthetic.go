package model

import (
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"strings"
)

// Texts that were written for this project, as templates. Every one is many texts: see templates/README.md.
//
//go:embed templates/*.txt
var templateFiles embed.FS

// ErrTemplate says that a template is not well formed.
var ErrTemplate = errors.New("bad template")

// template is one line of a file of templates.
type template struct {
	file, place string
	category    Category // Uncategorised: honest
	text        string
}

// Synthetic returns many wordings of each template: spam of all categories and honest texts that look like it, in several
// languages. Every file is a source ("synthetic/en"), every template a group. The same seed gives the same texts.
func Synthetic(seed uint64, wordings int) ([]Sample, error) {
	slots, err := readSlots()
	if err != nil {
		return nil, err
	}
	all, err := readTemplates()
	if err != nil {
		return nil, err
	}
	var out []Sample
	for _, t := range all {
		h := fnv.New64a()
		h.Write([]byte(t.text)) // a template's wordings do not depend on what stands before it
		w := wording{slots: slots, rng: rand.New(rand.NewPCG(seed, h.Sum64()))}
		seen := map[string]bool{}
		for range wordings {
			s := strings.TrimSpace(w.expand(t.text, 0))
			if w.err != nil {
				return nil, fmt.Errorf("%s: %w", t.place, w.err)
			}
			if seen[s] {
				continue
			}
			seen[s] = true
			out = append(out, Sample{
				Text: s, Spam: t.category != Uncategorised, Category: t.category, Source: "synthetic/" + t.file, Group: t.place,
			})
		}
	}
	return out, nil
}

func readTemplates() ([]template, error) {
	names, err := fs.Glob(templateFiles, "templates/*.txt")
	if err != nil {
		return nil, err
	}
	var out []template
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".txt")
		if base == "slots" || base == "synonyms" {
			continue
		}
		err := eachLine(name, func(number int, label, text string) error {
			t := template{file: strings.TrimSuffix(base, "_ham"), place: fmt.Sprintf("%s:%d", name, number), text: text}
			var ok bool
			if t.category, ok = ParseCategory(label); !ok && label != "ham" {
				return fmt.Errorf("%w: %s: label %q is neither ham nor a category", ErrTemplate, t.place, label)
			}
			out = append(out, t)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readSlots() (map[string][]string, error) { return readChoices("templates/slots.txt") }

func readSynonyms() (map[string][]string, error) { return readChoices("templates/synonyms.txt") }

// readChoices reads what stands for each name of a file.
func readChoices(file string) (map[string][]string, error) {
	choices := map[string][]string{}
	return choices, eachLine(file, func(_ int, name, values string) error {
		choices[name] = split(values)
		return nil
	})
}

// eachLine calls do with the two columns of each line that is no comment.
func eachLine(name string, do func(number int, first, second string) error) error {
	b, err := templateFiles.ReadFile(name)
	if err != nil {
		return err
	}
	number := 0
	for line := range strings.Lines(string(b)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		first, second, ok := strings.Cut(line, "\t")
		if !ok {
			return fmt.Errorf("%w: %s:%d has no tab", ErrTemplate, name, number)
		}
		if err := do(number, first, second); err != nil {
			return err
		}
	}
	return nil
}

// wording makes one text of a template.
type wording struct {
	slots map[string][]string
	rng   *rand.Rand
	err   error
}

// deepest is how deep slots may stand in slots.
const deepest = 12

// expand chooses at each {a|b} and fills each $slot.
func (w *wording) expand(s string, depth int) string {
	if depth > deepest {
		w.err = fmt.Errorf("%w: slots within slots without end", ErrTemplate)
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		switch s[i] {
		case '{':
			end := closing(s, i)
			if end < 0 {
				w.err = fmt.Errorf("%w: a { that is not closed", ErrTemplate)
				return ""
			}
			choices := split(s[i+1 : end])
			b.WriteString(w.expand(choices[w.rng.IntN(len(choices))], depth+1))
			i = end + 1
		case '$':
			name := w.slot(s[i+1:])
			if name == "" { // a dollar sign
				b.WriteByte('$')
				i++
				continue
			}
			values := w.slots[name]
			b.WriteString(w.expand(values[w.rng.IntN(len(values))], depth+1))
			i += 1 + len(name)
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// slot returns the longest name of a slot that s begins with.
func (w *wording) slot(s string) string {
	for n := min(len(s), 12); n > 0; n-- {
		if _, ok := w.slots[s[:n]]; ok {
			return s[:n]
		}
	}
	return ""
}

// closing returns where the brace at i is closed, or -1.
func closing(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// split cuts at each bar that stands in no brace.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		case '|':
			if depth == 0 {
				out, from = append(out, s[from:i]), i+1
			}
		}
	}
	return append(out, s[from:])
}
