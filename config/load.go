package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxFile is the largest configuration file that is read, in bytes; MaxSecret the largest secret file.
const (
	MaxFile   = 64 << 10
	MaxSecret = 4 << 10
	// MinSecret is the shortest secret that is taken, in bytes.
	MinSecret = 16
)

// Error is a mistake in a configuration file.
type Error struct {
	File string
	// Line and Column are counted from 1; 0 when the mistake has no place in the file.
	Line, Column int
	// Key is the path of the key, such as keep.hold; empty for a mistake of syntax.
	Key string
	// Problem says what is wrong, with the limit that was passed.
	Problem string
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + " ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Load reads the file, completes it for this machine and checks it. An empty name means [File]; when there is none, the
// defaults hold. A mistake in the file is an [*Error], several are joined.
func Load(name string) (Config, error) {
	if name == "" {
		name = File()
	}
	c := Default()
	if name != "" {
		src, err := readFile(name, MaxFile)
		if err != nil {
			return Config{}, fmt.Errorf("reading configuration: %w", err)
		}
		if c, err = Parse(name, src); err != nil {
			return Config{}, err
		}
	}
	return c.Complete()
}

// Parse reads src over the defaults and checks it. The name is for errors only.
func Parse(name string, src []byte) (Config, error) {
	c := Default()
	if brackets(src) > maxBrackets {
		return Config{}, &Error{File: name, Problem: fmt.Sprintf("has more than %d open brackets", maxBrackets)}
	}
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		return Config{}, placed(name, err)
	}
	if len(file.Docs) > 1 {
		at := file.Docs[1].Start.Position
		return Config{}, &Error{File: name, Line: at.Line, Column: at.Column, Problem: "a second document begins here; the file is one"}
	}
	err = yaml.NewDecoder(bytes.NewReader(src), yaml.Strict()).Decode(&c)
	if err != nil && !errors.Is(err, io.EOF) { // EOF: an empty file, or comments alone
		return Config{}, placed(name, err)
	}
	fill(reflect.ValueOf(&c).Elem(), reflect.ValueOf(Default()))
	return c, locate(name, file, c.Validate())
}

// fill gives every value that is left at zero its default: a key without a value is a key left out.
func fill(v, defaults reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Kind() == reflect.Struct:
			fill(f, defaults.Field(i))
		case f.IsZero():
			f.Set(defaults.Field(i))
		}
	}
}

// maxBrackets is how many brackets may be open at once: the YAML parser's time grows with the square of it.
const maxBrackets = 64

// brackets returns how many brackets are open at once at most, without regard to quotes.
func brackets(src []byte) (most int) {
	open := 0
	for _, b := range src {
		switch b {
		case '[', '{':
			open++
			most = max(most, open)
		case ']', '}':
			open = max(0, open-1)
		}
	}
	return most
}

// placed turns an error of the YAML library into one that fits a line.
func placed(name string, err error) error {
	e := &Error{File: name, Problem: err.Error()}
	if own := (*Error)(nil); errors.As(err, &own) {
		own.File = name
		return own
	}
	var y yaml.Error
	if !errors.As(err, &y) {
		return e
	}
	e.Problem = y.GetMessage()
	if t := y.GetToken(); t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	var (
		unknown *yaml.UnknownFieldError
		wrong   *yaml.TypeError
	)
	switch {
	case errors.As(err, &unknown):
		e.Problem += "; nospim config describe lists every key"
	case errors.As(err, &wrong):
		e.Problem = fmt.Sprintf("is a %s where a %s belongs", yamlWord(wrong.SrcType), yamlWord(wrong.DstType))
	}
	return e
}

// yamlWord says to an operator what kind of thing a Go type is in YAML.
func yamlWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "mapping"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	default:
		return "number"
	}
}

// locate adds the file and the place of their keys to the errors of Validate.
func locate(name string, file *ast.File, err error) error {
	if err == nil {
		return nil
	}
	var many interface{ Unwrap() []error }
	if !errors.As(err, &many) {
		return err
	}
	for _, err := range many.Unwrap() {
		var e *Error
		if !errors.As(err, &e) {
			continue
		}
		e.File = name
		path, err := yaml.PathString("$." + e.Key)
		if err != nil {
			continue
		}
		if node, err := path.FilterFile(file); err == nil && node != nil {
			at := node.GetToken().Position
			e.Line, e.Column = at.Line, at.Column
		}
	}
	return err
}

// Secret reads a secret from its file, without the white space around it. An empty name is no secret: "".
func Secret(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	b, err := readFile(name, MaxSecret)
	if err != nil {
		return "", fmt.Errorf("reading secret: %w", err)
	}
	s := strings.TrimSpace(string(b))
	if len(s) < MinSecret {
		return "", fmt.Errorf("reading secret: %s has %d characters, less than the least of %d; openssl rand -hex 32 makes a good one", name, len(s), MinSecret)
	}
	return s, nil
}

// readFile reads a file of at most limit bytes.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than the limit of %d bytes", name, limit)
	}
	return b, nil
}
