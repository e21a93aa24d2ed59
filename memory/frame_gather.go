package memory

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// gatherParts is into how many parts what is gathered falls when several goroutines note at once; each merges by itself until it is taken.
	gatherParts = 4
	// gatherCells is how many cells a part has room for. From half of it on, Gather.Full says that it should be taken.
	gatherCells = 16 << 10
	// gatherEvents is how many events a part names. Of those over it the counts are told, but who judges one again counts it twice.
	gatherEvents = 16 << 10
)

// Gather collects what a [Local] notes until it is told to the other nodes, merged cell by cell: see [Local.Tell]. It is bounded; what
// has no room is forgotten, oldest first, and counted. The zero Gather is empty.
type Gather struct {
	parts [gatherParts]part
	full  chan struct{}
	lost  atomic.Int64
}

// part is what is gathered under one lock. The other half of it is being written, or empty.
type part struct {
	mu            sync.Mutex
	active, spare *gathered
	_             [64]byte // each part on a cache line of its own
}

type gathered struct {
	cells  shard
	events []Hash
	copies []toldCopy
	alike  map[copyKey]int // where in copies
	links  patterns
}

// NewGather returns an empty one.
func NewGather() *Gather {
	g := &Gather{full: make(chan struct{}, 1)}
	for i := range g.parts {
		g.parts[i].active, g.parts[i].spare = newGathered(), newGathered()
	}
	return g
}

func newGathered() *gathered {
	g := &gathered{alike: make(map[copyKey]int), links: newPatterns(gatherLinks)}
	n := wholes(gatherCells)
	g.cells.init(make([]small, gatherCells-n), make([]trace, n), newIndex(gatherCells))
	return g
}

// Full delivers when so much was gathered that it should be taken soon.
func (g *Gather) Full() <-chan struct{} { return g.full }

// Lost returns how many cells were forgotten before they were taken, for want of room.
func (g *Gather) Lost() int64 { return g.lost.Load() }

// note adds what one event leaves behind. It waits for nobody: where a part is being used or is half full, it takes another.
func (g *Gather) note(n *Note, now int64) {
	p := g.lock()
	a := p.active
	if n.Event != (Hash{}) && len(a.events) < gatherEvents {
		a.events = append(a.events, n.Event)
	}
	for cells := n.Cells; len(cells) > 0; {
		k := run(cells)
		a.cells.note(identify(&cells[0]), now, cells[:k])
		cells = cells[k:]
	}
	if n.Copy != nil && a.copy(n.Copy, now, now) {
		g.lost.Add(1)
	}
	full := a.halfFull()
	p.mu.Unlock()
	if full {
		select {
		case g.full <- struct{}{}:
		default:
		}
	}
}

// lock returns a part, locked: the first one that is free, so that as much as possible is merged. One that is half full waits to be
// taken, which may be late on a busy machine: the others go on, and only when all are half full does the first fill up and forget.
func (g *Gather) lock() *part {
	for i := range g.parts {
		p := &g.parts[i]
		if !p.mu.TryLock() {
			continue
		}
		if !p.active.halfFull() {
			return p
		}
		p.mu.Unlock()
	}
	p := &g.parts[0]
	p.mu.Lock()
	return p
}

// Take returns what was gathered since the last time as contents of frames, each smaller than [FrameMost]; none when nothing was.
// One goroutine at a time may call it.
func (g *Gather) Take() [][]byte {
	var w frameWriter
	var first *gathered
	for i := range g.parts {
		taken := g.parts[i].take()
		switch {
		case taken == nil:
		case first == nil:
			first = taken
		default:
			first.join(taken)
			g.tell(&w, taken)
		}
	}
	if first != nil {
		g.tell(&w, first)
	}
	return w.finish()
}

// take returns what the part has gathered, until the next time; nil when that is nothing.
func (p *part) take() *gathered {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active.empty() {
		return nil
	}
	p.active, p.spare = p.spare, p.active
	return p.spare
}

// tell writes what was taken, and makes it empty.
func (g *Gather) tell(w *frameWriter, taken *gathered) {
	w.add(taken)
	g.lost.Add(taken.cells.evicted)
	taken.reset()
}

// join takes over the cells and the copies of other, so that what two parts have gathered of the same is told once. What there is no
// room for stays in other.
func (g *gathered) join(other *gathered) {
	if g.cells.fits(&other.cells) {
		var room trace
		for place, ok := other.cells.next(0); ok; place, ok = other.cells.next(place + 1) {
			t := other.cells.view(place, &room)
			id := t.identity()
			g.cells.merge(&id, t, other.cells.entries(t))
		}
		g.cells.evicted += other.cells.evicted
		other.resetCells()
	}
	if len(g.copies)+len(other.copies) <= gatherTexts {
		for i := range other.copies {
			c := &other.copies[i]
			g.copy(&c.Copy, c.first, c.last)
		}
		other.resetCopies()
	}
}

