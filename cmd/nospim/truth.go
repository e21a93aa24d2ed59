package main

import (
	"bytes"
	"encoding/json"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate/town"
)

// truthReader reads the truth of labelled events: the fields that stand beside those of the event (docs/simulate.md). It keeps
// each different value once, so that reading costs no memory of its own.
type truthReader struct{ words map[string]string }

// mostWords bounds what is kept.
const mostWords = 1 << 17

// read returns the truth that stands in a line, which is a JSON object that the event's decoder has taken and of which it passed
// over so many fields. The error is an ErrInvalid that names the field: it is no text.
func (t *truthReader) read(line []byte, unknown int) (truth town.Truth, err error) {
	if truth, n := t.tail(line); n == unknown {
		return truth, nil
	}
	for rest := line; err == nil; {
		var key, value []byte
		if key, value, rest = nextField(rest); key == nil {
			break
		}
		switch string(key) {
		case "label":
			truth.Label, err = t.word("label", value)
		case "role":
			truth.Role, err = t.word("role", value)
		case "attack":
			truth.Attack, err = t.word("attack", value)
		case "variant":
			truth.Variant, err = t.word("variant", value)
		}
	}
	return truth, err
}

// tail reads the truth where nospim simulate writes it: at the end, the label first, without white space or escapes. It returns how
// many fields it has read; 0 when the line does not end like that. A quote that follows a comma cannot stand inside a text, and no
// brace or bracket comes after it but the last: so these are fields of the outermost object.
func (t *truthReader) tail(line []byte) (truth town.Truth, n int) {
	from := bytes.LastIndex(line, labelField)
	if from < 0 {
		return truth, 0
	}
	rest := line[from:]
	for ; len(rest) > 0 && rest[0] == ','; n++ {
		key, after, ok := bytes.Cut(rest[1:], colon)
		end := bytes.IndexByte(after[min(1, len(after)):], '"') + 2
		if !ok || end < 2 || after[0] != '"' || bytes.IndexByte(after[:end], '\\') >= 0 {
			return truth, 0
		}
		word, err := t.word("", after[:end])
		if err != nil {
			return truth, 0
		}
		switch string(key) {
		case `"label"`:
			truth.Label = word
		case `"role"`:
			truth.Role = word
		case `"attack"`:
			truth.Attack = word
		case `"variant"`:
			truth.Variant = word
		default:
			return truth, 0
		}
		rest = after[end:]
	}
	if len(rest) != 1 || rest[0] != '}' {
		return truth, 0
	}
	return truth, n
}

// What tail looks for.
var labelField, colon = []byte(`,"label":"`), []byte(`:`)

// word returns the text that a JSON value is.
func (t *truthReader) word(field string, value []byte) (string, error) {
	if w, ok := t.words[string(value)]; ok {
		return w, nil
	}
	var w string
	if err := json.Unmarshal(value, &w); err != nil {
		return "", &nospim.InputError{Field: field, Problem: "is no text"}
	}
	if t.words == nil || len(t.words) >= mostWords {
		t.words = map[string]string{}
	}
	t.words[string(value)] = w
	return w, nil
}

// nextField returns the next key of the outermost object, without its quotes, its value, and what comes after that. A nil key
// is the end. The JSON is sound, for it was decoded before.
func nextField(s []byte) (key, value, rest []byte) {
	i := bytes.IndexByte(s, '"')
	if i < 0 {
		return nil, nil, nil
	}
	end := i + quoted(s[i:])
	key = s[i+1 : end-1]
	colon := bytes.IndexByte(s[end:], ':')
	if colon < 0 {
		return nil, nil, nil
	}
	rest = bytes.TrimLeft(s[end+colon+1:], " \t\r\n")
	n := valueLength(rest)
	return key, rest[:n], rest[n:]
}

// valueLength is how many bytes a JSON value has, up to the comma or the brace after it.
func valueLength(s []byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i += quoted(s[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// quoted is how many bytes the JSON string at the beginning of s has, with its quotes.
func quoted(s []byte) int {
	for i := 1; i < len(s); i++ {
		n := bytes.IndexByte(s[i:], '"')
		if n < 0 {
			return len(s)
		}
		i += n
		escapes := 0
		for s[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
	return len(s)
}
