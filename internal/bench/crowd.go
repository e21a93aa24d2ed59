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

// crowd makes messages among 10,000 accounts: people who chat with some of forty contacts each, in lines of real chats. Each
// message has an id of its own. Its own clock runs by the message, so that the counters see days of traffic, not a flood.
type crowd struct {
	accounts []nospim.Account
	lines    []string
	random   *rand.Rand
	at       time.Time
	n        int
	ids      string // of the next messages, one after the other
	event    nospim.Event
	to       [1]nospim.Account
}

const (
	// past is how long before now a crowd begins, and pace how much later each message is: two million fit between.
	past = 20 * time.Hour
	pace = 20 * time.Millisecond
)

func newCrowd() (*crowd, error) {
	plain, linked, err := chatLines()
	if err != nil {
		return nil, err
	}
	c := &crowd{random: rand.New(rand.NewPCG(1, 2)), at: time.Now().Add(-past)}
	for i := range 10_000 {
		c.accounts = append(c.accounts, nospim.Account{ID: fmt.Sprintf("user%d@chat.example", i), Local: true})
	}
	for i := range 20_000 {
		if i%20 == 0 {
			c.lines = append(c.lines, linked[c.random.IntN(len(linked))])
			continue
		}
		line := plain[c.random.IntN(len(plain))]
		for len(line) < 50 {
			line += " " + plain[c.random.IntN(len(plain))]
		}
		c.lines = append(c.lines, line)
	}
	return c, nil
}

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
	from := c.random.IntN(len(c.accounts))
	c.to[0] = c.accounts[(from+1+c.random.IntN(40))%len(c.accounts)]
	c.at = c.at.Add(pace)
	c.event = nospim.Event{
		ID: c.id(), Kind: nospim.KindMessage, Time: c.at, Protocol: "xmpp", Service: "chat.example",
		Direction: nospim.Local, Sender: c.accounts[from], Recipients: c.to[:], Relation: nospim.RelationContact,
		Addr: "198.51.100.7", Client: "desk", Body: c.lines[c.random.IntN(len(c.lines))],
	}
	return &c.event
}

// id returns the next id. Many are made at once, so that this does not show where allocations are counted.
func (c *crowd) id() string {
	const length, many = len("stanza-00000000"), 1000
	if c.ids == "" {
		var b []byte
		for range many {
			c.n++
			b = append(b, "stanza-"...)
			for digit := 10_000_000; digit > 0; digit /= 10 {
				b = append(b, byte('0'+c.n/digit%10))
			}
		}
		c.ids = string(b)
	}
	id := c.ids[:length]
	c.ids = c.ids[length:]
	return id
}

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
