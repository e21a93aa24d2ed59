package main

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/simulate/town"
)

func TestReadTruth(t *testing.T) {
	for _, c := range []struct {
		name, line string
		unknown    int
		want       town.Truth
	}{
		{"all four", `{"id":"1","label":"spam","role":"bot","attack":"bulk/3","variant":"new,slow"}`, 4, town.Truth{Label: "spam", Role: "bot", Attack: "bulk/3", Variant: "new,slow"}},
		{"white space", "{ \"id\" : \"1\" ,\t\"label\" : \"ham\" }", 1, town.Truth{Label: "ham"}},
		{"none", `{"id":"1"}`, 0, town.Truth{}},
		{"a body that looks like it", `{"id":"1","body":"\",\"label\":\"spam\"","role":"person"}`, 1, town.Truth{Role: "person"}},
		{"a backslash at the end of a text", `{"id":"1","body":"c:\\","label":"ham"}`, 1, town.Truth{Label: "ham"}},
		{"inside other objects", `{"id":"1","sender":{"id":"a","label":"spam"},"x":[{"role":"bot"},"]}"],"label":"ham"}`, 2, town.Truth{Label: "ham"}},
		{"escapes", `{"id":"1","label":"\u0068am"}`, 1, town.Truth{Label: "ham"}},
		{"twice", `{"label":"spam","label":"ham"}`, 2, town.Truth{Label: "ham"}},
		{"beside numbers and words", `{"count":3,"observe":true,"x":null,"y":-1.5e3,"label":"ham"}`, 3, town.Truth{Label: "ham"}},
		{"a role before the label", `{"role":"bot","id":"1","label":"spam"}`, 2, town.Truth{Label: "spam", Role: "bot"}},
		{"another field at the end", `{"id":"1","label":"spam","mood":"good"}`, 2, town.Truth{Label: "spam"}},
		{"an object at the end", `{"id":"1","x":{"y":"z","label":"spam"}}`, 1, town.Truth{}},
		{"a list at the end", `{"id":"1","x":["y",{"z":0,"label":"spam"}]}`, 1, town.Truth{}},
		{"a role that ends in a backslash", `{"id":"1","label":"ham","role":"\\"}`, 2, town.Truth{Label: "ham", Role: `\`}},
		{"an empty object", `{}`, 0, town.Truth{}},
	} {
		var r truthReader
		if got, err := r.read([]byte(c.line), c.unknown); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	var r truthReader
	if _, err := r.read([]byte(`{"id":"1","label":7}`), 1); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("a label that is a number: %v, want ErrInvalid", err)
	}
}

// FuzzReadTruth holds the reader against encoding/json, on lines that are events.
func FuzzReadTruth(f *testing.F) {
	f.Add([]byte(`{"id":"1","kind":"message","time":"2026-03-01T18:04:05Z","service":"c.example","sender":{"id":"a"},"label":"ham","role":"x"}`))
	f.Add([]byte(`{"id":"1","kind":"message","time":"2026-03-01T18:04:05Z","service":"c.example","sender":{"id":"a"},"z":{"label":"\\\""},"attack":"\u0041"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var e nospim.Event
		unknown, err := wire.DecodeEvent(line, &e)
		if err != nil {
			return
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(line, &fields); err != nil {
			return
		}
		var r truthReader
		got, err := r.read(line, unknown)
		if err != nil {
			return
		}
		for name, value := range map[string]string{"label": got.Label, "role": got.Role, "attack": got.Attack, "variant": got.Variant} {
			var want string
			if raw, ok := fields[name]; ok {
				_ = json.Unmarshal(raw, &want)
			}
			if value != want {
				t.Errorf("%s of %q is %q, want %q", name, line, value, want)
			}
		}
	})
}

func BenchmarkReadTruth(b *testing.B) {
	line := []byte(`{"id":"t-7-165698","kind":"message","time":"2026-03-03T06:08:06.649Z","protocol":"xmpp","service":"chat.example","direction":"local","sender":{"id":"justemil585@chat.example","name":"justemil585","local":true,"created":"2026-03-03T06:06:20Z"},"recipients":[{"id":"lotte-keller@chat.example","name":"lotte-keller","local":true,"created":"2025-06-04T12:00:00Z"}],"relation":"contact","addr":"198.19.247.211","client":"slixmpp/1.8","body":"hey have you seen the new photos?","label":"spam","role":"bot","attack":"buddy_bot/20","variant":"new,many_networks,spun,on_answer,asks_first,human"}`)
	var r truthReader
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.read(line, 4); err != nil {
			b.Fatal(err)
		}
	}
}
