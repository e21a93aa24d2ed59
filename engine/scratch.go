package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/text"
)

// scratch is what judging one event needs; it is reused so that the path of an allowed message hardly allocates.
type scratch struct {
	look     nospim.Look
	features nospim.Features
	received time.Time
	hash     memory.Hash
	print    uint64 // the unsalted fingerprint, for the operator's lists
	addr     netip.Addr
	text     text.Form
	links    []link.Link
	roles    [16][]uint64
	cells    []memory.Cell
	recalled memory.Recalled
	// spans are the ranges of cells that belong to the counters of this event's kind.
	spans  []cellSpan
	all    []nospim.Fact // by counter
	facts  []nospim.Fact // by plan.source
	note   memory.Note
	record nospim.Record
	failed []string
}

type cellSpan struct{ counter, from, to int }

// mostCells bounds what one event can ask of the memory; the rest is left out and the verdict says so.
const mostCells = 4096

// Tolerances for the time that an event claims: outside, it is judged at the time of receipt and the verdict says so.
const (
	mostEarly = 24 * time.Hour
	mostLate  = 2 * time.Minute
)

// derive fills the scratch from the event: time, features, the hashes of everything remembered, and the cells to recall.
func (s *scratch) derive(e *Engine, pl *plan, ev *nospim.Event) {
	s.begin(ev, ev.Time)
	if e.clock != nil {
		s.received = e.clock()
		if d := s.received.Sub(ev.Time); d > mostEarly || d < -mostLate {
			s.look.Now = s.received
			s.degrade("time")
		}
	}
	s.read(e.salt)
	s.look.Listed = e.lists.Load().Match(s.look.Listed, ev, &s.features, s.print, s.addr)
	s.lay(e.seed, pl)
}

// remember fills the scratch from a record, for noting it again. The body is gone; its features were kept.
func (s *scratch) remember(e *Engine, pl *plan, r *nospim.Record) {
	now := r.Event.Time
	if slices.Contains(r.Verdict.Degraded, "time") {
		now = r.Kept
	}
	s.begin(&r.Event, now)
	s.features = r.Features
	s.lay(e.seed, pl)
}

func (s *scratch) begin(ev *nospim.Event, now time.Time) {
	s.failed = s.failed[:0]
	s.look = nospim.Look{Event: ev, Features: &s.features, Now: now, Raised: s.look.Raised[:0], Listed: s.look.Listed[:0]}
	s.addr, _ = netip.ParseAddr(ev.Addr)
	s.addr = s.addr.Unmap()
}

// lay works out what the event is called in the memory and which cells it touches.
func (s *scratch) lay(seed uint64, pl *plan) {
	ev := s.look.Event
	id := xxh3.HashString128Seed(ev.ID, xxh3.HashStringSeed(ev.Service, seed))
	s.hash = memory.Hash{id.Hi, id.Lo | 1} // never the zero Hash, which would mean: no idempotency
	s.fillRoles(seed)
	s.fillCells(pl)
}

// read derives the features. An encrypted body is not text and is left alone.
func (s *scratch) read(salt [16]byte) {
	ev := s.look.Event
	s.print = 0
	s.features = nospim.Features{Links: s.features.Links[:0]}
	s.links = s.links[:0]
	if !ev.Encrypted && ev.Body != "" {
		body := ev.Body
		if len(body) > nospim.MaxBodyWhole {
			body, s.features.Cut = headAndTail(body), true
		}
		f := &s.text
		f.Read(body)
		s.print = f.Fingerprint
		s.features.Normal, s.features.Length, s.features.Letters, s.features.Words = f.Normal, f.Length, f.Letters, f.Words
		s.features.Text = salted(salt, f.Fingerprint)
		s.features.Disguise, s.features.Parts = nospim.Disguise(f.Notice), parts(&f.Parts)
		s.links = link.Find(s.links, body)
	}
	for _, u := range ev.Links {
		s.addLink(u)
	}
	for i := range ev.Files {
		s.addLink(ev.Files[i].URL)
	}
	for _, l := range s.links {
		s.features.Links = append(s.features.Links, nospim.Link{URL: l.URL, Host: l.Host, Domain: l.Domain, Flags: uint16(l.Flags), Raw: l.Raw})
	}
}

