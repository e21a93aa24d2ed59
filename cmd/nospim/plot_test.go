package main

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nospim/nospim/simulate/toll"
)

func TestTicks(t *testing.T) {
	for most, want := range map[float64]string{
		1:     "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1",
		2:     "0 0.2 0.4 0.6 0.8 1 1.2 1.4 1.6 1.8 2",
		3:     "0 0.5 1 1.5 2 2.5 3",
		100:   "0 10 20 30 40 50 60 70 80 90 100",
		16959: "0 2000 4000 6000 8000 10000 12000 14000 16000 18000",
		4.2e6: "0 500000 1000000 1500000 2000000 2500000 3000000 3500000 4000000 4500000",
	} {
		var labels []string
		for _, tick := range (axis{most: most}).ticks() {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("to %v:\n got %s\nwant %s", most, got, want)
		}
	}
}

// TestDrawToll draws where nothing happened, and where something did: pictures of the size that is meant, with more in the second.
func TestDrawToll(t *testing.T) {
	size := func(curve ...toll.Point) int64 {
		name := filepath.Join(t.TempDir(), "toll.png")
		if err := drawToll(name, curve); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if c, err := png.DecodeConfig(f); err != nil || c.Width != plotWidth || c.Height != plotHeight {
			t.Fatalf("%+v, %v", c, err)
		}
		st, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return st.Size()
	}
	nothing, something := size(), size(toll.Point{Attempts: 5, Stopped: 1}, toll.Point{Attempts: 10, Stopped: 7, Lost: 12})
	if something <= nothing {
		t.Errorf("%d bytes with lines, %d without", something, nothing)
	}
}
