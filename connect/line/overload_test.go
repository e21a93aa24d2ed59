package line_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/wire"
)

// slowly is a judge that takes a while for each event, whatever else the machine does.
func slowly(ctx context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	<-time.After(time.Millisecond)
	return allow(ctx, e)
}

// gated is a server that judges slowly behind a gate, which lets work take a hundred times as long as an event.
func gated() *line.Server {
	return &line.Server{Judge: nospim.JudgeFunc(slowly), Gate: &wire.Gate{
		Wait: 100 * time.Millisecond, // more than what is few takes, which is never an overload
		Glance: func(e *nospim.Event, _ *nospim.Verdict) *nospim.Verdict {
			return &nospim.Verdict{EventID: e.ID, Degraded: []string{"overload"}}
		},
		Spare: func(e *nospim.Event) bool { return e.Kind == nospim.KindReport },
	}, WriteWait: 2 * time.Minute}
}

// stretch is one way of a connection, which takes whatever comes until it is read, as a socket takes some.
type stretch struct {
	mu   sync.Mutex
	held []byte
	over bool
	more chan struct{} // one token when something changed
}

func (s *stretch) put(b []byte, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held, s.over = append(s.held, b...), s.over || over
	select {
	case s.more <- struct{}{}:
	default:
	}
}

// take waits for something, and takes as much of it as there is room for.
func (s *stretch) take(b []byte) (int, error) {
	for ; ; <-s.more {
		s.mu.Lock()
		n, over := copy(b, s.held), s.over
		s.held = s.held[n:]
		s.mu.Unlock()
		switch {
		case n > 0:
			return n, nil
		case over:
			return 0, io.EOF
		}
	}
}

// broad is one end of a connection in the test's own time.
type broad struct {
	net.Conn // what is not used
	in, out  *stretch
}

func (b broad) Read(p []byte) (int, error)       { return b.in.take(p) }
func (b broad) Write(p []byte) (int, error)      { b.out.put(p, false); return len(p), nil }
func (b broad) Close() error                     { b.in.put(nil, true); b.out.put(nil, true); return nil }
func (b broad) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (b broad) SetReadDeadline(time.Time) error  { return nil }
func (b broad) SetWriteDeadline(time.Time) error { return nil }

// broadly serves one end and returns the other. The connection is over when the test ends.
func broadly(t *testing.T, s *line.Server) net.Conn {
	t.Helper()
	there, back := &stretch{more: make(chan struct{}, 1)}, &stretch{more: make(chan struct{}, 1)}
	here, ended := broad{in: back, out: there}, make(chan struct{})
	go func() {
		s.ServeConn(t.Context(), broad{in: there, out: back})
		close(ended)
	}()
	t.Cleanup(func() {
		_ = here.Close()
		<-ended
	})
	return here
}

// reply is one answer of a server, and when it came.
type reply struct {
	N       int             `json:"n"`
	Verdict *nospim.Verdict `json:"verdict"`
	at      time.Time
}

func (r *reply) shed() bool { return len(r.Verdict.Degraded) > 0 }

// replies reads n answers.
func replies(t *testing.T, nc net.Conn, n int) []reply {
	t.Helper()
	_ = nc.SetReadDeadline(time.Now().Add(2 * time.Minute))
	in := bufio.NewScanner(nc)
	all := make([]reply, 0, n)
	for len(all) < n && in.Scan() {
		r := reply{at: time.Now()}
		if err := json.Unmarshal(in.Bytes(), &r); err != nil || r.Verdict == nil {
			t.Fatalf("%s: %v", in.Text(), err)
		}
		all = append(all, r)
	}
	if len(all) < n {
		t.Fatalf("%d of %d answers: %v", len(all), n, in.Err())
	}
	return all
}

func connectTo(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// peak is how many events a second are judged when a few always wait.
func peak(t *testing.T, nc net.Conn) float64 {
	t.Helper()
	const rounds, few = 10, 20
	begun := time.Now()
	for range rounds {
		if _, err := nc.Write(lines(few, nospim.KindMessage)); err != nil {
			t.Fatal(err)
		}
		for _, r := range replies(t, nc, few) {
			if r.shed() {
				t.Fatal("one of a few was not judged")
			}
		}
	}
	return rounds * few / time.Since(begun).Seconds()
}

// lines are events as lines.
func lines(n int, kind nospim.Kind) (b []byte) {
	for i := range n {
		e := message(fmt.Sprint("m-", i))
		e.Kind = kind
		b = wire.AppendEventLine(b, int64(i), e)
	}
	return b
}

// TestTwiceTheLoad sends twice as many events as are judged at the peak: as many are judged as ever, the others are answered at once,
// and no queue builds up. It has its own time: what else the machine does is nothing to it.
func TestTwiceTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := gated()
		twice(t, broadly(t, s), peak(t, broadly(t, s)))
		if shed := s.Gate.Shedded(); shed == 0 || !s.Gate.Overloaded() {
			t.Errorf("the gate counted %d, overloaded: %v", shed, s.Gate.Overloaded())
		}
		if all := s.Stats().Verdicts[nospim.Allow]; all < s.Gate.Shedded() {
			t.Errorf("%d verdicts, fewer than were given at a glance", all)
		}
	})
}

