package http_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nospim/nospim"
	connect "github.com/nospim/nospim/connect/http"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/internal/effort"
)

// What MongooseIM sends for a message: now, and in the first days of the module, when the schema had other names.
const (
	mongooseQuery = `mutation verifyMessage($body: String!, $rawData: String!, $externalId: ID!, $recipient: String!, $sender: String!) {
  verifyMessage(body: $body rawData: $rawData externalId: $externalId recipient: $recipient sender: $sender) { action } }`
	oldMongooseQuery = `mutation verifyMessage($body: String!, $rawMessage: String!, $externalId: String!, $recipient: String!, $sender: String!) {
  verifyMessage(body: $body, rawMessage: $rawMessage, externalId: $externalId, recipient: $recipient, sender: $sender) { action } }`
)

// mongooseCall is a request with the variables of a message, of which some are changed: name, value.
func mongooseCall(query, body string, changed ...any) string {
	raw := `<message type='chat' to='bob@chat.example' from='ada@chat.example/phone' id='m1'><body>` + body + `</body></message>`
	variables := map[string]any{
		"body": body, "rawData": raw, "rawMessage": raw, "externalId": "1771433514273", "recipient": "bob@chat.example",
		"sender": "ada@chat.example/phone",
	}
	for i := 0; i+1 < len(changed); i += 2 {
		name, _ := changed[i].(string)
		if variables[name] = changed[i+1]; changed[i+1] == nil {
			delete(variables, name)
		}
	}
	b, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	return string(b)
}

// wordJudge decides by words in the body and keeps the events.
type wordJudge struct {
	mu     sync.Mutex
	events []nospim.Event
}

func (j *wordJudge) Judge(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, *e)
	v := &nospim.Verdict{EventID: e.ID}
	for word, wanted := range map[string]nospim.Action{"spim": nospim.Drop, "bad": nospim.Reject, "odd": nospim.Hold, "mark": nospim.Mark} {
		if strings.Contains(e.Body, word) {
			v.Action = wanted.Limit(e.Can)
		}
	}
	if strings.Contains(e.Body, "broken") {
		return nil, errors.New("the disk is full")
	}
	return v, nil
}

const (
	mongooseAllows = `{"data":{"verifyMessage":{"action":"ALLOW"}}}` + "\n"
	mongooseBlocks = `{"data":{"verifyMessage":{"action":"BLOCK"}}}` + "\n"
)

func mongooseRefuses(code, field, message string) string {
	if field != "" {
		field = `,"field":"` + field + `"`
	}
	return `{"errors":[{"message":"` + message + `","extensions":{"code":"` + code + `"` + field + `}}]}` + "\n"
}

func TestMongooseIM(t *testing.T) {
	const graphQL = "application/graphql-response+json"
	tests := map[string]struct {
		contentType, body string
		status            int
		want              string
	}{
		"allowed":   {graphQL, mongooseCall(mongooseQuery, "hello"), 200, mongooseAllows},
		"dropped":   {graphQL, mongooseCall(mongooseQuery, "spim"), 200, mongooseBlocks},
		"rejected":  {graphQL, mongooseCall(mongooseQuery, "bad"), 200, mongooseBlocks},
		"held":      {graphQL, mongooseCall(mongooseQuery, "odd"), 200, mongooseAllows},
		"marked":    {graphQL, mongooseCall(mongooseQuery, "mark"), 200, mongooseAllows},
		"old names": {graphQL, mongooseCall(oldMongooseQuery, "spim"), 200, mongooseBlocks},
		"JSON":      {"application/json", mongooseCall(mongooseQuery, "spim"), 200, mongooseBlocks},
		"literals": {graphQL, `{"query":"mutation { v: verifyMessage(body: \"spim\", externalId: \"7\", recipient: \"b@x.example\", sender: \"a@chat.example\")` +
			` { __typename is: action } }"}`, 200, ""},
		"no raw form":    {graphQL, mongooseCall(strings.NewReplacer(", $rawData: String!", "", " rawData: $rawData", "").Replace(mongooseQuery), "spim"), 200, mongooseBlocks},
		"receipt":        {graphQL, mongooseCall(mongooseQuery, "spim", "rawData", `<message to="b@x.example" from="ada@chat.example"><received xmlns="urn:xmpp:receipts" id="1"/></message>`), 200, mongooseAllows},
		"not judged":     {graphQL, mongooseCall(mongooseQuery, "broken"), 503, mongooseRefuses("unavailable", "", "the message could not be judged: let it pass")},
		"no JSON":        {graphQL, `mutation {}`, 400, mongooseRefuses("invalid", "json", "json is no GraphQL request")},
		"no GraphQL":     {graphQL, `{"query":"mutation {"}`, 400, mongooseRefuses("invalid", "query", "query is no query of this schema: line 1, column 11 (syntax)")},
		"other schema":   {graphQL, `{"query":"mutation { deleteUser(name: \"secret text\") { ok } }"}`, 400, mongooseRefuses("invalid", "query", "query is no query of this schema: line 1, column 12 (FieldsOnCorrectType)")},
		"query":          {graphQL, `{"query":"{ version }"}`, 400, mongooseRefuses("invalid", "query", "query has to be one mutation, of one message")},
		"two at once":    {graphQL, mongooseCall(strings.Replace(mongooseQuery, "action } }", "action } b: verifyMessage(body: $body externalId: $externalId recipient: $recipient sender: $sender) { action } }", 1), "spim"), 400, mongooseRefuses("invalid", "query", "query has to be one mutation, of one message")},
		"a field lacks":  {graphQL, mongooseCall(mongooseQuery, "spim", "sender", nil), 400, mongooseRefuses("invalid", "sender", "sender is no text")},
		"a field is odd": {graphQL, mongooseCall(mongooseQuery, "spim", "body", []string{"spim"}), 400, mongooseRefuses("invalid", "body", "body is no text")},
		"no stanza":      {graphQL, mongooseCall(mongooseQuery, "spim", "rawData", "hello"), 400, mongooseRefuses("invalid", "raw", "raw is no message, presence, iq or item of XMPP")},
		"form":           {"text/plain", mongooseCall(mongooseQuery, "spim"), 415, mongooseRefuses("unsupported_media_type", "body", "body must be application/json")},
	}
	url := serve(t, connect.New(connect.Options{Judge: &wordJudge{}, XMPP: xmpp.Read})) + "/v1/mongooseim"
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := do(t, "POST", url, test.contentType, test.body, "Accept", "application/json")
			if name == "literals" {
				test.want = `{"data":{"v":{"__typename":"VerificationResult","is":"BLOCK"}}}` + "\n"
			}
			if got.status != test.status || got.body != test.want {
				t.Errorf("%d %s, want %d %s", got.status, got.body, test.status, test.want)
			}
			if (got.header.Get("Retry-After") != "") != (test.status == 503) {
				t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
			}
		})
	}
}

