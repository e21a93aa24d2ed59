package memory

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nospim/nospim"
)

// Copy is one message as campaigns see it. Hashes are salted.
//
// A campaign is a set of texts that hang together: two texts are neighbours when a [nospim.Sketch] of theirs is like enough and they
// share one of the pairs of words that they are looked up by. That does not depend on the order in which they came; what two
// campaigns had becomes one when a text comes that is like both. See docs/decisions for how it is bounded.
type Copy struct {
	// ID is that of the text, 0 for a text that says too little (text.Sketch.Weak) or has no body.
	ID     nospim.CampaignID
	Sketch nospim.Sketch
	// Count is how many copies this stands for; 0 is one. All of them are alike but for the recipient.
	Count  uint32
	Sender uint64
	People []uint64
	// Domain is that of the first link, 0 without.
	Domain uint64
	// Cold says that the recipients are strangers who did not write first, Warm that they are contacts, Stopped that no recipient
	// got it.
	Cold, Warm, Stopped bool
	// Links are the message's links taken apart.
	Links []CopyLink
	// Of is another text of the same campaign, 0 when the sketch has to tell: a record knows it, and has no sketch.
	Of nospim.CampaignID
	// Standing is what a person decided about the campaign of the text, at the time of the note: such a note is no copy.
	Standing nospim.Standing

	memo memo
}

// memo is what a look at the texts found, so that noting what was just recalled need not look again.
type memo struct {
	version uint64 // of the texts; 0: none
	id      nospim.CampaignID
	near    near
}

// near are the texts that a copy belongs to: its own, if it is known, or up to mostNear of different campaigns that are like it.
type near struct {
	known bool
	n     int
	at    [mostNear]uint32
}

const (
	// mostNear is how many campaigns one text can join at once.
	mostNear = 4
	// mostPeople is how many recipients of one copy are counted.
	mostPeople = 64
)

// The limits of texts: one in textsOfCampaign can have a campaign of its own.
const (
	DefaultTexts    = 32_768
	maxTexts        = maxPlaces
	textsOfCampaign = 8
)

// slabSize is how many texts are allocated at once.
const slabSize = 256

// campaigns are the texts seen lately and what is known of the campaigns that they make up. Its lock is held for a microsecond.
type campaigns struct {
	mu      sync.Mutex
	version uint64
	pairs   pairs
	index   index
	texts   []*[slabSize]written
	placed  int
	used    int
	limit   int
	hand    int
	groups  groups
	links   patterns
	stamp   uint32
	evicted int64
	// restored are the campaigns read from a snapshot, while it is read.
	restored map[nospim.CampaignID]uint32
}

// written is one text.
type written struct {
	bins bins
	id   nospim.CampaignID
	last int64
	// group is 1 + the number of the campaign it belongs to; 0: there was one copy of it, and nothing like it.
	group uint32
	// next and before are its neighbours in the ring of its campaign's texts.
	next, before uint32
	stamp        uint32
	only         single
}

// single is the only copy of a text.
type single struct {
	at                     int64
	sender, person, domain uint32
	cold, warm, stopped    bool
}

func (c *campaigns) init(limit int) {
	c.limit = limit
	c.clear()
}

func (c *campaigns) clear() {
	c.pairs, c.index = nil, nil // made with the first text
	c.texts, c.placed, c.used, c.hand, c.stamp, c.evicted = nil, 0, 0, 0, 0, 0
	c.version++
	c.groups = groups{limit: max(64, c.limit/textsOfCampaign)}
	c.links = newPatterns(max(64, c.limit/textsOfCampaign/2))
}

func (c *campaigns) at(place uint32) *written { return &c.texts[place/slabSize][place%slabSize] }

func hashID(id nospim.CampaignID) uint64 { return mix(uint64(id)) }

// lookup returns the place of a text.
func (c *campaigns) lookup(id nospim.CampaignID) (place uint32, ok bool) {
	hash := hashID(id)
	tag := tag(hash)
	for i := c.index.start(hash); c.index[i] != 0; i = c.index.next(i) {
		if entry := c.index[i]; entry&^maxPlaces == tag && c.at(placeOf(entry)).id == id {
			return placeOf(entry), true
		}
	}
	return 0, false
}

// recall fills in what is known of the campaign of a copy, as if the copy was noted.
func (c *campaigns) recall(copied *Copy, now int64, r *Recalled) {
	r.Campaign, r.Links = nospim.Campaign{}, r.Links[:0]
	if copied == nil || copied.ID == 0 && len(copied.Links) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if copied.ID != 0 {
		m := &copied.memo
		m.near = near{}
		c.find(copied, &m.near)
		m.version, m.id = c.version, copied.ID
		c.preview(copied, now, &m.near, r)
	}
	c.links.recall(c, copied, now, r)
}

