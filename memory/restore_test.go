package memory

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// TestRestoreSmaller: a snapshot of a larger memory is read as far as it fits, and the rest is counted as evicted.
func TestRestoreSmaller(t *testing.T) {
	large, small := New(Limits{Cells: 10_000, Events: 5000}), New(Limits{Cells: 500, Events: 100})
	at, r := time.UnixMilli(1_700_000_000_000), rand.New(rand.NewPCG(1, 1))
	for i := range uint64(5000) {
		cells := []Cell{{Key: i, Kind: Count, Window: time.Hour, Note: true}}
		for range 20 {
			cells = append(cells, Cell{Key: i % 100, Kind: Distinct, Window: time.Hour, Value: r.Uint64(), Note: true})
		}
		step := time.Duration(i/100%Steps) * time.Hour / Steps // values in several steps need more room
		large.Note(&Note{Event: Hash{i, 1}, At: at.Add(step), Cells: cells})
	}
	var snapshot bytes.Buffer
	if err := large.Snapshot(&snapshot); err != nil {
		t.Fatal(err)
	}
	if err := small.Restore(&snapshot); err != nil {
		t.Fatal(err)
	}
	if err := small.check(); err != nil {
		t.Fatal(err)
	}
	if st := small.Stats(); st.Cells > 500 || st.Events > 100 || st.Cells < 350 || st.Evicted == 0 {
		t.Errorf("restored %+v", st)
	}
}

// TestRestoreRefuses: what no snapshot of ours says is refused, although its checksums are right.
func TestRestoreRefuses(t *testing.T) {
	const last = 1_700_000_000_000
	count := trace{key: 1, kind: Count, step: 1000, last: last, live: 1 << (last / 1000 % Steps)}
	count.setCount(last/1000%Steps, 3)
	distinct := count
	distinct.kind = Distinct
	entry := func(n uint64) uint64 { return n<<8 | uint64(count.live) }
	label := trace{key: 1, kind: Label, step: 1, last: last, body: [inline]uint64{last + 1, last}}
	cell := func(t trace, change func(*trace), entries ...uint64) []byte {
		change(&t)
		return appendTrace(nil, &t, entries)
	}
	same := func(*trace) {}
	node := make([]byte, len(nodeID{})+16+Reorder/8)
	event := append(make([]byte, 15), 1, verdictNone)
	many := make([]uint64, Exact+1)
	for i := range many {
		many[i] = entry(uint64(i))
	}
	for _, tt := range []struct {
		name    string
		kind    byte
		content []byte
		ok      bool
	}{
		{"count", blockCells, cell(count, same), true},
		{"distinct", blockCells, cell(distinct, same, entry(1), entry(2)), true},
		{"label", blockCells, cell(label, same), true},
		{"node", blockNodes, node, true},
		{"event", blockEvents, event, true},
		{"block of another kind", 'x', []byte("x"), false},
		{"cell twice", blockCells, append(cell(count, same), cell(count, same)...), true},
		{"node twice", blockNodes, append(node, node...), false},
		{"event twice", blockEvents, append(event, event...), false},
		{"no event", blockEvents, append(make([]byte, 16), verdictNone), false},
		{"verdict out of range", blockEvents, append(event[:16:16], verdictKnown, 0), false},
		{"verdict that is no JSON", blockEvents, append(event[:16:16], verdictNew, 1, '{', 0), false},
		{"cut cell", blockCells, cell(count, same)[:20], false},
		{"no kind", blockCells, cell(count, func(t *trace) { t.kind = 0 }), false},
		{"another kind", blockCells, cell(count, func(t *trace) { t.kind = Average + 1 }), false},
		{"no step", blockCells, cell(distinct, func(t *trace) { t.step = 0 }, entry(1)), false},
		{"far future", blockCells, cell(count, func(t *trace) { t.last = maxMillis + 1 }), false},
		{"latest step is empty", blockCells, cell(count, func(t *trace) { t.last += 1000 }), false},
		{"count of nothing", blockCells, cell(count, func(t *trace) { t.body = [inline]uint64{} }), false},
		{"count of too many values", blockCells, cell(count, func(t *trace) { t.full = t.live }), false},
		{"no entries", blockCells, cell(distinct, same), false},
		{"entries not sorted", blockCells, cell(distinct, same, entry(2), entry(1)), false},
		{"entry twice", blockCells, cell(distinct, same, entry(1), entry(1)), false},
		{"entry of no step", blockCells, cell(distinct, same, 1<<8, entry(2)), false},
		{"entry of another step", blockCells, cell(distinct, same, entry(1), 2<<8|0xff), false},
		{"too many entries of a step", blockCells, cell(distinct, same, many...), false},
		{"full with few entries", blockCells, cell(distinct, func(t *trace) { t.full = t.live }, entry(1)), false},
		{"label of another step", blockCells, cell(label, func(t *trace) { t.step = 2 }), false},
		{"label noted first after last", blockCells, cell(label, func(t *trace) { t.body[1] = last + 1 }), false},
		{"label without end", blockCells, cell(label, func(t *trace) { t.body[0] = maxMillis + 1 }), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var file bytes.Buffer
			file.WriteString(snapshotMagic)
			b := blocks{w: &file}
			if err := errors.Join(b.block(tt.kind, tt.content), b.block(blockEnd, nil)); err != nil {
				t.Fatal(err)
			}
			if err := New(Limits{}).Restore(bytes.NewReader(file.Bytes())); errors.Is(err, nospim.ErrInvalid) == tt.ok {
				t.Errorf("restored with %v, want it accepted: %v", err, tt.ok)
			}
			restoreOrRefuse(t, file.Bytes())
		})
	}
}

