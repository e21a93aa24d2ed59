package detect

import (
	"math"

	"github.com/nospim/nospim"
)

// cadence is how the messages of one sender follow each other, as three series of pauses: in rooms between its own lines, in
// talks with one person between its own lines, and in talks between whatever was said last and its next line.
type cadence struct {
	rooms, own, turns series
	replies           replies
	heed              heed
	hasty             int // answers that came faster than anybody types
}

// heed sums the logarithms of the pauses between own lines, of those with an answer in between and of those without.
type heed struct {
	answered, unanswered   float64
	nAnswered, nUnanswered int
}

// fewestHeeded is how many pauses of each kind say anything.
const fewestHeeded = 4

// heedlessness tells how surprising it is that the sender goes on as soon without an answer as with one. People wait for answers and
// type theirs, or add a line at once; in towns the difference of the logarithms is 1.4, with less than 0.13 in one of a hundred. Of
// people who take turns in chat-star one in ten adds lines now and then, as slowly as it answers: so this is no proof of itself.
func (h *heed) heedlessness() float64 {
	if h.nAnswered < fewestHeeded || h.nUnanswered < fewestHeeded {
		return 0
	}
	a, b := float64(h.nAnswered), float64(h.nUnanswered)
	return (1 - (h.answered/a - h.unanswered/b)) / math.Sqrt(0.64*(1/a+1/b)+0.4*0.4)
}

// replies are how long the sender had to wait for what it answers, and how long its own answer took after that, both in seconds.
type replies struct {
	n             int
	waited, taken [pauses]float64
}

// What is looked at. Fewer pauses say too little; longer ones are not pauses but absences.
const (
	fewestPauses = 10
	longestTurn  = 10 * 60 * 1000 // ms
	longestOwn   = 60 * 60 * 1000
	shortest     = 50
)

// pauses is how many pauses a series can have: between this message and the remembered ones.
const pauses = 32

// series is pauses with the sizes of the messages that ended them, both as natural logarithms.
type series struct {
	n            int
	pause, typed [pauses]float64
}

// cadenceOf sorts the newest messages of a sender, and what it was told, into series. The clock of some services knows seconds
// only: pauses that are a fixed number of seconds are no sign then. One that knows minutes tells nothing.
func cadenceOf(said *nospim.Fact, heard hearsay) (c cadence, coarse bool) {
	items := said.Recent
	second, minute := said.Own.At%1000 == 0, said.Own.At%60_000 == 0
	for i := range items {
		second, minute = second && items[i].At%1000 == 0, minute && items[i].At%60_000 == 0
	}
	if minute {
		return c, true
	}
	for i := 1; i < len(items); i++ {
		c.add(items[:i], items[i], &heard)
	}
	c.add(items, said.Own, &heard)
	return c, second
}

// add takes the pauses before a message into the series, given the sender's earlier messages.
func (c *cadence) add(before []nospim.Item, m nospim.Item, heard *hearsay) {
	i := len(before) - 1
	for i >= 0 && before[i].With != m.With {
		i--
	}
	if i < 0 {
		return
	}
	gap := m.At - before[i].At
	size := fastLog(float64(m.Of) + 8)
	if m.With == 0 {
		c.rooms.add(gap, longestOwn, size)
		return
	}
	if gap <= longestTurn || i == len(before)-1 { // nobody else was written to in between
		c.own.add(gap, longestOwn, size)
	}
	if !heard.knows(m.With, before[i].At) {
		return
	}
	at := heard.last(m)
	if gap <= longestOwn {
		c.heed.add(gap, at > before[i].At)
	}
	if at > before[i].At {
		c.replies.add(at-before[i].At, m.At-at)
		gap = m.At - at
	}
	if m.Of >= 20 && max(gap, shortest)*mostTyped < int64(m.Of)*1000 {
		c.hasty++
	}
	c.turns.add(gap, longestTurn, size)
}

// mostTyped is how many characters a second hardly anybody types; who does so time and again had the text before the question.
const mostTyped = 10

// hearsay is what is known of what a sender was told.
type hearsay struct {
	items []nospim.Item
	// own is whom the sender writes to just now.
	own uint32
	// half says that the items are what this one said, to whom; those count that it said to sender.
	half   bool
	sender uint32
	// some says that only of those it is known what they told the sender of whom there are items, and of own.
	some bool
}

// knows reports whether it is known what somebody told the sender since a time. Where it is not, silence is no sign: the items of those
// who are told much are forgotten over newer ones.
func (h *hearsay) knows(with uint32, since int64) bool {
	if len(h.items) >= remembered && h.items[0].At > since {
		return false
	}
	return with == h.own || !h.half && (!h.some || wrote(h.items, with))
}

// last returns when the recipient of a message last said something before it; 0 for never.
func (h *hearsay) last(m nospim.Item) int64 {
	from := m.With
	if h.half {
		from = h.sender
	}
	for j := len(h.items) - 1; j >= 0; j-- {
		if h.items[j].With == from && h.items[j].At <= m.At {
			return h.items[j].At
		}
	}
	return 0
}

func (h *heed) add(gap int64, answered bool) {
	pause := fastLog(float64(max(gap, shortest)) / 1000)
	if answered {
		h.answered, h.nAnswered = h.answered+pause, h.nAnswered+1
	} else {
		h.unanswered, h.nUnanswered = h.unanswered+pause, h.nUnanswered+1
	}
}

