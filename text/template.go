package text

import (
	"bytes"
	"strconv"
	"strings"
)

// Template learns what copies of one text have in common: words that all of them have, in their order, and slots between them where
// they differ, with the number of different values. Copies that share no order of words make one slot.
type Template struct {
	copies int
	words  []string
	slots  []map[string]bool // slots[i] stands before words[i], the last one behind all words
	form   Form
}

// Bounds of a template: what is behind is left out, and more values are not counted.
const (
	mostTemplate = 200
	mostValues   = 1000
)

// Copies is how many texts were learned from.
func (t *Template) Copies() int { return t.copies }

// Learn takes in a copy.
func (t *Template) Learn(body string) {
	words := t.read(body)
	t.copies++
	if t.copies == 1 {
		t.words, t.slots = words, make([]map[string]bool, len(words)+1)
		return
	}
	keep := common(t.words, words)
	slots := make([]map[string]bool, len(keep)+1)
	i, j := 0, 0
	for k := range slots {
		to, at := len(t.words), len(words)
		if k < len(keep) {
			to, at = keep[k][0], keep[k][1]
		}
		slots[k] = t.between(i, to, words[j:at])
		i, j = to+1, at+1
	}
	kept := make([]string, len(keep))
	for k := range keep {
		kept[k] = t.words[keep[k][0]]
	}
	t.words, t.slots = kept, slots
}

// between joins what stood in the template from word i to word to with what a copy has there.
func (t *Template) between(i, to int, words []string) map[string]bool {
	values := map[string]bool{}
	var was []string
	for k := i; k <= to; k++ {
		for v := range t.slots[k] {
			values[v] = true
		}
		if k < to {
			was = append(was, t.words[k])
		}
	}
	is := strings.Join(words, " ")
	if len(values) == 0 && len(was) == 0 && is == "" {
		return nil
	}
	if len(was) > 0 || len(values) == 0 {
		values[strings.Join(was, " ")] = true
	}
	if len(values) < mostValues {
		values[is] = true
	}
	return values
}

// read returns the folded words of a text.
func (t *Template) read(body string) (words []string) {
	t.form.Read(body)
	for i := range t.form.Tokens {
		if len(words) == mostTemplate {
			break
		}
		words = append(words, string(bytes.TrimSpace(t.form.Bytes(&t.form.Tokens[i]))))
	}
	return words
}

// common returns the places of a longest common subsequence.
func common(a, b []string) (places [][2]int) {
	long := make([][]int16, len(a)+1)
	for i := range long {
		long[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			places = append(places, [2]int{i, j})
			i, j = i+1, j+1
		case long[i+1][j] >= long[i][j+1]:
			i++
		default:
			j++
		}
	}
	return places
}

// String writes the template: words, and slots as {3} with the number of their values.
func (t *Template) String() string {
	var parts []string
	for i, s := range t.slots {
		if len(s) > 0 {
			parts = append(parts, "{"+strconv.Itoa(len(s))+"}")
		}
		if i < len(t.words) {
			parts = append(parts, t.words[i])
		}
	}
	return strings.Join(parts, " ")
}
