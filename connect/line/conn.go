package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// conn is one connection: one goroutine reads and judges; others only wait for the disk and for orders.
type conn struct {
	s      *Server
	guard  *wire.Guard
	flow   wire.Flow
	nc     net.Conn
	in     *wire.Lines
	out    *wire.Out
	ctx    context.Context // of what is judged
	cancel context.CancelFunc
	log    *slog.Logger

	serving context.Context // ends when reading is to end

	line    wire.Line
	text    []byte     // of the line
	lent    bool       // the line's strings are parts of text, not of a copy
	usual   wire.Usual // guarded by out
	greeted bool       // the secret was given or is not wanted
	hello   bool       // a hello was read
	who     wire.Hello
	bad     int

	waits chan struct{}  // a place for each verdict that waits for the disk
	under sync.WaitGroup // verdicts and acks under way
	watch sync.WaitGroup // the watch for orders
}

// serve reads until the peer is done or goes wrong, answers what is under way, and closes.
func (c *conn) serve() {
	defer func() {
		c.cancel()
		c.watch.Wait()
		_ = c.nc.Close()
	}()
	if !c.greeted {
		_ = c.nc.SetReadDeadline(time.Now().Add(orDefault(c.s.HelloWait, 10*time.Second)))
	}
	c.line.Event = c.s.takeEvent()
	for c.step() {
	}
	c.flow.Done()
	c.s.putEvent(c.line.Event)
	c.under.Wait()
	_ = c.out.Flush()
}

// end is called when the server ends: reading stops at once, what is under way is given the grace.
func (c *conn) end() {
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
	grace := time.AfterFunc(orDefault(c.s.Grace, 500*time.Millisecond), func() {
		c.cancel()
		_ = c.nc.Close()
	})
	context.AfterFunc(c.ctx, func() { grace.Stop() })
}

// step reads one line and answers it; answers are written when no further line is at hand.
func (c *conn) step() bool {
	if !c.in.Ready() {
		if c.out.Flush() != nil {
			return false
		}
		c.flow.Done()
		wire.ResetEvent(c.line.Event) // a connection at rest holds no message
	}
	text, err := c.in.Next()
	c.flow.Came()
	switch {
	case errors.Is(err, nospim.ErrTooLarge):
		return c.badLine(err)
	case err != nil:
		c.gone(err)
		return false
	}
	c.s.stats.lines.Add(1)
	if err := c.decode(text); err != nil {
		if c.line.What == wire.Nothing {
			return c.badLine(err)
		}
		return c.refuse(c.line.N, err)
	}
	if c.line.Unknown > 0 {
		c.s.stats.unknown.Add(int64(c.line.Unknown))
	}
	return c.handle()
}

// decode decodes a line. An event that is most likely to be answered at a glance is skimmed; see own.
func (c *conn) decode(text []byte) error {
	if c.text, c.lent = text, c.flow.Sheds(); !c.lent {
		return wire.DecodeLine(text, &c.line)
	}
	err := wire.SkimLine(text, &c.line)
	if err == nil && (c.line.What != wire.IsEvent || c.line.Unread()) {
		c.own()
	}
	return err
}

// own decodes a line that was skimmed once more, because something of it is kept beyond the next.
func (c *conn) own() {
	if c.lent {
		c.lent = false
		_ = wire.DecodeLine(c.text, &c.line) // it was a line before
	}
}

// gone logs why reading ended, unless that is how connections end.
func (c *conn) gone(err error) {
	if !c.greeted && errors.Is(err, os.ErrDeadlineExceeded) && c.serving.Err() == nil {
		c.refuse(wire.None, nospim.ErrDenied)
		c.log.Warn("line: no secret in time")
	}
}

func (c *conn) handle() bool {
	l := &c.line
	switch {
	case l.What == wire.IsHello:
		return c.greet()
	case !c.greeted:
		c.refuse(l.N, nospim.ErrDenied)
		return false
	case l.Unread():
		return c.read()
	case l.What == wire.IsEvent:
		return c.judge(Wire{})
	case l.What == wire.IsAck:
		return c.ack()
	case l.What == wire.IsPing:
		if l.Counters != nil {
			c.told()
		}
		return c.sent(c.out.Unlock(wire.AppendPongLine(c.out.Lock(), l.Ping)))
	default:
		return c.badLine(&nospim.InputError{Field: "line", Problem: "is one that only nospim sends"})
	}
}

