package text

import (
	"strings"
	"unicode/utf8"
)

// census counts the letters of a word by script. Hard letters are those that no letter of the other scripts looks like.
type census struct {
	latin, latinHard, cyrillic, cyrillicHard, greek, greekHard, exotic, small int
	// strange are letters that look like no Latin one although their script has such: phonetic signs mostly.
	strange int
	// turns is how often the script changes from letter to letter; first is that of the first letter.
	turns int
	first uint32
}

// softLatin are the Latin letters that a Cyrillic letter looks like in at least one of their cases.
const softLatin = "abcehijkmopstxy"

func take(cells []cell) (n census) {
	var last uint32
	for _, c := range cells {
		script := c.class()
		switch script {
		case cLatin, cAccent:
			n.latin++
			if !strings.ContainsRune(softLatin, c.r) {
				n.latinHard++
			}
			script = cLatin
		case cSmall, cFlag:
			n.small++
			script = cLatin
		case cCyrillic:
			n.cyrillic++
			if c.e&bitAlike == 0 {
				n.cyrillicHard++
			}
		case cGreek:
			n.greek++
			if c.e&bitAlike == 0 {
				n.greekHard++
			}
		case cExotic:
			n.exotic++
			if c.e.look() == "" {
				n.strange++
			}
		default:
			continue
		}
		switch last {
		case 0:
			n.first = script
		case script:
		default:
			n.turns++
		}
		last = script
	}
	return n
}

// unmix brings a word that mixes scripts into the one that is meant. It reports whether the mixture is a disguise.
func (f *Form) unmix() bool {
	s := &f.scan
	if m := s.mask & scripts; m&(m-1) == 0 && m&(1<<cSmall|1<<cFlag) == 0 {
		return false
	}
	n := take(s.cells)
	switch {
	case len(s.cells) == 1: // 🅱 alone is a sign
		return false
	case n.cyrillicHard > 0 && n.latin == 0, n.small > 0 && n.small == len(s.cells) && s.hard > 0:
		s.toCyrillic()
		return true
	case n.cyrillic+n.greek+n.exotic == 0:
		if n.small > 0 {
			s.toLatin()
		}
		return n.small > 0 && n.latin > 0 && s.styled < 3
	case n.strange > 0:
		return false
	case n.latin+n.small > 0 && n.cyrillic > 0:
		return s.unmixCyrillic(&n)
	case n.latin+n.small > 0 && n.greek > 0:
		// Units and formulas: μm, kΩ, Δt, λx.
		if n.turns == 1 && (n.greek == 1 && n.greekHard == 1 || n.greekHard > 0 && n.latinHard > 0) || n.greekHard > n.latin {
			return false
		}
		s.toLatin()
		return true
	case n.latin+n.small > 0:
		s.toLatin()
		return true
	case n.cyrillic > 0 && n.greek > 0:
		s.toCyrillic()
		return true
	}
	return false
}

// unmixCyrillic decides between Latin and Cyrillic. Words such as "VPNщик" and "githubом" are honest: a Latin name with a Cyrillic
// ending. Where the ending looks Latin ("githubе"), the rest of the text must say: see finish.
func (s *scan) unmixCyrillic(n *census) bool {
	latin := n.latin + n.small
	switch {
	case n.turns == 1 && n.first == cLatin && latin >= 2 && n.cyrillic <= 4 && n.cyrillicHard == 0:
		s.odd, s.ending = true, true
		return false
	case n.cyrillicHard > 0 && n.latinHard > 0 && n.turns == 1:
		return false
	case n.cyrillicHard > 0 && n.latinHard == 0, n.cyrillicHard > 0 && n.cyrillic > latin:
		s.toCyrillic()
		return n.latin+n.small > s.read('i') // many type і as i
	case n.latinHard > 0 || s.hard == 0:
		s.toLatin()
		return true
	}
	// Nothing in the word says what is meant: a word that is known, or else the script of the text so far.
	s.toLatin()
	if s.spare = appendCells(s.spare[:0], s.cells); !isWord(s.spare) {
		s.cells, s.cells2 = s.cells2, s.cells
		s.toCyrillic()
	}
	return true
}

// read counts a letter among the cells as they were before they became Cyrillic.
func (s *scan) read(r rune) (n int) {
	for _, c := range s.cells2 {
		if c.r == r {
			n++
		}
	}
	return n
}

// toLatin replaces every letter by the Latin ones that it looks like.
func (s *scan) toLatin() {
	greek := false
	s.cells2 = s.cells2[:0]
	for _, c := range s.cells {
		greek = greek || c.class() == cGreek
		look := ""
		if 1<<c.class()&(scripts&^(1<<cLatin|1<<cAccent)) != 0 {
			look = c.e.look()
		}
		if look == "" {
			s.cells2 = append(s.cells2, c)
			continue
		}
		for i := range len(look) {
			s.cells2 = append(s.cells2, cell{rune(look[i]), cLatin})
		}
	}
	s.cells, s.cells2 = s.cells2, s.cells
	if greek {
		s.reread()
	}
}

