package memory

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSmallSaysTheSame: cells that are small as long as they can be say what those say that are whole traces from the beginning,
// through windows that slide, late notes, long runs, and notes of other nodes.
func TestSmallSaysTheSame(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		var shards [2]shard
		for i := range shards {
			shards[i].init(make([]small, 1<<15), make([]trace, 1<<15), newIndex(1<<16))
		}
		var told shard // what another node notes meanwhile
		told.init(make([]small, 1<<10), make([]trace, 1<<10), newIndex(1<<11))
		for i := range 8000 {
			n := randomNote(r, int(r.Uint64N(50_000)))
			now := millis(n.At)
			for cells := n.Cells; len(cells) > 0; {
				k, id := run(cells), identify(&cells[0])
				var got [2][]Value
				for j := range shards {
					s := &shards[j]
					got[j] = make([]Value, k)
					s.recall(&sought{id: id}, now, cells[:k], got[j])
					s.note(id, now, cells[:k])
					if place, ok := s.lookup(&id); ok && j == 1 {
						s.widen(place, now)
					}
				}
				if diff := cmp.Diff(got[1], got[0]); diff != "" {
					t.Fatalf("seed %d, note %d: %s", seed, i, diff)
				}
				if r.IntN(4) == 0 {
					told.note(id, now, cells[:k])
				}
				cells = cells[k:]
			}
			if i%100 == 99 {
				tell(&told, shards[:])
			}
		}
		few, none := spoken(&shards[0]), spoken(&shards[1])
		if diff := cmp.Diff(none, few); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if n := shards[0].few.used; n < 100 || shards[1].few.used != 0 {
			t.Errorf("seed %d: %d of %d cells are small, of the others %d: nothing was compared", seed, n, shards[0].used(), shards[1].few.used)
		}
	}
}

// tell merges what one shard has into others, and makes it forget all.
func tell(from *shard, into []shard) {
	var room trace
	for place, ok := from.next(0); ok; place, ok = from.next(place + 1) {
		t := from.view(place, &room)
		id := t.identity()
		for i := range into {
			into[i].merge(&id, t, from.entries(t))
			if at, _ := into[i].lookup(&id); i == 1 {
				into[i].widen(at, t.last)
			}
		}
	}
	from.index.clear()
	from.sets = sets{limit: from.sets.limit}
	from.begin()
}

// spoken is what the cells of a shard say, as a snapshot has it, sorted.
func spoken(s *shard) (all []string) {
	var room trace
	for place, ok := s.next(0); ok; place, ok = s.next(place + 1) {
		t := s.view(place, &room)
		all = append(all, string(appendTrace(nil, t, s.entries(t))))
	}
	slices.Sort(all)
	return all
}

// TestSmallWidth: a cell that counts up moves when its counts need more bits than a small one has for that many steps, and not before.
func TestSmallWidth(t *testing.T) {
	for steps, most := range map[int]uint32{1: 1<<32 - 1, 2: 1<<32 - 1, 3: 1<<16 - 1, 4: 255, 5: 7} {
		from := trace{key: 1, kind: Count, step: 1000, last: int64(steps-1) * 1000}
		for i := range steps {
			from.live |= 1 << i
			from.first[i] = uint16(60_000 + i)
			from.setCount(i, most-uint32(i%2))
		}
		var m small
		m.become(&identity{key: 1, kind: Count, step: 1000})
		var back trace
		if ok := m.pack(&from); !ok {
			t.Fatalf("%d steps do not fit", steps)
		}
		if m.unpack(&back); back != from {
			t.Errorf("%d steps: %+v, want %+v", steps, back, from)
		}
		if from.setCount(0, most+1); steps > 2 && m.pack(&from) {
			t.Errorf("%d steps of up to %d fit", steps, most+1)
		}
	}
	var m small
	if m.pack(&trace{kind: Count, step: 1000, live: 0x3f}) {
		t.Error("six steps fit")
	}
}

// TestFloodLeavesWholeCells: who notes ever new cells once pushes out none that were noted often.
func TestFloodLeavesWholeCells(t *testing.T) {
	m := New(Limits{Cells: 4000})
	const known = 100
	note := func(key uint64, ms int64, value uint64) {
		c := Cell{Key: key, Kind: Distinct, Window: Steps * time.Second, Value: value, Note: true}
		m.Note(&Note{At: time.UnixMilli(ms), Cells: []Cell{c}})
	}
	for key := range uint64(known) {
		for value := range uint64(3) {
			note(mix(key), 1000, value)
		}
	}
	before := wholeOnes(m)
	for key := range uint64(100_000) {
		note(mix(1<<40+key), 1001, 1)
	}
	if after := wholeOnes(m); len(before) != known || !bytes.Equal(before, after) {
		t.Errorf("%d cells that were noted often, %d after a flood", len(before), len(after))
	}
}

// wholeOnes returns how many entries each whole trace has.
func wholeOnes(m *Local) (sizes []byte) {
	for i := range m.shards {
		s := &m.shards[i]
		for place, ok := s.next(s.many.from); ok; place, ok = s.next(place + 1) {
			sizes = append(sizes, s.wholeAt(place).size)
		}
	}
	return sizes
}
