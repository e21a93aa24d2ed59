package people

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

// Reports is where reports arrive: a Judge in front of another, which lets everything through and keeps the reports among what
// passes. A report is durable before it is answered. What it counts depends on what nospim itself judged and on who says it (trust.go);
// what the reports about an account come to becomes a label of that account, behind the answer (standing.go). Whoever reports is thanked,
// and what they wish is forwarded (forward.go).
//
// Its fields must not change once it judges.
type Reports struct {
	Judged nospim.Judge // judges events; through its own Begin if it has one
	Store  ReportStore
	Clock  func() time.Time
	Log    *slog.Logger // nil is silent
	// Read reads what only the wire form of a report says; nil, or nothing read, means that the reporter wishes nothing.
	Read func(raw string) nospim.Complaint
	// Address is the account to which other services forward their reports, empty for none; ReadForwarded reads those.
	Address       string
	ReadForwarded func(raw string) (nospim.Complaint, error)
	// Thanks has reporters thanked. Forward says what happens to what they wish.
	Thanks  bool
	Forward Forward
	// Evidence is for how long the wire form of what strangers write is remembered, in memory only, so that a report that is forwarded
	// has it; 0 means not at all.
	Evidence time.Duration

	mu       sync.Mutex // one report at a time, so that limits hold
	evidence evidence
	due      dues
}

// ReportStore is what Reports asks of a record store.
type ReportStore interface {
	Labels
	record.Complaints
	Get(ctx context.Context, service, eventID string) (*nospim.Record, error)
	Held(ctx context.Context, f record.HeldFilter) ([]nospim.Held, error)
	Account(ctx context.Context, service, account string, since time.Time, fn func(r *nospim.Record) error) error
	Flush(ctx context.Context) error
}

// beginner is a Judge whose durable write can be waited for apart from the decision, as connect/wire has it.
type beginner interface {
	Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, func() (*nospim.Verdict, error), error)
}

// Judge implements [nospim.Judge].
func (r *Reports) Judge(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	v, wait, err := r.Begin(ctx, e)
	if err != nil || wait == nil {
		return v, err
	}
	return wait()
}

// Begin judges an event without waiting for the disk. With wait nil the verdict stands; otherwise wait must be called, and e must stay as
// it is until then.
func (r *Reports) Begin(ctx context.Context, e *nospim.Event) (v *nospim.Verdict, wait func() (*nospim.Verdict, error), err error) {
	if b, ok := r.Judged.(beginner); ok {
		v, wait, err = b.Begin(ctx, e)
	} else {
		v, err = r.Judged.Judge(ctx, e)
	}
	switch {
	case err != nil:
		return v, wait, err
	case e.Kind == nospim.KindReport:
		stands := wait // of the verdict alone; what is returned waits for more
		return v, func() (*nospim.Verdict, error) { return r.reported(ctx, e, v, stands) }, nil
	case r.forwards(e):
		stands := wait
		return v, func() (*nospim.Verdict, error) { return r.forwarded(ctx, e, v, stands) }, nil
	case r.Evidence > 0:
		r.evidence.keep(e, r.Clock(), r.Evidence)
	}
	return v, wait, nil
}

// Takes reports whether an event tells a report, or may.
func (r *Reports) Takes(e *nospim.Event) bool { return e.Kind == nospim.KindReport || r.forwards(e) }

// forwards reports whether another service, in its own name, may be forwarding a report with a message.
func (r *Reports) forwards(e *nospim.Event) bool {
	return r.Address != "" && e.Kind == nospim.KindMessage && !strings.Contains(e.Sender.ID, "@") && len(e.Recipients) == 1 && e.Recipients[0].ID == r.Address &&
		strings.Contains(e.Raw, "urn:xmpp:reporting:1")
}

// forwarded keeps the report that a message forwards, if it does. The message goes its way.
func (r *Reports) forwarded(ctx context.Context, e *nospim.Event, v *nospim.Verdict, wait func() (*nospim.Verdict, error)) (*nospim.Verdict, error) {
	if said, err := r.ReadForwarded(e.Raw); err == nil {
		if err := r.FromElsewhere(ctx, e.Service, e.Sender.ID, e.ID, record.ByForward, []nospim.Complaint{said}); err != nil {
			r.log().Error("a forwarded report could not be kept", "event", e.ID, "err", err)
		}
	}
	if wait == nil {
		return v, nil
	}
	return wait()
}

