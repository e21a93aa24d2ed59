package http

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// mongooseSchema is what MongooseIM's mod_external_filter asks of a GraphQL server: the schema of its documentation. rawMessage is
// what rawData was called before.
const mongooseSchema = `
schema { query: RootQuery mutation: RootMutation }
type RootQuery { version: String! }
type RootMutation {
  verifyMessage(body: String!, rawData: String, rawMessage: String, externalId: ID!, recipient: String!, sender: String!): VerificationResult
}
type VerificationResult { action: Action! }
enum Action { ALLOW BLOCK }`

// Limits of a request by MongooseIM, beside those of an event.
const (
	maxQuery  = 8 << 10 // bytes of the GraphQL document
	maxFields = 16      // of a selection
)

// MongooseRequest is a GraphQL request over HTTP.
type MongooseRequest struct {
	Query         string         `json:"query"`
	OperationName string         `json:"operationName,omitempty"`
	Variables     map[string]any `json:"variables,omitempty"`
}

// MongooseResponse is the answer to one.
type MongooseResponse struct {
	Data   map[string]any  `json:"data,omitempty"`
	Errors []MongooseError `json:"errors,omitempty"`
}

// MongooseError is why there is no verdict. MongooseIM lets the message pass.
type MongooseError struct {
	Message    string          `json:"message"`
	Extensions MongooseProblem `json:"extensions"`
}

// MongooseProblem says the same to programs.
type MongooseProblem struct {
	Code  string `json:"code"`
	Field string `json:"field,omitempty"`
	Limit int    `json:"limit,omitempty"`
}

// mongoose answers MongooseIM's mod_external_filter: one message, ALLOW or BLOCK.
type mongoose struct {
	*Handler
	schema *ast.Schema
	rules  *rules.Rules
	read   func(*nospim.Event) (bool, error)
}

func (h *Handler) mongoose(read func(*nospim.Event) (bool, error)) *mongoose {
	m := &mongoose{Handler: h, rules: rules.NewDefaultRules(), read: read}
	m.schema = gqlparser.MustLoadSchema(&ast.Source{Name: "mod_external_filter", Input: mongooseSchema})
	m.rules.RemoveRule(rules.VariablesInAllowedPositionRule.Name) // externalId was a String! before it was an ID!
	return m
}

// serve answers a request. It is a GraphQL error, and as one a status that makes MongooseIM let the message pass, when there is
// no verdict.
func (m *mongoose) serve(w http.ResponseWriter, r *http.Request) int {
	if !isType(r, "application/json", "application/graphql-response+json") { // the latter is what MongooseIM says
		return m.fail(w, http.StatusUnsupportedMediaType, codeUnsupported, &nospim.InputError{Field: "body", Problem: "must be application/json"})
	}
	room := m.takeRoom()
	defer m.leave(room)
	err := room.read(r)
	var call *ast.Field
	var arguments map[string]any
	if err == nil {
		call, arguments, err = m.parse(room.body)
	}
	action := nospim.Allow
	if err == nil {
		action, err = m.verify(r, arguments)
	}
	if err != nil {
		code := m.failed(err)
		return m.fail(w, statuses[code], code.String(), err)
	}
	return m.answer(w, http.StatusOK, &MongooseResponse{Data: map[string]any{call.Alias: result(call, action)}})
}

// parse returns the call of verifyMessage in a request, and its arguments.
func (m *mongoose) parse(body []byte) (*ast.Field, map[string]any, error) {
	var request MongooseRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, nil, &nospim.InputError{Field: "json", Problem: "is no GraphQL request"}
	}
	if len(request.Query) > maxQuery {
		return nil, nil, &nospim.InputError{
			Field: "query", Problem: fmt.Sprintf("is longer than the limit of %d bytes", maxQuery), Limit: maxQuery, TooLarge: true,
		}
	}
	document, problems := gqlparser.LoadQueryWithRules(m.schema, request.Query, m.rules)
	if len(problems) > 0 {
		return nil, nil, &nospim.InputError{Field: "query", Problem: "is no query of this schema" + place(problems[0])}
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil || len(operation.SelectionSet) != 1 || operation.Operation != ast.Mutation {
		return nil, nil, &nospim.InputError{Field: "query", Problem: "has to be one mutation, of one message"}
	}
	call, ok := operation.SelectionSet[0].(*ast.Field)
	if !ok || call.Name != "verifyMessage" || len(call.SelectionSet) > maxFields {
		return nil, nil, &nospim.InputError{Field: "query", Problem: "has to call verifyMessage and ask for its action"}
	}
	return call, call.ArgumentMap(request.Variables), nil
}

