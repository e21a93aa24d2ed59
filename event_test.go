package nospim

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// whole is an event with every field set.
func whole() Event {
	at := time.Date(2026, 3, 1, 18, 4, 5, 120e6, time.UTC)
	return Event{
		ID: "m-81", Kind: KindMessage, Time: at, Protocol: "xmpp", Service: "chat.example", Direction: Local,
		Sender:     Account{ID: "nina_31@chat.example", Name: "nina", Local: true, Created: at.Add(-time.Hour), Affiliation: "registered"},
		Recipients: []Account{{ID: "ada@chat.example", Local: true, Minor: true}},
		Room:       "r", Relation: RelationStranger, Addr: "198.51.100.7", Client: "bot/1", Body: "hey", Links: []string{"http://x.example/"},
		Files: []File{{Name: "a", Type: "image/png", Size: 3, URL: "http://x.example/a"}}, Encrypted: true, Refers: "m-80", Count: 2,
		Can: []Action{Allow, Reject}, Observe: true, Raw: "<message/>",
	}
}

func TestValidate(t *testing.T) {
	e := whole()
	if err := e.Validate(); err != nil {
		t.Fatal("a whole event:", err)
	}
	for _, c := range []struct {
		want   string // what the error begins with
		large  bool
		change func(*Event)
	}{
		{"id is required", false, func(e *Event) { e.ID = "" }},
		{"id has 513 bytes", true, func(e *Event) { e.ID = strings.Repeat("i", MaxID+1) }},
		{`kind is "spell", which`, false, func(e *Event) { e.Kind = "spell" }},
		{"service is required", false, func(e *Event) { e.Service = "" }},
		{"time is required", false, func(e *Event) { e.Time = time.Time{} }},
		{"time is 1969-", false, func(e *Event) { e.Time = time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC) }},
		{"time is 9999-", false, func(e *Event) { e.Time = time.Date(9999, 7, 20, 0, 0, 0, 0, time.UTC) }},
		{"sender.id is required", false, func(e *Event) { e.Sender.ID = "" }},
		{"sender.name has", true, func(e *Event) { e.Sender.Name = strings.Repeat("n", MaxName+1) }},
		{"recipients[1].id is required", false, func(e *Event) { e.Recipients = append(e.Recipients, Account{}) }},
		{"recipients has 1001 accounts", true, func(e *Event) { e.Recipients = make([]Account, MaxRecipients+1) }},
		{`direction is "up"`, false, func(e *Event) { e.Direction = "up" }},
		{`relation is "cousin"`, false, func(e *Event) { e.Relation = "cousin" }},
		{"can[1] is no action", false, func(e *Event) { e.Can = []Action{Allow, 99} }},
		{"count is negative", false, func(e *Event) { e.Count = -1 }},
		{"body has 1048577 bytes, more than the limit of 1048576", true, func(e *Event) { e.Body = strings.Repeat("b", MaxBody+1) }},
		{"raw has", true, func(e *Event) { e.Raw = strings.Repeat("b", MaxRaw+1) }},
		{"links[0] has", true, func(e *Event) { e.Links = []string{strings.Repeat("l", MaxLink+1)} }},
		{"files[0].size is negative", false, func(e *Event) { e.Files[0].Size = -1 }},
		{"files[0] has", true, func(e *Event) { e.Files = []File{{Name: strings.Repeat("f", MaxLink+1)}} }},
	} {
		e := whole()
		c.change(&e)
		err := e.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want an error that begins with %q", err, c.want)
			continue
		}
		if !errors.Is(err, ErrInvalid) || errors.Is(err, ErrTooLarge) != c.large {
			t.Errorf("%v: is invalid %v, too large %v", err, errors.Is(err, ErrInvalid), errors.Is(err, ErrTooLarge))
		}
		if len(err.Error()) > 200 {
			t.Errorf("the error is %d bytes long", len(err.Error()))
		}
	}
}

func TestInputErrorNamesThePlace(t *testing.T) {
	err := error(&InputError{Field: "kind", Problem: "is wrong", Place: "line 7"})
	if err.Error() != "line 7: kind is wrong" {
		t.Error(err)
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		wanted Action
		can    []Action
		want   Action
	}{
		{Hold, nil, Hold},
		{Hold, []Action{Allow, Hold, Reject}, Hold},
		{Hold, []Action{Allow, Mark, Reject}, Mark},
		{Drop, []Action{Allow, Reject}, Reject},
		{Reject, []Action{Allow}, Allow},
		{Mark, []Action{Reject}, Allow},
	} {
		if got := c.wanted.Limit(c.can); got != c.want {
			t.Errorf("%v limited to %v is %v, want %v", c.wanted, c.can, got, c.want)
		}
	}
}

// TestJSON holds the words to the form of DESIGN §3.
func TestJSON(t *testing.T) {
	const verdict = `{"event_id":"m-81","action":"hold","wanted":"hold","score":11.5,"required":8,"signals":[{"symbol":"SCRIPTED_BOT","score":6.5,"why":"the same four turns to 3 people","entities":["account:nina_31@chat.example"]}],"campaign":"c-17","harm":"spam","tip":"stranger-link","policy":"sha256:00","shadow":false}`
	var v Verdict
	if err := json.Unmarshal([]byte(verdict), &v); err != nil {
		t.Fatal(err)
	}
	if v.Action != Hold || v.Signals[0].Entities[0] != (Entity{EntityAccount, "nina_31@chat.example"}) {
		t.Errorf("read as %+v", v)
	}
	out, err := json.Marshal(&v)
	if err != nil || string(out) != verdict {
		t.Errorf("written as %s, %v", out, err)
	}
	e := whole()
	out, err = json.Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"kind":"message"`, `"time":"2026-03-01T18:04:05.12Z"`, `"relation":"stranger"`, `"can":["allow","reject"]`, `"minor":true`} {
		if !strings.Contains(string(out), part) {
			t.Errorf("%s is not in %s", part, out)
		}
	}
	for _, bad := range []string{`{"action":"explode"}`, `{"action":7}`, `{"signals":[{"entities":["nokind"]}]}`} {
		if err := json.Unmarshal([]byte(bad), new(Verdict)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestWordsOfActionsAndRoles(t *testing.T) {
	for _, a := range Actions() {
		if b, err := ParseAction(a.String()); err != nil || b != a {
			t.Errorf("%v reads as %v, %v", a, b, err)
		}
	}
	if _, err := Action(77).MarshalText(); !errors.Is(err, ErrInvalid) || Action(77).String() != "action(77)" {
		t.Error("action 77 has a word")
	}
	for r := RoleSender; r <= RoleClient; r++ {
		if ParseRole(r.String()) != r {
			t.Errorf("%v is not read back", r)
		}
	}
	if ParseRole("planet") != RoleNone {
		t.Error("planet is a role")
	}
}
