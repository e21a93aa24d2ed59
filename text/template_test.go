package text

import "testing"

func TestTemplate(t *testing.T) {
	for _, c := range []struct {
		want   string
		bodies []string
	}{
		{"", nil},
		{"the best watches are here", []string{"The best watches are here"}},
		{"{3} the {2} watches are here {2}", []string{"hi the best watches are here", "hello the finest watches are here today", "the best watches are here"}},
		{"{2}", []string{"one two three", "four five"}},
		{"earn {3} a day", []string{"earn 300 a day", "earn 400 a day", "earn 500 a day"}},
	} {
		var m Template
		for _, b := range c.bodies {
			m.Learn(b)
		}
		if got := m.String(); got != c.want || m.Copies() != len(c.bodies) {
			t.Errorf("%q: %q, want %q", c.bodies, got, c.want)
		}
	}
}