func (a *replies) add(waited, taken int64) {
	if max(waited, taken) > longestTurn || a.n == pauses {
		return
	}
	a.waited[a.n], a.taken[a.n] = float64(waited)/1000, float64(taken)/1000
	a.n++
}

// deafness tells how surprising it is that answers come the sooner, the longer the sender waited for what they answer: it follows
// a clock of its own. People take their time after they have read.
func (a *replies) deafness() float64 {
	if a.n < 6 {
		return 0
	}
	r := correlation(a.waited[:a.n], a.taken[:a.n])
	return -math.Atanh(max(r, -0.99)) * math.Sqrt(float64(a.n-3))
}

// correlation is Pearson's; 0 where one side does not vary.
func correlation(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, syy, sxy float64
	for i := range x {
		sx, sy, sxx, syy, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], syy+y[i]*y[i], sxy+x[i]*y[i]
	}
	sxx, syy = sxx-sx*sx/n, syy-sy*sy/n
	if sxx <= 0 || syy <= 0 {
		return 0
	}
	return (sxy - sx*sy/n) / math.Sqrt(sxx*syy)
}

func (s *series) add(pause, longest int64, size float64) {
	if pause > longest || s.n == pauses {
		return
	}
	s.pause[s.n], s.typed[s.n] = fastLog(float64(max(pause, shortest))/1000), size
	s.n++
}

// moments are the sums that the tests of a series begin with.
type moments struct {
	variance, residual float64 // of the logarithms of pauses: around their mean, and around their regression on sizes
	correlation        float64 // with the logarithms of sizes
	spread             float64 // the variance of the sizes' logarithms
	mean, sizes        float64 // the means of both
}

func (s *series) moments() (m moments) {
	n := float64(s.n)
	var sp, st, spp, stt, spt float64
	for i := range s.n {
		p, t := s.pause[i], s.typed[i]
		sp, st, spp, stt, spt = sp+p, st+t, spp+p*p, stt+t*t, spt+p*t
	}
	m.mean, m.sizes = sp/n, st/n
	spp, stt, spt = max(0, spp-sp*sp/n), max(0, stt-st*st/n), spt-sp*st/n
	m.variance, m.spread = spp/(n-1), stt/(n-1)
	if spp > 0 && stt > 0 {
		m.correlation = spt / math.Sqrt(spp*stt)
	}
	m.residual = spp * (1 - m.correlation*m.correlation) / max(1, n-2)
	return m
}

// ceiling tells how surprising it is that the short pauses lie further from the mean than the long ones, by the skewness of their
// logarithms: people's pauses have a heavy tail of long ones, those that a timer draws from a range or an exponential distribution, or
// that are cut short by what the other side says meanwhile, have a tail of short ones.
func (s *series) ceiling(m *moments) float64 {
	if m.variance <= 0 {
		return 0
	}
	sum := 0.0
	for _, p := range s.pause[:s.n] {
		d := p - m.mean
		sum += d * d * d
	}
	n := float64(s.n)
	return -sum / n / (m.variance * math.Sqrt(m.variance)) / math.Sqrt(6/n)
}

// evenness tells how surprising so little variance is where a person's standard deviation is at least usual, in standard
// deviations (Wilson and Hilferty's cube root of chi-square).
func evenness(variance, usual float64, degrees int) float64 {
	k := 2 / (9 * float64(degrees))
	return (1 - k - math.Cbrt(variance/(usual*usual))) / math.Sqrt(k)
}

// aloofness tells how surprising it is that pauses have so little to do with what was typed (Fisher's z). Of people the
// correlation is about 0.55, give or take 0.2 from one to another.
func aloofness(correlation float64, n int) float64 {
	r := min(max(correlation, -0.99), 0.99)
	return (math.Atanh(0.55) - math.Atanh(r)) / math.Sqrt(1/float64(n-3)+0.2*0.2)
}

// closeness is what one pause may differ from another and yet be the same: 2 %.
const closeness = 0.02

// repetition tells how surprising it is that so many pauses are the same to 2 %, given how far they spread: steps of a timer, or
// a recording that is played again.
func (s *series) repetition(variance float64) float64 {
	var at, beside [256]uint8 // the same bins, shifted by half of one
	same, apart := 0, 0
	for _, p := range s.pause[:s.n] {
		k := int(p/(closeness/2)) + 1024
		i, j := uint8(k>>1), uint8((k+1)>>1)
		same, apart = same+int(at[i]), apart+int(beside[j])
		at[i]++
		beside[j]++
	}
	n := float64(s.n)
	expected := n * (n - 1) / 2 * closeness / (2 * math.Sqrt(math.Pi) * max(math.Sqrt(variance), 0.35))
	return (float64(max(same, apart)) - expected) / math.Sqrt(1.5*expected+1)
}

// fastLog is the natural logarithm to about 0.0001, for positive numbers.
func fastLog(x float64) float64 {
	b := math.Float64bits(x)
	m := math.Float64frombits(b&(1<<52-1) | 1023<<52)
	l := -1.7417939 + (2.8212026+(-1.4699568+(0.44717955-0.056570851*m)*m)*m)*m
	return (float64(int(b>>52)-1023) + l) * math.Ln2
}
