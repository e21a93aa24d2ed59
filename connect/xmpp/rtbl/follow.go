package rtbl

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strconv"
	"time"

	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim/connect/xmpp/door"
)

// How long a service may take to answer, how soon it is asked again after a failure (longer and longer, up to the interval of reading),
// how often at most it is asked because something was missed, and how much is asked for and taken.
const (
	answerWait = 30 * time.Second
	retryFirst = 2 * time.Second
	staleEvery = 5 * time.Second
	pageItems  = 500
	mostItems  = 10_000_000
	mostPushes = 100 // in one change of the store
)

// follow reads a node, takes what is pushed, and reads it again, until ctx ends. What is pushed while it is read waits until then: it
// is the later word.
func (c *Client) follow(ctx context.Context, s *xmpp.Session, f *feed) {
	retry := retryFirst
	read := time.NewTimer(0)
	defer read.Stop()
	last := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-f.pushes:
			if err := c.take(ctx, f, p); err != nil && ctx.Err() == nil {
				c.log.Error("a list could not be changed", "list", f.List, "err", err)
				f.miss()
			}
		case <-f.stale:
			read.Reset(max(0, staleEvery-time.Since(last)))
		case <-read.C:
			last = time.Now()
			err := c.read(ctx, s, f)
			if ctx.Err() != nil {
				return
			}
			next := retry
			if retry = min(2*retry, c.resync); err == nil {
				retry, next = retryFirst, c.resync+rand.N(c.resync/10+1) // not all at once //nolint:gosec // no secret
			}
			c.note(ctx, f, err)
			read.Reset(next)
		}
	}
}

// note keeps the state of a feed, and logs its trouble once.
func (c *Client) note(ctx context.Context, f *feed, err error) {
	trouble, synced := "", time.Now()
	c.stats.syncs.Add(1)
	if err != nil {
		c.stats.syncs.Add(-1)
		c.stats.failures.Add(1)
		trouble, synced = err.Error(), time.Time{}
		if trouble != f.broken {
			c.log.Warn("a list cannot be read; what is known of it stays", "list", f.List, "err", err)
		}
	}
	f.broken = trouble
	if err := c.keeper.Note(ctx, f.List, synced, trouble); err != nil && ctx.Err() == nil {
		c.log.Error("the state of a list could not be kept", "list", f.List, "err", err)
	}
}

// take carries out a push, and those that wait behind it. Of one value the last word counts.
func (c *Client) take(ctx context.Context, f *feed, first push) error {
	final := map[string]*Item{} // nil: gone
	apply := func(p push) (purge bool) {
		if p.purge {
			return true
		}
		for i := range p.items {
			item, err := f.Type.item(&p.items[i])
			if err != nil {
				c.stats.bad.Add(1)
				continue
			}
			final[item.Value] = &item
		}
		for _, id := range p.retract {
			if value, err := f.Type.Parse(id); err == nil {
				final[value] = nil
			}
		}
		return false
	}
	purge := apply(first)
	for n := 1; !purge && n < mostPushes; n++ {
		select {
		case p := <-f.pushes:
			purge = apply(p)
			continue
		default:
		}
		break
	}
	if purge {
		return c.keeper.Fill(ctx, f.List, func(func(Item, error) bool) {})
	}
	var add []Item
	var gone []string
	for value, item := range final {
		if item == nil {
			gone = append(gone, value)
		} else {
			add = append(add, *item)
		}
	}
	if len(add)+len(gone) == 0 {
		return nil
	}
	return c.keeper.Change(ctx, f.List, add, gone)
}

// read subscribes to a node, which renews a subscription that there is, and reads all of it. A node that is gone takes its items with it.
func (c *Client) read(ctx context.Context, s *xmpp.Session, f *feed) error {
	subscribe := door.Element(nsPubsub, "pubsub", nil, door.Element("", "subscribe", door.Attrs{"node": f.Node, "jid": c.me.String()}))
	refused := c.ask(ctx, s, f.Service, stanza.SetIQ, subscribe, func(*xml.Decoder) error { return nil })
	err := c.keeper.Fill(ctx, f.List, c.items(ctx, s, f))
	if condition := (*refusal)(nil); errors.As(err, &condition) && condition.Condition == "item-not-found" {
		return errors.Join(errors.New("the service has no such node"), c.keeper.Fill(ctx, f.List, func(func(Item, error) bool) {}))
	}
	if err != nil {
		return err
	}
	if refused != nil {
		return fmt.Errorf("read, but not subscribed: %w", refused)
	}
	return nil
}

