package http

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// room is what one request works in. It is used again, so it is let go when a large event has made it large.
type room struct {
	body  []byte
	out   []byte
	event nospim.Event
}

const (
	roomSize = 4 << 10
	keepRoom = 64 << 10
)

func (h *Handler) takeRoom() *room {
	if m, ok := h.rooms.Get().(*room); ok {
		return m
	}
	return &room{body: make([]byte, 0, roomSize), out: make([]byte, 0, roomSize)}
}

func (h *Handler) leave(m *room) {
	if cap(m.body) > keepRoom || cap(m.out) > keepRoom {
		return
	}
	wire.ResetEvent(&m.event)
	h.rooms.Put(m)
}

// judge answers one event with its verdict.
func (h *Handler) judge(w http.ResponseWriter, r *http.Request) int {
	return h.answer(w, r, h.guard.Judge)
}

// glance answers one event without judging it, if that is possible.
func (h *Handler) glance(w http.ResponseWriter, r *http.Request) int {
	return h.answer(w, r, func(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		shed := func(e *nospim.Event) *nospim.Verdict { return h.gate.Shed(e, new(nospim.Verdict)) }
		if v := h.guard.Glance(shed, e); v != nil {
			return v, nil
		}
		return h.guard.Judge(ctx, e)
	})
}

// answer reads one event and answers it with the verdict that judge gives.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, judge nospim.JudgeFunc) int {
	if !isType(r, "application/json") {
		return refuse(w, http.StatusUnsupportedMediaType, codeUnsupported, "the body must be application/json")
	}
	m := h.takeRoom()
	defer h.leave(m)
	err := m.read(r)
	if err == nil {
		var unknown int
		unknown, err = wire.DecodeEvent(m.body, &m.event)
		h.stats.unknown.Add(int64(unknown))
	}
	if err != nil {
		return h.fail(w, m, err)
	}
	v, err := judge(r.Context(), &m.event)
	if err != nil {
		return h.fail(w, m, err)
	}
	h.stats.verdict(v.Action)
	m.out = append(wire.AppendVerdict(m.out[:0], v), '\n')
	return reply(w, http.StatusOK, m.out)
}

// read reads the whole body, as far as it is within the limit.
func (m *room) read(r *http.Request) error {
	m.body = m.body[:0]
	if r.ContentLength > wire.MaxLine {
		return tooLarge()
	}
	for {
		if len(m.body) == cap(m.body) {
			m.body = append(m.body, 0)[:len(m.body)]
		}
		n, err := r.Body.Read(m.body[len(m.body):cap(m.body)])
		m.body = m.body[:len(m.body)+n]
		switch {
		case len(m.body) > wire.MaxLine:
			return tooLarge()
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &nospim.InputError{Field: "body", Problem: "ends before its end"}
		}
	}
}

func tooLarge() error {
	return &nospim.InputError{
		Field: "body", Problem: "is longer than the limit of " + strconv.Itoa(wire.MaxLine) + " bytes", Limit: wire.MaxLine, TooLarge: true,
	}
}

// statuses are the statuses of the codes, by code.
var statuses = [wire.Codes]int{
	http.StatusServiceUnavailable, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnauthorized,
}

// fail answers with the error instead of a verdict, and counts it.
func (h *Handler) fail(w http.ResponseWriter, m *room, err error) int {
	code := h.failed(err)
	if code == wire.Unavailable {
		w.Header().Set("Retry-After", "1")
	}
	m.out = wire.AppendError(append(m.out[:0], `{"error":`...), err)
	return reply(w, statuses[code], append(m.out, '}', '\n'))
}

// failed counts an event that was not judged; what is not the event's own fault is logged.
func (h *Handler) failed(err error) wire.Code {
	code := wire.CodeOf(err)
	h.stats.errors[code].Add(1)
	if code == wire.Unavailable {
		h.log.Error("http: not judged", "err", err)
	}
	return code
}
