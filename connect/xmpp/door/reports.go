package door

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim"
)

// Reports is the part of the door through which reports leave the house and come in: it carries out the orders to forward a report and to
// thank for one, asks services where they take reports (XEP-0157), and takes the reports that other services forward, incidents
// (XEP-0268), and complaints about marks (XEP-0287). Its fields must not change once it attends.
type Reports struct {
	Name, Service string // of the component, and of the service that it belongs to
	Language      string // of thanks, where the reporter's is not known
	Orders        nospim.Orders
	Desk          ReportDesk
	Log           *slog.Logger
	// Settle is for how long a service may refuse what was sent to it before it counts as taken; Retry is how long the first wait for
	// another attempt is. Zero: 10 seconds, 30 seconds.
	Settle, Retry time.Duration

	once    sync.Once
	jobs    chan func(context.Context)
	refused answers
}

// ReportDesk is where reports that come in go, and where it stands who takes those that leave.
type ReportDesk interface {
	// Contact returns the addresses of a domain that takes reports, if it was asked lately; Note remembers what it said. No addresses
	// mean that it takes none, for which problem says why.
	Contact(ctx context.Context, domain string) (addresses []string, asked bool, err error)
	Note(ctx context.Context, domain string, addresses []string, problem string) error
	// Take reads a stanza that may be a report from elsewhere, or a complaint. The error is an ErrInvalid for what is none, with nothing
	// kept. What it returns is called, apart, to keep it.
	Take(service, from, id, raw string) (keep func(context.Context) error, err error)
}

// Limits of what goes on at once.
const (
	mostJobs     = 64 // reports that came and are not kept yet
	mostSent     = 8  // orders that are carried out at once
	mostAttempts = 8  // for one report: with the usual wait, about an hour
	askWait      = 30 * time.Second
)

// Namespaces of reports.
const (
	nsReporting = "urn:xmpp:reporting:1"
	nsSpim      = "urn:xmpp:spim-report:0"
	nsIncident  = "urn:xmpp:incident:2"
	nsReceipts  = "urn:xmpp:receipts" // XEP-0184
)

// sentPrefix begins the IDs of what is forwarded, so that its refusals are known again.
const sentPrefix = "nospim-report-"

func (r *Reports) begin() {
	r.once.Do(func() {
		r.jobs = make(chan func(context.Context), mostJobs)
		r.refused.init()
		if r.Settle == 0 {
			r.Settle = 10 * time.Second
		}
		if r.Retry == 0 {
			r.Retry = 30 * time.Second
		}
	})
}

// Disco implements [Part].
func (r *Reports) Disco() (identities []Identity, features []string) {
	return nil, []string{nsReporting, nsSpim, nsIncident}
}

// came is what is read of a stanza to know whose it is.
type came struct {
	Report   *struct{} `xml:"urn:xmpp:reporting:1 report"`
	Spim     *struct{} `xml:"urn:xmpp:spim-report:0 query"`
	Incident *struct{} `xml:"urn:xmpp:incident:2 report"`
	Received *struct {
		ID string `xml:"id,attr"`
	} `xml:"urn:xmpp:receipts received"`
	Error *struct {
		Type  string `xml:"type,attr"`
		Inner []struct {
			XMLName xml.Name
		} `xml:",any"`
	} `xml:"error"`
}

// Handle implements [Part].
func (r *Reports) Handle(_ context.Context, in *Stanza) (reply xml.TokenReader, mine bool) {
	r.begin()
	if in.Name == "presence" {
		return nil, false
	}
	if in.TooLarge {
		return nil, false
	}
	var c came
	if err := in.Decode(&c); err != nil {
		return nil, false
	}
	switch {
	case in.Type == "error":
		if c.Error == nil || !strings.HasPrefix(in.ID, sentPrefix) {
			return nil, false
		}
		r.refused.tell(in.ID, in.From, refusalOf(&c))
		return nil, true
	case in.Name == "message" && c.Received != nil && strings.HasPrefix(c.Received.ID, sentPrefix):
		r.refused.tell(c.Received.ID, in.From, outcome{taken: true})
		return nil, true
	case in.Name == "message" && c.Report != nil, in.Name == "iq" && in.Type == "set" && (c.Spim != nil || c.Incident != nil):
		return r.take(in), true
	}
	return nil, false
}

// take has a report kept, apart from the reading of the stream, and answers an iq.
func (r *Reports) take(in *Stanza) xml.TokenReader {
	answer := func(reply xml.TokenReader) xml.TokenReader {
		if in.Name != "iq" {
			return nil // nobody answers a message: two doors would never end
		}
		return reply
	}
	from, err := jid.Parse(in.From)
	if err != nil {
		return nil
	}
	keep, err := r.Desk.Take(r.Service, from.Bare().String(), in.ID, in.XML())
	switch {
	case errors.Is(err, nospim.ErrNotFound):
		return answer(in.Refuse("cancel", "item-not-found"))
	case err != nil:
		return answer(in.Refuse("modify", "bad-request"))
	}
	job := func(ctx context.Context) {
		if err := keep(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, nospim.ErrNotFound) {
			r.Log.Error("a report from elsewhere could not be kept", "err", err)
		}
	}
	select {
	case r.jobs <- job:
		return answer(in.Result(nil))
	default:
		return answer(in.Refuse("wait", "resource-constraint"))
	}
}

