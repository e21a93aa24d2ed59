package detect

import "math"

// surprise is how unlike a person the pauses of a sender are, in rooms or in talks, whichever is more. Why says what was found most.
func (c *cadence) surprise(coarse bool) (sum float64, why string) {
	talk, s1 := c.talk(coarse)
	room, s2 := c.room(coarse)
	if room > talk && c.rooms.n >= fewestPauses {
		return room, s2
	}
	return talk, s1
}

// The least standard deviation of the logarithms of pauses that people usually have: in talks (of people in chat-star, 1 in 20 has
// less than 0.37 in a dozen pauses), and in rooms, where the tail is heavy.
const (
	usualTalk = 0.5
	usualOwn  = 0.4
	usualRoom = 0.8
)

// finding adds up what tests find.
type finding struct {
	sum, most float64
	why       string
}

// take adds what one test says, for a machine or, below 0, for a person.
func (f *finding) take(much float64, why string) {
	f.sum += much
	if much > f.most {
		f.most, f.why = much, why
	}
}

// room looks at the pauses between lines in rooms. What somebody types says little about them: most of it is waiting. Each test speaks
// in its own standard deviations, squared where it speaks for a machine. A timer that draws from an exponential distribution is not told
// from people here: their own pauses spread even further.
func (c *cadence) room(coarse bool) (float64, string) {
	s := &c.rooms
	if s.n < fewestPauses {
		return 0, ""
	}
	var f finding
	m := s.moments()
	f.take(2.25*squared(evenness(m.variance, usualRoom, s.n-1)), whyEven)
	if !coarse {
		f.take(0.2*squared(s.repetition(m.variance)), whyRepeat)
	}
	return f.sum, f.why
}

// squared is the square of a positive number, 0 of others.
func squared(z float64) float64 { return max(0, z) * max(0, z) }

const (
	whyEven     = "the pauses between the messages are all alike"
	whyRepeat   = "the same pauses come again and again, to the hundredth"
	whyDeaf     = "answers come by a clock, not after what they answer"
	whyAloof    = "the pauses have nothing to do with how much was typed"
	whyHeedless = "the sender goes on as soon without an answer as with one"
	whyHasty    = "answers come faster than anybody types"
	whyCeiling  = "short pauses come now and then, but never a long one"
	whyPattern  = "pauses and sizes follow a pattern"
)

// What the tests of a talk weigh: a logistic regression of machines against people (the sessions of TestTimingFamilies and towns of
// seeds below 1,000, half of the people of chat-star). They add up to the logarithm of the odds that it is a machine; where a test
// speaks for a person it counts, too, which is what lets the others be strong. Nothing but the sums of squares is a proof of itself.
const (
	talkBias      = -4.2
	weightOwn     = 1.2 // of squares
	weightTurns   = 3.8
	weightRepeats = 0.2
	weightAloof   = 0.55
	weightDeaf    = 0.55
	weightHeed    = 1.05
	weightHasty   = 0.35
	weightCeiling = 0.95
	weightPattern = 1.2
)

// mostPattern is the most that pattern says.
const mostPattern = 3.6

// surpriseOfOdds brings the logarithm of the odds onto the scale of the rungs: 1 is odd, 3 a machine.
func surpriseOfOdds(odds float64) float64 {
	return oddSurprise + (machineSurprise-oddSurprise)/2*(odds-1)
}

// talk looks at the pauses in talks with one person: the sender's own rhythm, and that of its answers.
func (c *cadence) talk(coarse bool) (float64, string) {
	own, turns := &c.own, &c.turns
	if max(own.n, turns.n) < fewestPauses {
		return surpriseOfOdds(talkBias), ""
	}
	f := finding{sum: talkBias}
	f.take(weightDeaf*within(c.replies.deafness()), whyDeaf)
	f.take(weightHeed*within(c.heed.heedlessness()), whyHeedless)
	f.take(weightHasty*float64(min(c.hasty, 6)), whyHasty)
	if own.n >= fewestPauses {
		m := own.moments()
		f.take(weightOwn*squared(within(evenness(m.variance, usualOwn, own.n-1))-1), whyEven)
		if !coarse {
			f.take(weightRepeats*squared(within(own.repetition(m.variance))-1), whyRepeat)
		}
	}
	if turns.n < fewestPauses {
		return surpriseOfOdds(f.sum), f.why
	}
	m := turns.moments()
	f.take(weightTurns*squared(within(evenness(m.variance, usualTalk, turns.n-1))-1), whyEven)
	f.take(weightCeiling*within(turns.ceiling(&m)), whyCeiling)
	if m.spread > 0.05 {
		f.take(weightAloof*within(aloofness(m.correlation, turns.n)), whyAloof)
	}
	if f.sum+weightPattern*mostPattern >= 1 { // the dearest test, asked where it can matter
		f.take(weightPattern*within(turns.pattern(m.sizes, m.spread)), whyPattern)
	}
	return surpriseOfOdds(f.sum), f.why
}

// within keeps one test from outvoting all others.
func within(z float64) float64 { return min(max(z, -4), 6) }

// fewestSizes is how many sizes have an entropy that says anything.
const fewestSizes = 18

// pattern tells how surprising it is that sizes follow each other so regularly, by their corrected conditional entropy. Bins are the
// sender's own: some people only ever write two words.
func (s *series) pattern(mean, spread float64) float64 {
	if spread <= 0.05 || s.n < fewestSizes {
		return 0
	}
	var sizes [pauses]uint8
	deviation := math.Sqrt(spread)
	for i, t := range s.typed[:s.n] {
		sizes[i] = bin(t, mean, deviation)
	}
	_, corrected := entropy(sizes[:s.n])
	return 2 * (1.8 - corrected)
}
