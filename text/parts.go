package text

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Part is something that a person would point at.
type Part uint8

// The parts. Those up to Picture are words and phrases of the lexicon in English, Russian, German, French, Spanish, Italian, Portuguese
// and Polish, the last two in Turkish and Indonesian, too; internal/gentext has the same order.
const (
	Money      Part = iota // earnings, prices, loans
	Urgency                // now, or else
	Credential             // passwords, codes, card numbers
	SignUp                 // make a login, it is free
	Webcam                 // adult and webcam lures
	Prize                  // you have won
	Crypto                 // coins, trading
	Gambling               // casinos, bets
	Job                    // work from home
	Contact                // write to me elsewhere
	Click                  // go there, click, install
	Malware                // your computer is infected
	Threat                 // your account, parcel or fine
	Pharma                 // pills, replicas
	Doubt                  // is that really you? were you hacked?
	Plea                   // lend me something: my wallet is gone, my card is blocked; tell me the code that you get
	Approach               // are you alone? our little secret, do not tell your parents
	Picture                // is this you in this photo?
	Amount                 // a sum of money
	Phone                  // a telephone number
	Name                   // @name
	Wallet                 // an address of Bitcoin, Litecoin, Dogecoin, Tron or Ethereum
	partsEnd
)

// Parts counts what a person would point at, by Part. Counts stop at 65,535.
type Parts [partsEnd]uint16

// Span says where a part is: Folded[Start:End]. A wallet, whose letters keep their case, is body[Start:End].
type Span struct {
	Part       Part
	Start, End uint32
}

// Limits of what is pointed at in one text.
const (
	mostSpans    = 256
	longestWords = 6 // words in a phrase
)

// stem marks a phrase in trieValues whose last word takes every ending.
const stem = 1 << 31

// findParts looks through the tokens for everything that a person would point at.
func (f *Form) findParts(body string) {
	long := false
	for i := 0; i < len(f.Tokens); {
		t := &f.Tokens[i]
		long = long || t.End-t.Start >= 24
		i++
		switch t.Kind {
		case Word:
			if four := beginning(f.Folded, t.Start, t.End); !has(&trieFilter, spread(four, 0)) || !f.goesOn(four, i-1) {
				continue
			}
			value, words, end := f.phraseAt(i - 1)
			if value == 0 {
				continue
			}
			for v := value; v != 0; v &= v - 1 {
				f.point(Part(bits.TrailingZeros32(v)), t.Start, end)
			}
			i += words - 1
		case Number:
			i = f.number(i - 1)
		case Handle:
			if t.End-t.Start >= 4 {
				f.point(Name, t.Start, t.End)
			}
		default: // links are room link's
		}
	}
	if long {
		f.wallets(body)
	}
}

func (f *Form) point(p Part, start, end uint32) {
	bump(&f.Parts[p], 1)
	if len(f.Spans) < mostSpans {
		f.Spans = append(f.Spans, Span{p, start, end})
	}
}

// filter is a set of hashes of 16 bits. What is in it may be what is looked for, what is not is not.
type filter = [1 << 11]uint32

func has(f *filter, hash uint32) bool { return f[hash>>5&(1<<11-1)]>>(hash&31)&1 != 0 }

// spread hashes two parts of words to 16 bits; internal/gentext has the same.
func spread(a, b uint32) uint32 { return (a ^ b*0x85ebca6b) * 0x9e3779b1 >> 16 }

// beginning is the first four bytes of the word from start to end, zeros behind its end.
func beginning(b []byte, start, end uint32) (four uint32) {
	if int(start)+4 <= len(b) {
		four = binary.LittleEndian.Uint32(b[start:])
	} else {
		for i, c := range b[start:] {
			four |= uint32(c) << (8 * i)
		}
	}
	if n := end - start; n < 4 {
		four &= 1<<(8*n) - 1
	}
	return four
}

