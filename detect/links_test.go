package detect_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
	"github.com/nospim/nospim/link"
)

func builtInBrands(t testing.TB) *link.Brands {
	t.Helper()
	b, err := link.NewBrands("")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// saying is what link finds in a text.
func saying(text string) (f nospim.Features) {
	for _, l := range link.Find(nil, text) {
		f.Links = append(f.Links, nospim.Link{URL: l.URL, Host: l.Host, Domain: l.Domain, Flags: uint16(l.Flags), Raw: l.Raw})
	}
	return f
}

func TestLinks(t *testing.T) {
	stranger, friend := message(nospim.RelationStranger), message(nospim.RelationContact)
	all := []string{"LINK_LOOKALIKE", "LINK_USERINFO", "LINK_HIDDEN", "LINK_IP_HOST", "LINK_IDENTITY", "LINK_REDIRECT", "LINK_SHORTENER", "LINK_DISPOSABLE"}
	detecttest.Run(t, detect.Links{Brands: builtInBrands(t)}, []detecttest.Case{
		{Name: "no link", Event: stranger, Not: all},
		{Name: "an everyday link", Event: stranger, Features: saying("http://pictures.example/album?id=7"), Not: all},
		{Name: "a brand's own link", Event: stranger, Features: saying("https://www.paypal.com/login"), Not: []string{"LINK_LOOKALIKE"}},
		{Name: "a host that looks like a brand's", Event: friend, Features: saying("http://paypa1.example/"), Want: []string{"LINK_LOOKALIKE"}},
		{Name: "twice is once", Event: friend, Features: saying("http://paypa1.example/ http://dicsord.example/"), Want: []string{"LINK_LOOKALIKE"}},
		{Name: "a redirector to a look-alike", Event: friend, Features: saying("http://r.example/?u=http%3A%2F%2Fpaypa1.test%2F"), Want: []string{"LINK_LOOKALIKE", "LINK_REDIRECT"}},
		{Name: "a link to another page of the same site", Event: friend, Features: saying("http://r.example/?back=http%3A%2F%2Fr.example%2Fb"), Not: []string{"LINK_REDIRECT"}},
		{Name: "a host before the @", Event: friend, Features: saying("http://www.bank.example@evil.test/"), Want: []string{"LINK_USERINFO"}},
		{Name: "a name and a password before the @", Event: friend, Features: saying("ftp://ada:secret@files.example/"), Not: []string{"LINK_USERINFO"}},
		{Name: "a dot in words", Event: friend, Features: saying("cams dot example"), Want: []string{"LINK_HIDDEN"}},
		{Name: "a public address", Event: friend, Features: saying("http://8.8.8.8/"), Want: []string{"LINK_IP_HOST"}},
		{Name: "a number as an address", Event: friend, Features: saying("http://3232235777/"), Want: []string{"LINK_IP_HOST"}},
		{Name: "the router at home", Event: friend, Features: saying("http://192.168.1.1/admin"), Not: []string{"LINK_IP_HOST"}},
		{Name: "a shortener", Event: friend, Features: saying("https://bit.ly/3x"), Want: []string{"LINK_SHORTENER"}},
		{Name: "throw-away mail", Event: friend, Features: saying("http://0-mail.com/"), Want: []string{"LINK_DISPOSABLE"}},
		{Name: "a stranger's link with the recipient in it", Event: stranger, Features: saying("http://x.example/?u=YWRhQGNoYXQuZXhhbXBsZQ"), Want: []string{"LINK_IDENTITY"}},
		{Name: "a fragment with the recipient in it", Event: stranger, Features: saying("http://x.example/#ada@chat.example"), Want: []string{"LINK_IDENTITY"}},
		{Name: "a friend sends a link to one's own page", Event: friend, Features: saying("http://x.example/ada@chat.example"), Not: []string{"LINK_IDENTITY"}},
		{Name: "a log-in", Event: nospim.Event{Kind: nospim.KindLogin}, Features: saying("https://bit.ly/3x")},
	})
}

// TestLinksOfHonestChat counts what honest people's links raise: strangers' as well as friends'.
func TestLinksOfHonestChat(t *testing.T) {
	f, err := os.Open("../testdata/chat-irc-ubuntu/conversations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := detect.Links{Brands: builtInBrands(t)}
	raised, linked, turns := map[string]int{}, 0, 0
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var x struct{ Turns []struct{ Text string } }
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		for _, turn := range x.Turns {
			e, features := message(nospim.RelationStranger), saying(turn.Text)
			look := nospim.Look{Event: &e, Features: &features}
			if err := d.Look(&look); err != nil {
				t.Fatal(err)
			}
			if turns++; len(features.Links) > 0 {
				linked++
			}
			for _, s := range look.Raised {
				raised[s.Symbol]++
			}
		}
	}
	t.Logf("%d turns, %d with links, raised %v", turns, linked, raised)
	if n := raised["LINK_LOOKALIKE"] + raised["LINK_USERINFO"] + raised["LINK_HIDDEN"] + raised["LINK_IDENTITY"] + raised["LINK_DISPOSABLE"]; n > 0 {
		t.Errorf("%d honest messages raise what only spim should: %v", n, raised)
	}
	if n := raised["LINK_IP_HOST"] + raised["LINK_SHORTENER"] + raised["LINK_REDIRECT"]; n*10 > linked {
		t.Errorf("%d of %d honest messages with links raise something: %v", n, linked, raised)
	}
}

func BenchmarkLinks(b *testing.B) {
	d := detect.Links{Brands: builtInBrands(b)}
	for name, text := range map[string]string{"none": "hello", "everyday": "http://pictures.example/album?id=7", "imitation": "http://paypal-login.example/?u=YWRhQGNoYXQuZXhhbXBsZQ"} {
		e, features := message(nospim.RelationContact), saying(text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			look := nospim.Look{Event: &e, Features: &features}
			for b.Loop() {
				look.Raised = look.Raised[:0]
				if err := d.Look(&look); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