func TestMongooseIMLimits(t *testing.T) {
	h := connect.New(connect.Options{Judge: &wordJudge{}, XMPP: xmpp.Read, Token: "open sesame"})
	url := serve(t, h) + "/v1/mongooseim"
	if got := do(t, "POST", url, "", mongooseCall(mongooseQuery, "hello")); got.status != 401 {
		t.Errorf("without the token: %d %s", got.status, got.body)
	}
	if got := do(t, "GET", url, "", ""); got.status != 405 || got.header.Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
	for name, test := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"document":    {`{"query":"` + strings.Repeat(" ", 9000) + `"}`, 413, `"field":"query","limit":8192`},
		"request":     {mongooseCall(mongooseQuery, strings.Repeat("x", 5<<20)), 413, `"field":"body","limit":4194304`},
		"id":          {mongooseCall(mongooseQuery, "hello", "externalId", strings.Repeat("x", 5000)), 413, `"field":"id"`},
		"deep JSON":   {`{"query":` + strings.Repeat("[", 100_000), 400, `"field":"json"`},
		"deep query":  {`{"query":"mutation ` + strings.Repeat("{ a ", 2000) + `"}`, 400, `"field":"query"`},
		"many fields": {mongooseCall(strings.Replace(mongooseQuery, "{ action }", "{ "+strings.Repeat("action ", 17)+"}", 1), "x"), 400, `"field":"query"`},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/mongooseim", strings.NewReader(test.body)), httptest.NewRecorder()
			r.Header.Set("Authorization", "Bearer open sesame")
			cost := effort.Of(func() { h.ServeHTTP(w, r) })
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("%d %.300s, want %d with %s", w.Code, w.Body, test.status, test.want)
			}
			t.Logf("it cost %v", cost)
			if cost > 2*time.Second {
				t.Errorf("it cost %v of CPU time", cost)
			}
		})
	}
}

// TestMongooseIMEvent: what is said to nospim of a message.
func TestMongooseIMEvent(t *testing.T) {
	j := &wordJudge{}
	url := serve(t, connect.New(connect.Options{Judge: j, XMPP: xmpp.Read})) + "/v1/mongooseim"
	abroad := `<message type='groupchat' to='r@rooms.example' from='ada@chat.example/phone'><body>hi all</body><x xmlns='jabber:x:oob'><url>http://x.example/</url></x></message>`
	do(t, "POST", url, "", mongooseCall(mongooseQuery, "hello"))
	do(t, "POST", url, "", mongooseCall(mongooseQuery, "hi all", "rawData", abroad, "recipient", "r@rooms.example", "externalId", "2"))
	can := []nospim.Action{nospim.Allow, nospim.Reject, nospim.Drop}
	ada := nospim.Account{ID: "ada@chat.example", Local: true}
	want := []nospim.Event{
		{
			ID: "1771433514273", Kind: nospim.KindMessage, Protocol: "xmpp", Service: "chat.example", Direction: nospim.Local, Sender: ada,
			Recipients: []nospim.Account{{ID: "bob@chat.example", Local: true}}, Body: "hello", Client: "phone", Can: can,
		},
		{
			ID: "2", Kind: nospim.KindMessage, Protocol: "xmpp", Service: "chat.example", Direction: nospim.Out, Sender: ada,
			Recipients: []nospim.Account{{ID: "r@rooms.example"}}, Room: "r@rooms.example", Body: "hi all", Client: "phone", Can: can,
			Links: []string{"http://x.example/"},
		},
	}
	if diff := cmp.Diff(want, j.events, cmpopts.IgnoreFields(nospim.Event{}, "Raw", "Time", "Relation", "WireID")); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
