package memory

import (
	"time"

	"github.com/nospim/nospim"
)

// group is what is known of one campaign. All of it is a function of the set of copies: adding and merging do not depend on the
// order, except that of more than [Exact] different people the smallest hashes are kept (see [few]).
type group struct {
	id    nospim.CampaignID // of the oldest text
	named int64             // when that text came first
	// member is one of its texts, texts how many there are.
	member, texts   uint32
	copies, stopped uint32
	first, last     int64
	standing        nospim.Standing
	decided         int64

	all, cold, warm, held, linked, hour ring
	senders, people, strangers          few
	domains                             [mostDomains]uint32
}

const (
	mostDomains = 16
	windowStep  = int64(nospim.CampaignWindow / time.Millisecond / Steps)
	hourStep    = int64(time.Hour / time.Millisecond / Steps)
)

// begin makes the campaign of one text.
func (g *group) begin(t *written) {
	*g = group{id: t.id, named: t.last, last: t.last}
	if t.only.at != 0 {
		g.named = t.only.at
		g.single(t)
		g.texts = 0
	}
	g.texts++
}

// single adds a text that had one copy.
func (g *group) single(t *written) {
	o := &t.only
	g.texts++
	g.name(t.id, o.at)
	g.count(o.at, 1, o.cold, o.warm, o.stopped, o.domain)
	g.person(o.at, o.sender, o.person, o.cold)
}

// add adds a copy.
func (g *group) add(now int64, copied *Copy) {
	g.name(copied.ID, now)
	g.count(now, max(1, copied.Count), copied.Cold, copied.Warm, copied.Stopped, short(copied.Domain))
	sender := short(copied.Sender)
	if len(copied.People) == 0 {
		g.person(now, sender, 0, false)
	}
	for _, p := range copied.People[:min(len(copied.People), mostPeople)] {
		g.person(now, sender, short(p), copied.Cold)
	}
}

// name gives the campaign the name of its oldest text.
func (g *group) name(id nospim.CampaignID, at int64) {
	if at < g.named || at == g.named && id < g.id {
		g.id, g.named = id, at
	}
}

func (g *group) count(at int64, n uint32, cold, warm, stopped bool, domain uint32) {
	g.copies += n
	if g.first == 0 || at < g.first {
		g.first = at
	}
	g.last = max(g.last, at)
	step := at / windowStep
	g.all.add(step, n)
	g.hour.add(at/hourStep, n)
	if cold {
		g.cold.add(step, n)
	}
	if warm {
		g.warm.add(step, n)
	}
	if stopped {
		g.stopped += n
		g.held.add(step, n)
	}
	if domain != 0 {
		g.linked.add(step, n)
		g.domain(domain)
	}
}

func (g *group) person(at int64, sender, person uint32, cold bool) {
	step := at / windowStep
	g.senders.add(step, sender)
	if person != 0 {
		g.people.add(step, person)
		if cold {
			g.strangers.add(step, person)
		}
	}
}

// domain keeps the smallest hashes.
func (g *group) domain(d uint32) {
	for i, have := range &g.domains {
		switch {
		case have == d:
			return
		case have == 0:
			g.domains[i] = d
			return
		case d < have:
			g.domains[i], d = d, have
		}
	}
}

func (g *group) decide(s nospim.Standing, at int64) {
	if at > g.decided || at == g.decided && s < g.standing {
		g.standing, g.decided = s, at
	}
}

// merge adds another campaign.
func (g *group) merge(o *group) {
	g.name(o.id, o.named)
	g.texts += o.texts
	g.copies += o.copies
	g.stopped += o.stopped
	if g.first == 0 || o.first != 0 && o.first < g.first {
		g.first = o.first
	}
	g.last = max(g.last, o.last)
	if o.standing != "" {
		g.decide(o.standing, o.decided)
	}
	g.all.merge(&o.all)
	g.cold.merge(&o.cold)
	g.warm.merge(&o.warm)
	g.held.merge(&o.held)
	g.linked.merge(&o.linked)
	g.hour.merge(&o.hour)
	g.senders.merge(&o.senders)
	g.people.merge(&o.people)
	g.strangers.merge(&o.strangers)
	for _, d := range o.domains {
		if d != 0 {
			g.domain(d)
		}
	}
}

// show writes what is known as of a time.
func (g *group) show(now int64, c *nospim.Campaign) {
	step := now / windowStep
	*c = nospim.Campaign{
		ID: g.id, Copies: int(g.copies), Stopped: int(g.stopped), Texts: int(g.texts),
		Recent: g.all.sum(step), Hour: g.hour.sum(now / hourStep), Cold: g.cold.sum(step), Warm: g.warm.sum(step), Held: g.held.sum(step),
		Linked: g.linked.sum(step), Senders: g.senders.count(step), People: g.people.count(step), Strangers: g.strangers.count(step),
		First: time.UnixMilli(g.first).UTC(), Last: time.UnixMilli(g.last).UTC(), Standing: g.standing,
	}
	if c.Standing == nospim.Undecided {
		c.Standing = ""
	}
	for _, d := range g.domains {
		if d != 0 {
			c.Domains++
		}
	}
}

