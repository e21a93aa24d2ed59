package engine

import (
	"math"
	"net/netip"
	"slices"
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
	sketch   text.Sketch
	words    []uint32 // hashed, for the school
	body     string   // what text was read from; empty when there is none
	links    []link.Link
	roles    [nospim.RoleInviter + 1][]uint64
	cells    []memory.Cell
	recalled memory.Recalled
	// spans are the ranges of cells that belong to the counters of this event's kind.
	spans   []cellSpan
	awaited []awaited
	opened  opened
	facts   []nospim.Fact // by plan.uses
	filled  []int         // which of them are not zero
	note    memory.Note
	copied  copied
	record  nospim.Record
	failed  []string
	raised  int            // how many signals there were before the detector that looks
	verdict nospim.Verdict // as the policy gives it: of the scratch's memory and the event's
	ids     []byte         // for disown
}

type cellSpan struct{ counter, from, to int }

// awaited is a cell that is noted if the verdict bears a symbol, or, with delivered, if it lets the event pass.
type awaited struct {
	symbol    string
	delivered bool
	cell      int
}

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
	if e.cluster.CutOff != nil && e.cluster.CutOff() {
		s.degrade("cluster")
	}
	s.read(e.salt)
	s.look.Listed = e.lists.Load().Match(s.look.Listed, ev, &s.features, s.print, s.addr, s.look.Now)
	s.look.Listed = e.feeds.Load().Match(s.look.Listed, ev, &s.features, s.print, s.addr)
	s.features.Decoy = slices.ContainsFunc(s.look.Listed, decoy)
	s.features.Copy = s.copyOf(e.seed)
	s.lay(e.seed, pl)
	s.note.Copy = s.copied.of(s, e.seed)
}

func decoy(m nospim.Listed) bool { return m.Entry.Kind == nospim.ListDecoy }

// remember fills the scratch from a record, for noting it again. The body is gone; its features were kept.
func (s *scratch) remember(e *Engine, pl *plan, r *nospim.Record) {
	now := r.Event.Time
	if slices.Contains(r.Verdict.Degraded, "time") {
		now = r.Kept
	}
	s.begin(&r.Event, now)
	s.features = r.Features
	s.lay(e.seed, pl)
	s.note.Copy = s.copied.kept(s, &r.Verdict)
}

func (s *scratch) begin(ev *nospim.Event, now time.Time) {
	s.failed = s.failed[:0]
	s.look.Reset(ev, &s.features, now)
	s.addr = netip.Addr{}
	if ev.Addr != "" { // an error would be made for nobody
		s.addr, _ = netip.ParseAddr(ev.Addr)
		s.addr = s.addr.Unmap()
	}
}

// lay works out what the event is called in the memory and which cells it touches.
func (s *scratch) lay(seed uint64, pl *plan) {
	ev := s.look.Event
	s.hash = eventHash(seed, ev.Service, ev.ID)
	s.fillRoles(seed)
	s.fillCells(pl)
}

// eventHash is what an event is called in the memory: never the zero Hash, which would mean no idempotency.
func eventHash(seed uint64, service, id string) memory.Hash {
	h := xxh3.HashString128Seed(id, xxh3.HashStringSeed(service, seed))
	return memory.Hash{h.Hi, h.Lo | 1}
}

// read derives the features. An encrypted body is not text and is left alone.
func (s *scratch) read(salt [16]byte) {
	ev := s.look.Event
	s.print, s.body = 0, ""
	s.features = nospim.Features{Links: s.features.Links[:0]}
	s.links = s.links[:0]
	if !ev.Encrypted && ev.Body != "" {
		body := ev.Body
		if len(body) > nospim.MaxBodyWhole {
			body, s.features.Cut = headAndTail(body), true
		}
		f := &s.text
		f.Read(body)
		s.body = body
		s.print = f.Fingerprint
		s.features.Normal, s.features.Length, s.features.Letters, s.features.Words = f.Normal, f.Length, f.Letters, f.Words
		s.features.Text = salted(salt, f.Fingerprint)
		s.sketch = f.Sketch()
		s.features.Turn, s.features.Language = turn(&s.sketch, Seed(salt), s.features.Text), language(f)
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
		Doubt: p[text.Doubt], Plea: p[text.Plea], Approach: p[text.Approach], Picture: p[text.Picture],
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

// fillCells lays out what to recall and note, counter by counter.
func (s *scratch) fillCells(pl *plan) {
	s.cells, s.spans = s.cells[:0], s.spans[:0]
	s.awaited = s.awaited[:0]
	gates := &pl.byKind[s.look.Event.Kind.Number()]
	gates.open(&s.look, &s.opened)
	for place := range s.opened.recalls.all {
		i, from := gates.counters[place], len(s.cells)
		c := &pl.counters[i]
		s.addCells(c, s.opened.notes.has(place))
		if len(s.cells) > mostCells {
			s.cells = s.cells[:from]
			s.degrade("cells")
			break
		}
		s.spans = append(s.spans, cellSpan{i, from, len(s.cells)})
		if c.On != "" || c.Delivered {
			s.await(c, from)
		}
	}
	s.note = memory.Note{Event: s.hash, At: s.look.Now, Cells: s.cells}
}

// await leaves it to the verdict whether the cells from a place on are noted.
func (s *scratch) await(c *counter, from int) {
	for i := from; i < len(s.cells); i++ {
		if s.cells[i].Note {
			s.cells[i].Note = false
			s.awaited = append(s.awaited, awaited{c.On, c.Delivered, i})
		}
	}
}

// found notes the cells that waited for the verdict.
func (s *scratch) found(v *nospim.Verdict) {
	for _, a := range s.awaited {
		if a.delivered && v.Action >= nospim.Hold {
			continue
		}
		s.note.Cells[a.cell].Note = a.symbol == "" || slices.ContainsFunc(v.Signals, func(g nospim.Signal) bool { return g.Symbol == a.symbol })
	}
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
			s.addRun(c, memory.Cell{Key: cellKey(c.seed, a, b, c.few), Kind: c.kind, Window: c.Window, Note: note})
		}
	}
}