// reported keeps a report once its verdict stands.
func (r *Reports) reported(ctx context.Context, e *nospim.Event, v *nospim.Verdict, wait func() (*nospim.Verdict, error)) (*nospim.Verdict, error) {
	if wait != nil {
		var err error
		if v, err = wait(); err != nil {
			return v, err
		}
	}
	if err := r.take(ctx, e, v); err != nil {
		r.log().Error("a report could not be kept", "event", e.ID, "err", err)
	}
	return v, nil
}

func (r *Reports) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}

// take keeps the reports that an event tells: one for each account.
func (r *Reports) take(ctx context.Context, e *nospim.Event, v *nospim.Verdict) error {
	said := nospim.Complaint{Reason: nospim.ReasonSpam}
	if r.Read != nil && e.Raw != "" {
		said = r.Read(e.Raw)
	}
	said.By = e.Sender.ID
	if said.Refers == "" {
		said.Refers = e.Refers
	}
	var errs []error
	for i, about := range e.Recipients[:min(len(e.Recipients), mostAtOnce)] {
		said.About = about.ID
		c := record.Complaint{
			Service: e.Service, EventID: e.ID, Source: source(e), By: e.Sender.ID, About: about.ID, Refers: said.Refers, Reason: said.Reason, At: r.Clock(),
		}
		if i > 0 {
			c.EventID += fmt.Sprintf("/%d", i)
		}
		t := told{event: e, verdict: v, said: said, atDoor: e.Client == AtTheDoor}
		errs = append(errs, r.receive(ctx, &c, &t))
	}
	return errors.Join(errs...)
}

// source says how an event that tells a report came.
func source(e *nospim.Event) record.ComplaintSource {
	if e.Client == byMark {
		return record.ByMark
	}
	return record.ByPerson
}

// byMark is the client of complaints about marks.
const byMark = "nospim mark"

// AtTheDoor is the client of what people say at the door, where they have been answered.
const AtTheDoor = "nospim door"

// Limits of reports.
const (
	mostAtOnce = 10  // accounts in one report
	mostADay   = 20  // reports of one person that count
	mostKept   = 100 // of one person, or one forwarding domain, in a day; what is beyond is not kept at all
	oncePer    = 30 * 24 * time.Hour
	aDay       = 24 * time.Hour
)

// told is a report on its way: the event and the verdict that brought it, where there are any, and what its wire form says.
type told struct {
	event   *nospim.Event
	verdict *nospim.Verdict
	said    nospim.Complaint
	atDoor  bool // its author has an answer already
}

// receive proves, weighs and keeps one report, and does what follows from it.
func (r *Reports) receive(ctx context.Context, c *record.Complaint, t *told) error {
	added, err := r.weighAndKeep(ctx, c, t)
	if err != nil || !added {
		return err
	}
	if c.Weight > 0 {
		r.due.add(c.Service, c.About)
	}
	if c.Source != record.ByPerson && c.Source != record.ByMark || c.Proof == record.Void {
		return nil
	}
	return errors.Join(r.thank(ctx, c, t), r.forward(ctx, c, t))
}

func (r *Reports) weighAndKeep(ctx context.Context, c *record.Complaint, t *told) (added bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	former, err := r.Store.Complaints(ctx, record.ComplaintFilter{Service: c.Service, By: c.By, Since: c.At.Add(-memory), Limit: 1000})
	if err != nil {
		return false, err
	}
	if since(former, c.At.Add(-aDay)) >= mostKept {
		r.log().Warn("somebody reports more than is kept", "service", c.Service, "event", c.EventID)
		return false, nil
	}
	if err := r.prove(ctx, c, t); err != nil {
		return false, err
	}
	if err := r.weigh(ctx, c, t, former); err != nil {
		return false, err
	}
	return r.Store.PutComplaint(ctx, c)
}

