package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/zeebo/xxh3"
)

// parts are what a phrase speaks of, in the order of text.Part.
var parts = []string{
	"money", "urgency", "credential", "signup", "webcam", "prize", "crypto", "gambling", "job", "contact", "click", "malware", "threat", "pharma",
	"doubt", "plea", "approach", "picture",
}

// stem marks a phrase whose last word takes every ending. It stands above the bits of the parts.
const stem = 1 << 31

// wordTable makes the set of known words and the trie of phrases.
func wordTable(lexicon, testdata string) ([]byte, error) {
	phrases, err := readLexicon(filepath.Join(lexicon, "??.txt"))
	if err != nil {
		return nil, err
	}
	known, err := knownWords(lexicon, testdata)
	if err != nil {
		return nil, err
	}
	groups, err := readGroups(filepath.Join(lexicon, "groups.txt"))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	header(&b, "its lexicon and the honest chats of testdata")
	writeSet(&b, known, groups)
	writeShapes(&b, known, phrases)
	writeTrie(&b, phrases)
	return b.Bytes(), nil
}

// readLexicon reads the phrases of some files and the parts that each speaks of.
func readLexicon(pattern string) (map[string]uint32, error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, fmt.Errorf("no lexicon %s", pattern))
	}
	phrases := map[string]uint32{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		bit := uint32(0)
		for i, line := range strings.Split(string(b), "\n") {
			name, isPart := strings.CutPrefix(line, "[")
			switch {
			case isPart:
				n := slices.Index(parts, strings.TrimSuffix(name, "]"))
				if n < 0 {
					return nil, fmt.Errorf("%s, line %d: no such part", file, i+1)
				}
				bit = 1 << n
			case line != "":
				word, isStem := strings.CutSuffix(line, "*")
				if bit == 0 || strings.Contains(word, "*") || isStem && len(word) < 4 {
					return nil, fmt.Errorf("%s, line %d: a phrase before the first part, * inside, or * after less than four bytes", file, i+1)
				}
				add(phrases, word, bit, isStem)
			}
		}
	}
	return phrases, nil
}

// add adds a phrase as it is written, and as people write it who leave accents out.
func add(phrases map[string]uint32, word string, bit uint32, isStem bool) {
	if isStem {
		bit |= stem
	}
	for _, w := range []string{word, plain(word, nil), plain(word, map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue"})} {
		phrases[words(w)] |= bit
	}
}

// words is a phrase as words with one space between them, as room text reads it.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' }), " ")
}

