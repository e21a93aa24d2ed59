package sqlite

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"time"

	"github.com/nospim/nospim"
)

// The form of an appended record. It is made for a few hundred nanoseconds without garbage: fields in a fixed order, numbers as
// varints, times as the difference to the record before, and a string that was written lately in the same chunk as a
// reference to that place. decode.go reads it; a change of one is a change of the other and of codecVersion.
//
//	chunk  = codecVersion record*
//	string = 0 | length<<1 bytes | number<<1|1      (number: the how manieth string that was written with its bytes, from 0)
//	time   = seconds since the time before in the same place (zigzag), nanoseconds
//	float  = its bits, bytes reversed, so that round numbers are short

// codecVersion is the first byte of every chunk. Version 1 knows no flags from flagDisguise on, version 2 none from flagTurn on,
// version 3 none from flagWireID on, version 4 none from flagInvited on; otherwise they are the same.
const (
	codecVersion  = 5
	oldestVersion = 1
)

// The bits of a record's first number.
const (
	flagEncrypted = 1 << iota
	flagObserve
	flagCut
	flagShadow
	flagForeignID // the verdict names another event
	flagDisguise
	flagParts
	flagTurn // turn and language
	flagDecoy
	flagCopy
	flagWireID
	flagInvited
)

// The bits of an account's first number.
const (
	flagLocal = 1 << iota
	flagMinor
	flagCreated
)

const (
	slots      = 1 << 11 // strings remembered while writing
	longestRef = 255     // strings above it are written in full and not remembered
)

// slot remembers where a string was written.
type slot struct {
	at, number uint32
	size       uint32 // 0: the slot is empty
}

// encoder appends records to a chunk.
type encoder struct {
	buf   []byte
	known [slots]slot
	count uint32 // strings written with their bytes and remembered by the decoder
	seed  maphash.Seed
	clocks
}

// clocks are the last times written or read, in seconds.
type clocks struct{ kept, event, created, until int64 }

// reset begins a new chunk in the same memory.
func (e *encoder) reset() {
	e.buf = append(e.buf[:0], codecVersion)
	e.known = [slots]slot{}
	e.count = 0
	e.clocks = clocks{}
}

// record appends what is kept of an allowed event: no body, no wire form, no names, of links host and domain.
func (e *encoder) record(r *nospim.Record) {
	ev, f, v := &r.Event, &r.Features, &r.Verdict
	e.number(flag(ev.Encrypted, flagEncrypted) | flag(ev.Observe, flagObserve) | flag(f.Cut, flagCut) |
		flag(v.Shadow, flagShadow) | flag(v.EventID != ev.ID, flagForeignID) |
		flag(f.Disguise != nospim.Disguise{}, flagDisguise) | flag(f.Parts != nospim.Parts{}, flagParts) | flag(hasTurn(f), flagTurn) |
		flag(f.Decoy, flagDecoy) | flag(f.Copy != 0, flagCopy) | flag(ev.WireID != "", flagWireID) |
		flag(ev.InvitedBy != "", flagInvited))
	e.time(r.Kept, &e.kept)
	e.time(ev.Time, &e.event)
	e.bytes(ev.ID)
	if ev.WireID != "" {
		e.bytes(ev.WireID)
	}
	if ev.InvitedBy != "" {
		e.string(ev.InvitedBy)
	}
	e.string(string(ev.Kind))
	e.string(ev.Protocol)
	e.string(ev.Service)
	e.string(string(ev.Direction))
	e.account(&ev.Sender)
	e.number(uint64(len(ev.Recipients)))
	for i := range ev.Recipients {
		e.account(&ev.Recipients[i])
	}
	e.string(ev.Room)
	e.string(string(ev.Relation))
	e.string(ev.Addr)
	e.string(ev.Client)
	e.number(uint64(len(ev.Files)))
	for i := range ev.Files {
		e.string(ev.Files[i].Type)
		e.signed(ev.Files[i].Size)
	}
	e.string(ev.Refers)
	e.signed(int64(ev.Count))
	e.number(uint64(len(ev.Can)))
	for _, a := range ev.Can {
		e.buf = append(e.buf, byte(a))
	}
	e.features(f)
	if v.EventID != ev.ID {
		e.bytes(v.EventID)
	}
	e.verdict(v)
}

func (e *encoder) features(f *nospim.Features) {
	e.signed(int64(f.Length))
	e.signed(int64(f.Letters))
	e.signed(int64(f.Words))
	e.buf = binary.LittleEndian.AppendUint64(e.buf, f.Text)
	e.number(uint64(len(f.Links)))
	for i := range f.Links {
		e.string(f.Links[i].Host)
		e.string(f.Links[i].Domain)
	}
	if f.Disguise != (nospim.Disguise{}) {
		counts := disguise(&f.Disguise)
		e.counts(counts[:])
	}
	if f.Parts != (nospim.Parts{}) {
		counts := parts(&f.Parts)
		e.counts(counts[:])
	}
	if hasTurn(f) {
		e.buf = binary.LittleEndian.AppendUint32(e.buf, f.Turn)
		e.string(f.Language)
	}
	if f.Copy != 0 {
		e.number(uint64(f.Copy))
	}
}

