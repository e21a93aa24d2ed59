package detect

import (
	"testing"

	"github.com/nospim/nospim"
)

func TestPacked(t *testing.T) {
	for _, c := range []struct {
		name string
		want float64
	}{
		{"trip.zip", 0.35},
		{"setup.exe", 0.7},
		{"IMG_0042.JPG.exe", 1},
		{"photo.jpg", 0},
		{"notes.2026.pdf", 0},
		{"exe", 0},
		{"", 0},
	} {
		l := nospim.Look{Event: &nospim.Event{Files: []nospim.File{{Name: c.name}}}}
		if got := packed(&l); got != c.want {
			t.Errorf("%q: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestSlowBurst: one contact every half hour is a burst, too, by the twelfth.
func TestSlowBurst(t *testing.T) {
	last := 0.0
	for _, day := range []float64{4, 5, 6, 8, 12, 16} {
		b := burst{people: 2, once: 2, day: day}
		got := b.factor(&departures{odd: 0.9}, false)
		if day > 4 && got <= last {
			t.Errorf("%v people within the day: factor %v, and %v before", day, got, last)
		}
		last = got
	}
	b := burst{people: 2, once: 2, day: 12}
	if got := b.factor(&departures{}, false); got > 0.5 {
		t.Errorf("12 people within the day, and nothing unlike itself: factor %v", got)
	}
}
