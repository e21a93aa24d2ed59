package config

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"reflect"
	"strings"
)

// source is the file whose comments document the keys.
//
//go:embed config.go
var source string

// Key is one key of the file.
type Key struct {
	// Path is the key with those it stands in: keep.hold; lists.services[].address is a key of the mappings in a list.
	Path string `json:"key"`
	// Type is section, list, string, number, boolean or duration.
	Type string `json:"type"`
	// Default is as it would be written in the file; empty for sections.
	Default string `json:"default"`
	// Doc is the comment, as one paragraph of Markdown.
	Doc string `json:"doc"`
}

// Keys returns every key in the order of the structs, sections before their keys.
func Keys() ([]Key, error) {
	docs, err := comments()
	if err != nil {
		return nil, err
	}
	return keys("", reflect.ValueOf(Default()), docs)
}

func keys(prefix string, v reflect.Value, docs map[string]string) ([]Key, error) {
	var all []Key
	for i := range v.NumField() {
		field := v.Type().Field(i)
		doc := docs[v.Type().Name()+"."+field.Name]
		if doc == "" {
			return nil, fmt.Errorf("describing configuration: %s.%s has no comment", v.Type().Name(), field.Name)
		}
		k := Key{Path: prefix + field.Tag.Get("yaml"), Doc: doc}
		k.Type, k.Default = shape(v.Field(i))
		all = append(all, k)
		prefix, of := k.Path+".", v.Field(i)
		switch k.Type {
		case "section":
		case "list":
			prefix, of = k.Path+"[].", reflect.Zero(of.Type().Elem())
		default:
			continue
		}
		inner, err := keys(prefix, of, docs)
		if err != nil {
			return nil, err
		}
		all = append(all, inner...)
	}
	return all, nil
}

// shape names the type of a value and writes it as YAML.
func shape(v reflect.Value) (kind, value string) {
	if d, ok := v.Interface().(Duration); ok {
		return "duration", d.String()
	}
	switch v.Kind() {
	case reflect.Struct:
		return "section", ""
	case reflect.String:
		if v.String() == "" {
			return "string", `""`
		}
		return "string", v.String()
	case reflect.Slice:
		return "list", "[]"
	case reflect.Bool:
		return "boolean", fmt.Sprint(v.Bool())
	default:
		return "number", fmt.Sprint(v.Interface())
	}
}

// comments reads the doc comments of the struct fields in source, by Type.Field.
func comments() (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("describing configuration: %w", err)
	}
	docs := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if st, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range st.Fields.List {
				for _, name := range f.Names {
					docs[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
		return false
	})
	return docs, nil
}

// Describe writes a whole configuration file with every key at its default and its documentation as a comment; the keys of mappings in
// lists, of which there are none by default, are comments altogether. What it writes can be read back.
func Describe(w io.Writer) error {
	all, err := Keys()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("# nospim's configuration. Every key may be left out; these are the defaults.\n")
	for _, k := range all {
		indent := strings.Repeat("  ", strings.Count(k.Path, "."))
		before := indent
		if strings.Contains(k.Path, "[]") {
			indent = strings.TrimPrefix(indent, "  ")
			before = indent + "#   "
		}
		name := k.Path[strings.LastIndex(k.Path, ".")+1:]
		b.WriteString("\n")
		for _, line := range wrap(k.Doc, 100-len(indent)) {
			b.WriteString(indent + "# " + line + "\n")
		}
		b.WriteString(strings.TrimRight(before+name+": "+k.Default, " "))
		if k.Type != "section" {
			b.WriteString(" # " + k.Type)
		}
		b.WriteString("\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// Markdown writes docs/config.md.
func Markdown(w io.Writer) error {
	all, err := Keys()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(markdownHead)
	for _, k := range all {
		if k.Type == "section" {
			fmt.Fprintf(&b, "## `%s`\n\n%s\n\n", k.Path, k.Doc)
			continue
		}
		fmt.Fprintf(&b, "### `%s`\n\n%s, default `%s`. %s\n\n", k.Path, k.Type, k.Default, k.Doc)
	}
	_, err = io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// markdownHead begins docs/config.md.
const markdownHead = `<!-- Generated from config/config.go: change the comments there and run make gen. -->

# Configuration

nospim needs no configuration. Where there is one, it is one YAML file: the one that ` + "`--config`" + ` names, else
` + "`nospim/nospim.yaml`" + ` in the user's configuration directory (` + "`$XDG_CONFIG_HOME`, `~/.config`" + `), else ` + "`/etc/nospim/nospim.yaml`" + `.
An unknown key or a value out of bounds is an error with its line and column, and nospim does not start.
` + "`nospim config check`" + ` reads the file and says so; ` + "`nospim config describe`" + ` prints a whole file with these defaults.

`

// wrap breaks text into lines of at most width characters, between words.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
