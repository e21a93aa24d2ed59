package link

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// honest calls see for each honest text of a set.
func honest(t testing.TB, set string, see func(text string)) {
	t.Helper()
	files, err := filepath.Glob("../testdata/" + set + "/*.jsonl")
	if err != nil || len(files) != 1 {
		t.Fatal("no set", set, err)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var x struct {
			Text, Label string
			Turns       []struct{ Text string }
		}
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		if x.Label != "ham" {
			continue
		}
		see(x.Text)
		for _, turn := range x.Turns {
			see(turn.Text)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func honestSets() []string {
	return []string{"chat-irc-ubuntu", "chat-star", "chat-casino", "chat-meena", "sms-uci", "telegram-tgspam", "youtube-spam"}
}

// mostFalse is how many words of all honest sets may be taken for links without being ones.
const mostFalse = 3

// TestHonestChat holds what is found without a scheme in honest chat against what a person said of each. A new find is marked
// "??" by -update: look at it, and write "link" or "no".
func TestHonestChat(t *testing.T) {
	const golden = "testdata/honest.golden"
	found := map[string]int{}
	texts := 0
	for _, set := range honestSets() {
		honest(t, set, func(text string) {
			texts++
			for _, l := range Find(nil, text) {
				if l.Flags&(Bare|Hidden) != 0 {
					found[set+"\t"+l.Raw]++
				}
			}
		})
	}
	marks := map[string]string{}
	old, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(old)) {
		mark, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
		marks[rest] = mark
	}
	var out strings.Builder
	wrong, total := 0, 0
	for _, k := range slices.Sorted(maps.Keys(found)) {
		line := fmt.Sprintf("%d\t%s", found[k], k)
		mark := marks[line]
		if mark == "" {
			mark = "??"
		}
		if total += found[k]; mark != "link" {
			wrong += found[k]
		}
		fmt.Fprintf(&out, "%s\t%s\n", mark, line)
	}
	t.Logf("%d honest texts: %d links without a scheme, %d of them are none", texts, total, wrong)
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if out.String() != string(old) {
		t.Error("what is found differs from " + golden + "; run with -update and look at each new line")
	}
	if wrong > mostFalse {
		t.Errorf("%d words are taken for links, at most %d may be", wrong, mostFalse)
	}
}