// items yields what a node has, page by page where the service has pages, and all at once where it has none.
func (c *Client) items(ctx context.Context, s *xmpp.Session, f *feed) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		after, total := "", 0
		for {
			n, last, more, err := c.page(ctx, s, f, after, yield)
			total += n
			switch {
			case err != nil:
				yield(Item{}, err)
				return
			case !more || n == 0 || last == "" || last == after:
				return
			case total > mostItems:
				yield(Item{}, fmt.Errorf("the node has more than %d items", mostItems))
				return
			}
			after = last
		}
	}
}

// errEnough says that nobody wants more.
var errEnough = errors.New("enough")

// page reads a page and says how many items it has, which is the last, and whether there may be more.
func (c *Client) page(ctx context.Context, s *xmpp.Session, f *feed, after string, yield func(Item, error) bool) (n int, last string, more bool, err error) {
	set := []xml.TokenReader{text("max", strconv.Itoa(pageItems))}
	if after != "" {
		set = append(set, text("after", after))
	}
	request := door.Element(nsPubsub, "pubsub", nil,
		door.Element("", "items", door.Attrs{"node": f.Node}), door.Element(nsRSM, "set", nil, set...))
	err = c.ask(ctx, s, f.Service, stanza.GetIQ, request, func(d *xml.Decoder) error {
		return eachElement(d, func(start *xml.StartElement) error {
			switch start.Name.Local {
			case "item":
				n++
				var w wireItem
				if err := d.DecodeElement(&w, start); err != nil {
					return err
				}
				switch item, err := f.Type.item(&w); {
				case err != nil:
					c.stats.bad.Add(1)
				case !yield(item, nil):
					return errEnough
				}
			case "set":
				var rsm struct {
					Last string `xml:"last"`
				}
				more = true
				if err := d.DecodeElement(&rsm, start); err != nil {
					return err
				}
				last = rsm.Last
			}
			return nil
		})
	})
	if errors.Is(err, errEnough) {
		return n, "", false, nil
	}
	return n, last, more && n >= 1, err
}

// eachElement calls fn for each element that begins, until the tokens end.
func eachElement(d *xml.Decoder, fn func(*xml.StartElement) error) error {
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading an answer: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := fn(&start); err != nil {
				return err
			}
		}
	}
}

func text(name, s string) xml.TokenReader {
	return door.Element("", name, nil, door.Text(s))
}

// refusal is an error that a service answers.
type refusal struct{ Condition string }

func (r *refusal) Error() string { return "the service refuses: " + r.Condition }

// ask asks a service and gives the inside of its answer to fn. While fn reads, the stream waits.
func (c *Client) ask(ctx context.Context, s *xmpp.Session, to jid.JID, kind stanza.IQType, payload xml.TokenReader, fn func(*xml.Decoder) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	answer, err := s.SendIQElement(ctx, payload, stanza.IQ{To: to, From: c.me, Type: kind})
	if err != nil {
		return fmt.Errorf("asking %s: %w", to, err)
	}
	defer func() { _ = answer.Close() }() // what is left is passed over
	d := xml.NewTokenDecoder(answer)
	token, err := d.Token()
	start, ok := token.(xml.StartElement)
	if err != nil || !ok {
		return fmt.Errorf("reading the answer of %s: %w", to, errors.Join(err, errors.New("it is no stanza")))
	}
	if from, err := jid.Parse(attr(&start, "from")); err != nil || !from.Equal(to) {
		return fmt.Errorf("asking %s: somebody else answered", to)
	}
	if attr(&start, "type") == "error" {
		condition := "undefined-condition"
		err := eachElement(d, func(e *xml.StartElement) error {
			if e.Name.Space == "urn:ietf:params:xml:ns:xmpp-stanzas" && e.Name.Local != "text" {
				condition = e.Name.Local
			}
			return nil
		})
		return errors.Join(&refusal{condition}, err)
	}
	return fn(d)
}

// attr returns an attribute of an element.
func attr(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