func plain(s string, special map[rune]string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case special[r] != "":
			b.WriteString(special[r])
		case unicode.Is(unicode.Latin, r) && bare(r) != "":
			b.WriteString(bare(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// knownWords are English words that stand as they are: those of the honest chats that come up often enough, those of known.txt,
// and the single words of the English lexicon.
func knownWords(lexicon, testdata string) (map[string]bool, error) {
	phrases, err := readLexicon(filepath.Join(lexicon, "en.txt"))
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, set := range []string{"chat-star", "chat-casino", "chat-meena", "chat-irc-ubuntu"} {
		if err := countWords(count, filepath.Join(testdata, set, "conversations.jsonl")); err != nil {
			return nil, err
		}
	}
	known := map[string]bool{}
	for w, n := range count {
		if least := map[int]int{1: 1 << 30, 2: 40, 3: 8}[len(w)]; n >= max(3, least) {
			known[w] = true
		}
	}
	b, err := os.ReadFile(filepath.Join(lexicon, "known.txt"))
	if err != nil {
		return nil, err
	}
	for w := range strings.FieldsSeq(string(b)) {
		known[w] = true
	}
	for p := range phrases {
		for w := range strings.FieldsSeq(p) {
			if len(w) > 2 && isPlain(w) && phrases[p]&stem == 0 {
				known[w] = true
			}
		}
	}
	for _, w := range jargon {
		delete(known, w)
	}
	return known, nil
}

// jargon are words that honest people write as leet: n00b, w00t.
var jargon = []string{"noob", "noobs", "woot", "ownage", "leet", "haxor"}

func isPlain(w string) bool {
	return !strings.ContainsFunc(w, func(r rune) bool { return (r < 'a' || r > 'z') && r != '\'' })
}

// countWords counts the plain words that people typed in conversations.
func countWords(count map[string]int, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			var c struct{ Turns []struct{ Kind, Text string } }
			if err := json.Unmarshal(line, &c); err != nil {
				return fmt.Errorf("reading %s: %w", file, err)
			}
			for _, t := range c.Turns {
				if t.Kind != "typed" {
					continue
				}
				for w := range strings.FieldsFuncSeq(strings.ToLower(t.Text), func(r rune) bool { return (r < 'a' || r > 'z') && r != '\'' }) {
					count[strings.Trim(w, "'")]++
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// readGroups reads which words stand for each other. Group 1 are the words that say nothing.
func readGroups(file string) (map[string]uint8, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	groups, names := map[string]uint8{}, []string{"", "stop"}
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		n := slices.Index(names, words[0])
		if n < 0 {
			n = len(names)
			names = append(names, words[0])
		}
		for _, w := range words[1:] {
			if groups[w] == 0 {
				groups[w] = uint8(n)
			}
		}
	}
	if len(names) > 127 {
		return nil, fmt.Errorf("%s: more than 127 groups", file)
	}
	return groups, nil
}

// writeSet writes the known words and the grouped ones as a hash set with linear probing.
func writeSet(b *bytes.Buffer, known map[string]bool, groups map[string]uint8) {
	for w := range groups {
		if len(w) > 2 && isPlain(w) {
			known[w] = true
		}
	}
	all := map[string]bool{}
	maps.Copy(all, known)
	for w := range groups {
		all[w] = true
	}
	size := 1
	for size < 2*len(all) {
		size *= 2
	}
	set, group := make([]uint32, size), make([]uint8, size)
	for _, w := range slices.Sorted(maps.Keys(all)) {
		h := uint32(xxh3.HashString(w))
		i := int(h) & (size - 1)
		for set[i] != 0 {
			i = (i + 1) & (size - 1)
		}
		set[i], group[i] = h, groups[w]
		if !known[w] {
			group[i] |= 0x80
		}
	}
	fmt.Fprintf(b, "// %d words are known, %d stand for others.\n\n", len(known), len(groups))
	array(b, "knownSet", "uint32", "has the hashes of words, each in the first free place from its own; 0 is free.", set)
	array(b, "knownGroup", "uint8", "has the group that the word of the same place in knownSet stands for, 1 for words that say nothing; with 0x80, it is not English.", group)
}

// node is a place in the trie of phrases.
type node struct {
	value    uint32
	children map[byte]*node
}

// writeTrie writes the phrases as a trie, breadth first: the children of a node stand one after the other.
func writeTrie(b *bytes.Buffer, phrases map[string]uint32) {
	root := &node{}
	for _, p := range slices.Sorted(maps.Keys(phrases)) {
		n := root
		for i := range len(p) {
			if n.children == nil {
				n.children = map[byte]*node{}
			}
			if n.children[p[i]] == nil {
				n.children[p[i]] = &node{}
			}
			n = n.children[p[i]]
		}
		n.value = phrases[p]
	}
	var links []uint32
	var values []uint32
	letters := []uint8{0}
	queue := []*node{root}
	for next := 1; len(queue) > 0; queue = queue[1:] {
		n := queue[0]
		links = append(links, uint32(next)<<8|uint32(len(n.children)))
		values = append(values, n.value)
		next += len(n.children)
		for _, c := range slices.Sorted(maps.Keys(n.children)) {
			letters = append(letters, c)
			queue = append(queue, n.children[c])
		}
	}
	fmt.Fprintf(b, "// %d phrases.\n\n", len(phrases))
	writeFilter(b, phrases)
	array(b, "trieLinks", "uint32", "has for each node the number of its first child and how many there are: first<<8 | number.", links)
	array(b, "trieLetters", "uint8", "has the byte that leads to a node.", letters)
	array(b, "trieValues", "uint32", "has the parts that a phrase speaks of, one bit each, and stem when every ending is meant; 0 inside phrases.", values)
}

// filter is a set of hashes of 16 bits.
type filter [1 << 11]uint32

func (f *filter) add(hash uint32) { f[hash>>5] |= 1 << (hash & 31) }

// writeFilter writes the beginnings of phrases as sets of bits, so that most words need no walk through the trie: the first words
// of all, and how those go on that are of several words.
func writeFilter(b *bytes.Buffer, phrases map[string]uint32) {
	var firsts, seconds filter
	for p := range phrases {
		first, rest, more := strings.Cut(p, " ")
		four := beginning(first)
		firsts.add(spread(four, 0))
		switch {
		case !more:
			seconds.add(spread(four, 0))
		case len(rest) == 1 || rest[1] == ' ':
			seconds.add(spread(four, uint32(rest[0])))
		default:
			seconds.add(spread(four, uint32(rest[0])))
			seconds.add(spread(four, uint32(rest[0])|uint32(rest[1])<<8))
		}
	}
	array(b, "trieFilter", "uint32", "has a bit for each beginning of a phrase: see beginning.", firsts[:])
	array(b, "nextFilter", "uint32", "has a bit for each beginning with what stands behind it: see Form.goesOn.", seconds[:])
}

// beginning is the first four bytes of a word, as in text.
func beginning(w string) uint32 {
	var four [4]byte
	copy(four[:], w)
	return binary.LittleEndian.Uint32(four[:])
}

// spread hashes two parts of words to 16 bits, as text does.
func spread(a, b uint32) uint32 { return (a ^ b*0x85ebca6b) * 0x9e3779b1 >> 16 }

// writeShapes writes what words look like, their first and last four letters, as a set of bits: known ones with their plurals, and
// those that are phrases by themselves.
func writeShapes(b *bytes.Buffer, known map[string]bool, phrases map[string]uint32) {
	var shapes filter
	add := func(w string) {
		if len(w) >= 4 {
			shapes.add(spread(beginning(w), beginning(w[len(w)-4:])))
		}
	}
	for w := range known {
		add(w)
		add(w + "s")
	}
	for p := range phrases {
		if !strings.Contains(p, " ") {
			add(p)
		}
	}
	array(b, "shapeFilter", "uint32", "has a bit for the first and the last four letters of each word: see looksKnown.", shapes[:])
}
