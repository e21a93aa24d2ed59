package memorytest

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/nospim/nospim/memory"
)

// testSlides notes once at the start and once at the end of a step and looks when each leaves the window.
func testSlides(t *testing.T, open func(t *testing.T) memory.Memory) {
	for _, window := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour, 64 * 24 * time.Hour} {
		t.Run(window.String(), func(t *testing.T) {
			m := open(t)
			step := window / memory.Steps
			base := time.UnixMilli(start.UnixMilli() / step.Milliseconds() * step.Milliseconds())
			c, d := count("slides", window), distinct("slides", window, 0)
			for i, at := range []time.Time{base, base.Add(step - time.Millisecond)} {
				d.Value = uint64(i)
				note(m, at, c, d)
			}
			for _, tt := range []struct {
				after time.Duration
				want  float64
			}{
				{step - time.Millisecond, 2},
				{window - step, 2},
				{window - time.Millisecond, 2}, // the last moment of the eighth step
				{window, 0},
				{2 * window, 0},
				{1000 * window, 0},
			} {
				at := base.Add(tt.after)
				wantN(t, "count after "+tt.after.String(), number(m, at, c), tt.want)
				wantN(t, "distinct after "+tt.after.String(), number(m, at, d), tt.want)
			}
			// A steady rate of two notes a step: the window holds eight steps of them, whatever the moment.
			m = open(t)
			for i := range 40 {
				note(m, base.Add(time.Duration(i)*step/2), c)
			}
			wantN(t, "steady count", number(m, base.Add(39*step/2), c), 2*memory.Steps)
			wantN(t, "steady count two steps later", number(m, base.Add(43*step/2), c), 2*memory.Steps-4)
		})
	}
}

func testOwnNote(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	c, d := count("own", time.Hour), distinct("own", time.Hour, 7)
	l := label("own", start.Add(time.Hour))
	for i, v := range recall(m, start, c, d, l) {
		if want := (memory.Value{N: 1}); !same(v, want) {
			t.Errorf("cell %d, before anything was noted: %+v, want %+v", i, v, want)
		}
	}
	for i, v := range recall(m, start, only(c, d, l)...) {
		if !same(v, memory.Value{}) {
			t.Errorf("cell %d, recalled only, before anything was noted: %+v, want nothing", i, v)
		}
	}
	note(m, start, c, d, l)
	note(m, start, only(c, d, l)...) // passed over
	other := d
	other.Value = 8
	got := recall(m, start.Add(time.Second), c, d, other)
	wantN(t, "count with its own note", got[0].N, 2)
	wantN(t, "distinct with a value that is in", got[1].N, 1)
	got = recall(m, start.Add(time.Second), other, c)
	wantN(t, "distinct with a value that is new", got[0].N, 2)
	wantN(t, "distinct, recalled only", number(m, start.Add(time.Second), other), 1)
}

func testFirstLast(t *testing.T, open func(t *testing.T) memory.Memory) {
	const window = 8 * time.Hour
	m := open(t)
	c, d := count("times", window), distinct("times", window, 1)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for _, after := range []time.Duration{90 * time.Minute, 30 * time.Minute, 3 * time.Hour} { // the second one arrives late
		note(m, at(after), c, d)
	}
	for _, tt := range []struct {
		now, first, last time.Duration
	}{
		{3 * time.Hour, 30 * time.Minute, 3 * time.Hour},
		{8 * time.Hour, 90 * time.Minute, 3 * time.Hour},
		{10 * time.Hour, 3 * time.Hour, 3 * time.Hour},
	} {
		for i, v := range recall(m, at(tt.now), only(c, d)...) {
			wantTimes(t, tt.now.String(), i, v, at(tt.first), at(tt.last), window)
		}
	}
	for i, v := range recall(m, at(11*time.Hour), c, d) {
		if v.First != 0 || v.Last != 0 {
			t.Errorf("cell %d, after its window: first %d, last %d, want 0", i, v.First, v.Last)
		}
	}
}

func wantTimes(t *testing.T, when string, i int, v memory.Value, first, last time.Time, window time.Duration) {
	t.Helper()
	slack := (window / memory.Steps / 32768).Milliseconds() + 1
	if early := first.UnixMilli() - v.First; early < 0 || early > slack {
		t.Errorf("at %s, cell %d: first %d ms before the first note, want 0 to %d", when, i, early, slack)
	}
	if v.Last != last.UnixMilli() {
		t.Errorf("at %s, cell %d: last %d, want %d", when, i, v.Last, last.UnixMilli())
	}
}