// place says where a query is wrong, and by which rule of GraphQL; the text of the error may quote a message.
func place(e *gqlerror.Error) string {
	if len(e.Locations) == 0 {
		return " (" + e.Rule + ")"
	}
	return fmt.Sprintf(": line %d, column %d (%s)", e.Locations[0].Line, e.Locations[0].Column, cmp.Or(e.Rule, "syntax"))
}

// verify judges the message that the arguments describe. What nobody approaches anybody with passes.
func (m *mongoose) verify(r *http.Request, arguments map[string]any) (nospim.Action, error) {
	e, err := mongooseEvent(arguments)
	if err != nil {
		return nospim.Allow, err
	}
	if m.read != nil && e.Raw != "" {
		approach, err := m.guard.Read(m.read, e)
		if err != nil || !approach {
			return nospim.Allow, err
		}
	}
	if e.Room == e.Sender.ID && e.Room != "" { // said to a room, not in it
		e.Room = e.Recipients[0].ID
	}
	if err := e.Validate(); err != nil {
		return nospim.Allow, err
	}
	v, err := m.guard.Judge(r.Context(), e)
	if err != nil {
		return nospim.Allow, err
	}
	m.stats.verdict(v.Action)
	return v.Action, nil
}

// mongooseEvent makes an event of the arguments. MongooseIM can only block a message without a word to its sender: what would be
// refused is dropped, and what would be held is delivered, for nothing could deliver it later.
func mongooseEvent(arguments map[string]any) (*nospim.Event, error) {
	texts := map[string]string{}
	for _, name := range []string{"body", "externalId", "recipient", "sender"} {
		text, ok := arguments[name].(string)
		if !ok {
			return nil, &nospim.InputError{Field: name, Problem: "is no text"}
		}
		texts[name] = text
	}
	raw, ok := arguments["rawData"].(string)
	if !ok {
		raw, _ = arguments["rawMessage"].(string)
	}
	service := domain(texts["sender"])
	e := &nospim.Event{
		ID: texts["externalId"], Kind: nospim.KindMessage, Time: time.Now().UTC(), Protocol: "xmpp", Service: service,
		Sender:     nospim.Account{ID: bare(texts["sender"]), Local: true},
		Recipients: []nospim.Account{{ID: bare(texts["recipient"]), Local: domain(texts["recipient"]) == service}},
		Body:       texts["body"], Raw: raw, Can: []nospim.Action{nospim.Allow, nospim.Reject, nospim.Drop},
	}
	if !e.Recipients[0].Local {
		e.Direction = nospim.Out
	}
	return e, nil
}

// bare returns a JID without its resource, domain its domain (RFC 7622 §3.1).
func bare(jid string) string {
	jid, _, _ = strings.Cut(jid, "/")
	return jid
}

func domain(jid string) string {
	jid = bare(jid)
	return jid[strings.IndexByte(jid, '@')+1:]
}

// result is the VerificationResult with the fields that were asked for.
func result(call *ast.Field, action nospim.Action) map[string]any {
	word := "ALLOW"
	if action >= nospim.Reject {
		word = "BLOCK"
	}
	fields := map[string]any{}
	for _, s := range call.SelectionSet {
		switch f, ok := s.(*ast.Field); {
		case !ok: // a fragment: nobody writes one for one field
		case f.Name == "action":
			fields[f.Alias] = word
		case f.Name == "__typename":
			fields[f.Alias] = "VerificationResult"
		}
	}
	return fields
}

// fail answers with an error instead of a verdict. It quotes nothing of the message, for MongooseIM writes it to its log.
func (m *mongoose) fail(w http.ResponseWriter, status int, code string, err error) int {
	problem := MongooseProblem{Code: code}
	text := "the message could not be judged: let it pass"
	if input := (*nospim.InputError)(nil); errors.As(err, &input) {
		text, problem.Field, problem.Limit = input.Error(), input.Field, input.Limit
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	return m.answer(w, status, &MongooseResponse{Errors: []MongooseError{{text, problem}}})
}

func (m *mongoose) answer(w http.ResponseWriter, status int, response *MongooseResponse) int {
	body, err := json.Marshal(response)
	if err != nil {
		m.log.Error("http: no answer to MongooseIM", "err", err)
		return refuse(w, http.StatusServiceUnavailable, wire.Unavailable.String(), "there is no answer")
	}
	return reply(w, status, append(body, '\n'))
}
