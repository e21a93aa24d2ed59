package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/simulate"
)

// crowd makes messages among 10,000 accounts, or as many as are asked for: people who chat with some of forty contacts each, in lines of real chats. Each
// message has an id of its own. Its own clock runs by the message, so that the counters see days of traffic, not a flood.
type crowd struct {
	accounts      []nospim.Account
	plain, linked []string // what people say, without and with a link
	random        *rand.Rand
	at            time.Time
	n             int
	ids, lines    []string // of the next messages
	event         nospim.Event
	to            [1]nospim.Account
}

const (
	// past is how long before now a crowd begins, and pace how much later each message is: two million fit between.
	past = 20 * time.Hour
	pace = 20 * time.Millisecond
	// year is how old the accounts are, which connectors state.
	year = 365 * 24 * time.Hour
)

// people is how many accounts a crowd has.
const people = 10_000

func newCrowd() (*crowd, error) { return newCrowdOf(people) }

func newCrowdOf(people int) (*crowd, error) {
	plain, linked, err := chatLines()
	if err != nil {
		return nil, err
	}
	c := &crowd{plain: plain, linked: linked, random: rand.New(rand.NewPCG(1, 2)), at: time.Now().Add(-past)}
	for i := range people {
		c.accounts = append(c.accounts, nospim.Account{ID: fmt.Sprintf("user%d@chat.example", i), Local: true, Created: c.at.Add(-year)})
	}
	return c, nil
}

// longest is how many bytes a line of the crowd has at most, before two are put together.
const longest = 160

// chatLines returns what people say to their contacts in some communities of the lab, apart by whether a link is in it.
func chatLines() (plain, linked []string, err error) {
	seen := map[string]bool{}
	for seed := range uint64(20) {
		script, err := simulate.Community(seed, simulate.Options{People: 48, Conversations: 24, Length: 8 * time.Hour})
		if err != nil {
			return nil, nil, err
		}
		for _, e := range script.Events() {
			switch {
			case e.Label != simulate.Honest || e.Kind != nospim.KindMessage || e.Relation != nospim.RelationContact || seen[e.Body]:
			case len(e.Body) > longest:
			case strings.Contains(e.Body, "://"):
				linked = append(linked, e.Body)
			default:
				plain = append(plain, e.Body)
			}
			seen[e.Body] = true
		}
	}
	if len(plain) == 0 || len(linked) == 0 {
		return nil, nil, errors.New("the lab's people say nothing, or share no link")
	}
	return plain, linked, nil
}

// next returns the next message; it is valid until the next call.
func (c *crowd) next() *nospim.Event {
	return c.from(c.random.IntN(len(c.accounts)))
}

// from returns the next message, by one of the accounts.
func (c *crowd) from(from int) *nospim.Event {
	if len(c.ids) == 0 {
		c.think()
	}
	c.to[0] = c.accounts[(from+1+c.random.IntN(40))%len(c.accounts)]
	c.at = c.at.Add(pace)
	c.event = nospim.Event{
		ID: c.ids[0], Kind: nospim.KindMessage, Time: c.at, Protocol: "xmpp", Service: "chat.example",
		Direction: nospim.Local, Sender: c.accounts[from], Recipients: c.to[:], Relation: nospim.RelationContact,
		Addr: "198.51.100.7", Client: "desk", Body: c.lines[0],
	}
	c.ids, c.lines = c.ids[1:], c.lines[1:]
	return &c.event
}

// think makes the ids and lines of many messages in few allocations, so that these do not show where allocations are counted.
// One line in twenty has a link, one in three is said in the same words by others; the rest are put together of two.
func (c *crowd) think() {
	const many = 1000
	var text []byte
	ends := make([]int, 0, 2*many)
	for range many {
		c.n++
		text = append(text, "stanza-"...)
		for digit := 10_000_000; digit > 0; digit /= 10 {
			text = append(text, byte('0'+c.n/digit%10))
		}
		ends = append(ends, len(text))
		switch c.random.IntN(20) {
		case 0:
			text = append(text, pick(c.random, c.linked)...)
		case 1, 2, 3, 4, 5, 6, 7:
			text = append(text, pick(c.random, c.plain)...)
		default:
			text = append(text, pick(c.random, c.plain)...)
			text = append(append(text, ' '), pick(c.random, c.plain)...)
		}
		ends = append(ends, len(text))
	}
	all, begin := string(text), 0
	c.ids, c.lines = make([]string, 0, many), make([]string, 0, many)
	for i := 0; i < len(ends); i += 2 {
		c.ids, c.lines = append(c.ids, all[begin:ends[i]]), append(c.lines, all[ends[i]:ends[i+1]])
		begin = ends[i+1]
	}
}

func pick(random *rand.Rand, lines []string) string { return lines[random.IntN(len(lines))] }

// bodies returns n messages as JSON, each for a request of its own.
func (c *crowd) bodies(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = wire.AppendEvent(nil, c.next())
	}
	return list
}

// batches returns n messages as JSON lines, for requests of size messages each.
func (c *crowd) batches(n, size int) [][]byte {
	var list [][]byte
	for n > 0 {
		var b []byte
		for range min(n, size) {
			b = append(wire.AppendEvent(b, c.next()), '\n')
		}
		list = append(list, b)
		n -= size
	}
	return list
}

// questions returns n messages as lines of the line protocol.
func (c *crowd) questions(n int) []byte {
	var b []byte
	for i := range n {
		b = wire.AppendEventLine(b, int64(i), c.next())
	}
	return b
}
