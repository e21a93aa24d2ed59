package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/page"
	"github.com/nospim/nospim/connect/xmpp"
	"github.com/nospim/nospim/people/challenge"
)

// challenges is the part of a daemon that asks strangers to prove that they are people.
type challenges struct {
	asker    *xmpp.Asker // nil: nobody is asked
	page     *page.Handler
	listener net.Listener // nil: there is no page here
}

// proofs are the kinds of proof by the words of the configuration.
var proofs = map[string]nospim.Proof{
	"work": nospim.ProofHashcash, "picture": nospim.ProofPicture, "audio": nospim.ProofAudio, "question": nospim.ProofQuestion,
}

func proofsOf(words string) (all []nospim.Proof) {
	for _, w := range config.Words(words) {
		all = append(all, proofs[w])
	}
	return all
}

// openChallenges makes what the configuration asks for, and returns the judge that takes plain answers out of what is judged.
func (d *daemon) openChallenges(ctx context.Context, judge nospim.Judge) (nospim.Judge, error) {
	c := d.config.Challenge
	kinds, required := proofsOf(c.Kinds), proofsOf(c.Required)
	if len(kinds) == 0 {
		return judge, nil
	}
	salt, err := d.Store.Salt(ctx)
	if err != nil {
		return nil, err
	}
	desk := &challenge.Desk{
		Store: d.Store, Key: salt[:], Clock: time.Now,
		Offer: challenge.Offer{Kinds: kinds, Answers: c.Answers, Required: required, Bits: c.Bits},
	}
	d.challenges.asker = &xmpp.Asker{Desk: desk, Kinds: kinds, Answers: c.Answers, Required: required, Page: pageURL(c.URL), Log: d.log}
	if c.Listen != config.None {
		l, err := page.Listen(ctx, c.Listen)
		if err != nil {
			return nil, fmt.Errorf("%w; choose another address with the key challenge.listen", err)
		}
		d.challenges.listener = l
		d.challenges.page = &page.Handler{Desk: desk, Kinds: kinds, Answers: c.Answers, Required: required, Log: d.log}
		d.closers = append(d.closers, closeListener(l))
	}
	return &challenge.Listener{Next: judge, Desk: desk}, nil
}

// pageURL is the page's address, to which a challenge's ID can be added.
func pageURL(url string) string {
	if url == "" || strings.HasSuffix(url, "/") {
		return url
	}
	return url + "/"
}

// wires are what the line protocol reads and writes for adapters.
func (d *daemon) wires() map[string]line.Wire {
	marks := xmpp.Marks{Key: d.markKey}
	reader := d.reader()
	w := line.Wire{Read: reader.Read, Instead: marks.Instead, Order: xmpp.Order}
	ears := d.ears()
	if a := d.challenges.asker; a != nil {
		a.Marks = marks
		w.Instead, ears[xmpp.CaptchaNamespace] = a.Instead, a.Hear
	} else {
		w.Read = unasked(reader)
	}
	w.Hear = ears.Hear
	return map[string]line.Wire{"xmpp": w}
}

// reader reads stanzas, and knows whose word counts in them.
func (d *daemon) reader() xmpp.Reader {
	vouching := d.config.Vouchers()
	return xmpp.Reader{
		Invited: func(token, account string) bool { return d.invites.Valid(token, account, time.Now()) },
		Vouches: func(service string) bool { return slices.Contains(vouching, service) },
	}
}

// unasked reads events where nobody is asked: a challenge is none of the things that can be done.
func unasked(reader xmpp.Reader) func(*nospim.Event) (bool, error) {
	return func(e *nospim.Event) (approach bool, err error) {
		approach, err = reader.Read(e)
		e.Can = slices.DeleteFunc(e.Can, func(a nospim.Action) bool { return a == nospim.Challenge })
		return approach, err
	}
}
