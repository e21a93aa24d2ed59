package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// crowd makes events among 10,000 accounts: people who chat with some of forty contacts each, in lines of everyday length. The
// ids are made beforehand so that only judging is measured.
type crowd struct {
	accounts []nospim.Account
	lines    []string
	ids      []string
	event    nospim.Event
	to       [1]nospim.Account
	random   *rand.Rand
	at       time.Time
}

func newCrowd(n int) *crowd {
	c := &crowd{random: rand.New(rand.NewPCG(1, 2)), at: start}
	for i := range 10_000 {
		c.accounts = append(c.accounts, nospim.Account{ID: fmt.Sprintf("user%d@chat.example", i), Local: true})
	}
	words := []string{"are", "you", "coming", "tonight", "the", "games", "we", "meet", "around", "eight", "bring", "some", "snacks", "ok", "then", "I", "thought", "it", "was", "tomorrow"}
	for range 4000 {
		var line strings.Builder
		for range 4 + c.random.IntN(20) {
			line.WriteString(words[c.random.IntN(len(words))] + " ")
		}
		if c.random.IntN(20) == 0 {
			fmt.Fprintf(&line, "http://pictures%d.example/album/%d", c.random.IntN(50), c.random.IntN(1000))
		}
		c.lines = append(c.lines, line.String())
	}
	for i := range n {
		c.ids = append(c.ids, fmt.Sprintf("stanza-%08d", i))
	}
	return c
}

// next returns the i-th event; it is valid until the next call.
func (c *crowd) next(i int) *nospim.Event {
	from := c.random.IntN(len(c.accounts))
	c.to[0] = c.accounts[(from+1+c.random.IntN(40))%len(c.accounts)]
	c.at = c.at.Add(20 * time.Millisecond)
	c.event = nospim.Event{
		ID: c.ids[i%len(c.ids)], Kind: nospim.KindMessage, Time: c.at, Protocol: "xmpp", Service: "chat.example", Direction: nospim.Local,
		Sender: c.accounts[from], Recipients: c.to[:], Relation: nospim.RelationContact, Addr: "198.51.100.7", Client: "desk",
		Body: c.lines[c.random.IntN(len(c.lines))],
	}
	return &c.event
}

// BenchmarkJudge judges allowed messages with all detectors, the default policy and the embedded stores.
func BenchmarkJudge(b *testing.B) {
	r := newRig(b, "")
	c := newCrowd(1_000_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		v, err := r.Judge(b.Context(), c.next(i))
		if err != nil || v.Action != nospim.Allow {
			b.Fatalf("%v, %v", v, err)
		}
		i++
	}
	if err := r.records.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}