func testLate(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	c, d := count("late", 8*time.Minute), distinct("late", 8*time.Minute, 1)
	late := d
	late.Value = 2
	note(m, start.Add(20*time.Minute), c, d)
	note(m, start.Add(12*time.Minute), c, late) // eight steps before the newest
	note(m, start.Add(13*time.Minute), c, late) // seven
	wantN(t, "count", number(m, start.Add(20*time.Minute), c), 2)
	wantN(t, "distinct", number(m, start.Add(20*time.Minute), d), 2)
	// As of an earlier time, what lies after it is not seen.
	wantN(t, "count as of before", number(m, start.Add(19*time.Minute), c), 1)
	wantN(t, "distinct as of before", number(m, start.Add(19*time.Minute), d), 1)
	wantN(t, "count as of long before", number(m, start, c), 0)
	wantN(t, "count as of long before, with its own note", recall(m, start, c)[0].N, 1)
}

func testApart(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	cells := []memory.Cell{
		count("b", time.Hour), count("a", time.Hour), count("a", time.Minute),
		distinct("a", time.Hour, 1), distinct("a", time.Minute, 1), label("a", start.Add(time.Hour)),
		average("a", time.Hour, 1), average("a", time.Minute, 1),
	}
	for n := range cells {
		for range 2*n + 1 {
			note(m, start, cells[n])
		}
	}
	for i, v := range recall(m, start, cells...) {
		want := float64(2*i + 2)
		if cells[i].Kind != memory.Count {
			want = 1
		}
		wantN(t, "cell", v.N, want)
	}
}

func testLabel(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	until := start.Add(time.Hour)
	l := label("bot", until)
	note(m, start.Add(time.Second), l)
	note(m, start, label("bot", start.Add(time.Minute))) // an earlier end changes nothing
	for _, tt := range []struct {
		at   time.Time
		want memory.Value
	}{
		{start.Add(2 * time.Second), memory.Value{N: 1, First: start.UnixMilli(), Last: start.Add(time.Second).UnixMilli()}},
		{until.Add(-time.Millisecond), memory.Value{N: 1, First: start.UnixMilli(), Last: start.Add(time.Second).UnixMilli()}},
		{until, memory.Value{}},
		{until.Add(time.Hour), memory.Value{}},
	} {
		if got := recall(m, tt.at, only(l)...)[0]; !same(got, tt.want) {
			t.Errorf("at %s: %+v, want %+v", tt.at.Format(time.TimeOnly), got, tt.want)
		}
	}
	note(m, start, label("bot", until.Add(time.Hour)))
	wantN(t, "after a longer one", number(m, until, l), 1)
	wantN(t, "with a note of its own that is over", recall(m, until, label("person", until))[0].N, 0)
}

func testRun(t *testing.T, open func(t *testing.T) memory.Memory) {
	m := open(t)
	note(m, start, distinct("run", time.Hour, 1), distinct("run", time.Hour, 2))
	run := []memory.Cell{
		distinct("run", time.Hour, 2), // is in
		distinct("run", time.Hour, 3),
		distinct("run", time.Hour, 4),
		distinct("run", time.Hour, 3), // again
		distinct("run", time.Hour, 5),
	}
	run[2].Note = false
	for i, want := range []float64{2, 3, 3, 3, 4} {
		wantN(t, "distinct of a run", recall(m, start, run...)[i].N, want)
	}
	apart := []memory.Cell{run[1], count("run", time.Hour), run[4]}
	got := recall(m, start, apart...)
	wantN(t, "distinct apart from each other", got[2].N, 3)
	note(m, start, run...)
	wantN(t, "distinct afterwards", number(m, start, run[0]), 4)

	c := count("run", time.Hour)
	got = recall(m, start, c, c, c)
	wantN(t, "count of a run", got[2].N, 3)
	note(m, start, c, c, c)
	wantN(t, "count afterwards", number(m, start, c), 3)
}

// testDistinctFew compares with a set for every number up to Exact in each step of the window.
func testDistinctFew(t *testing.T, open func(t *testing.T) memory.Memory) {
	const window = 8 * time.Minute
	m := open(t)
	want := 0
	for step := range memory.Steps {
		at := start.Add(time.Duration(step) * time.Minute)
		for i := range memory.Exact {
			d := distinct("few", window, uint64(step*memory.Exact+i))
			want++
			wantN(t, "distinct with its own note", recall(m, at, d)[0].N, float64(want))
			note(m, at, d, d)
			note(m, at, d)
			wantN(t, "distinct", number(m, at, d), float64(want))
		}
	}
	for step := range memory.Steps {
		at := start.Add(window + time.Duration(step)*time.Minute)
		want -= memory.Exact
		wantN(t, "distinct that slides", number(m, at, distinct("few", window, 0)), float64(want))
	}
}