// preview works out the campaign that a copy and the texts near it make.
func (c *campaigns) preview(copied *Copy, now int64, n *near, r *Recalled) {
	if n.n == 0 {
		return
	}
	g := &r.group
	first := c.at(n.at[0])
	if first.group != 0 {
		*g = *c.groups.at(first.group)
	} else {
		g.begin(first)
	}
	for _, place := range n.at[1:n.n] {
		if t := c.at(place); t.group != 0 {
			g.merge(c.groups.at(t.group))
		} else {
			g.single(t)
		}
	}
	if !n.known {
		g.texts++
	}
	g.add(now, copied)
	g.show(now, &r.Campaign)
}

// find looks for the text of a copy, or those that are like it.
func (c *campaigns) find(copied *Copy, n *near) {
	if c.used == 0 {
		return
	}
	if place, ok := c.lookup(copied.ID); ok {
		n.known, n.n, n.at[0] = true, 1, place
		return
	}
	c.findLike(&copied.Sketch.Min, n)
}

// findLike adds texts that are like a sketch, one of each campaign.
func (c *campaigns) findLike(mins *[32]uint16, n *near) {
	var space [mostKeys]uint32
	packed := pack(mins)
	c.stamp++
	keys := appendKeys(space[:0], mins)
	for _, key := range keys {
		atomic.LoadUint32(&c.pairs.of(key)[0]) // so that the main memory is waited for once: see index.touch
	}
	for _, key := range keys {
		tag := tagOf(key)
		for _, entry := range c.pairs.of(key) {
			if entry&^maxPlaces != tag || entry&maxPlaces == 0 {
				continue
			}
			t := c.at(placeOf(entry))
			if t.stamp == c.stamp || t.id == 0 {
				continue
			}
			t.stamp = c.stamp
			if c.found(n, t.group) || !packed.like(&t.bins) {
				continue
			}
			n.at[n.n] = placeOf(entry)
			if n.n++; n.n == mostNear {
				return
			}
		}
	}
}

// found reports whether a text of a campaign was found.
func (c *campaigns) found(n *near, group uint32) bool {
	for _, place := range n.at[:n.n] {
		if group != 0 && c.at(place).group == group {
			return true
		}
	}
	return false
}

// note adds a copy, or a person's decision.
func (c *campaigns) note(copied *Copy, now int64) {
	if copied == nil || copied.ID == 0 && len(copied.Links) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if copied.ID != 0 {
		c.noteText(copied, now)
	}
	if copied.Standing == "" {
		c.links.note(copied, now)
	}
}

func (c *campaigns) noteText(copied *Copy, now int64) {
	var n near
	if m := &copied.memo; m.version == c.version && m.id == copied.ID {
		n = m.near
	} else {
		c.find(copied, &n)
	}
	place, fresh := n.at[0], !n.known
	if fresh {
		place = c.add(copied, now)
		c.join(place, copied, n.at[:n.n])
	} else if c.at(place).bins == (bins{}) && copied.Sketch.Min != [32]uint16{} {
		c.learn(place, copied)
	}
	if copied.Of != 0 && copied.Of != copied.ID {
		c.unite(place, c.named(copied.Of, now))
	}
	t := c.at(place)
	t.last = max(t.last, now)
	if fresh && t.only.at != 0 {
		return // the copy came in with the text
	}
	g := c.groupOf(place, 0)
	if copied.Standing != "" {
		g.decide(copied.Standing, now)
		return
	}
	g.add(now, copied)
}

// plain reports whether a copy can be kept as a single.
func (copied *Copy) plain() bool {
	return copied.Standing == "" && copied.Count <= 1 && len(copied.People) <= 1
}

// add takes in a text that is not known, and its copy if it is plain.
func (c *campaigns) add(copied *Copy, now int64) uint32 {
	c.furnish()
	place := c.place(now)
	t := c.at(place)
	*t = written{bins: pack(&copied.Sketch.Min), id: copied.ID, last: now, next: place, before: place}
	if copied.plain() {
		t.only = single{
			at: max(1, now), sender: short(copied.Sender), domain: short(copied.Domain),
			cold: copied.Cold, warm: copied.Warm, stopped: copied.Stopped,
		}
		if len(copied.People) > 0 {
			t.only.person = short(copied.People[0])
		}
	}
	c.index.add(hashID(t.id), place)
	c.used++
	c.version++
	return place
}

