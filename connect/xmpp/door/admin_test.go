package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// newAdmins is a door with two admins, one of them from elsewhere, and what they had done.
func newAdmins() (d *Door, did *[]string) {
	did = new([]string)
	run := func(what string) func(context.Context, string, []string) (string, error) {
		return func(_ context.Context, by string, values []string) (string, error) {
			if len(values) > 0 && values[0] == "bad" {
				return "", errors.New("it is bad")
			}
			*did = append(*did, fmt.Sprintf("%s by %s: %q", what, by, values))
			return "did " + what, nil
		}
	}
	id, why := Field{Name: "id", Label: "ID"}, Field{Name: "reason", Label: "Why", Optional: true}
	return &Door{
		Name: "nospim.chat.example", Talk: Talk{Service: "chat.example"}, Log: slog.New(slog.DiscardHandler),
		Parts: []Part{&Admins{
			Name: "nospim.chat.example", Service: "chat.example", Who: []string{"Boss@chat.example", "aid@far.example"}, Log: slog.New(slog.DiscardHandler),
			Commands: []Command{
				{Words: "status", Title: "How it is", Run: run("status")},
				{Words: "held", Title: "Not this", Run: run("held")},
				{Words: "held release", Title: "Deliver", Fields: []Field{id, {Name: "as", Options: []string{"one", "all"}, Optional: true}, why}, Run: run("release")},
			},
		}},
	}, did
}

// TestAdmins: who is listed by the exact address can say and run commands; nobody else can, wherever they come from.
func TestAdmins(t *testing.T) {
	say := func(from, body string) string {
		return `<message xmlns="jabber:component:accept" type="chat" from="` + from + `" to="nospim.chat.example"><body>` + body + `</body></message>`
	}
	run := func(from, inner string) string {
		return `<iq xmlns="jabber:component:accept" type="set" id="i1" from="` + from + `" to="nospim.chat.example"><command xmlns="http://jabber.org/protocol/commands" ` + inner + `</command></iq>`
	}
	items := func(from string) string {
		return `<iq xmlns="jabber:component:accept" type="get" id="i1" from="` + from + `" to="nospim.chat.example"><query xmlns="http://jabber.org/protocol/disco#items" node="http://jabber.org/protocol/commands"/></iq>`
	}
	const boss, aid = "boss@chat.example/desk", "aid@far.example/x"
	submit := func(fields ...string) string {
		var all strings.Builder
		for i := 0; i+1 < len(fields); i += 2 {
			all.WriteString(`<field var="` + fields[i] + `"><value>` + fields[i+1] + `</value></field>`)
		}
		return `><x xmlns="jabber:x:data" type="submit">` + all.String() + `</x>`
	}
	for _, c := range []struct {
		name, give string
		want       []string // parts of the answer; none means no answer
		did        []string
	}{
		{"plain word", say(boss, " STATUS "), []string{"did status", `to="` + boss}, []string{`status by boss@chat.example: []`}},
		{"of two that fit the longer", say(boss, "held release h-1 all she is known"), []string{"did release"}, []string{`release by boss@chat.example: ["h-1" "all" "she is known"]`}},
		{"from elsewhere, listed", say(aid, "held release h-2"), []string{"did release"}, []string{`release by aid@far.example: ["h-2" "" ""]`}},
		{"something is missing", say(boss, "held release"), []string{"Say it like this: held release ID [AS] [REASON]"}, nil},
		{"it fails", say(boss, "held release bad"), []string{"That did not work: it is bad"}, nil},
		{"commands", say(boss, "commands"), []string{"status: How it is", "held release ID"}, nil},
		{"from elsewhere, whatever else", say(aid, "hello"), []string{"You can say"}, nil},
		{"nobody from elsewhere", say("eve@far.example", "status"), nil, nil},
		{"not the server of an admin", say("far.example", "status"), nil, nil},
		{"not a namesake", say("boss@chat.example.evil.example/desk", "status"), nil, nil},
		{"not a resource that looks like one", say("eve@far.example/boss@chat.example", "status"), nil, nil},
		{"not an error that comes back", `<message xmlns="jabber:component:accept" type="error" from="` + boss + `" to="nospim.chat.example"><body>status</body></message>`, nil, nil},

		{"the list", items(boss), []string{`node="waiting"`, `node="profile"`, `node="status"`, `node="held-release"`, `name="Deliver"`}, nil},
		{"the list of one from elsewhere", items(aid), []string{`node="status"`}, nil},
		{"a command without a form", run(boss, `node="status" action="execute">`), []string{`status="completed"`, "did status"}, []string{`status by boss@chat.example: []`}},
		{"the form", run(boss, `node="held-release">`), []string{`status="executing"`, `var="id"`, "<required", `type="list-single"`, `label="one"`, `var="reason"`}, nil},
		{"the form filled in", run(boss, `node="held-release" sessionid="held-release"`+submit("id", " h-3 ", "reason", "known")), []string{`status="completed"`}, []string{`release by boss@chat.example: ["h-3" "" "known"]`}},
		{"the form half filled in", run(boss, `node="held-release"`+submit("reason", "known")), []string{"Say it like this"}, nil},
		{"given up", run(boss, `node="held-release" action="cancel">`), []string{`status="canceled"`}, nil},
		{"somebody of the service", run("eve@chat.example/x", `node="status">`), []string{`type="error"`, `type="auth"`, "<forbidden"}, nil},
		{"somebody from elsewhere", run("eve@far.example/x", `node="held-release"`+submit("id", "h-1")), []string{`type="error"`, "<forbidden"}, nil},
		{"a server", run("chat.example", `node="status">`), []string{`type="error"`, "<forbidden"}, nil},
		{"no such command", run(boss, `node="nothing">`), []string{"item-not-found"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, did := newAdmins()
			got := give(t, d, c.give)
			if (got == "") != (c.want == nil) {
				t.Errorf("answered %q", got)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("answered %q, without %q", got, want)
				}
			}
			if !slices.Equal(*did, c.did) {
				t.Errorf("did %q, want %q", *did, c.did)
			}
		})
	}
	t.Run("people see no commands of admins", func(t *testing.T) {
		d, _ := newAdmins()
		if got := give(t, d, items("eve@chat.example/x")); strings.Contains(got, "status") || !strings.Contains(got, "waiting") {
			t.Errorf("listed %q", got)
		}
	})
}

