package http

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

const (
	// window is how many answers of one stream may wait for their turn, because one before them waits for the disk.
	window = 1024
	// writeWait is how long a peer may leave the answers of a stream unread.
	writeWait = 10 * time.Second
)

// stream is one batch: the handler's goroutine reads and judges; others only wait for the disk.
type stream struct {
	h   *Handler
	ctx context.Context
	*pipe

	patient bool // the length of the body is told

	flow   wire.Flow
	usual  wire.Usual // of the handler's goroutine
	event  *nospim.Event
	events sync.Pool
	places chan struct{} // one for each answer in the queue

	mu    sync.Mutex
	queue []*answer // what cannot be written yet: the first waits for the disk
	under sync.WaitGroup
}

// pipe is what a stream reads and writes through. It is large, and many streams are short, so it is used again.
type pipe struct {
	in  *wire.Lines
	out *wire.Out
}

func (h *Handler) takePipe() *pipe {
	if p, ok := h.pipes.Get().(*pipe); ok {
		return p
	}
	return &pipe{in: wire.NewLines(nil, 0), out: wire.NewOut(nil)}
}

// leavePipe takes back a pipe that nobody uses any more.
func (h *Handler) leavePipe(p *pipe) {
	p.in.Reset(nil, 0)
	p.out.Reset(nil)
	h.pipes.Put(p)
}

// jsonlType is the header of every stream. It is shared and not changed.
var jsonlType = []string{"application/jsonl"}

// answer is the answer to one line. Its text is there once it is done.
type answer struct {
	text []byte
	done bool
}