// greekAlso are the Greek letters that look like another Latin letter as capitals, or that other letters fold to; greekAs are those.
const (
	greekAlso = "ηνυμτζσς"
	greekAs   = "hnymtzcc"
)

// reread reads Greek letters the other way when only that makes a word. The cells are Latin already, cells2 has what they were.
func (s *scan) reread() {
	if len(s.cells) != len(s.cells2) {
		return
	}
	if s.spare = appendCells(s.spare[:0], s.cells); isWord(s.spare) {
		return
	}
	s.spare = s.spare[:0]
	for i, c := range s.cells {
		r := c.r
		if j := strings.IndexRune(greekAlso, s.cells2[i].r); j >= 0 {
			r = rune(greekAs[j/2])
		}
		s.spare = utf8.AppendRune(s.spare, r)
	}
	if !isWord(s.spare) {
		return
	}
	for i, c := range s.spare {
		s.cells[i] = cell{rune(c), cLatin}
	}
}

// toCyrillic replaces every letter by the Cyrillic one that it looks like.
func (s *scan) toCyrillic() {
	s.cells2 = append(s.cells2[:0], s.cells...)
	for i, c := range s.cells {
		if c.class() == cDigit {
			continue
		}
		if to := cyrillicFor(c.r); to != 0 {
			s.cells[i] = cell{to, lookup(to)}
		}
	}
}

// unleet reads digits and signs as the letters that they stand for, when that makes a known word or, inside a Cyrillic word, when
// letters stand on either side. Words such as mp3, h264, 2nd and b2b stay.
func (f *Form) unleet() bool {
	s := &f.scan
	letters, cyrillic, digits, others := 0, 0, 0, 0
	for _, c := range s.cells {
		switch c.class() {
		case cLatin:
			letters++
		case cCyrillic:
			cyrillic++
		case cDigit, cLeet:
			digits++
		default:
			others++
		}
	}
	switch {
	case cyrillic >= 2 && letters == 0:
		return s.unleetCyrillic()
	case letters == 0 || digits == 0 || cyrillic+others > 0 || len(s.cells) > 24 || digits > 4*letters:
		return false
	}
	return s.unleetLatin()
}

func (s *scan) unleetCyrillic() (changed bool) {
	for i := 1; i+1 < len(s.cells); i++ {
		if k := s.cells[i].class(); k != cDigit && k != cLeet || s.cells[i-1].class() != cCyrillic || s.cells[i+1].class() != cCyrillic {
			continue
		}
		if to := cyrillicFor(s.cells[i].r); to != 0 {
			s.cells[i] = cell{to, lookup(to)}
			changed = true
		}
	}
	return changed
}

// leetLetters gives the letter that a digit or sign stands for; two where there are two.
func leetLetters(r rune) (first, second byte) {
	switch r {
	case '0':
		return 'o', 'o'
	case '1', '|':
		return 'i', 'l'
	case '!':
		return 'i', 'i'
	case '3', '€':
		return 'e', 'e'
	case '4', '@':
		return 'a', 'a'
	case '5', '$':
		return 's', 's'
	case '7':
		return 't', 't'
	case '8':
		return 'b', 'b'
	case '9', '6':
		return 'g', 'g'
	case '£':
		return 'l', 'l'
	}
	return 0, 0
}

// unleetLatin tries the readings of digits that have two, of the first three such: 1 is i or l.
func (s *scan) unleetLatin() bool {
	for reading := range 8 {
		n := 0
		s.spare = s.spare[:0]
		for _, c := range s.cells {
			if c.class() == cLatin {
				s.spare = utf8.AppendRune(s.spare, c.r)
				continue
			}
			a, b := leetLetters(c.r)
			if a == 0 {
				return false
			}
			if a != b {
				if reading>>min(n, 2)&1 == 1 {
					a = b
				}
				n++
			}
			s.spare = append(s.spare, a)
		}
		if s.isLeet() {
			for i, c := range s.spare {
				s.cells[i] = cell{rune(c), cLatin}
			}
			return true
		}
		if reading+1 >= 1<<min(n, 3) {
			return false
		}
	}
	return false
}

// isLeet reports whether what was made of the cells is a word. Of three letters, 5th and 3pm and the like come too near: only words
// that spam lives on count, and those with a 0 inside. 80s is a number, 4get an abbreviation, !info a command, $shell a variable.
func (s *scan) isLeet() bool {
	first := s.cells[0]
	lure := phrase(s.spare) != 0
	switch {
	case len(s.spare) < 3 || first.class() == cDigit && s.cells[1].class() == cDigit:
		return false
	case first.r == '!' || first.r == '|' || (first.r == '4' || first.r == '8') && known(hash(s.spare[1:])):
		return false
	case first.r == '$' || len(s.spare) == 3 && s.cells[1].r != '0':
		return lure
	}
	return lure || known(hash(s.spare))
}
