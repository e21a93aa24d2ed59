package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/simulate/town"
)

// figures are what TestCampaignNumbers counts.
type figures struct {
	spun, stopped    int // copies of spun campaigns from the fifth on
	honest, mistaken int // honest messages, and those that these detectors stopped
	why              map[string]int
}

// count judges one event.
func (f *figures) count(t *testing.T, r *rig, e *nospim.Event, truth town.Truth, seen map[string]int) {
	v := judge(t, r, e)
	if truth.Label == town.Ham {
		f.honest++
		if score := campaignScore(v); v.Wanted.Stops() && score > 0 && v.Score-score < v.Required {
			f.mistaken++
			f.why[truth.Role+": "+symbols(v)]++
		}
		return
	}
	attack, _, _ := strings.Cut(truth.Attack, "/")
	if !slices.Contains([]string{"bulk", "phishing", "tracking"}, attack) || !strings.Contains(truth.Variant, "spun") || e.Encrypted || e.Body == "" {
		return
	}
	if seen[truth.Attack]++; seen[truth.Attack] >= 5 {
		f.spun++
		if v.Wanted.Stops() {
			f.stopped++
		}
	}
}

// campaignScore is what the detectors of campaigns and tracking codes added.
func campaignScore(v *nospim.Verdict) (sum float64) {
	for i := range v.Signals {
		if s := &v.Signals[i]; strings.HasPrefix(s.Symbol, "CAMPAIGN") || strings.HasPrefix(s.Symbol, "TRACKING_") {
			sum += s.Score
		}
	}
	return sum
}

// TestCampaignNumbers plays towns that nothing was tuned on through the whole default policy: of spun campaigns (disguised ones too,
// encrypted ones not: there is no text to see) 95 % is stopped from the fifth copy on, and these detectors stop 0.02 % of what is
// honest at most.
func TestCampaignNumbers(t *testing.T) {
	if testing.Short() {
		t.Skip("judges towns")
	}
	m, err := model.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	f := figures{why: map[string]int{}}
	for seed := uint64(1001); seed <= 1003; seed++ {
		r := newRig(t, "", func(c *engine.Config) { c.Detectors = detect.All(m) })
		w, err := town.New(town.Options{Seed: seed, People: 500, Incidents: 8, Attacks: []string{"bulk", "phishing", "tracking"}})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for e, truth := range w.Events() {
			f.count(t, r, e, truth, seen)
		}
	}
	t.Logf("spun campaigns: %d of %d copies stopped from the fifth on (%.1f %%); of %d honest events %d stopped by these detectors (%.4f %%)",
		f.stopped, f.spun, 100*float64(f.stopped)/float64(f.spun), f.honest, f.mistaken, 100*float64(f.mistaken)/float64(f.honest))
	if 100*f.stopped < 95*f.spun || f.spun < 1000 {
		t.Errorf("%d of %d copies stopped, want 95 %%", f.stopped, f.spun)
	}
	if 10_000*f.mistaken > 2*f.honest {
		for _, why := range slices.Sorted(maps.Keys(f.why)) {
			t.Log(f.why[why], why)
		}
		t.Errorf("%d of %d honest events stopped, at most 0.02 %% may be", f.mistaken, f.honest)
	}
}

// BenchmarkSpunCampaigns judges spun adverts to strangers with everything on but the wait for the disk; see its messages a second.
func BenchmarkSpunCampaigns(b *testing.B) {
	m, err := model.Shipped()
	if err != nil {
		b.Fatal(err)
	}
	r := newRig(b, "", func(c *engine.Config) { c.Detectors = detect.All(m) })
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e := message(fmt.Sprint("b-", i), fmt.Sprintf("shop_%d@chat.example", i%200), fmt.Sprintf("u%d@chat.example", i), advert(i))
		v, wait, err := r.Begin(b.Context(), e)
		if err != nil {
			b.Fatal(err)
		}
		if wait != nil && i%512 == 0 {
			if v, err = wait(); err != nil {
				b.Fatal(err)
			}
		}
		_ = v
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
