package model

import "math"

// linear is one view that has learned: the margin of a row is bias + Σ weight / √(Σ square). Both sums are over whole numbers,
// so a score does not depend on the machine, and a feature costs one access to memory.
type linear struct {
	cells []cell
	// unit is the weight of 1 in a cell.
	unit float32
	bias float32
}

// cell is what is known of one feature: its weight times its rarity, and its rarity squared.
type cell struct {
	Weight int16
	Square uint16
}

// squareUnit is a rarity squared of 1 in a cell.
const squareUnit = 256

// pack rounds weights (times rarity) and rarities to cells.
func pack(weights, idf []float32, bias float32) linear {
	var most float32
	for _, w := range weights {
		most = max(most, abs(w))
	}
	l := linear{cells: make([]cell, len(weights)), unit: max(most, 1e-6) / math.MaxInt16, bias: bias}
	for g, w := range weights {
		l.cells[g] = cell{
			Weight: int16(math.RoundToEven(float64(w / l.unit))),
			Square: uint16(math.RoundToEven(float64(min(idf[g]*idf[g], math.MaxUint16/squareUnit) * squareUnit))),
		}
	}
	return l
}

func (l *linear) margin(row []uint32) float64 { return l.total(l.sums(row)) }

// sums returns what the weights and the squares of a row add up to.
func (l *linear) sums(row []uint32) (sum, square int64) {
	for _, g := range row {
		c := l.cells[g]
		sum += int64(c.Weight)
		square += int64(c.Square)
	}
	return sum, square
}

// total is the margin of a row whose weights and squares add up to these.
func (l *linear) total(sum, square int64) float64 {
	return float64(l.bias) + l.part(float64(sum), float64(square))
}

// part is what a sum of weights makes of the margin, in a text whose squares add up to square.
func (l *linear) part(sum, square float64) float64 {
	if square == 0 {
		return 0
	}
	return sum * float64(l.unit) / math.Sqrt(square/squareUnit)
}
