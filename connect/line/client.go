package line

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// Hello says who a client is.
type Hello struct {
	// Connector is name and version: prosody/0.12.3.
	Connector string
	// Service asks for the orders of that service; empty for none.
	Service string
	// Protocol asks for orders in the raw form of that protocol, where nospim can give it; empty for none.
	Protocol string
	Secret   string
}

// Options of a client; the zero value will do.
type Options struct {
	// OnError is told what was refused of lines that want no answer. It must not wait.
	OnError func(error)
	// WriteWait is how long the server may leave lines unread until the connection is given up: 10 seconds.
	WriteWait time.Duration
}

// Client is a connector's end of one connection, pipelined and safe for concurrent use. Once the connection is lost, every call
// errs with nospim.ErrClosed: dial again.
type Client struct {
	nc   net.Conn
	out  *wire.Out
	opts Options
	// Welcome is how nospim answered hello: its version, policy and shadow.
	Welcome wire.Hello

	mu      sync.Mutex
	last    int64
	waiting map[int64]chan<- reply
	pings   map[int64]chan<- reply
	lost    error // why the connection ended

	orders chan nospim.Order
	does   chan func(nospim.Order) string // the handler, once
	once   sync.Once
	done   chan struct{}
	under  sync.WaitGroup
}

// reply is what came for a question.
type reply struct {
	v   *nospim.Verdict
	err error
}

// pendingOrders bounds the orders that wait for their handler. What does not fit is not acknowledged, so it comes again.
const pendingOrders = 1024

// Dial connects to a server on network and addr (see net.Dial) and says hello. The error is an ErrDenied when the secret is wrong.
func Dial(ctx context.Context, network, addr string, hello Hello, opts Options) (*Client, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("dialling nospim: %w", err)
	}
	return NewClient(ctx, nc, hello, opts)
}

// DialAddr is Dial with the address as Listen takes it: "127.0.0.1:7746" or "unix:/path".
func DialAddr(ctx context.Context, addr string, hello Hello, opts Options) (*Client, error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return Dial(ctx, "unix", path, hello, opts)
	}
	return Dial(ctx, "tcp", addr, hello, opts)
}

// NewClient says hello on a connection, which it owns from then on.
func NewClient(ctx context.Context, nc net.Conn, hello Hello, opts Options) (*Client, error) {
	c := &Client{
		nc: nc, opts: opts, waiting: map[int64]chan<- reply{}, pings: map[int64]chan<- reply{},
		orders: make(chan nospim.Order, pendingOrders), does: make(chan func(nospim.Order) string, 1), done: make(chan struct{}),
	}
	c.out = wire.NewOut(c.write)
	in := wire.NewLines(nc, wire.MaxLine)
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	err := c.greet(in, hello)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("saying hello to nospim: %w", err), nc.Close())
	}
	c.under.Go(func() { c.read(in) })
	c.under.Go(c.doOrders)
	return c, nil
}

// greet sends hello and reads its answer, which is the first line that comes.
func (c *Client) greet(in *wire.Lines, hello Hello) error {
	h := wire.Hello{Connector: hello.Connector, Service: hello.Service, Protocol: hello.Protocol, Secret: hello.Secret}
	c.out.Unlock(wire.AppendHello(c.out.Lock(), &h))
	if err := c.out.Flush(); err != nil {
		return err
	}
	text, err := in.Next()
	if err != nil {
		return err
	}
	var l wire.Line
	if err := wire.DecodeLine(text, &l); err != nil {
		return err
	}
	switch l.What {
	case wire.IsHello:
		c.Welcome = l.Hello
		return nil
	case wire.IsError:
		return l.Error
	default:
		return errors.New("the answer is no hello")
	}
}

// Judge asks for a verdict and waits for it until ctx ends. The error is a [*wire.Error] when nospim refused the event.
func (c *Client) Judge(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	ch := make(chan reply, 1)
	n, err := c.expect(c.waiting, ch)
	if err != nil {
		return nil, err
	}
	if err := c.append(n, e); err != nil {
		c.reply(c.waiting, n, reply{})
		return nil, err
	}
	return c.await(ctx, c.waiting, n, ch)
}

// Observe tells of an event and waits for no verdict.
func (c *Client) Observe(e *nospim.Event) error {
	if err := c.append(wire.None, e); err != nil {
		return err
	}
	return c.flush()
}

