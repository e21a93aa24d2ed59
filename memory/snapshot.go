package memory

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/bits"
	"slices"

	"github.com/nospim/nospim"
)

// A snapshot is the line below, then blocks. A block is its kind (1 byte), the length of its content (4 bytes), a CRC-32C of
// kind and content (4 bytes), the content: whole entries of one kind, one after the other. The last block is an empty
// blockEnd. Numbers are little endian, or unsigned varints where appendTrace and its like say so.
const snapshotMagic = "nospim memory 3\n"

const (
	blockCells  = 'c'
	blockNodes  = 'n'
	blockEvents = 'e'
	blockEnd    = 'z'

	blockHead = 1 + 4 + 4
	// blockSize is the length from which a block is ended, blockMost the length that no block reaches.
	blockSize = 64 << 10
	blockMost = 256 << 10
	// verdictMost is the longest verdict, as JSON, that is kept across a restart. The event of a longer one is judged again
	// when it comes again, and still counts once.
	verdictMost = 64 << 10
)

// Snapshot implements [Memory]. It locks a few cells of one shard at a time, for as long as it takes to copy them. Cells are copied before
// frames and events: see Note.
func (m *Local) Snapshot(w io.Writer) error {
	if err := m.snapshot(w); err != nil {
		return fmt.Errorf("writing the memory's snapshot: %w", err)
	}
	return nil
}

func (m *Local) snapshot(w io.Writer) error {
	if _, err := io.WriteString(w, snapshotMagic); err != nil {
		return err
	}
	b := blocks{w: w}
	for i := range m.shards {
		m.shards[i].append(&b)
		if err := b.flush(blockCells); err != nil {
			return err
		}
	}
	if err := m.copies.snapshot(&b); err != nil {
		return err
	}
	m.nodes.append(&b)
	if err := b.flush(blockNodes); err != nil {
		return err
	}
	known := make(map[string]int)
	for i := range m.events {
		if err := appendEvents(&b, m.events[i].inOrder(), known); err != nil {
			return err
		}
		if err := b.flush(blockEvents); err != nil {
			return err
		}
	}
	return b.block(blockEnd, nil)
}

// blocks gathers entries and writes them as blocks.
type blocks struct {
	w    io.Writer
	buf  []byte
	ends []int // where blocks end in buf
}

// mark says that an entry ends here.
func (b *blocks) mark() {
	start := 0
	if len(b.ends) > 0 {
		start = b.ends[len(b.ends)-1]
	}
	if len(b.buf)-start >= blockSize {
		b.ends = append(b.ends, len(b.buf))
	}
}

// flush writes what was gathered.
func (b *blocks) flush(kind byte) error {
	start := 0
	for _, end := range append(b.ends, len(b.buf)) {
		if end == start {
			continue
		}
		if err := b.block(kind, b.buf[start:end]); err != nil {
			return err
		}
		start = end
	}
	b.buf, b.ends = b.buf[:0], b.ends[:0]
	return nil
}

func (b *blocks) block(kind byte, content []byte) error {
	head := make([]byte, 0, blockHead)
	head = append(head, kind)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(content)))
	head = binary.LittleEndian.AppendUint32(head, checksum(kind, content))
	if _, err := b.w.Write(head); err != nil {
		return err
	}
	_, err := b.w.Write(content)
	return err
}

func checksum(kind byte, content []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum([]byte{kind}, table), table, content)
}

// copied is how many cells are copied under one lock. Whoever judges meanwhile waits for that many at most: some ten microseconds.
const copied = 64

// append gathers the cells of a shard, in the order of their places. One that moved, or was forgotten and noted again, meanwhile may
// be there twice; the later one stands.
func (s *shard) append(b *blocks) {
	for from, more := uint32(0), true; more; {
		from, more = s.appendSome(b, from)
	}
}

