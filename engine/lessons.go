package engine

import (
	"slices"
	"time"

	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/record"
)

// What bounds the influence of who teaches.
const (
	// quorum is from how many people's reports of texts like it a text that no moderator looked at teaches anything.
	quorum = 3
	// reporterShare is how much all reports of one person together weigh at most; one moderator's decision weighs 1.
	reporterShare = 0.5
	// alike is which share of their words two texts have in common to count as reports of the same.
	alike = 0.5
	// mostTaught is how many of the latest examples of each source are learned from.
	mostTaught = 500
	// contradicted is which share of a sample's words a moderator's spam must have for the sample not to be taken for honest.
	contradicted = 0.8
)

// lesson is what becomes of a service's examples.
type lesson struct {
	lessons model.Lessons
	// Refused says that a lesson was not put in force because it would have made spam of messages known to be honest.
	moderatedRefused, reportedRefused bool
}

// learn makes the lessons of one service. It depends on nothing but the examples, which stand in the order of their IDs and whose
// words it sorts, and on the model's threshold.
func learn(examples []record.Example, threshold float64) lesson {
	line := model.Logit(threshold)
	moderated, reported, samples := divide(examples)
	honest := weighAll(samples, 1)
	var l lesson
	if len(moderated) > 0 {
		l.lessons.Moderated = model.Learn(append(weighAll(moderated, 1), honest...), line, model.MostModerated)
		if blocksAny(l.lessons, honest, line) {
			l.lessons.Moderated, l.moderatedRefused = nil, true
		}
	}
	if people := weighReports(reported, moderated); len(people) > 0 {
		candidate := l.lessons
		for i := range moderated {
			if !moderated[i].Spam {
				honest = append(honest, weighAll(moderated[i:i+1], 1)...)
			}
		}
		candidate.Reported = model.Learn(append(people, honest...), line, model.MostReported)
		if l.reportedRefused = blocksAny(candidate, honest, line); !l.reportedRefused {
			l.lessons = candidate
		}
	}
	return l
}

// divide sorts examples by their source, the latest mostTaught of each. Of one event the moderator's word stands; a sample that a
// moderator's decision contradicts is left out.
func divide(examples []record.Example) (moderated, reported, samples []record.Example) {
	decided := map[string]bool{}
	for i := range examples {
		slices.Sort(examples[i].Words)
		switch e := examples[i]; e.Source {
		case record.FromModerator:
			decided[e.EventID] = true
			moderated = append(moderated, e)
		case record.FromPerson:
			reported = append(reported, e)
		case record.FromSample:
			samples = append(samples, e)
		}
	}
	moderated = latest(moderated)
	reported = latest(slices.DeleteFunc(reported, func(e record.Example) bool { return decided[e.EventID] }))
	samples = latest(slices.DeleteFunc(samples, func(e record.Example) bool {
		return slices.ContainsFunc(moderated, func(m record.Example) bool { return m.Spam && overlap(e.Words, m.Words) >= contradicted })
	}))
	return moderated, reported, samples
}

func latest(es []record.Example) []record.Example { return es[max(0, len(es)-mostTaught):] }

func weighAll(es []record.Example, weight float64) []model.Example {
	out := make([]model.Example, 0, len(es))
	for _, e := range es {
		out = append(out, model.Example{Words: e.Words, Base: e.Base, Spam: e.Spam, Weight: weight})
	}
	return out
}

// weighReports weighs what people reported: nothing below the quorum, and one person's reports together no more than their share.
// The share falls with each of their reports that moderators contradicted.
func weighReports(reported, moderated []record.Example) []model.Example {
	var counted []record.Example
	by := map[string]int{}
	for i := range reported {
		if others(reported, i) >= quorum {
			counted = append(counted, reported[i])
			by[reported[i].By]++
		}
	}
	wrong := contradictions(reported, moderated)
	out := make([]model.Example, 0, len(counted))
	for _, e := range counted {
		share := reporterShare / float64(1+3*wrong[e.By])
		out = append(out, weighAll([]record.Example{e}, min(share/2, share/float64(by[e.By])))...)
	}
	return out
}

// others counts the people who reported texts like the one at i, its own reporter included.
func others(reported []record.Example, i int) int {
	people := map[string]bool{}
	for j := range reported {
		if len(people) >= quorum {
			break
		}
		if !people[reported[j].By] && overlap(reported[i].Words, reported[j].Words) >= alike {
			people[reported[j].By] = true
		}
	}
	return len(people)
}

// contradictions counts for each person the reports of texts that a moderator called honest.
func contradictions(reported, moderated []record.Example) map[string]int {
	n := map[string]int{}
	for i := range reported {
		for j := range moderated {
			if !moderated[j].Spam && overlap(reported[i].Words, moderated[j].Words) >= contradicted {
				n[reported[i].By]++
				break
			}
		}
	}
	return n
}

// overlap is the Jaccard index of two sorted lists of words, each without repetition: 0 to 1.
func overlap(a, b []uint32) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b) == 0 || float64(len(a)) < alike*float64(len(b)) {
		return 0
	}
	all := len(a) + len(b)
	common := 0
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			common++
			a, b = a[1:], b[1:]
		}
	}
	return float64(common) / float64(all-common)
}

// blocksAny reports whether lessons make spam of a text that is known to be honest and that the model alone lets pass.
func blocksAny(l model.Lessons, honest []model.Example, line float64) bool {
	for i := range honest {
		e := &honest[i]
		if e.Base < line && e.Base+l.Shift(e.Words) >= line {
			return true
		}
	}
	return false
}

// settled is how old an account must be for its report to teach, and for its messages to contacts to be samples.
const settled = 7 * 24 * time.Hour
