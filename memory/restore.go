package memory

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"

	"github.com/nospim/nospim"
)

// Restore implements [Memory]. What the memory held before is forgotten. A snapshot of a larger memory is read as far as it fits.
func (m *Local) Restore(r io.Reader) error {
	m.clear()
	in := &restorer{r: r}
	if err := in.restore(m); err != nil {
		m.clear()
		return fmt.Errorf("restoring the memory: %w", err)
	}
	return nil
}

func (m *Local) clear() {
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		s.index.clear()
		s.sets = sets{limit: s.sets.limit}
		s.begin()
		s.mu.Unlock()
	}
	for i := range m.events {
		e := &m.events[i]
		e.mu.Lock()
		clear(e.heads)
		clear(e.ring)
		e.oldest, e.first, e.used, e.held = 0, 0, 0, 0
		e.mu.Unlock()
	}
	m.copies.mu.Lock()
	m.copies.clear()
	m.copies.mu.Unlock()
	m.nodes.mu.Lock()
	m.nodes.seen, m.nodes.heard = nil, 0
	m.nodes.mu.Unlock()
}

// restorer reads a snapshot. It trusts nothing in it: no length is allocated before it is checked.
type restorer struct {
	r        io.Reader
	offset   int64 // where the block begins
	buf      []byte
	verdicts []nospim.Verdict // without event ids, by number
}

func (in *restorer) restore(m *Local) error {
	magic := make([]byte, len(snapshotMagic))
	if err := in.read(magic); err != nil {
		return err
	}
	if string(magic) != snapshotMagic {
		return in.invalid("is no snapshot of this version")
	}
	in.offset = int64(len(magic))
	for {
		kind, content, err := in.block()
		if err != nil {
			return err
		}
		if kind == blockEnd {
			m.copies.finish()
			return nil
		}
		if err := in.entries(m, kind, content); err != nil {
			return err
		}
		in.offset += int64(blockHead + len(content))
	}
}

// read fills b; a snapshot that ends too soon is invalid.
func (in *restorer) read(b []byte) error {
	_, err := io.ReadFull(in.r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return in.invalid("ends too soon")
	}
	return err
}

func (in *restorer) invalid(problem string) error {
	return &nospim.InputError{Field: "snapshot", Problem: problem, Place: "block at byte " + strconv.FormatInt(in.offset, 10)}
}

// block reads the next block. Its content is valid until the next call.
func (in *restorer) block() (kind byte, content []byte, err error) {
	var head [blockHead]byte
	if err := in.read(head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.LittleEndian.Uint32(head[1:])
	if size >= blockMost {
		return 0, nil, in.invalid("has a block of " + strconv.Itoa(int(size)) + " bytes, which is too long")
	}
	if in.buf == nil {
		in.buf = make([]byte, blockMost)
	}
	content = in.buf[:size]
	if err := in.read(content); err != nil {
		return 0, nil, err
	}
	if checksum(head[0], content) != binary.LittleEndian.Uint32(head[5:]) {
		return 0, nil, in.invalid("is damaged: the checksum differs")
	}
	return head[0], content, nil
}

// entries takes the entries of a block into the memory.
func (in *restorer) entries(m *Local, kind byte, content []byte) error {
	d := &decoder{rest: content}
	for len(d.rest) > 0 {
		var ok bool
		switch kind {
		case blockCells:
			ok = m.restoreTrace(d)
		case blockGroups:
			ok = m.copies.restoreGroup(d)
		case blockTexts:
			ok = m.copies.restoreText(d)
		case blockPatterns:
			ok = m.copies.restorePattern(d)
		case blockNodes:
			ok = m.nodes.restore(d)
		case blockEvents:
			ok = in.event(m, d)
		}
		if !ok || d.short {
			return in.invalid("has an entry of kind " + strconv.QuoteRune(rune(kind)) + " that makes no sense")
		}
	}
	return nil
}

// restoreTrace reads one cell and reports whether it is one that appendTrace could have written.
func (m *Local) restoreTrace(d *decoder) bool {
	t := trace{kind: Kind(d.byte()), key: d.uint64()}
	step, last := d.uvarint(), d.uvarint()
	if t.kind < Count || t.kind > Average || step == 0 || step > math.MaxUint32 || last > maxMillis {
		return false
	}
	t.step, t.last = uint32(step), int64(last)
	var entries []uint64
	if t.kind == Label {
		t.live, t.body[0], t.body[1] = 1, d.uvarint(), d.uvarint()
		if t.step != 1 || t.body[0] > maxMillis || t.body[1] > last {
			return false
		}
	} else {
		t.live, t.full = d.byte(), d.byte()
		if !d.steps(&t) {
			return false
		}
		if t.kind != Count {
			entries = d.entries()
		}
		if !plausible(&t, entries) {
			return false
		}
	}
	if d.short {
		return false
	}
	m.putTrace(&t, entries)
	return true
}

// putTrace adds a cell that was read, in place of what was read of it before.
func (m *Local) putTrace(t *trace, entries []uint64) {
	id := t.identity()
	s := m.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if place, ok := s.lookup(&id); ok {
		s.remove(place, maxMillis)
	}
	place := s.findOrAdd(&id, t.last)
	n := len(entries)
	if n <= inline {
		t.size = uint8(copy(t.body[:], entries))
		s.keep(place, t, t.last)
	} else {
		place = s.move(place, t, t.last)
		to, room := s.wholeAt(place), 1<<bits.Len(uint(n-1))
		s.makeRoom(place, room, t.last)
		to.body[0], to.size = uint64(s.sets.add(place, entries, room)), outside
		if to.kind == Distinct {
			to.recount(entries)
		}
	}
}

// restore reads one node.
func (n *nodes) restore(d *decoder) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	var id nodeID
	copy(id[:], d.bytes(len(id)))
	f := &frames{top: d.uint64(), heard: d.uint64()}
	for i := range f.bits {
		f.bits[i] = d.uint64()
	}
	if d.short || n.seen[id] != nil || len(n.seen) >= maxNodes {
		return false
	}
	n.heard = max(n.heard, f.heard)
	n.put(id, f)
	return true
}

