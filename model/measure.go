package model

import (
	"cmp"
	"math"
	"slices"
)

// Scored is one text with its label and what a model said.
type Scored struct {
	Spam, Called bool
	Score        float64
}

// Result is what a model did on a test. Shares are percent, MCC and AUC are not. Of several runs, counts are added up and the
// rest is the mean.
type Result struct {
	Spam       int `json:"spam"`
	Ham        int `json:"ham"`
	SpamCaught int `json:"spam_caught"`
	HamBlocked int `json:"ham_blocked"`
	// SC and BH are the shares of spam caught and of ham blocked, Acc that of right answers.
	SC  float64 `json:"sc"`
	BH  float64 `json:"bh"`
	Acc float64 `json:"acc"`
	// MCC is Matthews' correlation, AUC the area under the ROC curve.
	MCC float64 `json:"mcc"`
	AUC float64 `json:"auc"`
	// SCAt are the largest shares of spam caught with at most so much ham blocked.
	SCAt01 float64 `json:"sc_at_0_1"`
	SCAt02 float64 `json:"sc_at_0_2"`
	SCAt05 float64 `json:"sc_at_0_5"`
	// Interval has the 95 % interval of each number by its key.
	Interval map[string]Interval `json:"interval"`
}

// Interval reaches from its first number to its second.
type Interval [2]float64

// Measure counts. Numbers that need both classes are 0 where one is missing.
func Measure(all []Scored) Result {
	var r Result
	for _, s := range all {
		if s.Spam {
			r.Spam++
			r.SpamCaught += flag(s.Called)
		} else {
			r.Ham++
			r.HamBlocked += flag(s.Called)
		}
	}
	r.SC, r.BH = percent(r.SpamCaught, r.Spam), percent(r.HamBlocked, r.Ham)
	right := r.SpamCaught + r.Ham - r.HamBlocked
	r.Acc = percent(right, len(all))
	r.MCC = mcc(r.SpamCaught, r.HamBlocked, r.Ham-r.HamBlocked, r.Spam-r.SpamCaught)
	r.Interval = map[string]Interval{
		"sc": Wilson(r.SpamCaught, r.Spam), "bh": Wilson(r.HamBlocked, r.Ham), "acc": Wilson(right, len(all)),
		"mcc": fisher(r.MCC, len(all)),
	}
	if r.Spam == 0 || r.Ham == 0 {
		return r
	}
	curve := Curve(all)
	r.AUC = area(curve)
	r.Interval["auc"] = hanley(r.AUC, r.Spam, r.Ham)
	for _, at := range []struct {
		share float64
		into  *float64
		key   string
	}{{0.001, &r.SCAt01, "sc_at_0_1"}, {0.002, &r.SCAt02, "sc_at_0_2"}, {0.005, &r.SCAt05, "sc_at_0_5"}} {
		caught := 0
		for _, p := range curve {
			if float64(p.Blocked) <= at.share*float64(r.Ham) {
				caught = max(caught, p.Caught)
			}
		}
		*at.into = percent(caught, r.Spam)
		r.Interval[at.key] = Wilson(caught, r.Spam)
	}
	return r
}

// Mean puts the results of several runs together. The intervals are those of the counts that were added up; of MCC, AUC and
// the shares at a fixed error they are those of the mean, from its standard error, and of one run its own.
func Mean(runs []Result) Result {
	if len(runs) == 1 {
		return runs[0]
	}
	var m Result
	for _, r := range runs {
		m.Spam, m.Ham = m.Spam+r.Spam, m.Ham+r.Ham
		m.SpamCaught, m.HamBlocked = m.SpamCaught+r.SpamCaught, m.HamBlocked+r.HamBlocked
	}
	right := m.SpamCaught + m.Ham - m.HamBlocked
	m.Interval = map[string]Interval{
		"sc": Wilson(m.SpamCaught, m.Spam), "bh": Wilson(m.HamBlocked, m.Ham), "acc": Wilson(right, m.Spam+m.Ham),
	}
	mean := func(key string, of func(*Result) *float64) {
		var sum, square float64
		for i := range runs {
			sum += *of(&runs[i])
		}
		n := float64(len(runs))
		mean := sum / n
		for i := range runs {
			d := *of(&runs[i]) - mean
			square += d * d
		}
		*of(&m) = mean
		if _, ok := m.Interval[key]; !ok {
			half := 1.96 * math.Sqrt(square/max(1, n-1)/n)
			m.Interval[key] = Interval{mean - half, mean + half}
		}
	}
	mean("sc", func(r *Result) *float64 { return &r.SC })
	mean("bh", func(r *Result) *float64 { return &r.BH })
	mean("acc", func(r *Result) *float64 { return &r.Acc })
	mean("mcc", func(r *Result) *float64 { return &r.MCC })
	mean("auc", func(r *Result) *float64 { return &r.AUC })
	mean("sc_at_0_1", func(r *Result) *float64 { return &r.SCAt01 })
	mean("sc_at_0_2", func(r *Result) *float64 { return &r.SCAt02 })
	mean("sc_at_0_5", func(r *Result) *float64 { return &r.SCAt05 })
	return m
}

