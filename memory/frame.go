package memory

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/nospim/nospim"
)

// The content of a frame is a version (1 byte) and sections: a letter, a length (4 bytes, little endian), that many bytes. A section
// whose letter is not known is passed over and counted, so that a newer node can tell more without silencing the older ones; another
// version is refused whole. Numbers are little endian or unsigned varints; a signed one is folded (zigzag).
//
//	e  hashes of events, 16 bytes each
//	w  base (varint, Unix milliseconds), then the words of cells: kind (1 byte) and length of a step (varint)
//	c  cells, which need the words before them: see appendCell
//	k  copies, l links: see appendCopy, appendPattern
const (
	frameVersion = 1

	sectionEvents = 'e'
	sectionWords  = 'w'
	sectionCells  = 'c'

	sectionHead = 1 + 4
)

const (
	// FrameSize is from which size on a frame's content is ended and another one begun, in bytes.
	FrameSize = 96 << 10
	// FrameMost is the size that no content of a frame reaches: the largest cell takes about 5 KB.
	FrameMost = FrameSize + 32<<10
)

// Delta is what one node noted for a while, merged cell by cell, as it was read from a frame: a thousand notes of one cell are one
// cell of it. Merging it is the same as noting all of them.
type Delta struct {
	// Events are the events it came from. Who judges one of them again adds nothing.
	Events []Hash
	// Unknown is how many sections were passed over because a newer version wrote them.
	Unknown int

	copies  []toldCopy
	links   []pattern
	cells   []deltaCell
	entries []uint64 // of all cells
}

type deltaCell struct {
	trace    trace // without its entries
	from, to int   // its entries in Delta.entries
}

// NoNews is the content of a frame that tells nothing.
func NoNews() []byte { return []byte{frameVersion} }

// Cells returns of how many cells the delta speaks.
func (d *Delta) Cells() int { return len(d.cells) }

// Newest returns the time of the latest note, in Unix milliseconds; 0 when there is none.
func (d *Delta) Newest() int64 {
	var newest int64
	for i := range d.cells {
		newest = max(newest, d.cells[i].trace.last)
	}
	for i := range d.copies {
		newest = max(newest, d.copies[i].last)
	}
	for i := range d.links {
		newest = max(newest, d.links[i].last)
	}
	return newest
}

// Read takes a frame's content, in place of what d had; d can be used again and again. It refuses what it does not understand with a
// [nospim.ErrInvalid], and then d is empty: nothing is half-accepted. It trusts nothing in the content, and takes memory in
// proportion to its length.
func (d *Delta) Read(content []byte) error {
	d.reset()
	err := d.read(content)
	if err != nil {
		d.reset()
	}
	return err
}

func (d *Delta) reset() {
	*d = Delta{Events: d.Events[:0], cells: d.cells[:0], entries: d.entries[:0], copies: d.copies[:0], links: d.links[:0]}
}

func (d *Delta) read(content []byte) error {
	in := decoder{rest: content}
	if v := in.byte(); in.short || v != frameVersion {
		return &nospim.InputError{Field: "frame", Problem: fmt.Sprintf("is of version %d, this program knows %d", v, frameVersion)}
	}
	words := frameWords{}
	for len(in.rest) > 0 {
		letter := in.byte()
		section := decoder{rest: in.bytes(int(in.uint32()))}
		ok := !in.short
		switch letter {
		case sectionEvents:
			ok = ok && d.readEvents(&section)
		case sectionWords:
			ok = ok && words.read(&section)
		case sectionCells:
			ok = ok && d.readCells(&section, &words)
		case sectionCopies:
			ok = ok && d.readCopies(&section)
		case sectionLinks:
			ok = ok && d.readLinks(&section)
		default:
			d.Unknown++
		}
		if !ok {
			return &nospim.InputError{Field: "frame", Problem: fmt.Sprintf("has a section %q that makes no sense", letter)}
		}
	}
	return nil
}

func (d *Delta) readEvents(in *decoder) bool {
	for len(in.rest) > 0 {
		h := Hash{in.uint64(), in.uint64()}
		if in.short || h == (Hash{}) {
			return false
		}
		d.Events = append(d.Events, h)
	}
	return true
}

func (d *Delta) readCells(in *decoder, words *frameWords) bool {
	for len(in.rest) > 0 {
		c := deltaCell{from: len(d.entries)}
		if !d.readCell(in, words, &c.trace) {
			return false
		}
		c.to = len(d.entries)
		if !plausible(&c.trace, d.entries[c.from:c.to]) {
			return false
		}
		d.cells = append(d.cells, c)
	}
	return true
}

// frameWords are the kinds of cell in a frame, by number, and the time that its times are told from.
type frameWords struct {
	base int64
	all  []word
}

type word struct {
	step uint32
	kind Kind
}

func (w *frameWords) read(in *decoder) bool {
	base := in.uvarint()
	if in.short || base > maxMillis {
		return false
	}
	*w = frameWords{base: int64(base)}
	for len(in.rest) > 0 {
		kind, step := Kind(in.byte()), in.uvarint()
		if in.short || kind < Count || kind > Average || step == 0 || step > math.MaxUint32 || (kind == Label && step != 1) {
			return false
		}
		w.all = append(w.all, word{kind: kind, step: uint32(step)})
	}
	return true
}

