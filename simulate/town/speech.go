package town

import (
	"bufio"
	"compress/gzip"
	"embed"
	"fmt"
	"math/rand/v2"
	"strings"
)

// data is lines of real chats with their licences and notices.
//
//go:embed data
var data embed.FS

// topic is what lines are about.
type topic int

const (
	smallTalk topic = iota
	service
	technical
	topics
)

// sets are the folders of the lines by topic.
var sets = [topics][]string{smallTalk: {"chat-meena", "chat-casino"}, service: {"chat-star"}, technical: {"chat-irc-ubuntu"}}

// speech makes what people say out of lines that people have said.
type speech struct{ corpora [topics]corpus }

// corpus is the lines of a topic, cut into words, and where each word stands.
type corpus struct {
	lines [][]string
	where map[string][]place
}

type place struct{ line, word int32 }

func readSpeech() (*speech, error) {
	var s speech
	for t := range sets {
		c := corpus{where: map[string][]place{}}
		for _, set := range sets[t] {
			if err := c.read("data/" + set + "/lines.txt.gz"); err != nil {
				return nil, fmt.Errorf("reading the lines of people: %w", err)
			}
		}
		s.corpora[t] = c
	}
	return &s, nil
}

func (c *corpus) read(name string) error {
	f, err := data.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for lines := bufio.NewScanner(z); ; {
		if !lines.Scan() {
			return lines.Err()
		}
		words := strings.Fields(lines.Text())
		for i, word := range words {
			key := strings.ToLower(word)
			c.where[key] = append(c.where[key], place{int32(len(c.lines)), int32(i)})
		}
		c.lines = append(c.lines, words)
	}
}

// line makes a line. If it follows another one, it speaks of the same every third time: people's answers share a tenth of
// their words with what they answer (data.md of the measured sets: .08 to .13).
func (s *speech) line(r *rand.Rand, t topic, before string) string {
	c := &s.corpora[t]
	start := place{line: int32(r.IntN(len(c.lines)))}
	if before != "" && r.IntN(3) == 0 {
		start = c.about(r, before, start)
	}
	return styled(r, strings.Join(c.splice(r, start), " "))
}

// about finds a line that has the longest word of a text.
func (c *corpus) about(r *rand.Rand, text string, or place) place {
	longest := ""
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		if len(word) > len(longest) && len(c.where[word]) > 3 {
			longest = word
		}
	}
	if len(longest) < 4 {
		return or
	}
	return place{line: pick(r, c.where[longest]).line}
}

// most is how many words a line has at most.
const most = 45

// splice takes a line and goes over to another one at a word that both have, so that what comes out is mostly new. Lines of up
// to three words stay as they are: short answers are the same with everybody.
func (c *corpus) splice(r *rand.Rand, at place) []string {
	words := c.lines[at.line]
	for range 2 {
		if len(words) <= 3 {
			break
		}
		i := 1 + r.IntN(len(words)-1)
		all := c.where[strings.ToLower(words[i])]
		if len(all) < 3 {
			continue
		}
		over := pick(r, all)
		rest := c.lines[over.line][over.word:]
		if n := i + len(rest); n > 3 && n < most {
			words = append(words[:i:i], rest...)
		}
	}
	return words
}

// styled writes a line as somebody in a hurry may: all in small letters, without the last stop, or with a smile.
func styled(r *rand.Rand, s string) string {
	switch r.IntN(8) {
	case 0, 1:
		return strings.ToLower(s)
	case 2:
		return strings.TrimRight(s, ".!")
	case 3:
		return s + pick(r, smiles)
	default:
		return s
	}
}