// greet answers hello and starts the flow of orders.
func (c *conn) greet() bool {
	hello := c.line.Hello
	if c.hello {
		return c.refuse(c.line.N, &nospim.InputError{Field: "hello", Problem: "may come once"})
	}
	if long := max(len(hello.Connector), len(hello.Service), len(hello.Protocol)); long > nospim.MaxShort {
		return c.refuse(c.line.N, &nospim.InputError{
			Field: "hello", Problem: fmt.Sprintf("has a name of %d bytes, more than the limit of %d", long, nospim.MaxShort),
			Limit: nospim.MaxShort, TooLarge: true,
		})
	}
	if !c.s.admits(hello.Secret) {
		c.log.Warn("line: wrong secret", "connector", hello.Connector)
		c.refuse(c.line.N, nospim.ErrDenied)
		return false
	}
	c.hello, c.greeted, c.who = true, true, wire.Hello{Connector: hello.Connector, Service: hello.Service}
	c.in.SetMax(orDefault(c.s.MaxLine, wire.MaxLine))
	if c.s.Secret != "" {
		_ = c.nc.SetReadDeadline(time.Time{})
	}
	c.log.Info("line: hello", "connector", hello.Connector, "service", hello.Service)
	about := wire.Hello{Version: c.s.Version}
	if c.s.About != nil {
		about.Policy, about.Shadow = c.s.About()
	}
	full := c.out.Unlock(wire.AppendWelcome(c.out.Lock(), &about))
	if hello.Service != "" && c.s.Orders != nil {
		c.watch.Go(func() { c.sendOrders(hello.Service, hello.Protocol) })
	}
	return c.sent(full)
}

// judge judges the event of the line, unless more arrives than can be judged. A verdict that is not durable yet is waited for apart; the event goes with it. The wire
// is that of an event that was read here.
func (c *conn) judge(w Wire) bool {
	e, n, number := c.line.Event, c.line.N, c.in.Number()
	if v := c.guard.Glance(c.flow.Shed, e); v != nil {
		return c.sent(c.answer(n, number, v, w.instead(e, v), nil))
	}
	c.own()
	v, wait, err := c.guard.Begin(c.ctx, e)
	if err != nil || wait == nil {
		return c.sent(c.answer(n, number, v, w.instead(e, v), err))
	}
	return c.await(w, wait)
}

// await has the verdict on the event of the line waited for, and the event with it. It is apart from judge because what it keeps would
// be allocated there for every event.
func (c *conn) await(w Wire, wait wire.Wait) bool {
	e, n, number := c.line.Event, c.line.N, c.in.Number()
	c.line.Event = c.s.takeEvent()
	going := c.apart(func() {
		v, err := c.guard.Settle(wait)
		text := w.instead(e, v)
		c.s.putEvent(e)
		c.answer(n, number, v, text, err)
	})
	if !going { // the connection is gone; the verdict must be waited for all the same
		_, _ = c.guard.Settle(wait)
	}
	return going
}

// apart takes one of the places and does something in it, then writes what was gathered. It reports whether the connection is there.
func (c *conn) apart(do func()) bool {
	if !c.place() {
		return false
	}
	c.under.Go(func() {
		defer func() { <-c.waits }()
		do()
		_ = c.out.Flush()
	})
	return true
}

// place takes one of the places for what is under way. If none is free, what was gathered is written before waiting.
func (c *conn) place() bool {
	select {
	case c.waits <- struct{}{}:
		return true
	default:
	}
	if c.out.Flush() != nil {
		return false
	}
	c.waits <- struct{}{}
	return true
}

// answer gathers a verdict, or the error instead of one; an event without a number is answered only when it was refused.
func (c *conn) answer(n int64, number int, v *nospim.Verdict, instead string, err error) (full bool) {
	if err != nil {
		return c.appendError(n, number, err)
	}
	c.s.stats.verdict(v.Action)
	if n == wire.None {
		return false
	}
	return c.out.Unlock(c.usual.AppendVerdictLine(c.out.Lock(), n, v, instead))
}

// appendError gathers an error for the line of that number and counts it.
func (c *conn) appendError(n int64, number int, err error) (full bool) {
	code := wire.CodeOf(err)
	c.s.stats.errors[code].Add(1)
	if code == wire.Unavailable {
		c.log.Error("line: not judged", "err", err)
	}
	return c.out.Unlock(wire.AppendErrorLine(c.out.Lock(), n, wire.At("line "+strconv.Itoa(number), err)))
}

// refuse answers the line that was read last with an error.
func (c *conn) refuse(n int64, err error) bool { return c.sent(c.appendError(n, c.in.Number(), err)) }

// badLine answers what is no line, and hangs up after too many of them.
func (c *conn) badLine(err error) bool {
	c.bad++
	c.s.stats.bad.Add(1)
	ok := c.refuse(wire.None, err)
	if most := orDefault(c.s.MaxBadLines, 100); c.bad >= most || !c.greeted {
		c.log.Warn("line: hung up on a peer that does not speak the protocol", "bad_lines", c.bad)
		return false
	}
	return ok
}

// sent flushes when enough was gathered, and reports whether the connection goes on. How long the peer takes to read is not the work's.
func (c *conn) sent(full bool) bool {
	if !full {
		return true
	}
	begun := time.Now()
	err := c.out.Flush()
	c.flow.Paused(time.Since(begun))
	return err == nil
}

// write writes to the peer, who may not leave it unread for long.
func (c *conn) write(b []byte) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(orDefault(c.s.WriteWait, 10*time.Second)))
	_, err := c.nc.Write(b)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.s.stats.slow.Add(1)
			c.log.Warn("line: hung up on a peer that does not read")
		}
		// Whatever waits for this connection, waits in vain.
		c.cancel()
		_ = c.nc.Close()
	}
	return err
}

// exhausted reports whether the process or the system is out of file descriptors or memory for one.
func exhausted(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
