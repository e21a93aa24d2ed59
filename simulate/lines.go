package simulate

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// data is the lines of real chats with their licences and notices.
//
//go:embed data
var data embed.FS

// chat is one conversation of two people: who says what.
type chat struct {
	ID    string `json:"id"`
	Turns []struct {
		From string `json:"from"`
		Text string `json:"text"`
	} `json:"turns"`
}

// lines are the lines of people, in an order that the seed decides. Each is taken once, then they begin again.
type lines struct {
	chats []chat
	// links are lines with a link, openings are what one asks a stranger.
	links, openings []string
	nextChat        int
	nextLink        int
	nextOpening     int
}

func newLines(rng *rand.Rand) (*lines, error) {
	var l lines
	for _, set := range []string{"chat-meena", "chat-casino"} {
		chats, err := readChats("data/" + set + "/conversations.jsonl")
		if err != nil {
			return nil, err
		}
		l.chats = append(l.chats, chats...)
	}
	single, err := readChats("data/chat-irc-ubuntu/conversations.jsonl")
	if err != nil {
		return nil, err
	}
	for _, c := range single {
		if text := c.Turns[0].Text; strings.Contains(text, "://") {
			l.links = append(l.links, text)
		} else {
			l.openings = append(l.openings, text)
		}
	}
	rng.Shuffle(len(l.chats), func(i, j int) { l.chats[i], l.chats[j] = l.chats[j], l.chats[i] })
	shuffle(rng, l.links)
	shuffle(rng, l.openings)
	return &l, nil
}

func readChats(name string) ([]chat, error) {
	b, err := data.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the lines of people: %w", err)
	}
	var chats []chat
	s := bufio.NewScanner(bytes.NewReader(b))
	for s.Scan() {
		var c chat
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("reading %s, line %d: %w", name, len(chats)+1, err)
		}
		if len(c.Turns) == 0 {
			return nil, fmt.Errorf("reading %s, line %d: no turns", name, len(chats)+1)
		}
		chats = append(chats, c)
	}
	return chats, s.Err()
}

func (l *lines) chat() chat      { return take(l.chats, &l.nextChat) }
func (l *lines) link() string    { return take(l.links, &l.nextLink) }
func (l *lines) opening() string { return take(l.openings, &l.nextOpening) }

// take returns the next of all, from the beginning again after the last.
func take[T any](all []T, next *int) T {
	v := all[*next%len(all)]
	*next++
	return v
}

func shuffle(rng *rand.Rand, s []string) {
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}