// appendCell writes one cell: the number of its word (varint), its key (8 bytes), last (signed, from the base). Of a Label follow how
// long after last it ends (signed) and how long before last it was first noted. Of the others follow the live steps (1 byte: bit n
// is the n-th step before that of last), of Distinct the full ones likewise; of each live step, the latest first, the earliest note (of
// the step of last as a varint, before last; of others 2 bytes) and of Count the count (varint). Then the entries: of Distinct their
// number (varint) and 8 bytes each; of Recent their number, and of each the time before last (varint) and the value (8 bytes); of
// Average the number and the sum of each step in the order of places (varints).
func appendCell(b []byte, number int, base int64, t *trace, entries []uint64) []byte {
	b = binary.AppendUvarint(b, uint64(number))
	b = binary.LittleEndian.AppendUint64(b, t.key)
	b = binary.AppendVarint(b, t.last-base)
	if t.kind == Label {
		b = binary.AppendVarint(b, int64(t.body[0])-t.last)
		return binary.AppendUvarint(b, uint64(t.last)-t.body[1])
	}
	head := t.number(t.last)
	live := t.ages(t.live, head)
	b = append(b, live)
	if t.kind == Distinct {
		b = append(b, t.ages(t.full, head))
	}
	for ; live != 0; live &= live - 1 {
		age := bits.TrailingZeros8(live)
		place := (head - int64(age)) & (Steps - 1)
		if age == 0 {
			b = binary.AppendUvarint(b, uint64(t.since(t.last, head)-t.first[place]))
		} else {
			b = binary.LittleEndian.AppendUint16(b, t.first[place])
		}
		if t.kind == Count {
			b = binary.AppendUvarint(b, uint64(t.count(int(place))))
		}
	}
	return appendEntries(b, t, entries)
}

func appendEntries(b []byte, t *trace, entries []uint64) []byte {
	switch t.kind {
	case Distinct:
		b = binary.AppendUvarint(b, uint64(len(entries)))
		for _, e := range entries {
			b = binary.LittleEndian.AppendUint64(b, e)
		}
	case Recent:
		b = binary.AppendUvarint(b, uint64(len(entries)/itemWords))
		for i := 0; i < len(entries); i += itemWords {
			b = binary.AppendUvarint(b, uint64(t.last)-entries[i])
			b = binary.LittleEndian.AppendUint64(b, entries[i+1])
		}
	case Average:
		for _, w := range entries {
			b = binary.AppendUvarint(b, w&mostCount)
			b = binary.AppendUvarint(b, w>>countBits)
		}
	case Count, Label: // have none
	}
	return b
}

// readCell reads what appendCell wrote. What it leaves unchecked, plausible checks.
func (d *Delta) readCell(in *decoder, words *frameWords, t *trace) bool {
	number := in.uvarint()
	if number >= uint64(len(words.all)) {
		return false
	}
	w := words.all[number]
	t.kind, t.step, t.key = w.kind, w.step, in.uint64()
	t.last = words.base + in.varint()
	if in.short || t.last < 0 || t.last > maxMillis {
		return false
	}
	if t.kind == Label {
		until, before := t.last+in.varint(), in.uvarint()
		if in.short || until < 0 || until > maxMillis || before > uint64(t.last) {
			return false
		}
		t.live, t.body[0], t.body[1] = 1, uint64(until), uint64(t.last)-before
		return true
	}
	return readSteps(in, t) && d.readEntries(in, t)
}

func readSteps(in *decoder, t *trace) bool {
	head := t.number(t.last)
	live := in.byte()
	t.live = t.places(live, head)
	if t.kind == Distinct {
		t.full = t.places(in.byte(), head)
	}
	if live&1 == 0 || t.full&^t.live != 0 || int64(bits.Len8(live))-1 > head {
		return false
	}
	for ; live != 0; live &= live - 1 {
		age := bits.TrailingZeros8(live)
		place := (head - int64(age)) & (Steps - 1)
		if age == 0 {
			since := t.since(t.last, head)
			before := in.uvarint()
			if before > uint64(since) {
				return false
			}
			t.first[place] = since - uint16(before)
		} else {
			t.first[place] = in.uint16()
		}
		if t.kind != Count {
			continue
		}
		n := in.uvarint()
		if n == 0 || n > math.MaxUint32 {
			return false
		}
		t.setCount(int(place), uint32(n))
	}
	return !in.short
}

func (d *Delta) readEntries(in *decoder, t *trace) bool {
	switch t.kind {
	case Distinct:
		n := in.uvarint()
		if n > maxEntries {
			return false
		}
		for range n {
			d.entries = append(d.entries, in.uint64())
		}
	case Recent:
		n := in.uvarint()
		if n > MostRecent {
			return false
		}
		for range n {
			before, value := in.uvarint(), in.uint64()
			if before > uint64(t.last) {
				return false
			}
			d.entries = append(d.entries, uint64(t.last)-before, value)
		}
	case Average:
		for range bits.OnesCount8(t.live) {
			count, sum := in.uvarint(), in.uvarint()
			if count > mostCount || sum > mostSum {
				return false
			}
			d.entries = append(d.entries, sum<<countBits|count)
		}
	case Count, Label: // have none
	}
	return !in.short
}

// ages turns a mask of places into one of ages: bit n is the n-th step before step number head. Places turns it back.
func (t *trace) ages(mask uint8, head int64) uint8 {
	return bits.Reverse8(bits.RotateLeft8(mask, Steps-1-int(head&(Steps-1))))
}

func (t *trace) places(mask uint8, head int64) uint8 {
	return bits.RotateLeft8(bits.Reverse8(mask), int(head&(Steps-1))+1)
}

// since is when a time lies in step number n, as trace.first has it.
func (t *trace) since(ms, n int64) uint16 { return uint16((ms - n*int64(t.step)) >> t.shift()) }

func (d *decoder) uint32() uint32 {
	if b := d.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}
