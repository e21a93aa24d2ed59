// Package xmppplay plays a script of package simulate through an XMPP server: every account is a real client connection, bots
// register in-band (XEP-0077), requests are presence subscriptions. What counts is what the recipients' clients receive.
//
// Connections are not encrypted, so the server must be on this machine.
package xmppplay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/simulate"
)

// Options say how to play.
type Options struct {
	// Password is that of every account. Those that the script does not register must exist, with their contacts.
	Password string
	// Speed is script seconds in one second; 0 plays without pauses.
	Speed float64
	// Settle is how long after the last step what has not arrived may still come; 3 seconds if zero.
	Settle time.Duration
	// Patience is how long a step waits for the arrival of the one that it needs; half a second if zero.
	Patience time.Duration
	// Report, if set, is called when the fate of a step is known, one call at a time; again if it was said to be held and
	// arrives after all. It must not call the player.
	Report func(simulate.Outcome)
}

// Player plays one script once. Make one with [New], then [Player.Connect], [Player.Play] and [Player.Close].
type Player struct {
	script *simulate.Script
	o      Options
	addr   string // where the server takes clients

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when the fate of a step gets known
	attempts []attempt     // one for each step
	byID     map[string]int
	// open are the presence steps that have not arrived, unjudged the steps that no verdict has come for, by what they look
	// like on the wire and in the order of sending. Messages are known by their IDs.
	open, unjudged map[wireKey][]int
	clients        map[device]*client
	arrivals       int
	closing        bool
	broken         error // why a connection was lost
}

// attempt is a step and what is known of it. Its fate is empty until it is known.
type attempt struct {
	simulate.Outcome

	sent time.Time
}

type device struct{ account, client string }

// wireKey is how a step looks on the wire. Body is left out for presence, which is not always kept.
type wireKey struct {
	kind     nospim.Kind
	from, to string
	body     string
}

// New makes a player.
func New(s *simulate.Script, o Options) *Player {
	o.Settle = cmp.Or(o.Settle, 3*time.Second)
	o.Patience = cmp.Or(o.Patience, 500*time.Millisecond)
	if o.Report == nil {
		o.Report = func(simulate.Outcome) {}
	}
	p := &Player{
		script: s, o: o, changed: make(chan struct{}), attempts: make([]attempt, len(s.Steps)), byID: make(map[string]int, len(s.Steps)),
		open: map[wireKey][]int{}, unjudged: map[wireKey][]int{}, clients: map[device]*client{},
	}
	for i := range s.Steps {
		p.attempts[i].Step = s.Steps[i]
		p.byID[s.Steps[i].ID] = i
	}
	return p
}

// Observe returns a judge that asks another one and tells the player what it said: outcomes then have verdicts, and nobody
// waits for the arrival of what is held.
func (p *Player) Observe(judge nospim.Judge) nospim.Judge {
	return nospim.JudgeFunc(func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		v, err := judge.Judge(ctx, e)
		p.judged(e, v, err)
		return v, err
	})
}

