package detect

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nospim/nospim"
)

var updateTiming = flag.Bool("update-timing", false, "write testdata/timing.golden")

// typist is somebody at a keyboard, measured (STAR, 10,461 typed turns): lognormal, mu 2.93 and sigma 0.74 of seconds; 14 s and
// 0.23 s a character, correlation 0.5; no two are the same.
type typist struct {
	r           *rand.Rand
	think, rate float64
	size        float64
}

func newTypist(r *rand.Rand) *typist {
	return &typist{r: r, think: 10 * math.Exp(0.25*r.NormFloat64()), rate: 0.23 * math.Exp(0.25*r.NormFloat64()), size: 3.6 + 0.25*r.NormFloat64()}
}

func (p *typist) chars() float64 { return math.Round(math.Exp(p.size + 0.75*p.r.NormFloat64())) }

func (p *typist) pause(chars float64) float64 {
	return p.think*math.Exp(0.95*p.r.NormFloat64()) + p.rate*chars*math.Exp(0.3*p.r.NormFloat64())
}

// session is what a look would recall of a sender's newest messages.
type session struct {
	said  nospim.Fact
	heard []nospim.Item
}

func (s *session) add(at, size float64, with uint32) {
	s.said.Recent = append(s.said.Recent, nospim.Item{At: 1772388000000 + int64(at*1000), Of: uint32(size), With: with})
}

func (s *session) done() session {
	n := len(s.said.Recent) - 1
	s.said.Own, s.said.Recent = s.said.Recent[n], s.said.Recent[max(0, n-32):n]
	s.heard = s.heard[max(0, len(s.heard)-32):]
	return *s
}

// human talks with somebody who types, too, in turns; now and then in two lines.
func human(r *rand.Rand, messages int) session {
	var s session
	me, other := newTypist(r), newTypist(r)
	at, with := 0.0, uint32(1)
	for n := range messages {
		if n > 0 && r.IntN(12) == 0 {
			at += 60 / (1 - r.Float64()) // a longer pause with a heavy tail
		}
		if r.Float64() < 0.85 {
			size := other.chars()
			at += other.pause(size)
			s.heard = append(s.heard, nospim.Item{At: 1772388000000 + int64(at*1000), Of: uint32(size), With: with})
		}
		size := me.chars()
		at += me.pause(size)
		s.add(at, size, with)
	}
	return s.done()
}

// machine talks by a timer to one person after the other. gap draws its pause, from the other's answer or from its own last
// message; turn is the place in the script.
func machine(r *rand.Rand, messages int, answers bool, gap func(turn int) float64) session {
	var s session
	script := make([]float64, 5+r.IntN(5))
	for i := range script {
		script[i] = math.Round(math.Exp(3.7 + 0.5*r.NormFloat64()))
	}
	at := 0.0
	for n := range messages {
		turn, with := n%len(script), uint32(1+n/len(script))
		last := at
		other := newTypist(r)
		if turn > 0 && (answers || r.Float64() < 0.6) {
			size := other.chars()
			said := last + other.pause(size)
			if answers {
				at = said
			}
			s.heard = append(s.heard, nospim.Item{At: 1772388000000 + int64(said*1000), Of: uint32(size), With: with})
		}
		at += gap(turn)
		s.add(at, script[turn]+float64(r.IntN(5)-2), with)
	}
	slices.SortFunc(s.heard, func(a, b nospim.Item) int { return int(a.At - b.At) })
	return s.done()
}

// families are the four timer families of Gianvecchio and others, by how they draw their pauses. Those of the last two kinds are the
// hard ones: a timer that draws from a broad distribution is told from a person by what it says, not by when.
var families = []struct {
	name string
	make func(r *rand.Rand, messages int) session
}{
	{"periodic", func(r *rand.Rand, n int) session {
		mean, jitter := 10+110*r.Float64(), []float64{0.003, 0.02, 0.06}[r.IntN(3)]
		return machine(r, n, false, func(int) float64 { return mean * (1 + jitter*r.NormFloat64()) })
	}},
	{"random uniform", func(r *rand.Rand, n int) session {
		least, times := 8+22*r.Float64(), 2+1.5*r.Float64()
		return machine(r, n, false, func(int) float64 { return least * (1 + (times-1)*r.Float64()) })
	}},
	{"random steps", func(r *rand.Rand, n int) session {
		least := 8 + 22*r.Float64()
		return machine(r, n, false, func(int) float64 { return least * []float64{1, 1.5, 2, 3}[r.IntN(4)] })
	}},
	{"random exponential", func(r *rand.Rand, n int) session {
		mean := 20 + 40*r.Float64()
		return machine(r, n, false, func(int) float64 { return 1 + mean*r.ExpFloat64() })
	}},
	{"responder tight", func(r *rand.Rand, n int) session {
		mean := 1 + 7*r.Float64()
		return machine(r, n, true, func(int) float64 { return max(0.1, mean*(1+0.05*r.NormFloat64())) })
	}},
	{"responder loose", func(r *rand.Rand, n int) session {
		mean := 1 + 7*r.Float64()
		return machine(r, n, true, func(int) float64 { return mean * (1 + 1.5*r.Float64()) })
	}},
	{"replay of a talk", func(r *rand.Rand, n int) session {
		p := newTypist(r)
		record := make([]float64, 12)
		for i := range record {
			record[i] = p.pause(p.chars())
		}
		return machine(r, n, false, func(turn int) float64 { return record[turn] * (1 + 0.005*r.NormFloat64()) })
	}},
	{"replay of chance", func(r *rand.Rand, n int) session {
		p := newTypist(r)
		return machine(r, n, false, func(int) float64 { return p.pause(p.chars()) })
	}},
}

