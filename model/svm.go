package model

import (
	"math"
	"math/rand/v2"
)

// rows are the features of many texts in one view: row i is grams[at[i]:at[i+1]].
type rows struct {
	at    []int
	grams []uint32
}

func (r *rows) add(row []uint32) {
	r.grams = append(r.grams, row...)
	r.at = append(r.at, len(r.grams))
}

func (r *rows) row(i int) []uint32 { return r.grams[r.at[i]:r.at[i+1]] }

// idf returns how rare each feature is among the rows that are used: 1 + ln((1+n)/(1+df)).
func (r *rows) idf(size int, use []int) []float32 {
	df := make([]int32, size)
	for _, i := range use {
		for _, g := range r.row(i) {
			df[g]++
		}
	}
	w := make([]float32, size)
	for g, n := range df {
		w[g] = float32(1 + math.Log(float64(1+len(use))/float64(1+n)))
	}
	return w
}

// scale returns one over the length of a row's vector, so that long and short texts weigh alike.
func scale(row []uint32, idf []float32) float32 {
	var sum float32
	for _, g := range row {
		sum += idf[g] * idf[g]
	}
	if sum == 0 {
		return 0
	}
	return float32(1 / math.Sqrt(float64(sum)))
}

// svm says how hard to learn.
type svm struct {
	// cost is the price of an error.
	cost float64
	// gains are how loud each view speaks beside the others.
	gains  [views]float32
	rounds int
	seed   uint64
}

// The margins are near enough when no text asks for more than this.
const svmNear = 0.02

// learner is one run of training.
type learner struct {
	rows    *[views]rows
	use     []int
	idf     [views][]float32
	weights [views][]float32
	bias    float32
	scales  [][views]float32 // by place in use
	alpha   []float32
}

// train solves the dual of the L2-loss linear SVM by coordinate descent (Hsieh et al., ICML 2008, algorithm 1) over all views
// at once: what one view explains, the others need not. Rows are visited in a seeded order, one at a time, so the result does
// not depend on how many processors there are. weight is the price of each row.
func (o svm) train(all *[views]rows, use []int, spam []bool, weight []float32) [views]linear {
	l := o.begin(all, use)
	length := float32(1) // of a row's vector, squared: each view has its gain's, the bias has 1
	for _, g := range o.gains {
		length += g * g
	}
	order := make([]int, len(use))
	for k := range order {
		order[k] = k
	}
	rng := rand.New(rand.NewPCG(o.seed, 1))
	for range o.rounds {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		var worst float32
		for _, k := range order {
			y := float32(-1)
			if spam[use[k]] {
				y = 1
			}
			d := float32(0.5 / (o.cost * float64(weight[use[k]])))
			grad := float32(y*l.margin(k)) - 1 + float32(d*l.alpha[k])
			if l.alpha[k] == 0 && grad >= 0 {
				continue
			}
			worst = max(worst, abs(grad))
			after := max(0, l.alpha[k]-grad/(length+d))
			l.step(k, (after-l.alpha[k])*y)
			l.alpha[k] = after
		}
		if worst < svmNear {
			break
		}
	}
	return l.linear(o.gains)
}

func (o svm) begin(all *[views]rows, use []int) *learner {
	l := &learner{rows: all, use: use, scales: make([][views]float32, len(use)), alpha: make([]float32, len(use))}
	for v := range views {
		l.idf[v] = all[v].idf(1<<viewBits[v], use)
		l.weights[v] = make([]float32, 1<<viewBits[v])
		for k, i := range use {
			l.scales[k][v] = o.gains[v] * scale(all[v].row(i), l.idf[v])
		}
	}
	return l
}

// margin is what is thought of row k so far. Products are rounded before they are added, as not every machine would by itself.
func (l *learner) margin(k int) float32 {
	sum := l.bias
	for v := range views {
		w, idf := l.weights[v], l.idf[v]
		var dot float32
		for _, g := range l.rows[v].row(l.use[k]) {
			dot += float32(w[g] * idf[g])
		}
		sum += float32(dot * l.scales[k][v])
	}
	return sum
}

// step moves the weights along row k.
func (l *learner) step(k int, by float32) {
	if by == 0 {
		return
	}
	l.bias += by
	for v := range views {
		w, idf, far := l.weights[v], l.idf[v], float32(by*l.scales[k][v])
		for _, g := range l.rows[v].row(l.use[k]) {
			w[g] += float32(far * idf[g])
		}
	}
}

// linear packs what was learned. The bias is shared out evenly.
func (l *learner) linear(gains [views]float32) (out [views]linear) {
	for v := range out {
		for g := range l.weights[v] {
			l.weights[v][g] *= l.idf[v][g] * gains[v]
		}
		out[v] = pack(l.weights[v], l.idf[v], l.bias/views)
	}
	return out
}

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}
