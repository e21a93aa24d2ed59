package model

// grams are the features of the character view that a reader has met, in the order in which it met them first. Everyday words bring
// theirs early, so what every text looks at lies close together, although hashing strews it over the whole view.
type grams struct {
	cells []cell   // what is known of each feature, by its index
	met   []gram   // those that were met
	index []uint32 // of each of met
	place []uint32 // in met, plus one, by the index; 0: not met yet

	turn uint32 // counts the texts
	// The sums of what is known of the features of this text: see linear.
	sum, square int64
}

// gram is what is known of a feature that was met, and the turn in which it came last.
type gram struct {
	cell
	turn uint32
}

func newGrams(cells []cell) grams {
	return grams{cells: cells, place: make([]uint32, len(cells))}
}

// begin begins another text.
func (g *grams) begin() {
	g.sum, g.square = 0, 0
	if g.turn++; g.turn > 0 {
		return
	}
	g.turn = 1
	for i := range g.met {
		g.met[i].turn = 0
	}
}

// meet returns the place of a feature.
func (g *grams) meet(index uint32) uint32 {
	if g.place[index] == 0 {
		g.met = append(g.met, gram{cell: g.cells[index]})
		g.index = append(g.index, index)
		g.place[index] = uint32(len(g.met))
	}
	return g.place[index] - 1
}

// came reports whether a feature came already in this text.
func (g *grams) came(place uint32) bool { return g.met[place].turn == g.turn }

// add adds features by their places. Whether one came already nobody can foresee, least of all the processor: so nothing is asked,
// but of one that did, nothing is what its weight adds.
func (g *grams) add(places []uint32) {
	met, turn, sum, square := g.met, g.turn, g.sum, g.square
	for _, p := range places {
		m := &met[p]
		first := (int64(m.turn) - int64(turn)) >> 63 // all bits, or none
		m.turn = turn
		sum += int64(m.Weight) & first
		square += int64(m.Square) & first
	}
	g.sum, g.square = sum, square
}

// appendWord appends the places of the n-grams, of two to five characters, of a word with a space on either side.
func (g *grams) appendWord(dst []uint32, word []rune) []uint32 {
	for i := range word {
		h := mix(hashStart, uint64(word[i]))
		for _, c := range word[i+1 : min(i+5, len(word))] {
			h = mix(h, uint64(c))
			dst = append(dst, g.meet(index(h, 64-charBits)))
		}
	}
	return dst
}