// surpriseOf is what the tests find in a session.
func surpriseOf(s session) float64 {
	c, coarse := cadenceOf(&s.said, hearsay{items: s.heard})
	n, _ := c.surprise(coarse)
	return n
}

// people are the surprises of sessions of people who type, sorted.
func people(from, to, messages int) (all []float64) {
	for seed := from; seed < to; seed++ {
		for stream := range 10 {
			all = append(all, surpriseOf(human(rand.New(rand.NewPCG(uint64(seed), uint64(stream))), messages)))
		}
	}
	slices.Sort(all)
	return all
}

// rateOf writes k of n with its 95 % interval (Wilson).
func rateOf(k, n int) string {
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	mid, half := (p+z*z/(2*m))/(1+z*z/m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))/(1+z*z/m)
	return fmt.Sprintf("%5.1f %% (%d/%d, %.1f-%.1f)", 100*p, k, n, 100*max(0, mid-half), 100*min(1, mid+half))
}

// over counts how many are at least as surprising.
func over(all []float64, threshold float64) (n int) {
	for _, v := range all {
		if v >= threshold {
			n++
		}
	}
	return n
}

// TestTimingFamilies prints how many machines are caught after 15, 25 and 33 messages at 1 and 0.1 % of people who are taken for
// one. Thresholds are from seeds below 1,000, what is printed from seeds from 1,000 on.
func TestTimingFamilies(t *testing.T) {
	var out strings.Builder
	for _, n := range []int{15, 25, 33} {
		tuned, reported := people(0, 1000, n), people(1000, 2000, n)
		for _, allowed := range []float64{0.01, 0.001} {
			threshold := tuned[int(math.Ceil((1-allowed)*float64(len(tuned))))-1] + 1e-9
			fmt.Fprintf(&out, "%d messages, threshold %.1f: people %s\n", n, threshold, rateOf(over(reported, threshold), len(reported)))
			sum := 0.0
			for _, f := range families {
				var all []float64
				for seed := range 1000 {
					all = append(all, surpriseOf(f.make(rand.New(rand.NewPCG(uint64(1000+seed), 77)), n)))
				}
				caught := over(all, threshold)
				weight := 0.25 / float64(kinds(f.name))
				sum += weight * float64(caught) / 1000
				fmt.Fprintf(&out, "  %-20s %s\n", f.name, rateOf(caught, 1000))
			}
			fmt.Fprintf(&out, "  %-20s %5.1f %%\n", "mean of 4 families", 100*sum)
			if n == 25 && (allowed == 0.01 && sum < 0.95 || allowed == 0.001 && sum < 0.9) {
				t.Errorf("at %v false, %.1f %% are caught: a floor is broken", allowed, 100*sum)
			}
		}
	}
	for _, kind := range []string{"typed", "canned"} {
		all := starPeople(t, kind, 25, 2000)
		fmt.Fprintf(&out, "people of chat-star, %s, 25 messages: TIMING_ODD %s, TIMING_MACHINE %s\n", kind, rateOf(over(all, oddSurprise), len(all)), rateOf(over(all, machineSurprise), len(all)))
		if n := over(all, machineSurprise); n > len(all)/50 {
			t.Errorf("%d of %d real people (%s) write like a machine", n, len(all), kind)
		}
	}
	irc := ircPeople(t)
	fmt.Fprintf(&out, "people of chat-irc-ubuntu, in rooms: TIMING_ODD %s, TIMING_MACHINE %s\n", rateOf(over(irc, oddSurprise), len(irc)), rateOf(over(irc, machineSurprise), len(irc)))
	if n := over(irc, machineSurprise); n > len(irc)/50 {
		t.Errorf("%d of %d real people in rooms write like a machine", n, len(irc))
	}
	file := filepath.Join("testdata", "timing.golden")
	if *updateTiming {
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != out.String() {
		t.Errorf("%s differs (%v; run with -update-timing when that is meant); got:\n%s", file, err, &out)
	}
}

// kinds is how many kinds a family has.
func kinds(name string) (n int) {
	family, _, _ := strings.Cut(name, " ")
	for _, f := range families {
		if strings.HasPrefix(f.name, family) {
			n++
		}
	}
	return n
}

// starPeople are the surprises of people who talked for real (chat-star): sessions of one conversation after the other, by people who
// typed or who clicked ready-made answers. Their clock knows seconds; the rest is chance.
func starPeople(t *testing.T, kind string, messages, sessions int) (all []float64) {
	t.Helper()
	for _, s := range starSessions(t, kind, messages, sessions) {
		all = append(all, surpriseOf(s))
	}
	return all
}

// starSessions are what was said in them.
func starSessions(t *testing.T, kind string, messages, sessions int) (all []session) {
	t.Helper()
	type turn struct {
		From, Kind, Text string
		T                float64
	}
	f, err := os.Open(filepath.Join("..", "testdata", "chat-star", "conversations.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var talks [][]turn
	for s := bufio.NewScanner(f); s.Scan(); {
		var c struct{ Turns []turn }
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		talks = append(talks, c.Turns)
	}
	for seed := range sessions {
		r := rand.New(rand.NewPCG(uint64(1000+seed), 5))
		var s session
		for base, with := 0.0, uint32(1); len(s.said.Recent) < messages; with++ {
			last := 0.0
			talk := talks[r.IntN(len(talks))]
			who := ""
			for _, u := range talk {
				if u.Kind == kind {
					who = u.From
				}
			}
			for _, u := range talk {
				last = max(last+0.05, u.T+r.Float64())
				if u.From != who {
					s.heard = append(s.heard, nospim.Item{At: 1772388000000 + int64((base+last)*1000), Of: uint32(len(u.Text)), With: with})
				} else if len(s.said.Recent) < messages {
					s.add(base+last, float64(len(u.Text)), with)
				}
			}
			base += last + 7200
		}
		all = append(all, s.done())
	}
	return all
}

// ircPeople are the surprises of people who talked in rooms for real (chat-irc-ubuntu), for each the largest while it talked. Their
// clock knows minutes; when within one is chance, lines of one minute lying together.
func ircPeople(t *testing.T) (all []float64) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "chat-irc-ubuntu", "conversations.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := rand.New(rand.NewPCG(1000, 9))
	lines := bufio.NewScanner(f)
	for lines.Buffer(nil, 1<<24); lines.Scan(); {
		var c struct {
			Turns []struct {
				From, Text string
				T          float64
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		rooms, most := map[string]*session{}, map[string]float64{}
		minute, within := -1.0, 0.0
		for _, u := range c.Turns {
			if u.T != minute {
				minute, within = u.T, 0
			}
			within += (60 - within) * 0.3 * r.Float64()
			s := rooms[u.From]
			if s == nil {
				s = &session{}
				rooms[u.From] = s
			}
			s.add(u.T+within, float64(len(u.Text)), 0)
			if so := *s; len(so.said.Recent) > fewestPauses {
				so.done()
				most[u.From] = max(most[u.From], surpriseOf(so))
			}
		}
		for _, v := range most {
			all = append(all, v)
		}
	}
	return all
}

// TestEntropy compares with what is known: a constant has none, a cycle none either once its order is seen, chance has as much of
// both as there are bins.
func TestEntropy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	constant, cycle, chance := make([]uint8, 31), make([]uint8, 31), make([]uint8, 31)
	for i := range cycle {
		cycle[i], chance[i] = uint8(i%5), uint8(r.IntN(5))
	}
	for _, c := range []struct {
		name             string
		bins             []uint8
		first, corrected [2]float64
	}{
		{"constant", constant, [2]float64{0, 0}, [2]float64{0, 0}},
		{"cycle", cycle, [2]float64{2.3, 2.33}, [2]float64{0, 0.1}},
		{"chance", chance, [2]float64{2, 2.33}, [2]float64{1.7, 2.33}},
	} {
		first, corrected := entropy(c.bins)
		if first < c.first[0] || first > c.first[1] || corrected < c.corrected[0]-1e-9 || corrected > c.corrected[1] {
			t.Errorf("%s: entropy %.2f, corrected conditional entropy %.2f", c.name, first, corrected)
		}
	}
}

// BenchmarkTiming looks at somebody who talks, with all that can be remembered of it.
func BenchmarkTiming(b *testing.B) {
	s := human(rand.New(rand.NewPCG(1, 1)), 33)
	e := nospim.Event{Kind: nospim.KindMessage, Recipients: make([]nospim.Account, 1)}
	l := nospim.Look{Event: &e, Features: &nospim.Features{}, Facts: []nospim.Fact{s.said, {Recent: s.heard}, {}, {}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := (Timing{}).Look(&l); err != nil || len(l.Raised) > 0 {
			b.Fatal(err, l.Raised)
		}
	}
}