// twice sends twice the rate for a while and checks what comes of it.
func twice(t *testing.T, nc net.Conn, peak float64) {
	t.Helper()
	const n = 10_000
	all := bytes.SplitAfter(bytes.TrimSuffix(lines(n, nospim.KindMessage), []byte("\n")), []byte("\n"))
	all[n-1] = append(all[n-1], '\n')
	begun := time.Now()
	due := func(i int) time.Time { return begun.Add(time.Duration(float64(i) / (2 * peak) * float64(time.Second))) }
	go func() {
		for i := range all {
			<-time.After(time.Until(due(i)))
			if _, err := nc.Write(all[i]); err != nil {
				return
			}
		}
	}()
	got := replies(t, nc, n)
	length := time.Since(begun)
	const settled = n / 4 // what came before may have been a burst
	judged, waits := 0, []time.Duration{}
	for _, r := range got {
		if r.N < settled {
			continue
		}
		waits = append(waits, r.at.Sub(due(r.N)))
		if !r.shed() {
			judged++
		}
	}
	slices.Sort(waits)
	p99 := waits[len(waits)*99/100]
	good := float64(judged) / length.Seconds() * n / (n - settled) / peak
	t.Logf("at the peak %.0f a second; of twice of that %.2f of the peak were judged, %d of %d; one answer in a hundred took %v of the %v", peak, good, judged, n-settled, p99, length)
	if good < 0.9 {
		t.Errorf("%.2f of the peak were judged", good)
	}
	if judged > (n-settled)*6/10 {
		t.Errorf("%d of %d were judged, which is more than can be", judged, n-settled)
	}
	if p99 > 3*gated().Gate.Wait { // without a gate, half of the load waits until the end
		t.Errorf("one answer in a hundred took %v of the %v", p99, length)
	}
}

// keeper is a judge that keeps what it is asked about.
type keeper struct {
	nospim.JudgeFunc

	mu   sync.Mutex
	kept map[string]nospim.Event
}

func (k *keeper) Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, wire.Wait, error) {
	k.mu.Lock()
	k.kept[e.ID] = *e
	k.mu.Unlock()
	v, err := k.JudgeFunc(ctx, e)
	return v, nil, err
}

// TestJudgedAmongShed: what is judged though more arrives than can be, and though it comes in another form than most, has strings of its
// own: they stay as they are when the connection reads on.
func TestJudgedAmongShed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3000
		s, k := gated(), &keeper{JudgeFunc: slowly, kept: map[string]nospim.Event{}}
		s.Judge = k
		nc := broadly(t, s)
		report := *message("m-report")
		report.Kind, report.Body = nospim.KindReport, "somebody wrote \"this\" to me, and then that"
		flood := slices.Concat(lines(n, nospim.KindMessage), wire.AppendEventLine(nil, n, &report), lines(n, nospim.KindMessage))
		if _, err := nc.Write(flood); err != nil {
			t.Fatal(err)
		}
		shed := 0
		for _, r := range replies(t, nc, 2*n+1) {
			if r.shed() {
				shed++
			}
		}
		if shed < n {
			t.Errorf("%d of %d were shed: the report was not among them", shed, 2*n)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		got := k.kept[report.ID]
		if got.ID != report.ID || got.Kind != report.Kind || got.Body != report.Body || got.Sender.ID != report.Sender.ID || got.Service != report.Service {
			t.Errorf("the report became %+v", got)
		}
		for id, e := range k.kept {
			if e.ID != id {
				t.Errorf("%s became %s", id, e.ID)
			}
		}
	})
}

// TestFloodBesideATalk: while one connection floods, nothing of another that sends one event after the other is shed or has to wait
// for the flood to end; and reports are judged, on the flooded connection, too.
func TestFloodBesideATalk(t *testing.T) {
	s := gated()
	addr := serve(t, s)
	flood, talk := connectTo(t, addr), dial(t, addr, line.Hello{})
	var all sync.WaitGroup
	const n = 4000
	all.Go(func() {
		_, _ = flood.Write(lines(n, nospim.KindMessage))
		_, _ = flood.Write(lines(5, nospim.KindReport))
	})
	defer all.Wait()
	eventually(t, "something is shed", func() bool { return s.Gate.Shedded() > 0 })
	for i := range 20 {
		v, err := talk.Judge(t.Context(), message(fmt.Sprint("talk-", i)))
		if err != nil || len(v.Degraded) > 0 {
			t.Fatalf("event %d of the talk: %+v, %v", i, v, err)
		}
	}
	got := replies(t, flood, n+5)
	reports := 0
	for i := range got[len(got)-5:] {
		if r := &got[len(got)-5+i]; !r.shed() && r.Verdict.EventID == fmt.Sprint("m-", r.N) {
			reports++
		}
	}
	if reports != 5 {
		t.Errorf("%d of 5 reports were judged", reports)
	}
}