// fits reports whether the cells of other have room beside those of s, whatever becomes of their size.
func (s *shard) fits(other *shard) bool {
	n := other.used()
	return s.few.used+n <= s.few.limit && s.many.used+n <= s.many.limit
}

func (g *gathered) halfFull() bool {
	return g.cells.few.used > gatherCells/2 || g.cells.many.used > wholes(gatherCells)/2 || len(g.copies) > gatherTexts/2 || len(g.events) > gatherEvents/2
}

func (g *gathered) empty() bool {
	return g.cells.used() == 0 && len(g.events)+len(g.copies)+len(g.links.ring) == 0
}

func (g *gathered) reset() {
	g.resetCells()
	g.resetCopies()
	if len(g.links.ring) > 0 {
		g.links = newPatterns(gatherLinks)
	}
	g.events = g.events[:0]
}

func (g *gathered) resetCells() {
	s := &g.cells
	for i := range s.whole[:s.many.placed] {
		if t := &s.whole[i]; t.size == outside {
			s.sets.free(uint32(t.body[0]))
		}
	}
	s.unindex()
	s.begin()
}

// unindex clears the index. Of few entries it clears the runs that they stand in: what stands behind another entry of its run is
// reached by whichever of them is cleared first, and so on.
func (s *shard) unindex() {
	const few = 16
	if s.used() > len(s.index)/few {
		s.index.clear()
		return
	}
	for place, ok := s.next(0); ok; place, ok = s.next(place + 1) {
		for i := s.index.start(s.hashAt(place)); s.index[i] != 0; i = s.index.next(i) {
			s.index.set(i, 0)
		}
	}
}

// frameWriter writes contents of frames.
type frameWriter struct {
	done  [][]byte
	cells []byte
	words []byte
	base  int64
	known map[word]int
}

func (w *frameWriter) add(g *gathered) {
	w.events(g.events)
	w.copies(g)
	s := &g.cells
	var room trace
	for place, ok := s.next(0); ok; place, ok = s.next(place + 1) {
		t := s.view(place, &room)
		w.cells = appendCell(w.cells, w.number(t), w.base, t, s.entries(t))
		if len(w.cells) >= FrameSize {
			w.end()
		}
	}
}

// events writes hashes of events.
func (w *frameWriter) events(all []Hash) {
	const most = FrameSize / 16
	for some := range slices.Chunk(all, most) {
		b := make([]byte, 0, 16*len(some))
		for _, h := range some {
			b = binary.LittleEndian.AppendUint64(b, h[0])
			b = binary.LittleEndian.AppendUint64(b, h[1])
		}
		w.section(sectionEvents, b)
	}
}

// section adds a section, if there is anything in it: to the last content if there is room, to one of its own otherwise.
func (w *frameWriter) section(letter byte, content []byte) {
	if len(content) == 0 {
		return
	}
	last := w.room(sectionHead + len(content))
	*last = append(appendSection(*last, letter, len(content)), content...)
}

// room returns the content that so many bytes can be added to.
func (w *frameWriter) room(size int) *[]byte {
	if n := len(w.done); n == 0 || len(w.done[n-1])+size >= FrameMost {
		w.done = append(w.done, append(make([]byte, 0, 1+size), frameVersion))
	}
	return &w.done[len(w.done)-1]
}

// number returns the number of a trace's word, a new one if it has none yet.
func (w *frameWriter) number(t *trace) int {
	if w.known == nil {
		w.known = make(map[word]int)
		w.base = t.last
		w.words = binary.AppendUvarint(w.words[:0], uint64(w.base))
	}
	of := word{kind: t.kind, step: t.step}
	n, ok := w.known[of]
	if !ok {
		n = len(w.known)
		w.known[of] = n
		w.words = append(w.words, byte(t.kind))
		w.words = binary.AppendUvarint(w.words, uint64(t.step))
	}
	return n
}

// end ends the sections of cells and of the words that they need, which stay together.
func (w *frameWriter) end() {
	if len(w.cells) == 0 {
		return
	}
	last := w.room(2*sectionHead + len(w.words) + len(w.cells))
	*last = append(appendSection(*last, sectionWords, len(w.words)), w.words...)
	*last = append(appendSection(*last, sectionCells, len(w.cells)), w.cells...)
	w.cells, w.known = w.cells[:0], nil
}

func (w *frameWriter) finish() [][]byte {
	w.end()
	return w.done
}

func appendSection(b []byte, letter byte, size int) []byte {
	return binary.LittleEndian.AppendUint32(append(b, letter), uint32(size))
}