// groups are the campaigns, bounded.
type groups struct {
	all    []*group // by number - 1
	unused []uint32
	limit  int
	hand   int
}

func (g *groups) at(number uint32) *group { return g.all[number-1] }

// full reports whether a campaign has to go before another is added.
func (g *groups) full() bool { return len(g.unused) == 0 && len(g.all) >= g.limit }

// add returns the number of an empty campaign. There must be room.
func (g *groups) add() uint32 {
	if len(g.unused) == 0 {
		more := new([32]group)
		for i := range min(len(more), g.limit-len(g.all)) {
			g.all = append(g.all, &more[i])
			g.unused = append(g.unused, uint32(len(g.all)))
		}
	}
	n := len(g.unused) - 1
	number := g.unused[n]
	g.unused = g.unused[:n]
	return number
}

// quietest returns which of the next few campaigns had no copy for longest; it is not keep.
func (g *groups) quietest(keep uint32) uint32 {
	victim, oldest := uint32(0), int64(maxMillis)+1
	for range probes {
		number := uint32(g.hand) + 1
		g.hand = (g.hand + 1) % len(g.all)
		if last := g.at(number).last; last < oldest && number != keep {
			victim, oldest = number, last
		}
	}
	return victim
}

func (g *groups) free(number uint32) {
	*g.at(number) = group{}
	g.unused = append(g.unused, number)
}

func (g *groups) used() int { return len(g.all) - len(g.unused) }

// ring counts in the steps of a window that slides (see the package's words on windows).
type ring struct {
	head int64
	n    [Steps]uint32
}

func (r *ring) add(step int64, n uint32) {
	if r.slide(step) {
		r.n[step%Steps] += n
	}
}

// slide moves the window on; it reports whether the step lies in it.
func (r *ring) slide(step int64) bool {
	if step <= r.head-Steps {
		return false
	}
	for r.head < step {
		if step-r.head >= Steps {
			r.head, r.n = step, [Steps]uint32{}
			break
		}
		r.head++
		r.n[r.head%Steps] = 0
	}
	return true
}

func (r *ring) merge(o *ring) {
	r.slide(o.head)
	for step := max(r.head, Steps-1) - Steps + 1; step <= o.head; step++ {
		r.n[step%Steps] += o.n[step%Steps]
	}
}

// sum is the count as of a step.
func (r *ring) sum(step int64) (n int) {
	for s := max(max(step, r.head), Steps-1) - Steps + 1; s <= min(step, r.head); s++ {
		n += int(r.n[s%Steps])
	}
	return n
}

// few are different people in the steps of a window. An entry is 24 bits of a hash and, in the lower 8 bits, the steps in which it
// came. Up to [Exact] are kept, those with the smallest hashes, in their order.
type few struct {
	head int64
	n    int32
	over bool
	of   [Exact]uint32
}

func (f *few) add(step int64, hash uint32) {
	if f.slide(step) {
		f.put(hash<<8, 1<<(step%Steps))
	}
}

func (f *few) put(entry, steps uint32) {
	i := f.search(entry)
	switch n := int(f.n); {
	case i < n && f.of[i]&^stepBits == entry:
		f.of[i] |= steps
	case i == Exact:
		f.over = true
	default:
		if n == Exact {
			f.over, n = true, n-1
		}
		copy(f.of[i+1:n+1], f.of[i:n])
		f.of[i] = entry | steps
		f.n = int32(n + 1)
	}
}

// search returns where an entry stands, or would stand.
func (f *few) search(entry uint32) int {
	lo, hi := 0, int(f.n)
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); f.of[mid]&^stepBits < entry {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// slide moves the window on and forgets who did not come in it; it reports whether the step lies in it.
func (f *few) slide(step int64) bool {
	if step <= f.head {
		return step > f.head-Steps
	}
	gone := uint32(span(f.head+1, step))
	f.head = step
	n := 0
	for _, e := range f.of[:f.n] {
		if e &^= gone; e&stepBits != 0 {
			f.of[n] = e
			n++
		}
	}
	f.over = f.over && n == int(f.n)
	f.n = int32(n)
	return true
}

func (f *few) merge(o *few) {
	f.slide(o.head)
	live := uint32(span(f.head-Steps+1, o.head))
	f.over = f.over || o.over
	for _, e := range o.of[:o.n] {
		if e&live != 0 {
			f.put(e&^stepBits, e&live)
		}
	}
}

// count is how many came as of a step.
func (f *few) count(step int64) int {
	live := uint32(span(max(step, f.head)-Steps+1, min(step, f.head)))
	n := 0
	for _, e := range f.of[:f.n] {
		if e&live != 0 {
			n++
		}
	}
	if f.over && n == Exact {
		return int(float64(n-1) * (1 << 24) / float64(f.of[n-1]>>8))
	}
	return n
}
