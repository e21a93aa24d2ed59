package http

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Markdown returns docs/api.md: the OpenAPI document, for people.
func Markdown() []byte {
	d := document()
	var out bytes.Buffer
	out.WriteString("# The HTTP interface\n\n<!-- Generated from connect/http by `make gen`. Do not edit. -->\n\n")
	out.WriteString(d.Info.Description + " The same as OpenAPI 3.1: [openapi.json](openapi.json), or `GET /openapi.json`.\n\n")
	out.WriteString("Where a token is set (always when other machines can reach the address), `/v1` and `/metrics` ask for `Authorization: Bearer …`.\n")
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		if o := d.Paths[path].Post; o != nil {
			writeOperation(&out, "POST", o)
		}
		if o := d.Paths[path].Get; o != nil {
			writeOperation(&out, "GET", o)
		}
	}
	schemas := d.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		writeSchema(&out, name, schemas[name])
	}
	return out.Bytes()
}

func writeOperation(out *bytes.Buffer, method string, o *huma.Operation) {
	fmt.Fprintf(out, "\n## %s %s\n\n%s\n\n", method, o.Path, o.Summary)
	if o.RequestBody != nil {
		fmt.Fprintf(out, "Body: %s.\n\n", content(o.RequestBody.Content))
	}
	out.WriteString("| status | body | meaning |\n|---|---|---|\n")
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[status]
		fmt.Fprintf(out, "| %s | %s | %s |\n", status, content(r.Content), r.Description)
	}
}

func writeSchema(out *bytes.Buffer, name string, s *huma.Schema) {
	fmt.Fprintf(out, "\n## %s\n\n| field | type | meaning |\n|---|---|---|\n", name)
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[field]
		mark := ""
		if slices.Contains(s.Required, field) {
			mark = " (always)"
		}
		fmt.Fprintf(out, "| `%s`%s | %s | %s%s |\n", field, mark, typeName(p), p.Description, bounds(p))
	}
}

// content names a body: its schema and its media type.
func content(c map[string]*huma.MediaType) string {
	var names []string
	for _, media := range slices.Sorted(maps.Keys(c)) {
		names = append(names, fmt.Sprintf("%s as `%s`", typeName(c[media].Schema), media))
	}
	return strings.Join(names, ", ")
}

// typeName names the type of a schema, with a link where it has a table.
func typeName(s *huma.Schema) string {
	switch {
	case s.Ref != "":
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	case s.Type == huma.TypeArray:
		return "list of " + typeName(s.Items)
	case s.Format == "date-time":
		return "time (RFC 3339)"
	default:
		return s.Type
	}
}

// bounds says which values a field may have.
func bounds(s *huma.Schema) string {
	enum := s.Enum
	if s.Items != nil {
		enum = s.Items.Enum
	}
	text := ""
	if len(enum) > 0 {
		var all []string
		for _, v := range enum {
			all = append(all, fmt.Sprintf("`%v`", v))
		}
		text = " One of " + strings.Join(all, ", ") + "."
	}
	if s.MaxLength != nil {
		text += fmt.Sprintf(" At most %d bytes.", *s.MaxLength)
	}
	if s.MaxItems != nil {
		text += fmt.Sprintf(" At most %d.", *s.MaxItems)
	}
	return text
}
