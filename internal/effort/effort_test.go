package effort

import (
	"runtime"
	"testing"
	"time"
)

// TestOf: work costs, also when it is short, and more of it more; waiting costs next to nothing.
func TestOf(t *testing.T) {
	sum := 0
	work := func(n int) func() {
		return func() {
			for i := range n {
				sum ^= i * i
			}
		}
	}
	few, many := Least(5, work(1e6)), Least(5, work(1e7))
	if few <= 0 || many < 5*few || many > 20*few {
		t.Errorf("a million steps cost %v, ten million %v", few, many)
	}
	runtime.KeepAlive(sum)
	if runtime.GOOS != "linux" {
		return
	}
	if waiting := Least(3, func() { <-time.After(100 * time.Millisecond) }); waiting > 50*time.Millisecond {
		t.Errorf("waiting costs %v", waiting)
	}
}
