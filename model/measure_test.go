package model_test

import (
	"math"
	"testing"

	"github.com/nospim/nospim/model"
)

// scored makes n texts of one kind.
func scored(n int, spam, called bool, score float64) []model.Scored {
	out := make([]model.Scored, n)
	for i := range out {
		out[i] = model.Scored{Spam: spam, Called: called, Score: score}
	}
	return out
}

func join(parts ...[]model.Scored) (all []model.Scored) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

// The counts are those of the SVM of Almeida et al. 2011, table 7: 423 of 509, 6 of 3391, accuracy 97.64, MCC .893.
func TestMeasure(t *testing.T) {
	r := model.Measure(join(
		scored(400, true, true, 0.99), scored(3, false, true, 0.98), scored(23, true, true, 0.97), scored(3, false, true, 0.96),
		scored(86, true, false, 0.1), scored(3385, false, false, 0.1),
	))
	if r.Spam != 509 || r.Ham != 3391 || r.SpamCaught != 423 || r.HamBlocked != 6 {
		t.Errorf("counts %+v", r)
	}
	if !near(r.SC, 83.10, 0.005) || !near(r.BH, 0.177, 0.001) || !near(r.Acc, 97.64, 0.005) || !near(r.MCC, 0.893, 0.0005) {
		t.Errorf("shares %+v", r)
	}
	// 0.1 % of 3391 are 3, 0.2 % are 6, and beyond that everything ties.
	if !near(r.SCAt01, 100*423./509, 1e-9) || !near(r.SCAt02, 100*423./509, 1e-9) || !near(r.SCAt05, 100*423./509, 1e-9) {
		t.Errorf("at fixed errors %v %v %v", r.SCAt01, r.SCAt02, r.SCAt05)
	}
	for key, in := range r.Interval {
		if in[0] > in[1] || math.IsNaN(in[0]) {
			t.Errorf("interval of %s is %v", key, in)
		}
	}
}

func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n     int
		from, to float64
	}{{0, 30000, 0, 0.0128}, {3, 3391, 0.0301, 0.2598}, {5, 10, 23.66, 76.34}, {10, 10, 72.25, 100}} {
		if got := model.Wilson(c.k, c.n); !near(got[0], c.from, 0.006) || !near(got[1], c.to, 0.006) {
			t.Errorf("Wilson(%d, %d) = %v, want %v to %v", c.k, c.n, got, c.from, c.to)
		}
	}
}

func TestAUCAndTies(t *testing.T) {
	if r := model.Measure(join(scored(5, true, true, 0.5), scored(5, false, true, 0.5))); r.AUC != 0.5 || r.SCAt05 != 0 {
		t.Errorf("all scores equal: AUC %v, caught at 0.5 %% %v; want 0.5 and 0", r.AUC, r.SCAt05)
	}
	if r := model.Measure(join(scored(2, true, true, 0.9), scored(2, false, false, 0.2))); r.AUC != 1 || r.MCC != 1 {
		t.Errorf("apart: AUC %v, MCC %v", r.AUC, r.MCC)
	}
	if r := model.Measure(scored(3, false, false, 0.2)); r.AUC != 0 || r.MCC != 0 || r.SC != 0 {
		t.Errorf("ham only: %+v", r)
	}
}

func TestReliability(t *testing.T) {
	bins, ece := model.Reliability(join(scored(8, true, true, 0.85), scored(2, false, true, 0.85), scored(10, false, false, 0.05)))
	if len(bins) != 2 || bins[1].N != 10 || !near(bins[1].Share, 0.8, 1e-9) || !near(ece, 0.05, 1e-9) {
		t.Errorf("bins %+v, error %v", bins, ece)
	}
}

func TestMean(t *testing.T) {
	a := model.Measure(join(scored(2, true, true, 0.9), scored(2, false, false, 0.2)))
	b := model.Measure(join(scored(1, true, true, 0.9), scored(1, true, false, 0.1), scored(2, false, false, 0.2)))
	m := model.Mean([]model.Result{a, b})
	if m.Spam != 4 || m.SpamCaught != 3 || m.SC != 75 || !near(m.MCC, (a.MCC+b.MCC)/2, 1e-12) || m.Interval["sc"] != model.Wilson(3, 4) {
		t.Errorf("%+v", m)
	}
}