// parts gives the parts of a text their names.
func parts(p *text.Parts) nospim.Parts {
	return nospim.Parts{
		Money: p[text.Money], Urgency: p[text.Urgency], Credential: p[text.Credential], SignUp: p[text.SignUp], Webcam: p[text.Webcam],
		Prize: p[text.Prize], Crypto: p[text.Crypto], Gambling: p[text.Gambling], Job: p[text.Job], Contact: p[text.Contact],
		Click: p[text.Click], Malware: p[text.Malware], Threat: p[text.Threat], Pharma: p[text.Pharma],
		Amount: p[text.Amount], Phone: p[text.Phone], Name: p[text.Name], Wallet: p[text.Wallet],
	}
}

func (s *scratch) addLink(u string) {
	if u == "" || len(s.links) >= 2*link.Most {
		return
	}
	l, ok := link.Parse(u)
	if !ok {
		return
	}
	for i := range s.links {
		if s.links[i].URL == l.URL {
			return
		}
	}
	s.links = append(s.links, l)
}

// headAndTail cuts a long body to its first and last halves of MaxBodyWhole, at the borders of characters.
func headAndTail(body string) string {
	const half = nospim.MaxBodyWhole / 2
	head, tail := half, len(body)-half
	for head > 0 && !utf8.RuneStart(body[head]) {
		head--
	}
	for tail < len(body) && !utf8.RuneStart(body[tail]) {
		tail++
	}
	return body[:head] + " " + body[tail:]
}

// salted returns a fingerprint that cannot be recognised without the installation's salt: records keep it instead of the text.
func salted(salt [16]byte, fingerprint uint64) uint64 {
	if fingerprint == 0 {
		return 0
	}
	var block [24]byte
	copy(block[:], salt[:])
	binary.LittleEndian.PutUint64(block[16:], fingerprint)
	sum := sha256.Sum256(block[:])
	return max(1, binary.LittleEndian.Uint64(sum[:]))
}

func seed(salt [16]byte) uint64 { return binary.LittleEndian.Uint64(salt[:]) }

// fillRoles hashes every part of the event that something is remembered by.
func (s *scratch) fillRoles(seed uint64) {
	ev := s.look.Event
	for i := range s.roles {
		s.roles[i] = s.roles[i][:0]
	}
	put := func(r nospim.Role, h uint64) { s.roles[r] = append(s.roles[r], h) }
	str := func(r nospim.Role, v string) {
		if v != "" {
			put(r, xxh3.HashStringSeed(v, seed))
		}
	}
	str(nospim.RoleSender, ev.Sender.ID)
	sender := s.roles[nospim.RoleSender][0]
	for i := range ev.Recipients {
		str(nospim.RoleRecipient, ev.Recipients[i].ID)
		recipient := s.roles[nospim.RoleRecipient][i]
		put(nospim.RolePair, mix(sender, recipient))
		put(nospim.RolePairBack, mix(recipient, sender))
	}
	if s.features.Text != 0 {
		put(nospim.RoleText, mix(seed, s.features.Text))
	}
	for i := range s.features.Links {
		str(nospim.RoleLink, s.features.Links[i].URL)
		str(nospim.RoleDomain, s.features.Links[i].Domain)
	}
	if s.addr.IsValid() {
		put(nospim.RoleAddr, hashAddr(s.addr, seed))
		put(nospim.RoleNetwork, hashAddr(network(s.addr), seed+1))
	}
	str(nospim.RoleService, ev.Service)
	str(nospim.RoleRoom, ev.Room)
	str(nospim.RoleClient, ev.Client)
	if h, ok := stem(ev.Sender.ID, seed); ok {
		put(nospim.RoleStem, h)
	}
}

