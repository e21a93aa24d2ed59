package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of one file.
const (
	maxFile  = 64 << 10 // bytes
	maxDepth = 64       // brackets within brackets: the YAML parser's time grows with the square of it
)

// source is one file and where its problems go.
type source struct {
	name   string
	text   string
	lines  []string // split when a place inside a text is first asked for
	errors *Errors
}

// problem notes what is wrong at a place.
func (s *source) problem(line, column int, format string, args ...any) {
	*s.errors = append(*s.errors, Error{File: s.name, Line: line, Column: column, Problem: fmt.Sprintf(format, args...)})
}

// node is a YAML value and the file it stands in. Reading it as the wrong type notes a problem.
type node struct {
	ast.Node
	src *source
}

// readFile reads a file and parses its one document. Ok is false when a problem was noted; the error is of the file system.
func readFile(fsys fs.FS, name string, errs *Errors) (n node, ok bool, err error) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return node{}, false, fmt.Errorf("reading the policy: %w", err)
	}
	src := &source{name: name, text: string(b), errors: errs}
	n, ok = src.parse()
	return n, ok, nil
}

func (s *source) parse() (node, bool) {
	if len(s.text) > maxFile {
		s.problem(0, 0, "has %d bytes, more than the limit of %d", len(s.text), maxFile)
		return node{}, false
	}
	if depth(s.text) > maxDepth {
		s.problem(0, 0, "has more than %d brackets within brackets", maxDepth)
		return node{}, false
	}
	f, err := parser.ParseBytes([]byte(s.text), 0)
	var at yaml.Error
	switch {
	case errors.As(err, &at) && at.GetToken() != nil:
		p := at.GetToken().Position
		s.problem(p.Line, max(1, p.Column), "%s", at.GetMessage())
		return node{}, false
	case err != nil:
		s.problem(0, 0, "is not YAML: %v", err)
		return node{}, false
	case len(f.Docs) == 0 || f.Docs[0].Body == nil:
		s.problem(0, 0, "is empty")
		return node{}, false
	case len(f.Docs) > 1:
		s.problem(0, 0, "has %d documents; one is expected", len(f.Docs))
		return node{}, false
	}
	return node{f.Docs[0].Body, s}, true
}

// depth returns how many brackets are open at once at most, counted without looking at quotes.
func depth(text string) (most int) {
	open := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(0, open-1)
		}
	}
	return most
}

// position returns where the node begins; ok is false for what the parser made up.
func (n node) position() (line, column int) {
	at := n.Node
	if m, ok := at.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		at = m.Values[0].Key // a block mapping's own token is its first colon
	}
	var tk *token.Token
	if at != nil {
		tk = at.GetToken()
	}
	if tk == nil || tk.Position == nil {
		return 0, 0
	}
	return tk.Position.Line, max(1, tk.Position.Column)
}

// problem notes what is wrong with the value.
func (n node) problem(format string, args ...any) {
	line, column := n.position()
	n.src.problem(line, column, format, args...)
}

// problemAt notes what is wrong at a character of a text value.
func (n node) problemAt(offset int, format string, args ...any) {
	line, column := n.place(offset)
	n.src.problem(line, column, format, args...)
}

// place returns where in the file the character at an offset of a text value stands. It follows the value through the file
// by its visible characters, which are the same in every way of writing a text in YAML but for escapes.
func (n node) place(offset int) (line, column int) {
	line, column = n.position()
	value, ok := n.Node.(*ast.StringNode)
	literal, block := n.Node.(*ast.LiteralNode)
	if block {
		value, ok = literal.Value, literal.Value != nil
		line, column = line+1, 1
	}
	if !ok || line == 0 {
		return n.position()
	}
	if n.src.lines == nil {
		n.src.lines = strings.Split(n.src.text, "\n")
	}
	c := cursor{lines: n.src.lines, line: line, column: column}
	c.atLine, c.atColumn = n.position() // where nothing is found
	for i, r := range []rune(value.Value) {
		if i > offset {
			break
		}
		if !unicode.IsSpace(r) && !c.find(r) {
			break
		}
	}
	return c.atLine, c.atColumn
}

// cursor walks over the characters of a file. It stands before line:column; what it found last is at atLine:atColumn.
type cursor struct {
	lines            []string
	line, column     int
	atLine, atColumn int
}

// find moves behind the next r.
func (c *cursor) find(r rune) bool {
	for ; c.line <= len(c.lines); c.line, c.column = c.line+1, 1 {
		rest := []rune(c.lines[c.line-1])
		if c.column > len(rest) {
			continue
		}
		if i := slices.Index(rest[c.column-1:], r); i >= 0 {
			c.atLine, c.atColumn = c.line, c.column+i
			c.column += i + 1
			return true
		}
	}
	return false
}

// what names the type of a value for people.
func (n node) what() string {
	switch n.Node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	}
	return "an anchor, alias or tag, which policies do not use"
}

// str reads a text.
func (n node) str() (string, bool) {
	switch v := n.Node.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		if v.Value != nil {
			return v.Value.Value, true
		}
	}
	n.problem("is %s; a text is expected", n.what())
	return "", false
}

// number reads a finite number.
func (n node) number() (float64, bool) {
	f := math.NaN()
	switch v := n.Node.(type) {
	case *ast.IntegerNode:
		switch i := v.Value.(type) {
		case int64:
			f = float64(i)
		case uint64:
			f = float64(i)
		}
	case *ast.FloatNode:
		f = v.Value
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		n.problem("is %s; a finite number is expected", n.what())
		return 0, false
	}
	return f, true
}

// numberIn reads a number between two bounds.
func (n node) numberIn(least, most float64) (float64, bool) {
	f, ok := n.number()
	if ok && (f < least || f > most) {
		n.problem("is %v; a number from %v to %v is expected", f, least, most)
		return 0, false
	}
	return f, ok
}

// boolean reads true or false.
func (n node) boolean() (value, ok bool) {
	if v, is := n.Node.(*ast.BoolNode); is {
		return v.Value, true
	}
	n.problem("is %s; true or false is expected", n.what())
	return false, false
}

// items reads a list.
func (n node) items() []node {
	s, ok := n.Node.(*ast.SequenceNode)
	if !ok {
		n.problem("is %s; a list is expected", n.what())
		return nil
	}
	items := make([]node, 0, len(s.Values))
	for _, v := range s.Values {
		items = append(items, node{v, n.src})
	}
	return items
}

// entry is one key of a mapping and its value.
type entry struct {
	key   string
	at    node // the key itself
	value node
}

// entries reads a mapping in the order of the file. Keys without a value are left out: a commented-out list is no error.
func (n node) entries() []entry {
	m, ok := n.Node.(*ast.MappingNode)
	if !ok {
		n.problem("is %s; a mapping is expected", n.what())
		return nil
	}
	entries := make([]entry, 0, len(m.Values))
	for _, v := range m.Values {
		at := node{v.Key, n.src}
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			at.problem("is no plain key")
			continue
		}
		if _, empty := v.Value.(*ast.NullNode); !empty && v.Value != nil {
			entries = append(entries, entry{key: key.Value, at: at, value: node{v.Value, n.src}})
		}
	}
	return entries
}

// keys reads a mapping that may have these keys only.
func (n node) keys(known ...string) map[string]node {
	found := make(map[string]node)
	for _, e := range n.entries() {
		if !slices.Contains(known, e.key) {
			e.at.problem("%q is no key here; it may be %s", clip(e.key), oneOf(known))
			continue
		}
		found[e.key] = e.value
	}
	return found
}

// oneOf lists words for an error: "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// clip keeps an error's quotation of bad input short.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