// Attend implements [Part].
func (r *Reports) Attend(ctx context.Context, s *xmpp.Session) {
	r.begin()
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case job := <-r.jobs:
				job(ctx)
			}
		}
	})
	places := make(chan struct{}, mostSent)
	err := r.Orders.Watch(ctx, r.Service, func(o nospim.Order) error {
		if o.Do != nospim.OrderThank && o.Do != nospim.OrderForward {
			return nil // somebody else's
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		work.Go(func() {
			defer func() { <-places }()
			r.obey(ctx, s, &o)
		})
		return nil
	})
	if err != nil && ctx.Err() == nil {
		r.Log.Error("orders about reports cannot be read", "err", err)
	}
}

// obey carries out an order and acknowledges it. When the connection ends before, it comes again with the next one.
func (r *Reports) obey(ctx context.Context, s *xmpp.Session, o *nospim.Order) {
	var err error
	if o.Do == nospim.OrderThank {
		err = r.thank(ctx, s, o)
	} else {
		err = r.persist(ctx, s, o)
	}
	if ctx.Err() != nil {
		return
	}
	failure := ""
	if err != nil {
		failure = err.Error()
	}
	if err := r.Orders.Ack(ctx, o.ID, failure); err != nil && ctx.Err() == nil {
		r.Log.Error("an order about a report could not be acknowledged", "order", o.ID, "err", err)
	}
}

// thank tells somebody that their report has arrived, in their language, and promises nothing.
func (r *Reports) thank(ctx context.Context, s *xmpp.Session, o *nospim.Order) error {
	to, err := jid.Parse(o.Sender)
	if err != nil || !strings.EqualFold(to.Domain().String(), r.Service) {
		return errors.New("not an account of this service")
	}
	lang := o.Text
	if lang == "" {
		lang = r.Language
	}
	text := xmlstream.Wrap(xmlstream.Token(xml.CharData(language(lang).thanks)), xml.StartElement{Name: xml.Name{Local: "body"}})
	if err := s.Send(ctx, stanza.Message{To: to, From: jid.MustParse(r.Name), Type: stanza.ChatMessage, Lang: lang}.Wrap(text)); err != nil {
		return fmt.Errorf("thanking: %w", err)
	}
	return nil
}

// errLater says that it is worth trying again.
var errLater = errors.New("not now")

// persist forwards a report, again and again with longer waits, until it is taken, refused, or given up.
func (r *Reports) persist(ctx context.Context, s *xmpp.Session, o *nospim.Order) error {
	wait := r.Retry
	for attempt := 1; ; attempt++ {
		err := r.send(ctx, s, o)
		if !errors.Is(err, errLater) || attempt == mostAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait *= 2
		}
	}
}

// send sends a report to everybody who is to have it: to an address, or to those that a domain names for it. It is done when one of them
// has taken it.
func (r *Reports) send(ctx context.Context, s *xmpp.Session, o *nospim.Order) error {
	if len(o.Recipients) != 1 {
		return errors.New("the order names nobody")
	}
	to := []string{o.Recipients[0]}
	if o.Text == nospim.ForwardToOrigin {
		var err error
		if to, err = r.contact(ctx, s, o.Recipients[0]); err != nil {
			return err
		}
	}
	var errs []error
	for i, address := range to {
		errs = append(errs, r.sendTo(ctx, s, o, address, fmt.Sprintf("%s%s-%d", sentPrefix, o.ID, i)))
	}
	if slices.Contains(errs, nil) {
		return nil
	}
	return errors.Join(errs...)
}

// sendTo sends a report to one address and waits whether it is refused. A receipt ends the waiting.
func (r *Reports) sendTo(ctx context.Context, s *xmpp.Session, o *nospim.Order, address, id string) error {
	to, err := jid.Parse(address)
	if err != nil {
		return fmt.Errorf("%s is no address", address)
	}
	heard := r.refused.expect(id, to.Bare().String())
	defer r.refused.forget(id)
	m, err := addressed(o.Raw, jid.MustParse(r.Name), to, id)
	if err != nil {
		return err
	}
	if err := s.Send(ctx, m); err != nil {
		return fmt.Errorf("sending: %w", errors.Join(err, errLater))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.Settle):
		return nil
	case got := <-heard:
		return got.err()
	}
}

// addressed is a composed message with its addresses and ID, and the wish for a receipt.
func addressed(raw string, from, to jid.JID, id string) (xml.TokenReader, error) {
	in := xmlstream.RemoveAttr(func(_ xml.StartElement, a xml.Attr) bool { return a.Name.Local == "xmlns" })(xml.NewDecoder(strings.NewReader(raw)))
	inner, _, err := xmlstream.Unwrap(in)
	if err != nil {
		return nil, fmt.Errorf("reading what is to be forwarded: %w", err)
	}
	m := stanza.Message{ID: id, To: to, From: from, Type: stanza.NormalMessage}
	return m.Wrap(xmlstream.MultiReader(inner, Element(nsReceipts, "request", nil))), nil
}