// batch answers JSON lines with JSON lines, in their order. Answers are written when the input pauses, so that a peer may talk
// in turns; one that sends without end must read meanwhile, or is hung up. A body whose length is told is not live: it is read as fast
// as it is judged, nothing of it is shed, and its answers are gathered, whatever pauses it makes.
func (h *Handler) batch(w http.ResponseWriter, r *http.Request) int {
	if !isType(r, "application/jsonl", "application/x-ndjson", "application/json") {
		return refuse(w, http.StatusUnsupportedMediaType, codeUnsupported, "the body must be application/jsonl")
	}
	control := http.NewResponseController(w)
	// Without it, HTTP/1 would read the whole body before the first answer; HTTP/2 knows no such thing.
	_ = control.EnableFullDuplex()
	_ = control.SetReadDeadline(time.Time{}) // a stream may rest
	stop := context.AfterFunc(stopping(r.Context()), func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	w.Header()["Content-Type"] = jsonlType
	patient := r.ContentLength >= 0
	w.WriteHeader(http.StatusOK)
	if !patient {
		_ = control.Flush() // a peer that talks in turns may wait for the header before its first line
	}
	s := &stream{
		h: h, ctx: r.Context(), pipe: h.takePipe(), patient: patient, flow: wire.NewFlow(h.gate, patient), event: new(nospim.Event),
		places: make(chan struct{}, window),
	}
	defer h.leavePipe(s.pipe)
	s.in.Reset(r.Body, wire.MaxLine)
	if h.gate != nil && !patient {
		s.in.SetEager()
	}
	s.out.Reset(func(b []byte) error {
		_ = control.SetWriteDeadline(time.Now().Add(writeWait))
		if _, err := w.Write(b); err != nil {
			return err
		}
		return control.Flush()
	})
	err := s.serve()
	_ = control.SetWriteDeadline(time.Time{})
	if err != nil {
		h.log.Info("http: a stream ended before its end", "lines", s.in.Number(), "err", err)
	}
	return http.StatusOK
}

// serve answers every line, then waits for what is under way.
func (s *stream) serve() error {
	defer s.under.Wait()
	defer s.flow.Done()
	for {
		if !s.in.Ready() {
			if err := s.pause(); err != nil {
				return err
			}
		}
		text, err := s.in.Next()
		s.flow.Came()
		switch {
		case errors.Is(err, nospim.ErrTooLarge):
			err = s.answer(s.in.Number(), nil, err)
		case errors.Is(err, io.EOF):
			s.under.Wait()
			return s.out.Flush()
		case err != nil:
			return err
		default:
			err = s.judge(text)
		}
		if err != nil {
			return err
		}
	}
}

// pause is called when nothing further of the input is at hand. A peer that has told how long it is waits for no answer in between.
func (s *stream) pause() error {
	s.flow.Done()
	if s.patient {
		return nil
	}
	return s.out.Flush()
}

// judge judges one line, unless more arrives than can be judged. A verdict that is not durable yet takes its place in the queue.
func (s *stream) judge(text []byte) error {
	number, decode, lent := s.in.Number(), wire.DecodeEvent, s.flow.Sheds()
	if lent {
		decode = wire.SkimEvent
	}
	unknown, err := decode(text, s.event)
	s.h.stats.unknown.Add(int64(unknown))
	if err != nil {
		return s.answer(number, nil, err)
	}
	if v := s.h.guard.Glance(s.flow.Shed, s.event); v != nil {
		return s.answer(number, v, nil)
	}
	if lent {
		_, _ = wire.DecodeEvent(text, s.event) // once more, into strings that stay: it was an event before
	}
	v, wait, err := s.h.guard.Begin(s.ctx, s.event)
	if err != nil || wait == nil {
		return s.answer(number, v, err)
	}
	a, e := s.enqueue(), s.event
	s.event = s.takeEvent()
	s.under.Go(func() {
		v, err := s.h.guard.Settle(wait)
		wire.ResetEvent(e)
		s.events.Put(e)
		s.finish(a, s.append(nil, wire.AppendVerdict, number, v, err))
		_ = s.out.Flush()
	})
	return nil
}

func (s *stream) takeEvent() *nospim.Event {
	if e, ok := s.events.Get().(*nospim.Event); ok {
		return e
	}
	return new(nospim.Event)
}

// append counts the answer to a line and appends it: the verdict, by that function, or the error instead of one.
func (s *stream) append(dst []byte, write func([]byte, *nospim.Verdict) []byte, number int, v *nospim.Verdict, err error) []byte {
	if err == nil {
		s.h.stats.verdict(v.Action)
		return append(write(append(dst, `{"verdict":`...), v), '}', '\n')
	}
	s.h.failed(err)
	dst = wire.AppendError(append(dst, `{"error":`...), wire.At("line "+strconv.Itoa(number), err))
	dst = strconv.AppendInt(append(dst, `,"line":`...), int64(number), 10)
	return append(dst, '}', '\n')
}

// answer gathers an answer, behind those that wait for the disk.
func (s *stream) answer(number int, v *nospim.Verdict, err error) error {
	s.mu.Lock()
	waiting := len(s.queue) > 0
	s.mu.Unlock()
	if waiting {
		s.finish(s.enqueue(), s.append(nil, s.usual.AppendVerdict, number, v, err))
		return nil
	}
	// Only this goroutine makes the queue longer, so it is still empty.
	if full := s.out.Unlock(s.append(s.out.Lock(), s.usual.AppendVerdict, number, v, err)); !full {
		return nil
	}
	begun := time.Now()
	defer func() { s.flow.Paused(time.Since(begun)) }() // how long the peer takes to read is not the work's
	return s.out.Flush()
}

// enqueue takes a place at the end of the queue. When it is full, that waits until the disk has made room at its head.
func (s *stream) enqueue() *answer {
	a := &answer{}
	s.places <- struct{}{}
	s.mu.Lock()
	s.queue = append(s.queue, a)
	s.mu.Unlock()
	return a
}

// finish completes an answer and gathers all that can be written now.
func (s *stream) finish(a *answer, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.text, a.done = text, true
	buf := s.out.Lock()
	ready := 0
	for ready < len(s.queue) && s.queue[ready].done {
		buf = append(buf, s.queue[ready].text...)
		s.queue[ready] = nil
		ready++
		<-s.places
	}
	s.queue = s.queue[ready:]
	s.out.Unlock(buf)
}

// stopKey is where Serve keeps the context that says it is time to stop, in the context of requests.
type stopKey struct{}

// stopping returns the context that ends when no more of a stream is to be read.
func stopping(ctx context.Context) context.Context {
	if stop, ok := ctx.Value(stopKey{}).(context.Context); ok {
		return stop
	}
	return ctx
}