// event reads one event and its verdict.
func (in *restorer) event(m *Local, d *decoder) bool {
	event := Hash{d.uint64(), d.uint64()}
	verdict, ok := in.verdict(d)
	if !ok || d.short || event == (Hash{}) {
		return false
	}
	_, first := m.eventsOf(event).claim(event, verdict)
	return first
}

func (in *restorer) verdict(d *decoder) (v *nospim.Verdict, ok bool) {
	how := d.uvarint()
	switch {
	case how == verdictNone:
		return nil, true
	case how == verdictNew:
		var fresh nospim.Verdict
		if json.Unmarshal(d.prefixed(), &fresh) != nil {
			return nil, false
		}
		how = verdictKnown + uint64(len(in.verdicts))
		in.verdicts = append(in.verdicts, fresh)
	case how-verdictKnown >= uint64(len(in.verdicts)):
		return nil, false
	}
	whole := in.verdicts[how-verdictKnown]
	whole.EventID = string(d.prefixed())
	return &whole, true
}

// decoder reads the parts of an entry. Past the end it returns zeros and is short.
type decoder struct {
	rest  []byte
	short bool
}

// bytes returns the next n bytes, nil when there are fewer.
func (d *decoder) bytes(n int) []byte {
	if n > len(d.rest) {
		d.rest, d.short = nil, true
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint16() uint16 {
	if b := d.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.rest, d.short = nil, true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// prefixed returns bytes that come with their length.
func (d *decoder) prefixed() []byte { return d.bytes(int(min(d.uvarint(), blockMost))) }

// steps reads what a trace has of each live step, and reports whether the step of the latest note is among them.
func (d *decoder) steps(t *trace) bool {
	for live := t.live; live != 0; live &= live - 1 {
		place := bits.TrailingZeros8(live)
		t.first[place] = d.uint16()
		if t.kind != Count {
			continue
		}
		n := d.uvarint()
		if n == 0 || n > math.MaxUint32 {
			return false
		}
		t.setCount(place, uint32(n))
	}
	newest := uint8(1) << (t.number(t.last) % Steps)
	return t.live&newest != 0 && t.full&^t.live == 0 && (t.kind == Distinct || t.full == 0)
}

// entries reads the entries of a cell.
func (d *decoder) entries() []uint64 {
	n := d.uvarint()
	if n > maxEntries || int(n)*8 > len(d.rest) {
		d.short = true
		return nil
	}
	entries := make([]uint64, n)
	for i := range entries {
		entries[i] = d.uint64()
	}
	return entries
}

// plausible reports whether entries are such as a trace of this kind, with these masks, may have.
func plausible(t *trace, entries []uint64) bool {
	switch t.kind {
	case Distinct:
		return plausibleValues(entries, t.live, t.full)
	case Recent:
		return plausibleItems(t, entries)
	case Average:
		return plausibleNumbers(t, entries)
	default:
		return len(entries) == 0
	}
}

// plausibleValues reports whether entries are sorted, each hash once, and agree with the masks of live and full steps.
func plausibleValues(entries []uint64, live, full uint8) bool {
	var union uint8
	for i, e := range entries {
		if i > 0 && entries[i-1]|stepBits >= e || uint8(e) == 0 {
			return false
		}
		union |= uint8(e)
	}
	for mask := live; mask != 0; mask &= mask - 1 {
		bit := mask & -mask
		if n := countStep(entries, uint64(bit)); n > Exact || (full&bit != 0 && n != Exact) {
			return false
		}
	}
	return union == live
}