// goesOn reports whether a phrase may begin with the token at i, whose beginning is known to be one: it is a phrase alone, or goes on
// with a word that begins with the same two letters as the next one. Few of the words that phrases begin with are told apart by
// less: people begin half of what they say with them.
func (f *Form) goesOn(four uint32, i int) bool {
	if has(&nextFilter, spread(four, 0)) {
		return true
	}
	if i+1 == len(f.Tokens) {
		return false
	}
	next := &f.Tokens[i+1]
	if next.Start == f.Tokens[i].End { // nothing divides them
		return true
	}
	two := uint32(f.Folded[next.Start])
	if next.End-next.Start > 1 {
		two |= uint32(f.Folded[next.Start+1]) << 8
	}
	return has(&nextFilter, spread(four, two))
}

// valued marks a node in trieMasks that has a value.
const valued = 1 << 30

// trieRoot has the children of the root by their byte.
var trieRoot = func() (t [256]uint32) {
	for i := trieLinks[0] >> 8; i < trieLinks[0]>>8+trieLinks[0]&0xff; i++ {
		t[trieLetters[i]] = i
	}
	return t
}()

// trieMasks says which of the plain letters lead on from a node: bit c&31 for each of a to z and the space. The children stand in
// the order of their bytes, so that the bits below tell the place. Of a node with other children among them, it has bit 31 and no
// letters. Bit 30 says that trieValues has something of the node, which few have.
var trieMasks = func() (t [len(trieLinks)]uint32) {
	for n, link := range trieLinks {
		for _, c := range trieLetters[link>>8 : link>>8+link&0xff] {
			switch {
			case c == ' ' || c-'a' < 26:
				t[n] |= 1 << (c & 31)
			case c < utf8.RuneSelf:
				t[n] |= 1 << 31
			}
		}
		if t[n]>>31 != 0 {
			t[n] = 1 << 31
		}
		if trieValues[n] != 0 {
			t[n] |= valued
		}
	}
	return t
}()

// child returns the node below n that a byte leads to; 0 when there is none.
func child(n uint32, c byte) uint32 {
	if mask := trieMasks[n]; mask>>31 == 0 && (c == ' ' || c-'a' < 26) {
		if mask>>(c&31)&1 == 0 {
			return 0
		}
		return trieLinks[n]>>8 + uint32(bits.OnesCount32(mask&(1<<(c&31)-1)))
	}
	return childAmong(n, c)
}

// childAmong is child for any byte.
func childAmong(n uint32, c byte) uint32 {
	if n == 0 {
		return trieRoot[c]
	}
	first, end := trieLinks[n]>>8, trieLinks[n]>>8+trieLinks[n]&0xff
	for end-first > 4 {
		if middle := (first + end) / 2; trieLetters[middle] <= c {
			first = middle
		} else {
			end = middle
		}
	}
	for ; first < end; first++ {
		if trieLetters[first] == c {
			return first
		}
	}
	return 0
}

// phraseAt returns the longest phrase that begins at a token: its parts, how many tokens it has and where it ends.
func (f *Form) phraseAt(i int) (value uint32, words int, end uint32) {
	n := uint32(0)
	for w := 0; w < longestWords && i+w < len(f.Tokens); w++ {
		t := &f.Tokens[i+w]
		if t.Kind > Number || w > 0 && t.Start-f.Tokens[i+w-1].End > 2 {
			break
		}
		if w > 0 && t.Start > f.Tokens[i+w-1].End {
			if n = child(n, ' '); n == 0 {
				break
			}
		}
		for _, c := range f.Folded[t.Start:t.End] {
			if n = child(n, c); n == 0 {
				return value, words, end
			}
			if trieMasks[n]&valued != 0 && trieValues[n]&stem != 0 {
				value, words, end = trieValues[n]&^stem, w+1, t.End
			}
		}
		if v := trieValues[n] &^ stem; v != 0 {
			value, words, end = v, w+1, t.End
		}
	}
	return value, words, end
}

