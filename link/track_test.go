package link

import (
	"math"
	"testing"
)

// TestBounds compares with the tables of the literature: the birthday bound, repetition, order and the posterior.
func TestBounds(t *testing.T) {
	for n, want := range map[int]float64{5: 3, 8: 9, 10: 15, 12: 22, 15: 35, 18: 51, 20: 63, 25: 100, 30: 145} {
		if got := math.Floor(Variants(n)); got != want {
			t.Errorf("%d people: at least %v variants, want %v", n, got, want)
		}
	}
	for _, c := range []struct {
		n, r int
		want float64
	}{{3, 2, .025}, {3, 3, .008}, {4, 2, .008}, {5, 2, .003}} {
		if got := ByRepeats(c.n, c.r); math.Abs(got-c.want) > .0006 {
			t.Errorf("%d people, %d twice: p %.4f, want %v", c.n, c.r, got, c.want)
		}
	}
	if got := ByOrder(6); math.Abs(got-.0014) > .0001 {
		t.Errorf("six in order: p %v", got)
	}
	for n, want := range map[int]float64{3: .79, 5: .86, 10: .95, 15: .987, 20: .997} {
		if got := Posterior(n); math.Abs(got-want) > .006 {
			t.Errorf("%d different: %.3f, want %v", n, got, want)
		}
	}
}
