package link

import "math/bits"

// edited returns a long brand word from which a part is several edits away. The first letter stays, and in shorter
// words the last one too.
func (b *Brands) edited(p string, lured bool) *brandWord {
	if len(p) < 6 || len(p) > longestWord+6 || b.plain[p] {
		return nil
	}
	var space [64]byte
	look := appendLook(space[:0], p)
	set := letters(look)
	for _, w := range b.long[look[0]] {
		most := tolerance(len(w.look), lured)
		d := len(look) - len(w.look)
		if most == 0 || d > most || -d > most || len(w.look) < 10 && look[len(look)-1] != w.look[len(w.look)-1] || bits.OnesCount32(set^w.letters) > most+1 {
			continue
		}
		if n := distance(look, w.look, most); n > 0 && n <= most {
			return w
		}
	}
	return nil
}

// tolerance is how many edits a word of n letters bears; with a strong lure beside it more.
func tolerance(n int, lured bool) int {
	switch {
	case n >= 13:
		return 3
	case lured:
		return 2
	case n >= 10:
		return 1
	}
	return 0
}

// letters is the set of letters of a word, a bit each.
func letters(s []byte) (set uint32) {
	for _, c := range s {
		set |= 1 << (c & 31)
	}
	return set
}

// distance counts the edits between two words of at most 31 bytes (optimal string alignment, Damerau 1964); more than most
// counts as most+1.
func distance(a []byte, b string, most int) int {
	var rows [3][longestWord + 8]int8
	if len(b) >= len(rows[0]) {
		return most + 1
	}
	two, one, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		one[j] = int8(j)
	}
	for i := 1; i <= len(a); i++ {
		row[0] = int8(i)
		least := row[0]
		for j := 1; j <= len(b); j++ {
			cost := int8(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, two[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if int(least) > most {
			return most + 1
		}
		two, one, row = one, row, two
	}
	return int(one[len(b)])
}
