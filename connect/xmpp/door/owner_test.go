package door

import (
	"context"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nospim/nospim"
)

// owners is a desk at which one account's messages wait, sent by its device thief.
type owners map[string]int

func (o owners) Confirm(_ context.Context, service, account, device string) error {
	switch {
	case service != "chat.example" || o[account] == 0:
		return nospim.ErrNotFound
	case device == "thief":
		return nospim.ErrDenied
	case device == "ill":
		return fmt.Errorf("no disk")
	}
	o[account]--
	return nil
}

// TestOwner: "it was me" is heard in each language, from people of the service alone, and nothing else is.
func TestOwner(t *testing.T) {
	part := Owner{Owners: owners{"ada@chat.example": 1}, Service: "chat.example", Language: "en", Log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct{ from, kind, lang, said, want string }{
		{"ada@chat.example/phone", "chat", "", "hello", ""},
		{"ada@chat.example/phone", "chat", "", "it was me who said it, " + strings.Repeat("x", 50), ""},
		{"ada@chat.example/phone", "error", "", "it was me", ""},
		{"ada@chat.example/phone", "groupchat", "", "it was me", ""},
		{"ada@far.example/phone", "chat", "", "it was me", ""},
		{"chat.example", "chat", "", "it was me", ""},
		{"ada@chat.example/thief", "chat", "", "It was me!", "the device that sent it"},
		{"ada@chat.example/ill", "chat", "de", "Ich war es.", "nicht geklappt"},
		{"ada@chat.example/thief", "chat", "fr", "C'était moi", "autre"},
		{"ada@chat.example/phone", "chat", "es", " fui  yo ", "en camino"},
		{"ada@chat.example/phone", "chat", "", "it was me", "Nothing waits"},
	} {
		raw := `<message xmlns="jabber:component:accept" from="` + c.from + `" to="nospim.chat.example" type="` + c.kind + `" xml:lang="` + c.lang + `"><body>` + c.said + `</body></message>`
		d := xml.NewDecoder(strings.NewReader(raw))
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		start, _ := token.(xml.StartElement)
		in, err := readStanza(&start, d)
		if err != nil {
			t.Fatal(err)
		}
		reply, mine := part.Handle(t.Context(), in)
		if mine != (c.want != "") {
			t.Fatalf("%+v: heard %v", c, mine)
		}
		if !mine {
			continue
		}
		var got struct {
			To   string `xml:"to,attr"`
			From string `xml:"from,attr"`
			Body string `xml:"body"`
		}
		if err := xml.NewTokenDecoder(reply).Decode(&got); err != nil || got.To != c.from || got.From != "nospim.chat.example" || !strings.Contains(got.Body, c.want) {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
	for lang := range ownersWords {
		if parts := strings.Split(Ask(lang), "\""); len(parts) != 3 || !saysMine(parts[1]) {
			t.Errorf("%s: %s", lang, Ask(lang))
		}
	}
}
