package detect_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/text"
)

var update = flag.Bool("update", false, "write the golden files anew")

// features derives what the engine would.
func features(f *text.Form, body string) nospim.Features {
	f.Read(body)
	got := nospim.Features{Disguise: nospim.Disguise(f.Notice)}
	p := &f.Parts
	got.Parts = nospim.Parts{
		Money: p[text.Money], Urgency: p[text.Urgency], Credential: p[text.Credential], SignUp: p[text.SignUp], Webcam: p[text.Webcam],
		Prize: p[text.Prize], Crypto: p[text.Crypto], Gambling: p[text.Gambling], Job: p[text.Job], Contact: p[text.Contact],
		Click: p[text.Click], Malware: p[text.Malware], Threat: p[text.Threat], Pharma: p[text.Pharma],
		Amount: p[text.Amount], Phone: p[text.Phone], Name: p[text.Name], Wallet: p[text.Wallet],
	}
	for _, l := range link.Find(nil, body) {
		got.Links = append(got.Links, nospim.Link{URL: l.URL, Host: l.Host, Domain: l.Domain})
	}
	return got
}

// TestSets looks at every line of the sets with the detectors of disguises and lures. The golden file counts what they raised; what
// it says of honest chat must not grow.
func TestSets(t *testing.T) {
	detectors := []detect.Detector{detect.Disguise{}, detect.Lures{}}
	weight := map[string]float64{}
	for _, s := range detect.Symbols(detectors) {
		weight[s.Name] = s.Weight
	}
	var out strings.Builder
	for _, set := range []string{"chat-casino", "chat-irc-ubuntu", "chat-meena", "chat-star", "sms-uci", "telegram-tgspam", "youtube-spam"} {
		lines := map[string]int{}
		raised := map[string]map[string]int{"ham": {}, "spam": {}}
		marked := map[string]int{}
		var f text.Form
		for label, body := range eachLine(t, set) {
			lines[label]++
			got := features(&f, body)
			l := nospim.Look{Event: &nospim.Event{Kind: nospim.KindMessage, Relation: nospim.RelationStranger}, Features: &got}
			for _, d := range detectors {
				if err := d.Look(&l); err != nil {
					t.Fatal(err)
				}
			}
			score := 0.0
			for _, s := range l.Raised {
				raised[label][s.Symbol]++
				score += s.Score * weight[s.Symbol]
			}
			if score >= 4 {
				marked[label]++
			}
		}
		for _, label := range []string{"ham", "spam"} {
			if lines[label] == 0 {
				continue
			}
			fmt.Fprintf(&out, "%s %s: %d lines, %d marked by these alone\n", set, label, lines[label], marked[label])
			for _, s := range slices.Sorted(maps.Keys(raised[label])) {
				fmt.Fprintf(&out, "  %-18s %5d\n", s, raised[label][s])
			}
			if label == "ham" && strings.HasPrefix(set, "chat-") && marked[label] > 0 {
				t.Errorf("%s: %d honest lines would be marked by disguises and lures alone", set, marked[label])
			}
		}
	}
	file := filepath.Join("testdata", "sets.golden")
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != out.String() {
		t.Errorf("%s differs (run with -update when that is meant); got:\n%s", file, &out)
	}
}

// eachLine reads a set of testdata, label by text.
func eachLine(t *testing.T, set string) func(func(label, body string) bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", set, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("set %s: %v, %v", set, files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(label, body string) bool) {
		s := bufio.NewScanner(bytes.NewReader(b))
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var row struct {
				Label, Text string
				Turns       []struct{ Text string }
			}
			if err := json.Unmarshal(s.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			if row.Turns == nil && !yield(row.Label, row.Text) {
				return
			}
			for _, turn := range row.Turns {
				if !yield("ham", turn.Text) {
					return
				}
			}
		}
	}
}