// cellKey is the key of a counter's cell for one entity, or for two. Its lower half is of the entities alone, so that their cells live
// together; with few it is of the first one alone, of whose cells there are few for all second ones.
func cellKey(seed, a, b uint64, few bool) uint64 {
	home := b
	if few {
		home = one[0]
	}
	return mix(mix(seed, a), b)&^math.MaxUint32 | mix(a, home)&math.MaxUint32
}

// addRun adds one cell for each value of the role that the counter adds up. Where there is none, nothing is noted.
func (s *scratch) addRun(c *counter, cell memory.Cell) {
	if c.kind == memory.Count || c.kind == memory.Label {
		s.cells = append(s.cells, cell)
		return
	}
	values := s.roles[c.Of]
	if !cell.Note || len(values) == 0 {
		cell.Note = false
		s.cells = append(s.cells, cell)
		return
	}
	for _, v := range values {
		if cell.Value = v; c.kind == memory.Recent {
			cell.Value = v<<32 | uint64(s.first(c.With))
		}
		s.cells = append(s.cells, cell)
	}
}

// first is the first value of a role in 32 bits, 0 when there is none.
func (s *scratch) first(r nospim.Role) uint32 {
	return uint32(s.only(r))
}

// spread turns the recalled values of cells into facts, in the order in which they were declared. Of the facts of all counters, an
// event fills few.
func (s *scratch) spread(pl *plan) {
	s.empty(pl.sources)
	for i := range s.spans {
		sp := &s.spans[i]
		uses := pl.uses[sp.counter]
		first := &s.facts[uses[0]]
		if !s.fill(first, &pl.counters[sp.counter], s.recalled.Values[sp.from:sp.to]) {
			continue
		}
		for _, i := range uses[1:] {
			s.facts[i] = *first
		}
		s.filled = append(s.filled, uses...)
	}
}

// empty makes room for n facts, all zero.
func (s *scratch) empty(n int) {
	if len(s.facts) != n { // the plan is another
		s.facts, s.filled = make([]nospim.Fact, n), s.filled[:0]
	}
	for _, i := range s.filled {
		s.facts[i] = nospim.Fact{}
	}
	s.filled = s.filled[:0]
}

// fill makes a fact, which is zero, of what was recalled of a counter, and reports whether it is more than nothing.
func (s *scratch) fill(f *nospim.Fact, c *counter, values []memory.Value) bool {
	if c.kind == memory.Recent {
		s.fillRecent(f, c, values)
		return true
	}
	for i := range values {
		v := &values[i]
		f.N = max(f.N, v.N)
		f.Last = max(f.Last, v.Last)
		if v.First != 0 && (f.First == 0 || v.First < f.First) {
			f.First = v.First
		}
	}
	return f.N != 0 || f.Last != 0 || f.First != 0
}

// fillRecent is fill for a Recent counter: its fact is that of the first of those it is kept by.
func (s *scratch) fillRecent(f *nospim.Fact, c *counter, values []memory.Value) {
	f.Own = nospim.Item{At: s.look.Now.UnixMilli(), Of: s.first(c.Of), With: s.first(c.With)}
	if len(values) > 0 {
		v := &values[0]
		f.N, f.First, f.Last, f.Recent = v.N, v.First, v.Last, v.Recent
	}
}

// degrade remembers that something failed or was left out.
func (s *scratch) degrade(what string) { s.failed = append(s.failed, what) }