// testDistinctAgain: when the step that had many values has left the window, the cell is exact again.
func testDistinctAgain(t *testing.T, open func(t *testing.T) memory.Memory) {
	const window = 8 * time.Minute
	m := open(t)
	for i := range uint64(1000) {
		note(m, start, distinct("again", window, i))
	}
	for i := range 2 * memory.Steps {
		at := start.Add(time.Duration(i) * time.Minute)
		d := distinct("again", window, uint64(2000+i))
		note(m, at, d)
		if i >= memory.Steps {
			wantN(t, "distinct", number(m, at, d), memory.Steps)
		}
	}
}

// testDistinctMany holds the estimates to three of the stated standard errors, in one step and over all of them, and their mean
// over many cells to much less: an estimate that leans to one side would pass the first and fail the second.
func testDistinctMany(t *testing.T, open func(t *testing.T) memory.Memory) {
	standard := 1 / math.Sqrt(memory.Exact-2)
	for _, tt := range []struct {
		name  string
		n     int
		steps int
	}{
		{"100 in a step", 100, 1},
		{"10,000 in a step", 10_000, 1},
		{"10,000 in eight steps", 10_000, 8},
		{"10,000, each in every step", -10_000, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := open(t)
			const cells = 20
			var sum float64
			n := max(tt.n, -tt.n)
			for c := range cells {
				got := estimate(m, c, n, tt.steps, tt.n < 0)
				off := got/float64(n) - 1
				sum += off
				if math.Abs(off) > 3*standard {
					t.Errorf("cell %d: %.0f, off by %.1f %%, more than 3 standard errors of %.1f %%", c, got, 100*off, 100*standard)
				}
			}
			if mean := sum / cells; math.Abs(mean) > 3*standard/math.Sqrt(cells) {
				t.Errorf("on average off by %.1f %%", 100*mean)
			}
		})
	}
}

// estimate notes n values spread over steps (or all of them in every step) and recalls how many they are.
func estimate(m memory.Memory, cell, n, steps int, every bool) float64 {
	const window = 8 * time.Minute
	d := distinct("many"+string(rune('a'+cell)), window, 0)
	for i := range n {
		d.Value = uint64(cell*n+i) * 0x9e3779b97f4a7c15
		for step := range steps {
			if every || i%steps == step {
				note(m, start.Add(time.Duration(step)*time.Minute), d)
			}
		}
	}
	at := start.Add(time.Duration(steps-1) * time.Minute)
	got := number(m, at, d)
	// A value that is in adds nothing; one that is new adds less than one in Exact.
	if own := recall(m, at, d)[0].N; own != got {
		return math.Inf(1)
	}
	d.Value = 0x1234567890abcdef
	if own := recall(m, at, d)[0].N; own < got || own > got*(1+2.0/memory.Exact) {
		return math.Inf(1)
	}
	return got
}

// testExtremes: broken clocks and odd windows neither crash nor blind a cell for good.
func testExtremes(t *testing.T, open func(t *testing.T) memory.Memory) {
	times := []time.Time{{}, time.Unix(0, 0), start, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), time.Unix(1<<62, 0), time.Unix(-1<<62, 0)}
	for _, window := range []time.Duration{math.MinInt64, -time.Second, 0, 1, time.Millisecond, time.Second, math.MaxInt64} {
		for _, at := range times {
			m := open(t)
			cells := []memory.Cell{
				count("extreme", window), distinct("extreme", window, math.MaxUint64),
				{Key: 1, Kind: memory.Label, Value: math.MaxUint64, Note: true},
				recent("extreme", window, math.MaxUint64), average("extreme", window, 1),
				{Key: 1, Kind: 0, Note: true},
				{Key: 1, Kind: 77, Note: true},
			}
			note(m, at, cells...)
			got := recall(m, at, only(cells...)...)
			if got[0].N != 1 || got[1].N != 1 || got[3].N != 1 || got[4].N != 1 || !same(got[5], memory.Value{}) || !same(got[6], memory.Value{}) {
				t.Errorf("window %d at %s: recalled %+v", window, at, got)
			}
			if n := m.Stats().Cells; n != 5 {
				t.Errorf("window %d at %s: %d cells, want 5: those of no kind leave nothing", window, at, n)
			}
			var snapshot bytes.Buffer
			if err := errors.Join(m.Snapshot(&snapshot), open(t).Restore(&snapshot)); err != nil {
				t.Errorf("window %d at %s: %v", window, at, err)
			}
			for _, other := range times {
				recall(m, other, cells...)
				note(m, other, cells...)
			}
		}
	}
}
