package detect

import "math"

// surprise is how unlike a person the pauses of a sender are: what the tests find, each in its own standard deviations, squared and
// added up where it speaks for a machine. The weights make each test alone as strong at one person in a thousand, tuned on seeds
// below 1,000 of TestTimingFamilies, which prints what comes of it on others. Why says what was found most.
func (c *cadence) surprise(coarse bool) (sum float64, why string) {
	room, s2 := c.room(coarse)
	talk, s1 := c.talk(coarse)
	if room > talk {
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

// gate is the sum of the cheap tests from which the dearer ones are asked.
const gate = 1.0

// finding adds up what tests find.
type finding struct {
	sum, most float64
	why       string
}

func (f *finding) take(z float64, why string) {
	if z <= 0 {
		return
	}
	f.sum += z * z
	if z > f.most {
		f.most, f.why = z, why
	}
}

// room looks at the pauses between lines in rooms. What somebody types says little about them: most of it is waiting.
func (c *cadence) room(coarse bool) (float64, string) {
	s := &c.rooms
	if s.n < fewestPauses {
		return 0, ""
	}
	var f finding
	m := s.moments()
	f.take(1.5*evenness(m.variance, usualRoom, s.n-1), whyEven)
	if !coarse {
		f.take(0.45*s.repetition(m.variance), whyRepeat)
	}
	return f.sum, f.why
}

const (
	whyEven     = "the pauses between the messages are all alike"
	whyRepeat   = "the same pauses come again and again, to the hundredth"
	whyDeaf     = "answers come by a clock, not after what they answer"
	whyAloof    = "the pauses have nothing to do with how much was typed"
	whyHeedless = "the sender goes on as soon without an answer as with one"
	whyFast     = "messages come faster than anybody types"
	whyPattern  = "pauses and sizes follow a pattern"
)

// talk looks at the pauses in talks with one person: the sender's own rhythm, and that of its answers.
func (c *cadence) talk(coarse bool) (float64, string) {
	own, turns := &c.own, &c.turns
	if max(own.n, turns.n) < fewestPauses {
		return 0, ""
	}
	var f finding
	o, t := own.moments(), turns.moments()
	even := 0.0
	if own.n >= fewestPauses {
		even = evenness(o.variance, usualOwn, own.n-1)
	}
	if turns.n >= fewestPauses {
		even = max(even, evenness(t.variance, usualTalk, turns.n-1))
		if t.spread > 0.05 {
			f.take(0.7*aloofness(t.correlation, turns.n), whyAloof)
		}
	}
	f.take(1.5*even, whyEven)
	f.take(c.replies.deafness(), whyDeaf)
	f.take(min(float64(own.fast)-1, 2), whyFast)
	f.take(min(c.heed.heedlessness(), 2), whyHeedless)
	if coarse {
		return f.sum, f.why
	}
	f.take(0.45*max(own.repetition(o.variance), turns.repetition(t.variance)), whyRepeat)
	if f.sum >= gate && turns.n >= fewestPauses {
		f.take(min(turns.pattern(t.sizes, t.spread), 3), whyPattern) // of itself no proof
	}
	return f.sum, f.why
}

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
