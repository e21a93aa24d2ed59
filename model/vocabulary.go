package model

import "math/bits"

// vocabulary remembers what words come to: most of what people write are the same few words over and over (Zipf 1935). It is a
// cache of a fixed size: a word takes the place of another one, and when the features fill their room, all begins anew.
type vocabulary struct {
	known  [1 << knownBits]knownWord
	pieces []uint32
}

// knownWord is a word of at most twelve of the letters a to z and apostrophes.
type knownWord struct {
	// key is the word itself: no word is taken for another one.
	key uint64
	// hash is that of the word view, pieces[from:to] are those of the word in order, some of them twice.
	hash     uint64
	from, to uint32
}

// Sizes of a vocabulary, which takes 780 kB when it is full.
const (
	knownBits   = 13
	places      = 4 // that a word may have
	knownPieces = 1 << 17
	longestKey  = 12
)

// codes gives the letters of plain words a number from 1 on; 0 is for all else.
var codes = func() (t [256]uint8) {
	for c := byte('a'); c <= 'z'; c++ {
		t[c] = c - 'a' + 1
	}
	t['\''] = 27
	return t
}()

// plainWord returns where the run of plain letters from i on ends, and its key if it is no longer than longestKey: of less than eight
// letters they themselves, of more five bits a letter and the highest bit.
func plainWord(form []byte, i int) (key uint64, end int) {
	x := eight(form, i)
	letters := between(x, 'a', 'z') | between(x, '\'', '\'')
	if n := bits.TrailingZeros64(letters^eachHigh) / 8; n < 8 {
		return x & (1<<(8*n) - 1), i + n
	}
	for ; i < len(form); i++ {
		c := codes[form[i]]
		if c == 0 {
			break
		}
		key = key<<5 | uint64(c)
	}
	return key | 1<<63, i
}

// find returns a word that is remembered, or nil.
func (v *vocabulary) find(key uint64) *knownWord {
	for i, first := uint64(0), firstPlace(key); i < places; i++ {
		if w := &v.known[(first+i)%(1<<knownBits)]; w.key == key {
			return w
		}
	}
	return nil
}

// firstPlace is the first of the places that a word may have.
func firstPlace(key uint64) uint64 { return key * hashStep >> (64 - knownBits) }

// place is a place for a word: a free one, else one of another word.
func (v *vocabulary) place(key uint64) *knownWord {
	first := firstPlace(key)
	for i := range uint64(places) {
		if w := &v.known[(first+i)%(1<<knownBits)]; w.key == 0 {
			return w
		}
	}
	return &v.known[(first+uint64(len(v.pieces))%places)%(1<<knownBits)]
}

// learn works out what a word comes to and remembers it.
func (v *vocabulary) learn(key uint64, word []byte, g *grams) *knownWord {
	if len(v.pieces)+4*(longestKey+2) > knownPieces {
		clear(v.known[:])
		v.pieces = v.pieces[:0]
	}
	var letters [longestKey + 2]rune
	h := uint64(hashStart)
	letters[0] = ' '
	for i, c := range word {
		letters[i+1] = rune(c)
		h = mix(h, uint64(c))
	}
	letters[len(word)+1] = ' '
	from := len(v.pieces)
	v.pieces = g.appendWord(v.pieces, letters[:len(word)+2])
	w := v.place(key)
	*w = knownWord{key: key, hash: h, from: uint32(from), to: uint32(len(v.pieces))}
	return w
}
