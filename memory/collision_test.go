package memory

import (
	"testing"
	"time"
)

// TestCollisionsSought: keys made so that all of them meet in one shard, at one place of its index, with one tag, are told apart all
// the same, hold no more than their shard has room for, and leave the other shards alone.
func TestCollisionsSought(t *testing.T) {
	const crafted, honest = 1000, 3000
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
	const most = tagMask<<tagShift | lineMask // the part of the hash that is not of the lower half of the key
	var keys []uint64
	for key := uint64(7 + 1<<32); len(keys) < crafted; key += 1 << 32 {
		c := cell(key)
		if id := identify(&c); id.hash&most != 0x123<<tagShift|5 {
			continue
		}
		keys = append(keys, key)
		for range 1 + (len(keys)-1)%3 {
			m.Note(&Note{At: at, Cells: []Cell{c}})
		}
	}
	if err := m.check(); err != nil {
		t.Fatal(err)
	}
	s := m.shardOf(identify(&Cell{Key: keys[0], Kind: Count, Window: time.Hour}))
	if s.used() > len(s.small)+len(s.whole) {
		t.Errorf("%d cells in a shard of %d small and %d whole ones", s.used(), len(s.small), len(s.whole))
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
	if room := len(s.small); right < room*3/4 { // all are small
		t.Errorf("%d of %d are remembered, with room for %d", right, crafted, room)
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
