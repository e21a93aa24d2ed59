package memorytest

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// recent and average make cells that are noted.
func recent(name string, window time.Duration, value uint64) memory.Cell {
	return memory.Cell{Key: hash(name), Kind: memory.Recent, Window: window, Value: value, Note: true}
}

func average(name string, window time.Duration, value uint64) memory.Cell {
	return memory.Cell{Key: hash(name), Kind: memory.Average, Window: window, Value: value, Note: true}
}

// item is what is recalled of a value that was noted.
func item(at time.Time, value uint64) nospim.Item {
	return nospim.Item{At: at.UnixMilli(), Of: uint32(value >> 32), With: uint32(value)}
}

// testRecent notes more values than are kept, over more than a window, and looks after each.
func testRecent(t *testing.T, open func(t *testing.T) memory.Memory) {
	const window = 8 * time.Minute
	m := open(t)
	var want []nospim.Item
	for i := range 3 * memory.MostRecent {
		at := start.Add(time.Duration(i*i) * time.Second / 8)
		value := uint64(i)<<32 | uint64(1000-i)
		from := at.Truncate(time.Minute).Add(-7 * time.Minute).UnixMilli()
		want = slices.DeleteFunc(want, func(it nospim.Item) bool { return it.At < from })
		if len(want) > memory.MostRecent {
			want = want[1:]
		}
		got := recall(m, at, recent("r", window, value))[0]
		if got.N != float64(len(want)) || !slices.Equal(got.Recent, want) {
			t.Fatalf("before value %d: %v of %d, want %v", i, got.Recent, int(got.N), want)
		}
		note(m, at, recent("r", window, value))
		want = append(want, item(at, value))
	}
	at := start.Add(time.Duration(3*memory.MostRecent*3*memory.MostRecent) * time.Second / 8)
	if got := recall(m, at.Add(window), only(recent("r", window, 0))...)[0]; !same(got, memory.Value{}) {
		t.Errorf("after the window: %+v, want nothing", got)
	}
}

// testRecentTies: of values of one moment the largest stay, the same value may be there twice, and what is older than all that
// are kept is passed over.
func testRecentTies(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	values := []uint64{7, 3, 3, math.MaxUint64}
	for i := range uint64(memory.MostRecent) {
		values = append(values, 100+i)
	}
	for _, v := range values {
		note(m, start, recent("ties", time.Hour, v))
	}
	note(m, start.Add(-time.Second), recent("ties", time.Hour, 5000))
	slices.Sort(values)
	var want []nospim.Item
	for _, v := range values[len(values)-memory.MostRecent:] {
		want = append(want, item(start, v))
	}
	if got := recall(m, start, only(recent("ties", time.Hour, 0))...)[0].Recent; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	m = open(t)
	note(m, start, recent("twice", time.Hour, 3), recent("twice", time.Hour, 3))
	if got := recall(m, start, only(recent("twice", time.Hour, 0))...)[0].Recent; len(got) != 2 {
		t.Errorf("a value that came twice: %v", got)
	}
}

// testRecentBefore: as of an earlier time, what lies after it is not seen, to the millisecond.
func testRecentBefore(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	for i := range 5 {
		note(m, start.Add(time.Duration(i)*time.Millisecond), recent("before", time.Hour, uint64(i)))
	}
	got := recall(m, start.Add(2*time.Millisecond), only(recent("before", time.Hour, 0))...)[0]
	if got.N != 3 || len(got.Recent) != 3 || got.Recent[2].With != 2 {
		t.Errorf("%+v, want the first three", got)
	}
	run := recall(m, start.Add(time.Second), recent("before", time.Hour, 8), recent("before", time.Hour, 9))
	if run[0].N != 5 || run[1].N != 5 || len(run[0].Recent) != 5 || len(run[1].Recent) != 0 {
		t.Errorf("a run: %+v, want the five values with its first cell", run)
	}
}

// testAverage: steps weigh half as much as the one after them, times and order within a step make no difference.
func testAverage(t *testing.T, open func(t *testing.T) memory.Memory) {
	const window = 8 * time.Minute
	m := open(t)
	for _, n := range []struct {
		minute int
		value  uint64
	}{{7, 40}, {0, 1000}, {7, 60}, {5, 10}, {5, 10}, {5, 10}, {0, 0}} {
		note(m, start.Add(time.Duration(n.minute)*time.Minute+30*time.Second), average("a", window, n.value))
	}
	for _, tt := range []struct {
		minute int
		want   float64
	}{
		{7, (128*100.0 + 32*30 + 1000) / (128*2 + 32*3 + 2)},
		{8, (4*100.0 + 30) / (4*2 + 3)}, // the first step has left the window
		{13, 50},
		{15, 0},
		{5, (32*30.0 + 1000) / (32*3 + 2)}, // as of before
		{1, 500},
	} {
		v := recall(m, start.Add(time.Duration(tt.minute)*time.Minute), average("a", window, 77))[0]
		if math.Abs(v.N-tt.want) > 1e-9 {
			t.Errorf("at minute %d: %v, want %v", tt.minute, v.N, tt.want)
		}
	}
}

// testAverageMost: sums and numbers stop at their limits and never start over.
func testAverageMost(t *testing.T, open func(t *testing.T) memory.Memory) {
	const largest = math.MaxUint32
	m := open(t)
	cells := slices.Repeat([]memory.Cell{average("most", time.Hour, math.MaxUint64)}, 4000)
	note(m, start, cells...)
	wantN(t, "mean of the largest", number(m, start, cells[0]), largest)
	before := float64(largest)
	for range 300 {
		note(m, start, cells...)
		mean := number(m, start, cells[0])
		if mean > before || mean <= 0 {
			t.Fatalf("the mean of ever more is %v, it was %v", mean, before)
		}
		before = mean
	}
	note(m, start.Add(time.Hour/memory.Steps), average("most", time.Hour, 1))
	if mean := number(m, start.Add(time.Hour), cells[0]); mean <= 0 {
		t.Errorf("a step later: %v", mean)
	}
}

// testRecentSizes: a sender with two messages costs a little more than a count, and one with very many a bounded amount more.
func testRecentSizes(t *testing.T, open func(t *testing.T) memory.Memory) {
	const senders = 2000
	bytes := func(notes int, cell func(name string, window time.Duration, value uint64) memory.Cell) float64 {
		m := open(t)
		for i := range senders * notes {
			note(m, start.Add(time.Duration(i)*time.Millisecond), cell(fmt.Sprint("sender", i%senders), 24*time.Hour, uint64(i)))
		}
		return float64(m.Stats().Bytes) / senders
	}
	base := bytes(1, average)
	few, many, more := bytes(2, recent)-base, bytes(memory.MostRecent, recent)-base, bytes(2*memory.MostRecent, recent)-base
	t.Logf("%.0f bytes more than a number with 2 values, %.0f with %d, %.0f with twice as many", few, many, memory.MostRecent, more)
	if few > 80 || many > 16*memory.MostRecent+64+80 || more > many+8 {
		t.Errorf("%.0f bytes more with 2 values, %.0f with %d, %.0f with twice as many", few, many, memory.MostRecent, more)
	}
}
