package detect

import "math"

// Entropy of short sequences, after Gianvecchio, Xie, Wu and Wang, "Measurement and Classification of Humans and Bots in Internet
// Chat" (USENIX Security 2008): a person's pauses and sizes are less regular than a program's. Values are put into bins of equal
// probability for people; the conditional entropy of a value given those before it is corrected for patterns that are only
// seen once, and so seem certain: CCE(m) = CE(m) + perc(m)·EN, where perc(m) is the share of patterns of length m that are
// unique (Porta and others 1998). The smallest over m is taken.

// symbols is how many bins there are.
const symbols = 5

// longestPattern is the longest m: beyond it, all patterns of 31 values are unique.
const longestPattern = 3

// bin puts a normally distributed value into one of five bins of equal probability.
func bin(x, mean, deviation float64) uint8 {
	switch z := (x - mean) / deviation; {
	case z < -0.8416:
		return 0
	case z < -0.2533:
		return 1
	case z < 0.2533:
		return 2
	case z < 0.8416:
		return 3
	default:
		return 4
	}
}

// entropy returns the first-order entropy of a sequence of bins and its corrected conditional entropy, both in bits.
func entropy(bins []uint8) (first, corrected float64) {
	var counts [symbols * symbols * symbols]uint8
	before := 0.0
	for m := 1; m <= longestPattern && m <= len(bins); m++ {
		h, unique := patterns(bins, m, &counts)
		if m == 1 {
			first, corrected = h, h
		} else {
			corrected = max(0, min(corrected, h-before+unique*first))
		}
		before = h
	}
	return first, corrected
}

// patterns returns the entropy of the patterns of length m, and the share of them that are seen once.
func patterns(bins []uint8, m int, counts *[symbols * symbols * symbols]uint8) (h, unique float64) {
	possible := symbols
	for range m - 1 {
		possible *= symbols
	}
	clear(counts[:possible])
	total := len(bins) - m + 1
	for i := range total {
		code := 0
		for _, b := range bins[i : i+m] {
			code = code*symbols + int(b)
		}
		counts[code]++
	}
	var terms [pauses + 1]float64 // of the sum, by count: few differ
	for _, c := range counts[:possible] {
		if c == 1 {
			unique++
		}
		if c > 0 {
			if terms[c] == 0 {
				p := float64(c) / float64(total)
				terms[c] = p * math.Log2(p)
			}
			h -= terms[c]
		}
	}
	return h, unique / float64(total)
}
