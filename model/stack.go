package model

import "math"

// inputs of the stacker: the margins of the views, and their smallest and largest, so that it can ask for agreement.
const inputs = views + 1

// stack is a logistic regression over the margins of the views.
type stack struct {
	weights [inputs]float64
	bias    float64
}

// input makes the stacker's input of the margins.
func input(m *[views]float64) (x [inputs]float64) {
	copy(x[:], m[:])
	x[views] = min(m[viewWord], m[viewChar])
	return x
}

func (s *stack) logit(m *[views]float64) float64 {
	x := input(m)
	z := s.bias
	for i := range x {
		z += s.weights[i] * x[i]
	}
	return z
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// fitStack fits the stacker by Newton's method with a small ridge; margins are those of texts that no view was trained on.
func fitStack(margins [][views]float64, spam []bool, weight []float64) stack {
	const n = inputs + 1
	const ridge = 0.02
	var w [n]float64
	for range 50 {
		var grad [n]float64
		var hess [n][n]float64
		for i := range margins {
			in := input(&margins[i])
			var x [n]float64
			copy(x[:], in[:])
			x[n-1] = 1
			var z float64
			for j := range x {
				z += w[j] * x[j]
			}
			p := sigmoid(z)
			y := 0.0
			if spam[i] {
				y = 1
			}
			for j := range x {
				grad[j] += weight[i] * (p - y) * x[j]
				for k := range x {
					hess[j][k] += weight[i] * p * (1 - p) * x[j] * x[k]
				}
			}
		}
		for j := range hess {
			grad[j] += ridge * w[j]
			hess[j][j] += ridge
		}
		step := solve(hess, grad)
		var size float64
		for j := range w {
			w[j] -= step[j]
			size += step[j] * step[j]
		}
		if size < 1e-12 {
			break
		}
	}
	s := stack{bias: w[n-1]}
	copy(s.weights[:], w[:inputs])
	return s
}

// solve solves a·x = b by elimination with pivots.
func solve(a [inputs + 1][inputs + 1]float64, b [inputs + 1]float64) [inputs + 1]float64 {
	const n = inputs + 1
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p], b[c], b[p] = a[p], a[c], b[p], b[c]
		for r := range n {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for k := c; k < n; k++ {
				a[r][k] -= f * a[c][k]
			}
			b[r] -= f * b[c]
		}
	}
	for c := range n {
		b[c] /= a[c][c]
	}
	return b
}