// network returns the first address of the /24 (IPv4) or /48 (IPv6) around an address.
func network(a netip.Addr) netip.Addr {
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return a
	}
	return p.Addr()
}

func hashAddr(a netip.Addr, seed uint64) uint64 {
	b := a.As16()
	return xxh3.HashSeed(b[:], seed)
}

// stem hashes the letters of the local part of an account: nina_31 and nina.77 are one stem. Shorter than three letters it is none.
func stem(id string, seed uint64) (uint64, bool) {
	id = strings.TrimPrefix(id, "@")
	if i := strings.IndexAny(id, "@:"); i >= 0 {
		id = id[:i]
	}
	var buf [64]byte
	b := buf[:0]
	for i := 0; i < len(id) && len(b) < len(buf); i++ {
		if c := id[i] | 0x20; c >= 'a' && c <= 'z' || id[i] >= utf8.RuneSelf {
			b = append(b, c)
		}
	}
	return xxh3.HashSeed(b, seed), len(b) >= 3
}

// fillCells lays out what to recall and note, counter by counter.
func (s *scratch) fillCells(pl *plan) {
	s.cells, s.spans = s.cells[:0], s.spans[:0]
	for _, i := range pl.byKind[s.look.Event.Kind] {
		c := &pl.counters[i]
		note := c.When == nil || c.When(&s.look)
		if !note && c.If != nil && !c.If(&s.look) {
			continue
		}
		from := len(s.cells)
		s.addCells(c, note)
		if len(s.cells) > mostCells {
			s.cells = s.cells[:from]
			s.degrade("cells")
			break
		}
		s.spans = append(s.spans, cellSpan{i, from, len(s.cells)})
	}
	s.note = memory.Note{Event: s.hash, At: s.look.Now, Cells: s.cells}
}

// one is the value of an empty place in Counter.By.
var one = []uint64{0}

func (s *scratch) addCells(c *counter, note bool) {
	first, second := one, one
	if c.By[0] != nospim.RoleNone {
		first = s.roles[c.By[0]]
	}
	if c.By[1] != nospim.RoleNone {
		second = s.roles[c.By[1]]
	}
	for _, a := range first {
		for _, b := range second {
			cell := memory.Cell{Key: mix(mix(c.seed, a), b), Kind: c.kind, Window: c.Window, Note: note}
			values := s.roles[c.Of]
			if c.Kind != nospim.Distinct || !note || len(values) == 0 {
				cell.Note = note && c.Kind != nospim.Distinct
				s.cells = append(s.cells, cell)
				continue
			}
			for _, v := range values {
				cell.Value = v
				s.cells = append(s.cells, cell)
			}
		}
	}
}

// spread turns the recalled values of cells into facts: by counter first, then in the order in which they were declared.
func (s *scratch) spread(pl *plan) {
	s.all = resize(s.all, len(pl.counters))
	s.facts = resize(s.facts, len(pl.source))
	for _, sp := range s.spans {
		f := &s.all[sp.counter]
		for _, v := range s.recalled.Values[sp.from:sp.to] {
			f.N = max(f.N, v.N)
			f.Last = max(f.Last, v.Last)
			if v.First != 0 && (f.First == 0 || v.First < f.First) {
				f.First = v.First
			}
		}
	}
	for i, c := range pl.source {
		s.facts[i] = s.all[c]
	}
}

func resize(f []nospim.Fact, n int) []nospim.Fact {
	if cap(f) < n {
		return make([]nospim.Fact, n)
	}
	f = f[:n]
	clear(f)
	return f
}

// degrade remembers that something failed or was left out.
func (s *scratch) degrade(what string) { s.failed = append(s.failed, what) }

// degraded returns what failed, in a slice of its own because verdicts outlive the scratch.
func (s *scratch) degraded() []string {
	if len(s.failed) == 0 {
		return nil
	}
	return append([]string(nil), s.failed...)
}

// mix joins two hashes into one; the order matters (the finaliser of SplitMix64).
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
