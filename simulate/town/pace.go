package town

import (
	"math"
	"math/rand/v2"
	"time"
)

// pause draws from a lognormal distribution of seconds, cut to a range.
func pause(r *rand.Rand, mu, sigma, least, most float64) time.Duration {
	return seconds(min(max(math.Exp(mu+sigma*r.NormFloat64()), least), most))
}

func seconds(s float64) time.Duration {
	return time.Duration(s*1000) * time.Millisecond
}

// around draws from a normal distribution of seconds, at least a tenth of one.
func around(r *rand.Rand, mean, deviation float64) time.Duration {
	return seconds(max(mean+deviation*r.NormFloat64(), 0.1))
}

// within draws evenly from a range of seconds.
func within(r *rand.Rand, least, most float64) time.Duration {
	return seconds(least + (most-least)*r.Float64())
}

// rarely draws from an exponential distribution with a mean.
func rarely(r *rand.Rand, mean time.Duration) time.Duration {
	return seconds(r.ExpFloat64() * mean.Seconds())
}

// reply is how long somebody takes to read and type an answer of so many characters: lognormal, mu 2.93 and sigma 0.74 of
// seconds at the mean length (STAR, 10,461 typed turns; median 18.6 s), longer for longer texts (14 s and 0.23 s a character).
// One in twelve answers comes after a longer pause with a heavy tail (tail index 1, as in busy channels).
func reply(r *rand.Rand, characters int) time.Duration {
	if r.IntN(12) == 0 {
		return pareto(r, 60, 3*time.Hour)
	}
	typed := pause(r, 2.93, 0.74, 1.5, 300).Seconds()
	return seconds(typed * (14 + 0.23*float64(characters)) / (14 + 0.23*75))
}

// further is how long somebody takes to add a line to an own one.
func further(r *rand.Rand, characters int) time.Duration {
	return pause(r, 1.7, 0.7, 0.8, 60) + seconds(0.12*float64(characters))
}

// canned is how long staff take to click a ready-made reply: lognormal, mu 2.98 and sigma 0.69 (STAR, 7,963 turns).
func canned(r *rand.Rand) time.Duration { return pause(r, 2.98, 0.69, 2, 300) }

// spoken is the gap between two own lines in a busy channel: lognormal, mu 4.03 and sigma 1.66 (IRC, 8,858 gaps; median 56 s).
func spoken(r *rand.Rand) time.Duration { return pause(r, 4.03, 1.66, 1, 6*3600) }

// pareto draws from a Pareto distribution with tail index 1, from least seconds on.
func pareto(r *rand.Rand, least float64, most time.Duration) time.Duration {
	return min(seconds(least/(1-r.Float64())), most)
}

// hours is how awake people are by the hour of their day, 10 being most.
var hours = [24]float64{2, 1, 0.6, 0.4, 0.4, 0.8, 2, 4, 5, 5, 5, 6, 7, 6, 5, 5, 6, 7, 8, 9, 10, 10, 8, 5}

// next is the moment of the next of something that happens so often a day, more by day than by night (thinning of a Poisson
// process; the mean of hours is about half of its top).
func (w *world) next(r *rand.Rand, a *actor, daily float64) time.Duration {
	const top, mean = 10, 5
	gap := 24 * time.Hour.Seconds() / max(daily, 1e-3) * mean / top
	for t := w.now; ; {
		t += seconds(gap*r.ExpFloat64()) + time.Millisecond
		if t >= w.o.Length || r.Float64()*top < hours[w.hour(t, a)] {
			return t
		}
	}
}

// hour is the hour of an actor's day at a moment.
func (w *world) hour(t time.Duration, a *actor) int {
	return (w.o.Start.Add(t).UTC().Hour() + a.zone + 24) % 24
}

// chance is true so often.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// pick returns one of several.
func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