// phrase returns the parts that exactly this word speaks of.
func phrase(w []byte) uint32 {
	if !has(&trieFilter, spread(beginning(w, 0, uint32(len(w))), 0)) {
		return 0
	}
	n := uint32(0)
	for _, c := range w {
		if n = child(n, c); n == 0 {
			return 0
		}
	}
	return trieValues[n] &^ stem
}

// number looks at a number and those that follow close by: a sum of money, a telephone number, or neither. It returns the token
// to go on at.
func (f *Form) number(i int) (next int) {
	first := &f.Tokens[i]
	digits, groups := 0, 0
	last := i
	for j := i; j < len(f.Tokens) && groups < 8; j++ {
		t := &f.Tokens[j]
		if t.Kind != Number || j > i && !f.phoneGap(f.Tokens[j-1].End, t.Start) {
			break
		}
		digits += int(t.End - t.Start)
		groups++
		last = j
	}
	end := f.Tokens[last].End
	if f.isPhone(first, digits, groups) {
		f.point(Phone, first.Start, end)
		return last + 1
	}
	if f.isAmount(i) {
		f.point(Amount, first.Start, first.End)
	}
	return i + 1
}

// phoneGap reports whether two numbers can belong to one telephone number: one or two of space, hyphen and brackets between them.
func (f *Form) phoneGap(end, start uint32) bool {
	gap := f.Folded[end:start]
	for _, c := range gap {
		if c != ' ' && c != '-' && c != '(' && c != ')' {
			return false
		}
	}
	return len(gap) > 0 && len(gap) <= 2
}

// isPhone reports whether digits in groups are a telephone number (ITU-T E.164: at most 15 digits): with + in front at least 8,
// else 10 or 11 in one to five groups that begin as national and service numbers do.
func (f *Form) isPhone(first *Token, digits, groups int) bool {
	plus := first.Start > 0 && f.Folded[first.Start-1] == '+' || first.Start > 1 && string(f.Folded[first.Start-2:first.Start]) == "+("
	zeros := first.End-first.Start > 2 && string(f.Folded[first.Start:first.Start+2]) == "00" && f.Folded[first.Start+2] != '0'
	switch {
	case digits > 15 || groups > 6:
		return false
	case plus:
		return digits >= 8
	case zeros:
		return digits >= 10
	case groups > 1:
		return digits >= 9 && digits <= 12 && first.End-first.Start <= 5
	}
	c := f.Folded[first.Start]
	return (digits == 10 || digits == 11) && (c == '0' || c == '7' || c == '8')
}

// isAmount reports whether the number at a token is a sum of money: a currency sign before or after it, or a currency's name.
func (f *Form) isAmount(i int) bool {
	t := &f.Tokens[i]
	if t.Start > 0 {
		if r, _ := utf8.DecodeLastRune(f.Folded[:t.Start]); currency(r) {
			return true
		}
	}
	rest := f.Folded[t.End:]
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '+') {
		rest = rest[1:]
	}
	if r, _ := utf8.DecodeRune(rest); currency(r) {
		return true
	}
	if i+1 >= len(f.Tokens) {
		return false
	}
	n := &f.Tokens[i+1]
	if n.Kind != Word || n.Start-t.End > 1 {
		return false
	}
	switch string(f.Bytes(n)) {
	case "usd", "eur", "gbp", "usdt", "btc", "rub", "dollar", "dollars", "euro", "euros", "pound", "pounds", "bucks", "руб", "рублей", "рубля", "р",
		"тыс", "тысяч", "долларов", "евро", "грн", "гривен", "zł", "zl", "pln", "złotych", "reais", "pesos", "rupees", "inr", "naira":
		return true
	}
	return false
}

func currency(r rune) bool {
	if r < 0x80 {
		return r == '$'
	}
	c := lookup(r).class()
	return c == cCurrency || c == cLeet
}