func (p *Player) judged(e *nospim.Event, v *nospim.Verdict, err error) {
	k := wireKey{kind: e.Kind, from: e.Sender.ID}
	if len(e.Recipients) > 0 {
		k.to = e.Recipients[0].ID
	}
	if e.Kind == nospim.KindMessage {
		k.body = e.Body
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i, ok := pop(p.unjudged, k)
	if !ok {
		return
	}
	a := &p.attempts[i]
	a.Verdict, a.Err = v, err
	if v != nil && simulate.FateOf(v.Action) == simulate.Held && a.Fate == "" {
		p.settle(i, simulate.Held)
	}
}

// Connect logs in everybody whose account exists, at a server that takes clients at addr: 127.0.0.1:5222.
func (p *Player) Connect(ctx context.Context, addr string) error {
	p.addr = addr
	for i := range p.script.Accounts {
		a := &p.script.Accounts[i]
		if a.Registers() {
			continue
		}
		if err := p.login(ctx, a.ID, a.Client); err != nil {
			return err
		}
	}
	return nil
}

// Play plays the steps in their order and returns what became of each. The error says that ctx ended or that a connection was
// lost; outcomes are then those known so far.
func (p *Player) Play(ctx context.Context) ([]simulate.Outcome, error) {
	clock := simulate.NewClock(p.o.Speed)
	for i := range p.script.Steps {
		if err := clock.Wait(ctx, p.script.Steps[i].At); err != nil {
			return p.outcomes(), fmt.Errorf("playing: %w", err)
		}
		if err := p.step(ctx, i); err != nil {
			return p.outcomes(), err
		}
	}
	p.await(ctx, time.Now().Add(p.o.Settle/10), func() bool { return false }) // what should not arrive has a chance to do so
	p.await(ctx, time.Now().Add(p.o.Settle), p.allKnown)
	p.mu.Lock()
	for i := range p.attempts {
		if p.attempts[i].Fate == "" {
			p.settle(i, simulate.Held)
		}
	}
	broken := p.broken
	p.mu.Unlock()
	return p.outcomes(), errors.Join(broken, ctx.Err())
}

// Close hangs up every connection.
func (p *Player) Close() error {
	p.mu.Lock()
	p.closing = true
	clients := p.clients
	p.clients = nil
	p.mu.Unlock()
	var errs []error
	for _, c := range clients {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

// step does one step, or finds that it cannot be done.
func (p *Player) step(ctx context.Context, i int) error {
	step := &p.script.Steps[i]
	if !p.possible(ctx, step) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.settle(i, simulate.Skipped)
		return p.broken
	}
	p.mu.Lock()
	p.attempts[i].sent = time.Now()
	k := wireKey{kind: step.Kind, from: step.From, to: step.To}
	if step.Kind == nospim.KindMessage {
		k.body = step.Body
	} else {
		p.open[k] = append(p.open[k], i)
	}
	p.unjudged[k] = append(p.unjudged[k], i)
	c := p.clients[device{step.From, step.Client}]
	broken := p.broken
	p.mu.Unlock()
	if broken != nil {
		return broken
	}
	switch step.Kind {
	case nospim.KindRegistration:
		name, domain, _ := strings.Cut(step.From, "@")
		return p.answered(i, register(ctx, p.addr, domain, name, p.o.Password))
	case nospim.KindLogin:
		return p.answered(i, p.login(ctx, step.From, step.Client))
	default:
		if c == nil {
			return fmt.Errorf("%s: %s is not logged in with %s", step.ID, step.From, step.Client)
		}
		return send(ctx, c, step)
	}
}

// send puts a message or presence on the wire.
func send(ctx context.Context, c *client, step *simulate.Step) error {
	to, err := jid.Parse(step.To)
	if err != nil {
		return fmt.Errorf("reading the address %s: %w", step.To, err)
	}
	var v any
	switch step.Kind {
	case nospim.KindMessage:
		v = message{Message: stanza.Message{ID: step.ID, To: to, Type: stanza.ChatMessage}, Body: step.Body}
	case nospim.KindContactRequest:
		v = presence{Presence: stanza.Presence{ID: step.ID, To: to, Type: stanza.SubscribePresence}, Status: step.Body}
	case nospim.KindContactAccept:
		v = presence{Presence: stanza.Presence{ID: step.ID, To: to, Type: stanza.SubscribedPresence}}
	default:
		return fmt.Errorf("%s: XMPP clients are not played doing a %s", step.ID, step.Kind)
	}
	if err := c.session.Encode(ctx, v); err != nil {
		return fmt.Errorf("sending %s as %s: %w", step.ID, step.From, err)
	}
	return nil
}

// answered takes in the server's answer to a registration or log-in.
func (p *Player) answered(i int, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case errors.Is(err, errRefused):
		p.attempts[i].Told = strings.TrimPrefix(err.Error(), errRefused.Error()+": ")
		p.settle(i, simulate.Rejected)
	case err != nil:
		return err
	default:
		p.arrived(i, "")
	}
	return nil
}

// login connects one device. Only the first of an account says that it is there, so that messages come once.
func (p *Player) login(ctx context.Context, account, resource string) error {
	c, err := dial(ctx, p.addr, account, p.o.Password, resource,
		func(r *received) { p.got(account, r) },
		func(err error) { p.lost(account, err) })
	if err != nil {
		return err
	}
	p.mu.Lock()
	first := true
	for d := range p.clients {
		first = first && d.account != account
	}
	p.clients[device{account, resource}] = c
	p.mu.Unlock()
	if !first {
		return nil
	}
	if err := c.appear(ctx); err != nil {
		return fmt.Errorf("saying that %s is there: %w", account, err)
	}
	return nil
}

func (p *Player) lost(account string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closing && p.broken == nil {
		p.broken = fmt.Errorf("the connection of %s was lost: %w", account, cmp.Or(err, errors.New("the server closed it")))
		p.wake()
	}
}

// possible reports whether what a step needs has arrived without a mark. It waits a moment for that.
func (p *Player) possible(ctx context.Context, step *simulate.Step) bool {
	if step.Needs == "" {
		return true
	}
	needed := &p.attempts[p.byID[step.Needs]]
	p.mu.Lock()
	until := needed.sent.Add(p.o.Patience)
	p.mu.Unlock()
	p.await(ctx, until, func() bool { return needed.Fate != "" })
	p.mu.Lock()
	defer p.mu.Unlock()
	return needed.Fate == simulate.Delivered
}

// await waits until known, which is called with the lock held, says yes, a moment has come, ctx ends, or a connection is lost.
func (p *Player) await(ctx context.Context, until time.Time, known func() bool) {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	for {
		p.mu.Lock()
		changed, enough := p.changed, p.broken != nil || known()
		p.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-changed:
		case <-t.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// allKnown reports whether the fate of every step is known. The lock is held.
func (p *Player) allKnown() bool {
	for i := range p.attempts {
		if p.attempts[i].Fate == "" {
			return false
		}
	}
	return true
}

// got takes in what came for an account.
func (p *Player) got(account string, r *received) {
	from := bare(r.From)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case r.XMLName.Local == "message" && r.Type == "error":
		if i, ok := p.byID[r.ID]; ok && p.attempts[i].Step.From == account {
			p.attempts[i].Told = r.Error.Text
			p.settle(i, simulate.Rejected)
		}
	case r.XMLName.Local == "message":
		if i, ok := p.byID[r.ID]; ok && p.attempts[i].Step.From == from && p.attempts[i].Step.To == account {
			p.arrived(i, mark(r))
		}
	case r.XMLName.Local == "presence":
		p.gotPresence(account, from, r)
	}
}

func (p *Player) gotPresence(account, from string, r *received) {
	switch r.Type {
	case "subscribe":
		if i, ok := pop(p.open, wireKey{kind: nospim.KindContactRequest, from: from, to: account}); ok {
			p.arrived(i, mark(r))
		}
	case "subscribed":
		if i, ok := pop(p.open, wireKey{kind: nospim.KindContactAccept, from: from, to: account}); ok {
			p.arrived(i, mark(r))
		}
	case "unsubscribed", "error": // a request was refused (RFC 6121 §3.1.3)
		if i, ok := pop(p.open, wireKey{kind: nospim.KindContactRequest, from: account, to: from}); ok {
			p.attempts[i].Told = cmp.Or(r.Status, r.Error.Text)
			p.settle(i, simulate.Rejected)
		}
	}
}

// mark returns what a mark says; a mark without words says so.
func mark(r *received) string {
	if r.Mark == nil {
		return ""
	}
	return cmp.Or(strings.TrimSpace(r.Mark.Reason), "marked")
}

// arrived notes that a step has reached its recipient. The lock is held.
func (p *Player) arrived(i int, marked string) {
	a := &p.attempts[i]
	a.Copies++
	if a.Copies > 1 {
		return
	}
	p.arrivals++
	a.Arrived = p.arrivals
	if marked != "" {
		a.Told = marked
		p.settle(i, simulate.Marked)
		return
	}
	p.settle(i, simulate.Delivered)
}

// settle sets the fate of a step and reports it. The lock is held.
func (p *Player) settle(i int, f simulate.Fate) {
	p.attempts[i].Fate = f
	p.o.Report(p.attempts[i].Outcome)
	p.wake()
}

// wake wakes everybody who waits for news. The lock is held.
func (p *Player) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Player) outcomes() []simulate.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]simulate.Outcome, 0, len(p.attempts))
	for i := range p.attempts {
		if p.attempts[i].Fate != "" {
			all = append(all, p.attempts[i].Outcome)
		}
	}
	return all
}

// pop takes the first of the steps that look alike.
func pop(m map[wireKey][]int, k wireKey) (int, bool) {
	s := m[k]
	if len(s) == 0 {
		return 0, false
	}
	m[k] = s[1:]
	return s[0], true
}

// bare cuts the resource off an address.
func bare(id string) string {
	b, _, _ := strings.Cut(id, "/")
	return b
}