// append gathers an event. One that the server would not read is refused here: its answer would not have the event's number.
func (c *Client) append(n int64, e *nospim.Event) error {
	before := c.out.Lock()
	after := wire.AppendEventLine(before, n, e)
	if size := len(after) - len(before); size > wire.MaxLine {
		c.out.Unlock(before)
		return &nospim.InputError{
			Field: "event", Problem: fmt.Sprintf("has %d bytes as JSON, more than the limit of %d", size, wire.MaxLine),
			Limit: wire.MaxLine, TooLarge: true,
		}
	}
	c.out.Unlock(after)
	return nil
}

// Ping waits for a sign of life.
func (c *Client) Ping(ctx context.Context) error {
	ch := make(chan reply, 1)
	n, err := c.expect(c.pings, ch)
	if err != nil {
		return err
	}
	c.out.Unlock(wire.AppendPingLine(c.out.Lock(), n))
	_, err = c.await(ctx, c.pings, n, ch)
	return err
}

// OnOrder sets what carries out orders, one after the other: do returns "" when it was done, or why it could not be. Orders that
// came before are kept for it. It can be set once.
func (c *Client) OnOrder(do func(nospim.Order) (failure string)) {
	c.once.Do(func() { c.does <- do })
}

// Done is closed when the connection is lost or closed.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close ends the connection and waits for its goroutines, so it must not be called by the handler of orders.
func (c *Client) Close() error {
	c.fail(nospim.ErrClosed)
	c.under.Wait()
	return nil
}

// expect makes a place for the answer to a new number.
func (c *Client) expect(table map[int64]chan<- reply, ch chan<- reply) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil {
		return 0, c.lost
	}
	c.last++
	table[c.last] = ch
	return c.last, nil
}

// await writes what was gathered and waits for the answer.
func (c *Client) await(ctx context.Context, table map[int64]chan<- reply, n int64, ch <-chan reply) (*nospim.Verdict, error) {
	if err := c.flush(); err != nil {
		return nil, err
	}
	select {
	case r := <-ch:
		return r.v, r.err
	case <-ctx.Done():
		c.mu.Lock()
		delete(table, n)
		c.mu.Unlock()
		return nil, ctx.Err()
	}
}

func (c *Client) flush() error {
	if err := c.out.Flush(); err != nil {
		c.fail(err)
		return c.why()
	}
	return nil
}

func (c *Client) write(b []byte) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(orDefault(c.opts.WriteWait, 10*time.Second)))
	_, err := c.nc.Write(b)
	return err
}

// read hands every line to whom it is for.
func (c *Client) read(in *wire.Lines) {
	var l wire.Line
	for {
		text, err := in.Next()
		if err == nil {
			err = wire.DecodeLine(text, &l)
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.dispatch(&l)
	}
}

func (c *Client) dispatch(l *wire.Line) {
	switch l.What {
	case wire.IsVerdict:
		c.reply(c.waiting, l.N, reply{v: l.Verdict})
	case wire.IsPong:
		c.reply(c.pings, l.Ping, reply{})
	case wire.IsError:
		if !c.reply(c.waiting, l.N, reply{err: l.Error}) && c.opts.OnError != nil {
			c.opts.OnError(l.Error)
		}
	case wire.IsOrder:
		select {
		case c.orders <- l.Order:
		default:
		}
	default:
	}
}

// reply answers a question and reports whether it was still asked.
func (c *Client) reply(table map[int64]chan<- reply, n int64, r reply) bool {
	c.mu.Lock()
	ch, ok := table[n]
	delete(table, n)
	c.mu.Unlock()
	if ok {
		ch <- r
	}
	return ok
}

// doOrders carries out orders and acknowledges them.
func (c *Client) doOrders() {
	var do func(nospim.Order) string
	select {
	case do = <-c.does:
	case <-c.done:
		return
	}
	for {
		select {
		case o := <-c.orders:
			failure := do(o)
			c.out.Unlock(wire.AppendAckLine(c.out.Lock(), o.ID, failure))
			if c.flush() != nil {
				return
			}
		case <-c.done:
			return
		}
	}
}

// fail ends the connection: whoever waits learns why.
func (c *Client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil {
		return
	}
	c.lost = err
	if !errors.Is(err, nospim.ErrClosed) {
		c.lost = fmt.Errorf("the connection to nospim is lost: %w: %w", nospim.ErrClosed, err)
	}
	for _, table := range []map[int64]chan<- reply{c.waiting, c.pings} {
		for n, ch := range table {
			ch <- reply{err: c.lost}
			delete(table, n)
		}
	}
	_ = c.nc.Close()
	close(c.done)
}

func (c *Client) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}
