package engine_test

import (
	"strings"
	"testing"

	"github.com/nospim/nospim"
)

// TestLinksOfAStranger sends what links can say at its worst: alone it never does more than hold.
func TestLinksOfAStranger(t *testing.T) {
	r := newRig(t, "")
	v := judge(t, r, message("m-1", "nina_31@chat.example", "ada@chat.example",
		"hxxp://www.paypal.com@paypal-login[.]example/?to=http%3A%2F%2F3405803785%2F%3Fu%3DYWRhQGNoYXQuZXhhbXBsZQ and bit.ly/3x"))
	for _, s := range []string{"LINK_LOOKALIKE", "LINK_USERINFO", "LINK_HIDDEN", "LINK_IDENTITY", "LINK_REDIRECT", "LINK_SHORTENER"} {
		if !strings.Contains(symbols(v), s) {
			t.Errorf("raised %s, without %s", symbols(v), s)
		}
	}
	if v.Action != nospim.Hold {
		t.Errorf("the action is %s with a score of %g, want hold", v.Action, v.Score)
	}
}

// TestFragmentNamesTheRecipient looks where the canonical form does not: behind the #.
func TestFragmentNamesTheRecipient(t *testing.T) {
	r := newRig(t, "")
	if v := judge(t, r, message("m-1", "nina_31@chat.example", "ada@chat.example", "http://x.example/a#ada@chat.example")); !strings.Contains(symbols(v), "LINK_IDENTITY") {
		t.Errorf("raised %s, without LINK_IDENTITY", symbols(v))
	}
}

// TestSignalsDoNotQuoteLinks reads the sentences that people get: nothing of the link stands in them.
func TestSignalsDoNotQuoteLinks(t *testing.T) {
	r := newRig(t, "")
	v := judge(t, r, message("m-1", "nina_31@chat.example", "ada@chat.example", "http://ada:secret@dicsord.example/a#private"))
	if v.Action != nospim.Hold {
		t.Fatalf("the action is %s", v.Action)
	}
	for _, s := range v.Signals {
		if strings.Contains(s.Why, "dicsord") || strings.Contains(s.Why, "private") {
			t.Errorf("%s quotes the link: %s", s.Symbol, s.Why)
		}
	}
}
