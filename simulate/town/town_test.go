package town

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

func small(o Options) Options {
	if o.People == 0 {
		o.People = 120
	}
	if o.Length == 0 {
		o.Length = 12 * time.Hour
	}
	if o.Incidents == 0 {
		o.Incidents = 2
	}
	return o
}

func settled(t testing.TB, o Options) *Town {
	t.Helper()
	town, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return town
}

func digest(t *testing.T, o Options) string {
	t.Helper()
	h := sha256.New()
	for e, truth := range settled(t, o).Events() {
		write(t, h, Labelled{*e, truth})
	}
	return hex.EncodeToString(h.Sum(nil))
}

func write(t *testing.T, h hash.Hash, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	h.Write(b)
}

func TestSameSeedSameBytes(t *testing.T) {
	mix := small(Options{Seed: 3, Attacks: Attacks()})
	one := digest(t, mix)
	if two := digest(t, mix); one != two {
		t.Error("the same seed made two plays")
	}
	// Numbers are compared over weeks, so the bytes are fixed: change this on purpose only, and measure anew. Other processors may
	// round the last bit of a logarithm otherwise, and then a pause by a millisecond.
	const want = "a70ee55dd25fdb105436a00d87f04c8a05992d2caee5beb5eaba3e05a3df3f6d"
	if runtime.GOARCH == "amd64" && one != want {
		t.Errorf("the town of seed 3 has changed: its events hash to %s, not %s", one, want)
	}
	mix.Seed++
	if other := digest(t, mix); one == other {
		t.Error("two seeds made the same play")
	}
}

func TestEventsAreValidAndInOrder(t *testing.T) {
	var last time.Time
	ids, kinds, roles, attacks := map[string]bool{}, map[nospim.Kind]int{}, map[string]int{}, map[string]int{}
	for e, truth := range settled(t, small(Options{Seed: 5, Attacks: Attacks(), People: 400, Length: 40 * time.Hour})).Events() {
		if err := e.Validate(); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if e.Time.Before(last) {
			t.Fatalf("%s is before the event before it", e.ID)
		}
		if ids[e.ID] {
			t.Fatalf("%s is twice there", e.ID)
		}
		if strings.ContainsAny(e.Body, "{}") || strings.Contains(e.Body, "%!") {
			t.Errorf("%s: an unfilled template: %q", e.ID, e.Body)
		}
		if (truth.Label == Spam) != (truth.Attack != "") || truth.Label != Spam && truth.Label != Ham || truth.Role == "" {
			t.Fatalf("%s has the truth %+v", e.ID, truth)
		}
		last, ids[e.ID] = e.Time, true
		kinds[e.Kind]++
		roles[truth.Label+" "+truth.Role]++
		name, _, _ := strings.Cut(truth.Attack, "/")
		attacks[name]++
	}
	t.Log(kinds)
	t.Log(roles)
	t.Log(attacks)
	for _, a := range Attacks() {
		if attacks[a] == 0 {
			t.Errorf("no event of %s", a)
		}
	}
	honest, attackers := Roles()
	for label, all := range map[string][]string{Ham: honest, Spam: attackers} {
		for _, role := range all {
			if roles[label+" "+role] == 0 {
				t.Errorf("no event of the %s role %s", label, role)
			}
		}
	}
	for role := range roles {
		label, name, _ := strings.Cut(role, " ")
		if label == Ham && !slices.Contains(honest, name) || label == Spam && !slices.Contains(attackers, name) {
			t.Errorf("the role %s is not documented", role)
		}
	}
	for _, k := range nospim.Kinds() {
		if kinds[k] == 0 && k != nospim.KindDelivered && k != nospim.KindWarning { // what nospim is told by servers and by its own door
			t.Errorf("no event of kind %s", k)
		}
	}
}

func TestOptionsOutOfBounds(t *testing.T) {
	for _, o := range []Options{{People: 3}, {People: 1_000_000}, {Length: time.Second}, {Incidents: -1}, {Attacks: []string{"flattery"}}} {
		_, err := New(o)
		var bad *nospim.InputError
		if !errors.As(err, &bad) || bad.Field == "" {
			t.Errorf("New with %+v: %v, want an InputError with a field", o, err)
		}
	}
}

func BenchmarkEvents(b *testing.B) {
	town := settled(b, Options{Seed: 1, People: 2000, Length: 24 * time.Hour, Attacks: Attacks(), Incidents: 30})
	n := 0
	for b.Loop() {
		for range town.Events() {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()*60, "events/min")
	b.ReportMetric(float64(n)/float64(b.N), "events/op")
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]int{}
	for n := range 200_000 {
		name := fullName(n)
		if other, taken := seen[name]; taken {
			t.Fatalf("%d and %d are both called %s", other, n, name)
		}
		seen[name] = n
	}
}