func hasTurn(f *nospim.Features) bool { return f.Turn != 0 || f.Language != "" }

// counts writes which of some counts are not zero, one bit each, and those.
func (e *encoder) counts(counts []*uint16) {
	var mask uint64
	for i, c := range counts {
		mask |= flag(*c != 0, 1<<i)
	}
	e.number(mask)
	for _, c := range counts {
		if *c != 0 {
			e.number(uint64(*c))
		}
	}
}

// disguise lists the counts of a disguise in the order in which they are written. New ones go to the end.
func disguise(d *nospim.Disguise) [10]*uint16 {
	return [...]*uint16{&d.Mixed, &d.Hidden, &d.Bidi, &d.Tags, &d.Styled, &d.Piled, &d.Accents, &d.Leet, &d.Spaced, &d.Repeated}
}

// parts lists the counts of parts in the order in which they are written. New ones go to the end.
func parts(p *nospim.Parts) [21]*uint16 {
	return [...]*uint16{
		&p.Money, &p.Urgency, &p.Credential, &p.SignUp, &p.Webcam, &p.Prize, &p.Crypto, &p.Gambling, &p.Job, &p.Contact, &p.Click, &p.Malware,
		&p.Threat, &p.Pharma, &p.Amount, &p.Phone, &p.Name, &p.Wallet, &p.Doubt, &p.Plea, &p.Approach,
	}
}

func (e *encoder) verdict(v *nospim.Verdict) {
	e.buf = append(e.buf, byte(v.Action), byte(v.Wanted))
	e.float(v.Score)
	e.float(v.Required)
	e.number(uint64(len(v.Signals)))
	for i := range v.Signals {
		s := &v.Signals[i]
		e.string(s.Symbol)
		e.float(s.Score)
		e.string(s.Why)
		e.number(uint64(len(s.Entities)))
		for _, n := range s.Entities {
			e.entity(n)
		}
	}
	e.number(uint64(len(v.Labels)))
	for i := range v.Labels {
		l := &v.Labels[i]
		e.entity(l.Entity)
		e.string(l.Name)
		e.time(l.Until, &e.until)
	}
	e.string(v.Campaign)
	e.string(v.Harm)
	e.string(v.Tip)
	e.string(v.Policy)
	e.number(uint64(len(v.Degraded)))
	for _, d := range v.Degraded {
		e.string(d)
	}
}

func (e *encoder) account(a *nospim.Account) {
	created := !a.Created.IsZero()
	e.number(flag(a.Local, flagLocal) | flag(a.Minor, flagMinor) | flag(created, flagCreated))
	e.string(a.ID)
	e.string(a.Affiliation)
	if created {
		e.time(a.Created, &e.created)
	}
}

func (e *encoder) entity(n nospim.Entity) {
	e.string(string(n.Kind))
	e.string(n.ID)
}

// string writes a string that may come again. It keeps places in the chunk, never the string itself: its memory may belong
// to a buffer of the caller.
func (e *encoder) string(s string) {
	if s == "" {
		e.buf = append(e.buf, 0)
		return
	}
	if len(s) > longestRef {
		e.number(uint64(len(s)) << 1)
		e.buf = append(e.buf, s...)
		e.count++
		return
	}
	k := &e.known[maphash.String(e.seed, s)%slots]
	if k.size == uint32(len(s)) && string(e.buf[k.at:k.at+k.size]) == s {
		e.number(uint64(k.number)<<1 | 1)
		return
	}
	e.number(uint64(len(s)) << 1)
	*k = slot{at: uint32(len(e.buf)), number: e.count, size: uint32(len(s))}
	e.buf = append(e.buf, s...)
	e.count++
}

// bytes writes a string that does not come again.
func (e *encoder) bytes(s string) {
	e.number(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) time(t time.Time, last *int64) {
	seconds := t.Unix()
	e.signed(seconds - *last)
	e.number(uint64(t.Nanosecond()))
	*last = seconds
}

func (e *encoder) number(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }
func (e *encoder) signed(n int64)  { e.buf = binary.AppendVarint(e.buf, n) }

func (e *encoder) float(f float64) { e.number(bits.ReverseBytes64(math.Float64bits(f))) }

func flag(on bool, bit uint64) uint64 {
	if on {
		return bit
	}
	return 0
}