// furnish makes what the first text needs.
func (c *campaigns) furnish() {
	if c.pairs == nil {
		c.pairs, c.index = newPairs(c.limit), newIndex(c.limit)
	}
}

// named returns the place of a text of which nothing but the name may be known.
func (c *campaigns) named(id nospim.CampaignID, now int64) uint32 {
	if place, ok := c.lookup(id); ok {
		return place
	}
	return c.add(&Copy{ID: id, Count: 2}, now)
}

// learn takes in what a text says of which only the name was known.
func (c *campaigns) learn(place uint32, copied *Copy) {
	var n near
	c.findLike(&copied.Sketch.Min, &n)
	c.at(place).bins = pack(&copied.Sketch.Min)
	c.version++
	c.join(place, copied, n.at[:n.n])
}

// join unites a text with those that it is like, and puts it where the next ones find it.
func (c *campaigns) join(place uint32, copied *Copy, like []uint32) {
	for _, other := range like {
		if c.at(other).id != 0 { // it may have made room
			c.unite(place, other)
		}
	}
	c.spread(place, &copied.Sketch.Min)
}

// spread puts a text where those like it are looked for.
func (c *campaigns) spread(place uint32, mins *[32]uint16) {
	var space [mostKeys]uint32
	for _, key := range appendKeys(space[:0], mins) {
		if c.under(key, c.at(place).group) < mostUnder {
			c.pairs.add(key, place)
		}
	}
}

// mostUnder is how many texts of one campaign stand under one pair: the first ones, so that a flood pushes nobody out.
const mostUnder = 4

// under returns how many texts of a campaign stand under a pair.
func (c *campaigns) under(key, group uint32) (n int) {
	if group == 0 {
		return 0
	}
	tag := tagOf(key)
	for _, entry := range c.pairs.of(key) {
		if entry&^maxPlaces == tag && entry&maxPlaces != 0 && c.at(placeOf(entry)).group == group {
			n++
		}
	}
	return n
}

// groupOf returns the campaign of a text, a new one if it has none: it does not take the place of campaign number keep.
func (c *campaigns) groupOf(place, keep uint32) *group {
	t := c.at(place)
	if t.group == 0 {
		if c.groups.full() {
			quietest := c.groups.quietest(keep)
			c.lose(c.groups.at(quietest).last, t.last)
			c.dropGroup(quietest)
		}
		number := c.groups.add()
		g := c.groups.at(number)
		g.begin(t)
		g.member, t.group = place, number
	}
	return c.groups.at(t.group)
}

// unite makes one campaign of those of two texts. The texts of the smaller one are relabelled.
func (c *campaigns) unite(a, b uint32) {
	ga := c.groupOf(a, c.at(b).group)
	gb := c.groupOf(b, c.at(a).group)
	if ga == gb {
		return
	}
	if ga.texts < gb.texts {
		a, b, ga, gb = b, a, gb, ga
	}
	from, to := c.at(b).group, c.at(a).group
	for place := b; c.at(place).group == from; place = c.at(place).next {
		c.at(place).group = to
	}
	na, nb := c.at(a).next, c.at(b).next
	c.at(a).next, c.at(nb).before = nb, a
	c.at(b).next, c.at(na).before = na, b
	ga.merge(gb)
	c.groups.free(from)
	c.version++
}

// place returns a free place, after making one if need be.
func (c *campaigns) place(now int64) uint32 {
	if c.placed < c.limit {
		if c.placed == len(c.texts)*slabSize {
			c.texts = append(c.texts, new([slabSize]written))
		}
		c.placed++
		return uint32(c.placed - 1)
	}
	place := c.victim()
	if t := c.at(place); t.id != 0 {
		c.lose(t.last, now)
		c.drop(place)
	}
	return place
}

// lose counts what is forgotten although it was heard of within the window.
func (c *campaigns) lose(last, now int64) {
	if now-last < Steps*windowStep {
		c.evicted++
	}
}

// victim returns which of the next few texts makes room: the one that came longest ago. The text that a campaign is named after
// goes last.
func (c *campaigns) victim() uint32 {
	victim, oldest := uint32(c.hand), int64(maxMillis)+1
	for range probes {
		place := uint32(c.hand)
		c.hand = (c.hand + 1) % c.placed
		t := c.at(place)
		if t.id == 0 {
			return place
		}
		named := t.group != 0 && c.groups.at(t.group).id == t.id && t.next != place
		if t.last < oldest && !named {
			victim, oldest = place, t.last
		}
	}
	return victim
}

