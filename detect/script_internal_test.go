package detect

import (
	"math/rand/v2"
	"testing"
)

func TestAlike(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b uint32
		want bool
	}{
		{"the same", 0x12345678, 0x12345678, true},
		{"half of the places", 0x12345678, 0x1234aaaa, true},
		{"three of eight", 0x12345678, 0x123aaaaa, false},
		{"two of three", 0x00000123, 0x00000923, true},
		{"one of two", 0x00000012, 0x00000092, false},
		{"empty places do not agree", 0x10000000, 0x20000000, false},
	} {
		if got := alike(c.a, c.b); got != c.want || alike(c.b, c.a) != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	word := func() (x uint32) { // four words
		for _, i := range r.Perm(8)[:4] {
			x |= (1 + r.Uint32N(15)) << (4 * i)
		}
		return x
	}
	by := 0
	for range 100_000 {
		if alike(word(), word()) {
			by++
		}
	}
	if by > 2500 {
		t.Errorf("%d of 100,000 pairs that have nothing to do with each other are alike", by)
	}
}