// since counts reports from a time on.
func since(all []record.Complaint, at time.Time) (n int) {
	for i := range all {
		if !all[i].At.Before(at) {
			n++
		}
	}
	return n
}

// prove looks for an event from the reported account to the reporter that was judged here. What the reporter says that it is called is
// believed only when the record says the same; the memory of the pair, which the verdict of the report speaks of, does otherwise.
func (r *Reports) prove(ctx context.Context, c *record.Complaint, t *told) error {
	switch {
	case c.Source == record.ByForward || c.Source == record.ByIncident:
		c.Proof = record.Unproven
		return nil
	case c.About == "" || c.About == c.By || domain(c.By) != c.Service:
		c.Proof = record.Void
		return nil
	}
	c.Proof = record.Unproven
	if c.Refers != "" {
		got, err := r.Store.Get(ctx, c.Service, c.Refers)
		switch {
		case err == nil && between(&got.Event, c.About, c.By):
			c.Proof = record.Proven
		case err != nil && !errors.Is(err, nospim.ErrNotFound):
			return err
		}
	}
	if t.verdict != nil && raised(t.verdict, "REPORT_PROVEN") {
		c.Proof = record.Proven
	}
	return nil
}

// between reports whether an event went from one account to the other.
func between(e *nospim.Event, from, to string) bool {
	return e.Sender.ID == from && slices.ContainsFunc(e.Recipients, func(a nospim.Account) bool { return a.ID == to })
}

func raised(v *nospim.Verdict, symbol string) bool {
	return slices.ContainsFunc(v.Signals, func(s nospim.Signal) bool { return s.Symbol == symbol })
}

// domain is that of an address without device part; an address that has no @ is a domain.
func domain(account string) string {
	if _, d, ok := strings.Cut(account, "@"); ok {
		return d
	}
	return account
}

// ByKey keeps the report of somebody who answers the mark on a message (XEP-0287): eventID is what the key of the mark names, which the
// caller has verified to be by's own. The error is an ErrNotFound when the message is not known any more.
func (r *Reports) ByKey(ctx context.Context, service, by, eventID string) error {
	got, err := r.Store.Get(ctx, service, eventID)
	if err != nil {
		return fmt.Errorf("a complaint about a mark: %w", err)
	}
	// It is a report like others, so that the filter learns from it, too.
	_, err = r.Judge(ctx, &nospim.Event{
		ID: name("mark", eventID, by), Kind: nospim.KindReport, Time: r.Clock(), Protocol: got.Event.Protocol, Service: service,
		Sender: recipient(&got.Event, by), Recipients: []nospim.Account{{ID: got.Event.Sender.ID}}, Refers: eventID, Observe: true, Client: byMark,
	})
	return err
}

// name makes an ID of what is said here: of a kind, and equal for equal parts, however long these are.
func name(kind string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return kind + ":" + hex.EncodeToString(sum[:16])
}

// recipient is what a record says of one who was to receive its event.
func recipient(e *nospim.Event, id string) nospim.Account {
	if i := slices.IndexFunc(e.Recipients, func(a nospim.Account) bool { return a.ID == id }); i >= 0 {
		return nospim.Account{ID: id, Local: true, Created: e.Recipients[i].Created, Minor: e.Recipients[i].Minor}
	}
	return nospim.Account{ID: id, Local: true}
}

// FromElsewhere keeps what another service reports: unproven, whatever it shows. From is the domain that the server vouches for, id what
// it calls the report.
func (r *Reports) FromElsewhere(ctx context.Context, service, from, id string, source record.ComplaintSource, said []nospim.Complaint) error {
	var errs []error
	for i := range said[:min(len(said), mostAtOnce)] {
		about := strings.ToLower(said[i].About)
		if about == "" || len(about) > nospim.MaxAccountID || domain(about) == "" {
			continue
		}
		c := record.Complaint{
			Service: service, EventID: name(string(source), domain(from), id, about), Source: source, By: domain(from), About: about,
			Reason: said[i].Reason, At: r.Clock(),
		}
		errs = append(errs, r.receive(ctx, &c, &told{said: said[i]}))
	}
	return errors.Join(errs...)
}