func percent(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return 100 * float64(k) / float64(n)
}

func mcc(tp, fp, tn, fn int) float64 {
	d := math.Sqrt(float64(tp+fp)*float64(tp+fn)) * math.Sqrt(float64(tn+fp)*float64(tn+fn))
	if d == 0 {
		return 0
	}
	return (float64(tp)*float64(tn) - float64(fp)*float64(fn)) / d
}

// z is the quantile of the normal distribution for 95 %.
const z = 1.959964

// Wilson returns the 95 % interval of k of n in percent (Wilson 1927).
func Wilson(k, n int) Interval {
	if n == 0 {
		return Interval{0, 100}
	}
	p, c := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*c)) / (1 + z*z/c)
	half := z / (1 + z*z/c) * math.Sqrt(p*(1-p)/c+z*z/(4*c*c))
	return Interval{100 * max(0, mid-half), 100 * min(1, mid+half)}
}

// fisher returns the 95 % interval of a correlation (Fisher 1921).
func fisher(r float64, n int) Interval {
	if n <= 3 || r <= -1 || r >= 1 {
		return Interval{r, r}
	}
	half := z / math.Sqrt(float64(n-3))
	return Interval{math.Tanh(math.Atanh(r) - half), math.Tanh(math.Atanh(r) + half)}
}

// hanley returns the 95 % interval of an area under the ROC curve (Hanley and McNeil 1982).
func hanley(a float64, spam, ham int) Interval {
	q1, q2 := a/(2-a), 2*a*a/(1+a)
	v := (a*(1-a) + float64(spam-1)*(q1-a*a) + float64(ham-1)*(q2-a*a)) / float64(spam) / float64(ham)
	half := z * math.Sqrt(max(0, v))
	return Interval{max(0, a-half), min(1, a+half)}
}

// Point is one point of the ROC curve: how much is caught and blocked from a score on.
type Point struct {
	Score           float64
	Caught, Blocked int
}

// Curve returns the ROC curve, from the highest score down; equal scores make one point.
func Curve(all []Scored) []Point {
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b Scored) int { return cmp.Compare(b.Score, a.Score) })
	curve := []Point{{Score: math.Inf(1)}}
	p := curve[0]
	for i, s := range order {
		p.Score = s.Score
		p.Caught += flag(s.Spam)
		p.Blocked += flag(!s.Spam)
		if i+1 == len(order) || order[i+1].Score != s.Score {
			curve = append(curve, p)
		}
	}
	return curve
}

func area(curve []Point) float64 {
	var sum float64
	for i := 1; i < len(curve); i++ {
		sum += float64(curve[i].Blocked-curve[i-1].Blocked) * float64(curve[i].Caught+curve[i-1].Caught) / 2
	}
	end := curve[len(curve)-1]
	return sum / float64(end.Caught) / float64(end.Blocked)
}

// Bin is one part of the reliability curve: texts with like scores, the mean of their scores, the share of them that is spam.
type Bin struct {
	From, To    float64
	N, Spam     int
	Mean, Share float64
}

// Reliability puts texts into ten bins by score and returns the bins that are not empty, and the expected calibration error:
// the mean distance of score and share, by size of bin.
func Reliability(all []Scored) (bins []Bin, ece float64) {
	const n = 10
	var by [n]Bin
	for _, s := range all {
		b := &by[min(n-1, int(s.Score*n))]
		b.N++
		b.Spam += flag(s.Spam)
		b.Mean += s.Score
	}
	for i := range by {
		b := &by[i]
		if b.N == 0 {
			continue
		}
		b.From, b.To = float64(i)/n, float64(i+1)/n
		b.Mean /= float64(b.N)
		b.Share = float64(b.Spam) / float64(b.N)
		ece += math.Abs(b.Mean-b.Share) * float64(b.N) / float64(len(all))
		bins = append(bins, *b)
	}
	return bins, ece
}