// TestRestoreTwice: a cell that was forgotten and noted again while the snapshot was written stands as it was later.
func TestRestoreTwice(t *testing.T) {
	const last = 1_700_000_000_000
	first := trace{key: 1, kind: Count, step: 1000, last: last, live: 1 << (last / 1000 % Steps)}
	first.setCount(last/1000%Steps, 3)
	second := first
	second.setCount(last/1000%Steps, 1)
	var file bytes.Buffer
	file.WriteString(snapshotMagic)
	b := blocks{w: &file}
	if err := errors.Join(b.block(blockCells, appendTrace(appendTrace(nil, &first, nil), &second, nil)), b.block(blockEnd, nil)); err != nil {
		t.Fatal(err)
	}
	m, r := New(Limits{}), new(Recalled)
	if err := errors.Join(m.Restore(&file), m.check()); err != nil {
		t.Fatal(err)
	}
	m.Recall(&Note{At: time.UnixMilli(last), Cells: []Cell{{Key: 1, Kind: Count, Window: 8 * time.Second}}}, r)
	if r.Values[0].N != 1 || m.Stats().Cells != 1 {
		t.Errorf("recalled %v of %d cells, want 1 of 1", r.Values[0].N, m.Stats().Cells)
	}
}

// TestSnapshotIsCopiedInParts: a shard is free between the parts of its copy, and nothing of it is missing.
func TestSnapshotIsCopiedInParts(t *testing.T) {
	var s shard
	s.init(make([]small, 10*copied), make([]trace, 10*copied), newIndex(20*copied))
	for key := range uint64(5*copied + 7) {
		c := Cell{Key: key, Kind: Count, Window: time.Hour, Note: true}
		s.note(identify(&c), 1_700_000_000_000, []Cell{c})
		for hour := range int64(Steps) * int64(key%2) { // every other one has much to say
			s.note(identify(&c), 1_700_000_000_000+hour*3_600_000/Steps, []Cell{c})
		}
	}
	b, parts := blocks{}, 0
	for from, more := uint32(0), true; more; {
		before := len(b.buf)
		from, more = s.appendSome(&b, from)
		if !s.mu.TryLock() {
			t.Fatal("the shard is still locked")
		}
		s.mu.Unlock()
		if n := len(b.buf) - before; n == 0 || n > 50*copied {
			t.Fatalf("a part of %d bytes", n)
		}
		parts++
	}
	var whole blocks
	s.append(&whole)
	if parts != 6 || !bytes.Equal(b.buf, whole.buf) {
		t.Errorf("%d parts of %d bytes, %d bytes in one go", parts, len(b.buf), len(whole.buf))
	}
}

// FuzzRestore feeds blocks with correct checksums, which is as far as a hostile file can get, and the bytes as they are. What
// is accepted must be sound inside, usable, and come back the same from its own snapshot.
func FuzzRestore(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	m := New(Limits{Cells: 500, Events: 20})
	for i := range 300 {
		m.Note(randomNote(r, i))
	}
	m.Merge(&Frame{Node: "a", Seq: 3})
	b := blocks{w: &bytes.Buffer{}}
	m.shards[0].append(&b)
	f.Add(byte(blockCells), bytes.Clone(b.buf))
	for i := range 20 {
		f.Add(byte(blockCells), b.buf[i*len(b.buf)/40:])
	}
	b.buf = nil
	m.nodes.append(&b)
	f.Add(byte(blockNodes), bytes.Clone(b.buf))
	b.buf = nil
	if err := appendEvents(&b, m.events[0].inOrder(), map[string]int{}); err != nil {
		f.Fatal(err)
	}
	f.Add(byte(blockEvents), bytes.Clone(b.buf))
	f.Add(byte(blockEnd), []byte{})
	f.Fuzz(func(t *testing.T, kind byte, content []byte) {
		var file bytes.Buffer
		file.WriteString(snapshotMagic)
		b := blocks{w: &file}
		_ = b.block(kind, content)
		_ = b.block(blockEnd, nil)
		restoreOrRefuse(t, file.Bytes())
		restoreOrRefuse(t, content)
	})
}

func restoreOrRefuse(t *testing.T, file []byte) {
	t.Helper()
	m := New(Limits{Cells: 200, Events: 70})
	if err := m.Restore(bytes.NewReader(file)); err != nil {
		if st := m.Stats(); !errors.Is(err, nospim.ErrInvalid) || st.Cells != 0 || st.Events != 0 {
			t.Fatalf("refused with %v, %+v left", err, st)
		}
		return
	}
	var first, second bytes.Buffer
	if err := errors.Join(m.check(), m.Snapshot(&first), m.Restore(bytes.NewReader(first.Bytes())), m.Snapshot(&second)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatal("the snapshot of a restored snapshot differs")
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 50 {
		n := randomNote(r, i)
		m.Recall(n, new(Recalled))
		m.Note(n)
	}
	if err := m.check(); err != nil {
		t.Fatal(err)
	}
}