// paper is a journal of lines.
type paper struct {
	lines []string
	told  int64
}

func (p *paper) Unread(context.Context, int) ([]string, int64, error) {
	return slices.Clone(p.lines[p.told:]), int64(len(p.lines)), nil
}

func (p *paper) Told(_ context.Context, upTo int64) error { p.told = upTo; return nil }

// TestNews: each thing is told once, together with what happened meanwhile, and never more often than allowed.
func TestNews(t *testing.T) {
	now := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	p := &paper{}
	n := &News{Journal: p, PerHour: 3, Clock: func() time.Time { return now }}
	var sent []string
	broken := false
	look := func() {
		t.Helper()
		err := n.look(t.Context(), func(text string) error {
			if broken {
				return errors.New("no server")
			}
			sent = append(sent, text)
			return nil
		})
		if (err != nil) != (broken && err != nil) {
			t.Fatal(err)
		}
	}
	look()
	p.lines = append(p.lines, "a", "b")
	broken = true
	look() // and nothing is lost
	broken = false
	for range 3 {
		look()
	}
	if !slices.Equal(sent, []string{"a\nb"}) {
		t.Fatalf("sent %q", sent)
	}
	for i := range 300 { // a thing every 24 seconds, two hours long
		now = now.Add(24 * time.Second)
		p.lines = append(p.lines, fmt.Sprint("thing ", i))
		look()
	}
	if len(sent) < 6 || len(sent) > 9 {
		t.Errorf("%d messages in two hours, want 3 an hour", len(sent))
	}
	now = now.Add(2 * time.Hour)
	look()
	if all := strings.Join(sent, "\n"); strings.Count(all, "thing 0\n") != 1 || p.told != 302 || !strings.Contains(all, "more: see the journal") {
		t.Errorf("told up to %d: %q", p.told, all)
	}
	for _, text := range sent {
		if strings.Count(text, "\n") > mostLines {
			t.Errorf("a message of %d lines", strings.Count(text, "\n")+1)
		}
	}
}