// appendSome gathers the cells of the next places and returns where it ended, and whether there are more.
func (s *shard) appendSome(b *blocks, from uint32) (end uint32, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var room trace
	end = s.skip(from)
	for i := 0; i < copied && end < s.end(); i++ {
		if s.holds(end) {
			t := s.view(end, &room)
			b.buf = appendTrace(b.buf, t, s.entries(t))
			b.mark()
		}
		end = s.skip(end + 1)
	}
	return end, end < s.end()
}

// appendTrace writes one cell: kind (1 byte), key (8), step and last (varints), live and full (1 byte each); of each live step the
// first note (2 bytes) and, for a Count, the count (varint); for all others the number of entries (varint) and the entries (8 bytes
// each). A Label has until and first (varints) instead of all that follows last.
func appendTrace(b []byte, t *trace, entries []uint64) []byte {
	b = append(b, byte(t.kind))
	b = binary.LittleEndian.AppendUint64(b, t.key)
	b = binary.AppendUvarint(b, uint64(t.step))
	b = binary.AppendUvarint(b, uint64(t.last))
	if t.kind == Label {
		b = binary.AppendUvarint(b, t.body[0])
		return binary.AppendUvarint(b, t.body[1])
	}
	b = append(b, t.live, t.full)
	for live := t.live; live != 0; live &= live - 1 {
		place := bits.TrailingZeros8(live)
		b = binary.LittleEndian.AppendUint16(b, t.first[place])
		if t.kind == Count {
			b = binary.AppendUvarint(b, uint64(t.count(place)))
		}
	}
	if t.kind == Count {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint64(b, e)
	}
	return b
}

// append gathers the nodes: id (32 bytes), top and heard (8 each), the bits.
func (n *nodes) append(b *blocks) {
	n.mu.Lock()
	defer n.mu.Unlock()
	byID := func(a, b nodeID) int { return bytes.Compare(a[:], b[:]) }
	for _, id := range slices.SortedFunc(maps.Keys(n.seen), byID) {
		f := n.seen[id]
		b.buf = append(b.buf, id[:]...)
		b.buf = binary.LittleEndian.AppendUint64(b.buf, f.top)
		b.buf = binary.LittleEndian.AppendUint64(b.buf, f.heard)
		for _, word := range f.bits {
			b.buf = binary.LittleEndian.AppendUint64(b.buf, word)
		}
		b.mark()
	}
}

// The ways in which an event's verdict is written; from verdictKnown on, the number of the verdict that it equals.
const (
	verdictNone = iota
	verdictNew
	verdictKnown
)

// appendEvents gathers events: hash (16 bytes), how the verdict is written (varint), for a new one its JSON without the event's id
// (length as varint), then the event's id (length as varint). Most verdicts differ in nothing but the id, which makes the
// snapshot short and a restart quick.
func appendEvents(b *blocks, all []judged, known map[string]int) error {
	for i := range all {
		j := &all[i]
		b.buf = binary.LittleEndian.AppendUint64(b.buf, j.event[0])
		b.buf = binary.LittleEndian.AppendUint64(b.buf, j.event[1])
		if err := appendVerdict(b, j.verdict, known); err != nil {
			return err
		}
		b.mark()
	}
	return nil
}

func appendVerdict(b *blocks, v *nospim.Verdict, known map[string]int) error {
	if v == nil {
		b.buf = binary.AppendUvarint(b.buf, verdictNone)
		return nil
	}
	rest := *v
	rest.EventID = ""
	text, err := json.Marshal(&rest)
	if err != nil {
		return fmt.Errorf("a verdict: %w", err)
	}
	switch number, ok := known[string(text)]; {
	case len(text)+len(v.EventID) > verdictMost:
		b.buf = binary.AppendUvarint(b.buf, verdictNone)
		return nil
	case ok:
		b.buf = binary.AppendUvarint(b.buf, uint64(verdictKnown+number))
	default:
		known[string(text)] = len(known)
		b.buf = binary.AppendUvarint(b.buf, verdictNew)
		b.buf = appendBytes(b.buf, text)
	}
	b.buf = appendBytes(b.buf, v.EventID)
	return nil
}

func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
