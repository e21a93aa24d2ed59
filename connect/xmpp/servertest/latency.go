package servertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// pair is a sender and a recipient whose messages are timed.
type pair struct {
	a, b *client
	sent int
}

// time sends n messages, each when the one before has arrived, and returns how long each took.
func (p *pair) time(tb testing.TB, n int) []time.Duration {
	tb.Helper()
	took := make([]time.Duration, n)
	have := len(p.b.received())
	for i := range took {
		p.sent++
		xml := chat(p.b.full, fmt.Sprintf("are you there, number %d?", p.sent))
		began := time.Now()
		p.a.send(xml)
		if !p.b.arrived(have + i + 1) {
			tb.Fatal("a message got lost")
		}
		took[i] = time.Since(began)
	}
	return took
}

// figures are the median and the 99th percentile.
type figures struct{ median, p99 time.Duration }

func figuresOf(took []time.Duration) figures {
	slices.Sort(took)
	return figures{took[len(took)/2], took[len(took)*99/100]}
}

// guardedWorld is a server with the adapter, and the judge that it asks.
func guardedWorld(tb testing.TB, k *Kind) (*world, *judge) {
	tb.Helper()
	j := &judge{}
	w := startWorld(tb, k, Options{Port: startNospim(tb, freeAddr(tb), j, nil).port, Timeout: patient})
	w.answers(tb, 1)
	return w, j
}

// added measures what the adapter adds to a message's way, with two servers in turns so that the machine's moods hit both.
func added(tb testing.TB, plain, guarded *world, rounds, messages int) (without, with figures) {
	tb.Helper()
	var pairs [2]pair
	pairs[0].a, pairs[0].b = plain.strangers(tb)
	pairs[1].a, pairs[1].b = guarded.strangers(tb)
	var took [2][]time.Duration
	for range rounds {
		for i := range pairs {
			took[i] = append(took[i], pairs[i].time(tb, messages)...)
		}
	}
	return figuresOf(took[0]), figuresOf(took[1])
}

// speed guards against a stall. The figures of a quiet machine are those of Latency. With the adapter a message goes through twice as many
// hands: on a machine that is busy with something else, the bound is what that does to one without.
func speed(t *testing.T, k *Kind) {
	guarded, j := guardedWorld(t, k)
	without, with := added(t, startWorld(t, k, Options{}), guarded, 4, 50)
	t.Logf("one message: %v without the adapter, %v with it; added median %v, p99 %v",
		without, with, with.median-without.median, with.p99-without.p99)
	if with.median-without.median > max(30*time.Millisecond, 3*without.median) {
		t.Errorf("the adapter adds %v to the median", with.median-without.median)
	}
	burst(t, guarded, j)
}

// Latency times 1000 messages in sequence with and without the adapter. The aim is an added median of at most 0.5 ms
// and an added 99th percentile of at most 5 ms.
func Latency(b *testing.B, k *Kind) {
	guarded, _ := guardedWorld(b, k)
	plain := startWorld(b, k, Options{})
	for b.Loop() {
		without, with := added(b, plain, guarded, 10, 100)
		for unit, d := range map[string]time.Duration{
			"ms-median-without": without.median, "ms-median-added": with.median - without.median,
			"ms-p99-without": without.p99, "ms-p99-added": with.p99 - without.p99,
		} {
			b.ReportMetric(float64(d.Microseconds())/1000, unit)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// burst: two thousand messages in one write arrive complete and in order, all of them judged.
func burst(t *testing.T, w *world, j *judge) {
	t.Helper()
	const messages = 2000
	a, b := w.strangers(t)
	var all strings.Builder
	want := make([]string, messages)
	for i := range want {
		want[i] = fmt.Sprintf("message %d", i)
		all.WriteString(chat(b.jid, want[i]))
	}
	began := time.Now()
	a.send(all.String())
	if got := b.waitBodies(messages); !slices.Equal(got, want) {
		t.Errorf("delivered %d messages, not in order or not complete", len(got))
	}
	t.Logf("%d messages in a burst: %.0f a second", messages, messages/time.Since(began).Seconds())
	judged := 0
	for _, e := range j.about(a.jid) {
		if e.Kind == nospim.KindMessage {
			judged++
		}
	}
	if judged != messages {
		t.Errorf("%d were judged, want %d", judged, messages)
	}
}
