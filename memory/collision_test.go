package memory

import (
	"testing"
	"time"
)

// unmix is the inverse of mix: what somebody needs who looks for collisions.
func unmix(x uint64) uint64 {
	inverse := func(c uint64) uint64 {
		y := c // Newton's method doubles the right bits each time
		for range 6 {
			y *= 2 - c*y
		}
		return y
	}
	x ^= x >> 33
	x = x * inverse(0xc4ceb9fe1a85ec53)
	x ^= x >> 33
	x = x * inverse(0xff51afd7ed558ccd)
	return x ^ x>>33
}

// TestCollisionsSought: keys made so that all of them meet in one shard, at one place of its index, with one tag, are told apart all
// the same, hold no more than their shard has room for, and leave the other shards alone.
func TestCollisionsSought(t *testing.T) {
	for _, x := range []uint64{0, 1, 12345678901234567} {
		if unmix(mix(x)) != x {
			t.Fatalf("unmix(mix(%d)) = %d", x, unmix(mix(x)))
		}
	}
	const crafted, honest = 3000, 3000
	m := New(Limits{Cells: 50_000})
	at := time.UnixMilli(1_700_000_000_000)
	cell := func(key uint64) Cell { return Cell{Key: key, Kind: Count, Window: time.Hour, Note: true} }
	ask := func(key uint64) float64 {
		c := cell(key)
		c.Note = false
		var r Recalled
		m.Recall(&Note{At: at, Cells: []Cell{c}}, &r)
		return r.Values[0].N
	}
	for key := range uint64(honest) {
		m.Note(&Note{At: at, Cells: []Cell{cell(key)}})
	}
	base := identify(&Cell{Kind: Count, Window: time.Hour})
	salt := unmix(base.hash) // what the kind and the window of a cell add to its key
	var keys []uint64
	for i := range uint64(crafted) {
		key := unmix(0xabc<<44|i<<20|7) ^ salt
		c := cell(key)
		if id := identify(&c); id.hash != 0xabc<<44|i<<20|7 {
			t.Fatalf("the hash of key %d is %x", i, id.hash)
		}
		keys = append(keys, key)
		for range 1 + i%3 {
			m.Note(&Note{At: at, Cells: []Cell{c}})
		}
	}
	if err := m.check(); err != nil {
		t.Fatal(err)
	}
	s := &m.shards[0]
	if s.used > s.limit {
		t.Errorf("%d cells in a shard of %d", s.used, s.limit)
	}
	right := 0
	for i, key := range keys {
		switch ask(key) {
		case float64(1 + i%3):
			right++
		case 0: // made room for another
		default:
			t.Errorf("key %d counts %v, want %d", i, ask(key), 1+i%3)
		}
	}
	if right < s.limit*3/4 {
		t.Errorf("%d of %d are remembered, with room for %d", right, crafted, s.limit)
	}
	lost := 0
	for key := range uint64(honest) {
		if ask(key) != 1 {
			lost++
		}
	}
	if most := 2 * honest / len(m.shards); lost > most {
		t.Errorf("%d of %d others were forgotten, more than the %d of a shard", lost, honest, most)
	}
}
