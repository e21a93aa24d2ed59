package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// OpenAPI returns the OpenAPI 3.1 document of what a handler serves, made from the Go types. It is the same each time.
func OpenAPI() ([]byte, error) {
	plain, err := json.Marshal(document())
	if err != nil {
		return nil, fmt.Errorf("making the OpenAPI document: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, plain, "", "  "); err != nil {
		return nil, fmt.Errorf("indenting the OpenAPI document: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// openAPIHandler serves the document, which is made when it is first asked for.
func openAPIHandler(log *slog.Logger) serve {
	once := sync.OnceValues(OpenAPI)
	return func(w http.ResponseWriter, _ *http.Request) int {
		body, err := once()
		if err != nil {
			log.Error("http: no OpenAPI document", "err", err)
			return refuse(w, http.StatusServiceUnavailable, wire.Unavailable.String(), "there is no OpenAPI document")
		}
		return reply(w, http.StatusOK, body)
	}
}

// Problem is the body of every answer that is no verdict.
type Problem struct {
	Error ProblemError `json:"error"`
}

// ProblemError says what was wrong.
type ProblemError struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Limit   int    `json:"limit,omitempty"`
	Message string `json:"message"`
}

// BatchLine is one line of the answer to a batch: a verdict or an error.
type BatchLine struct {
	Verdict *nospim.Verdict `json:"verdict,omitempty"`
	Error   *ProblemError   `json:"error,omitempty"`
	Line    int             `json:"line,omitempty"`
}

// Status is the answer of /healthz.
type Status struct {
	Status  string `json:"status"`
	Version string `json:"version"`
	// Degraded is what verdicts lack at this moment, as in a verdict.
	Degraded []string `json:"degraded,omitempty"`
}

// document makes the whole document.
func document() *huma.OpenAPI {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	// By its Go type, a list of actions is one of bytes, which huma would take for base64.
	schemas.RegisterTypeAlias(reflect.TypeFor[[]nospim.Action](), reflect.TypeFor[[]string]())
	d := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "nospim", Version: "1",
			Description: "Judges events of an instant messaging service. A caller that gets no verdict lets the message pass.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{
			Schemas:         schemas,
			SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}},
		},
	}
	event, verdict := ref[nospim.Event](schemas), ref[nospim.Verdict](schemas)
	problem, line := ref[Problem](schemas), ref[BatchLine](schemas)
	d.AddOperation(post("judge", "/v1/judge", "Judge one event.", body("application/json", event), responses(problem,
		well("The verdict.", "application/json", verdict), 400, 401, 413, 415, 503)))
	d.AddOperation(post("judge-batch", "/v1/judge/batch",
		"Judge a stream of events. One event a line in; out, in the same order, a line with a verdict or an error for each. "+
			"Answers come while the request is still being sent, of a body whose length is told in pieces: read while you send.",
		body("application/jsonl", event), responses(problem,
			well("A line for each line.", "application/jsonl", line), 401, 415, 503)))
	d.AddOperation(post("mongooseim", mongoosePath,
		"What MongooseIM's mod_external_filter asks, in GraphQL: verifyMessage, answered by ALLOW or BLOCK. What has no verdict is "+
			"answered by errors, with a status that makes MongooseIM let the message pass.",
		body("application/json", ref[MongooseRequest](schemas)), mongooseResponses(problem, ref[MongooseResponse](schemas))))
	d.AddOperation(get("healthz", "/healthz", "Whether verdicts are given.", false, responses(problem,
		well("They are.", "application/json", ref[Status](schemas)), 503)))
	d.AddOperation(get("metrics", "/metrics", "Metrics for Prometheus.", true, responses(problem,
		well("The metrics.", "text/plain", &huma.Schema{Type: huma.TypeString}), 401)))
	d.AddOperation(get("openapi", "/openapi.json", "This document.", false, responses(problem,
		well("OpenAPI 3.1.", "application/json", &huma.Schema{Type: huma.TypeObject}))))
	for name, s := range schemas.Map() {
		describe(name, s)
	}
	return d
}

// ref returns a reference to the schema of T.
func ref[T any](r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }

// bearer says that an operation wants the token, where one is set.
func bearer() []map[string][]string { return []map[string][]string{{"token": {}}, {}} }

func post(id, path, summary string, b *huma.RequestBody, r map[string]*huma.Response) *huma.Operation {
	return &huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, RequestBody: b, Responses: r, Security: bearer(),
	}
}

func get(id, path, summary string, secured bool, r map[string]*huma.Response) *huma.Operation {
	o := &huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Responses: r}
	if secured {
		o.Security = bearer()
	}
	return o
}

func body(media string, s *huma.Schema) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{media: {Schema: s}}}
}

// well is the response of a request that went well.
func well(text, media string, s *huma.Schema) *huma.Response {
	return &huma.Response{Description: text, Content: map[string]*huma.MediaType{media: {Schema: s}}}
}

// statusTexts say what the statuses of problems mean.
var statusTexts = map[int]string{
	http.StatusBadRequest:            "The event is none; the field says where.",
	http.StatusUnauthorized:          "The bearer token is missing or wrong.",
	http.StatusRequestEntityTooLarge: "The event is over the limit that is named.",
	http.StatusUnsupportedMediaType:  "The body is of another type.",
	http.StatusServiceUnavailable:    "Not judged: let the message pass. Retry-After says when to ask again.",
}

// responses lists the response of what went well and those of problems.
func responses(problem *huma.Schema, good *huma.Response, problems ...int) map[string]*huma.Response {
	all := map[string]*huma.Response{strconv.Itoa(http.StatusOK): good}
	for _, status := range problems {
		all[strconv.Itoa(status)] = &huma.Response{
			Description: statusTexts[status], Content: map[string]*huma.MediaType{"application/json": {Schema: problem}},
		}
	}
	return all
}

// mongooseResponses are those of GraphQL, with the statuses of problems.
func mongooseResponses(problem, response *huma.Schema) map[string]*huma.Response {
	all := responses(response, well("The verdict.", "application/json", response), 400, 413, 415, 503)
	all["401"] = responses(problem, nil, 401)["401"]
	return all
}

// describe adds to a schema what Go types do not say. Unknown fields are passed over; a list is never null.
func describe(name string, s *huma.Schema) {
	s.AdditionalProperties = nil
	for field, p := range s.Properties {
		w := words[name+"."+field]
		p.Description = w.text
		p.Enum = w.enum
		p.Nullable = false
		if w.most > 0 && p.Type == huma.TypeArray {
			p.MaxItems = &w.most
		} else if w.most > 0 {
			p.MaxLength = &w.most
		}
		if p.Type == huma.TypeArray && p.Items != nil && p.Items.Ref == "" {
			p.Items.Enum, p.Enum = p.Enum, nil
		}
	}
}
