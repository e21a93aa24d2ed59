package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"

	"github.com/nospim/nospim"
)

// errChunk: the bytes are no chunk, or they are cut.
var errChunk = errors.New("the chunk of records is damaged")

// decoder reads the records of a chunk. Their strings are parts of the chunk's one string, so reading makes no garbage.
type decoder struct {
	rest  string
	known []string
	fail  bool
	clocks
}

// newDecoder begins to read a chunk.
func newDecoder(chunk string) (*decoder, error) {
	if chunk == "" {
		return nil, errChunk
	}
	if v := chunk[0]; v < oldestVersion || v > codecVersion {
		return nil, fmt.Errorf("%w: form %d, this program knows %d to %d", errChunk, v, oldestVersion, codecVersion)
	}
	return &decoder{rest: chunk[1:]}, nil
}

// next reads one record into r, whose slices it uses again. ok is false at the end of the chunk.
func (d *decoder) next(r *nospim.Record) (ok bool, err error) {
	if d.rest == "" {
		return false, nil
	}
	d.record(r)
	if d.fail {
		return false, errChunk
	}
	return true, nil
}

func (d *decoder) record(r *nospim.Record) {
	ev, f, v := &r.Event, &r.Features, &r.Verdict
	flags := d.number()
	ev.Encrypted, ev.Observe = flags&flagEncrypted != 0, flags&flagObserve != 0
	f.Cut, v.Shadow = flags&flagCut != 0, flags&flagShadow != 0
	r.Kept = d.time(&d.kept)
	ev.Time = d.time(&d.event)
	ev.ID, ev.WireID, ev.InvitedBy = d.bytes(), "", ""
	if flags&flagWireID != 0 {
		ev.WireID = d.bytes()
	}
	if flags&flagInvited != 0 {
		ev.InvitedBy = d.string()
	}
	ev.Kind = nospim.Kind(d.string())
	ev.Protocol = d.string()
	ev.Service = d.string()
	ev.Direction = nospim.Direction(d.string())
	d.account(&ev.Sender)
	ev.Recipients = resize(ev.Recipients, d.length())
	for i := range ev.Recipients {
		d.account(&ev.Recipients[i])
	}
	ev.Room = d.string()
	ev.Relation = nospim.Relation(d.string())
	ev.Addr = d.string()
	ev.Client = d.string()
	ev.Files = resize(ev.Files, d.length())
	for i := range ev.Files {
		ev.Files[i] = nospim.File{Type: d.string(), Size: d.signed()}
	}
	ev.Refers = d.string()
	ev.Count = int(d.signed())
	ev.Can = resize(ev.Can, d.length())
	for i := range ev.Can {
		ev.Can[i] = nospim.Action(d.byte())
	}
	d.features(f, flags)
	v.EventID = ev.ID
	if flags&flagForeignID != 0 {
		v.EventID = d.bytes()
	}
	d.verdict(v)
}

func (d *decoder) features(f *nospim.Features, flags uint64) {
	f.Length, f.Letters, f.Words = int(d.signed()), int(d.signed()), int(d.signed())
	f.Text = binary.LittleEndian.Uint64([]byte(d.take(8)))
	f.Links = resize(f.Links, d.length())
	for i := range f.Links {
		f.Links[i] = nospim.Link{Host: d.string(), Domain: d.string()}
	}
	f.Disguise, f.Parts = nospim.Disguise{}, nospim.Parts{}
	if flags&flagDisguise != 0 {
		counts := disguise(&f.Disguise)
		d.counts(counts[:])
	}
	if flags&flagParts != 0 {
		counts := parts(&f.Parts)
		d.counts(counts[:])
	}
	f.Decoy = flags&flagDecoy != 0
	f.Turn, f.Language = 0, ""
	if flags&flagTurn != 0 {
		f.Turn = binary.LittleEndian.Uint32([]byte(d.take(4)))
		f.Language = d.string()
	}
	f.Copy = 0
	if flags&flagCopy != 0 {
		f.Copy = nospim.CampaignID(d.number())
	}
}

// counts reads what encoder.counts wrote.
func (d *decoder) counts(counts []*uint16) {
	mask := d.number()
	if mask>>len(counts) != 0 {
		d.broken()
		return
	}
	for i, c := range counts {
		if mask>>i&1 == 0 {
			continue
		}
		n := d.number()
		if n > math.MaxUint16 {
			d.broken()
			return
		}
		*c = uint16(n)
	}
}

func (d *decoder) verdict(v *nospim.Verdict) {
	v.Action, v.Wanted = nospim.Action(d.byte()), nospim.Action(d.byte())
	v.Score, v.Required = d.float(), d.float()
	v.Signals = resize(v.Signals, d.length())
	for i := range v.Signals {
		s := &v.Signals[i]
		s.Symbol, s.Score, s.Why = d.string(), d.float(), d.string()
		s.Entities = resize(s.Entities, d.length())
		for j := range s.Entities {
			s.Entities[j] = d.entity()
		}
	}
	v.Labels = resize(v.Labels, d.length())
	for i := range v.Labels {
		v.Labels[i] = nospim.Label{Entity: d.entity(), Name: d.string(), Until: d.time(&d.until)}
	}
	v.Campaign, v.Harm, v.Tip, v.Policy = d.string(), d.string(), d.string(), d.string()
	v.Degraded = resize(v.Degraded, d.length())
	for i := range v.Degraded {
		v.Degraded[i] = d.string()
	}
}

func (d *decoder) account(a *nospim.Account) {
	flags := d.number()
	*a = nospim.Account{
		ID: d.string(), Affiliation: d.string(),
		Local: flags&flagLocal != 0, Minor: flags&flagMinor != 0,
	}
	if flags&flagCreated != 0 {
		a.Created = d.time(&d.created)
	}
}

func (d *decoder) entity() nospim.Entity {
	return nospim.Entity{Kind: nospim.EntityKind(d.string()), ID: d.string()}
}

func (d *decoder) string() string {
	n := d.number()
	switch {
	case n == 0:
		return ""
	case n&1 == 0:
		s := d.take(n >> 1)
		d.known = append(d.known, s)
		return s
	case n>>1 < uint64(len(d.known)):
		return d.known[n>>1]
	}
	d.broken()
	return ""
}

func (d *decoder) bytes() string { return d.take(d.number()) }

func (d *decoder) time(last *int64) time.Time {
	*last += d.signed()
	nanos := d.number()
	if nanos > math.MaxInt32 {
		d.broken()
		return time.Time{}
	}
	return time.Unix(*last, int64(nanos)).UTC()
}

func (d *decoder) float() float64 { return math.Float64frombits(bits.ReverseBytes64(d.number())) }

func (d *decoder) byte() byte { return d.take(1)[0] }

// length reads how many things follow; each takes at least a byte, so a damaged chunk cannot ask for much.
func (d *decoder) length() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.broken()
		return 0
	}
	return int(n)
}

func (d *decoder) number() uint64 {
	var n uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		b := d.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			d.rest = d.rest[i+1:]
			return n
		}
	}
	d.broken()
	return 0
}

func (d *decoder) signed() int64 {
	n := d.number()
	return int64(n>>1) ^ -int64(n&1)
}

// take returns the next n bytes.
func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.rest)) {
		d.broken()
		return zeros[:min(n, uint64(len(zeros)))]
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

// zeros stands in for what is missing until the record is refused.
const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"

func (d *decoder) broken() { d.fail, d.rest = true, "" }

// resize returns n elements, in the same memory if it suffices.
func resize[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}