// drop forgets a text, and its campaign when it was the last of it or the one that it is named after.
func (c *campaigns) drop(place uint32) {
	t := c.at(place)
	if t.group != 0 {
		g := c.groups.at(t.group)
		if t.next == place || g.id == t.id {
			c.dropGroup(t.group)
			return
		}
		g.texts--
		g.member = t.next
		c.at(t.before).next, c.at(t.next).before = t.next, t.before
	}
	c.forget(place)
}

func (c *campaigns) dropGroup(number uint32) {
	place := c.groups.at(number).member
	for c.at(place).id != 0 && c.at(place).group == number {
		next := c.at(place).next
		c.forget(place)
		place = next
	}
	c.groups.free(number)
}

func (c *campaigns) forget(place uint32) {
	c.index.remove(hashID(c.at(place).id), place, func(p uint32) uint64 { return hashID(c.at(p).id) })
	*c.at(place) = written{}
	c.used--
	c.version++
}

// belongs reports whether a text is of a campaign that was found.
func (c *campaigns) belongs(id nospim.CampaignID, n *near) bool {
	if n.n == 0 {
		return false
	}
	place, ok := c.lookup(id)
	return ok && (c.found(n, c.at(place).group) || slices.Contains(n.at[:n.n], place))
}

// Known is a campaign as it is now.
type Known struct {
	Campaign nospim.Campaign
	// Texts are the names of its texts, up to a limit.
	Texts []nospim.CampaignID
}

// Campaigns returns the campaigns with at least so many copies, each with up to so many of its texts. Windows end at a time.
func (m *Local) Campaigns(at time.Time, copies, texts int) (all []Known) {
	c := &m.copies
	now := millis(at)
	for number := 1; ; {
		c.mu.Lock()
		end := min(number+atOnce, len(c.groups.all)+1)
		for ; number < end; number++ {
			if g := c.groups.at(uint32(number)); g.id != 0 && int(g.copies) >= copies {
				all = append(all, c.known(g, now, texts))
			}
		}
		done := number > len(c.groups.all)
		c.mu.Unlock()
		if done {
			return all
		}
	}
}

func (c *campaigns) known(g *group, now int64, texts int) (k Known) {
	g.show(now, &k.Campaign)
	k.Texts = make([]nospim.CampaignID, 0, min(int(g.texts), texts))
	place := g.member
	for range cap(k.Texts) {
		k.Texts = append(k.Texts, c.at(place).id)
		place = c.at(place).next
	}
	if len(k.Texts) > 0 && !slices.Contains(k.Texts, g.id) {
		k.Texts[0] = g.id
	}
	return k
}

// stats adds what campaigns occupy.
func (c *campaigns) stats(st *Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st.Texts, st.Campaigns = c.used, c.groups.used()
	st.Evicted += c.evicted
	st.Bytes += int64(len(c.pairs))*sizeOf[[pairSize]uint32]() + int64(len(c.index))*4 + int64(len(c.texts))*slabSize*sizeOf[written]() +
		int64(len(c.groups.all))*sizeOf[group]() + c.links.bytes()
}

// short is the part of a hash that campaigns keep.
func short(hash uint64) uint32 {
	if hash == 0 {
		return 0
	}
	return max(1, uint32(mix(hash)>>40))
}

// bins are the least hashes of a sketch, four to a word.
type bins [8]uint64

func pack(mins *[32]uint16) (b bins) {
	for i, m := range mins {
		b[i/4] |= uint64(m) << (i % 4 * 16)
	}
	return b
}

func (b *bins) unpack() (mins [32]uint16) {
	for i := range mins {
		mins[i] = uint16(b[i/4] >> (i % 4 * 16))
	}
	return mins
}

// like reports whether two texts are near-duplicates: at least half of their words are the same, of short texts more.
func (b *bins) like(other *bins) bool {
	const tops, low = 0x8000_8000_8000_8000, 0x7fff_7fff_7fff_7fff
	all, different := 0, 0
	for i, x := range b {
		y := other[i]
		u, d := x|y, x^y
		all += bits.OnesCount64((u&low + low | u) & tops)
		different += bits.OnesCount64((d&low + low | d) & tops)
	}
	return all > 0 && 100*(all-different) >= all*nearEnough(all)
}

// nearEnough is how many of a hundred words must be the same when two texts have so many different ones together: of few words,
// half are shared by texts that have nothing to do with each other.
func nearEnough(all int) int {
	switch {
	case all < 8:
		return 75
	case all < 14:
		return 60
	}
	return 50
}
