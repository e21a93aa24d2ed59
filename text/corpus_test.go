package text

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// line is a line of a set: what somebody wrote and whether it is spam.
type line struct{ label, text string }

// chats are the sets of honest chat; the lines of programs in them count as honest, too.
var chats = []string{"chat-casino", "chat-irc-ubuntu", "chat-meena", "chat-star"}

// messages are the sets of labelled messages.
var messages = []string{"sms-uci", "telegram-tgspam", "youtube-spam"}

// readSet reads a set of testdata.
func readSet(t testing.TB, set string) []line {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", set, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("set %s: %v, %v", set, files, err)
	}
	var lines []line
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(bytes.NewReader(b))
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var row struct {
				Label, Text string
				Turns       []struct{ Text string }
			}
			if err := json.Unmarshal(s.Bytes(), &row); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, turn := range row.Turns {
				lines = append(lines, line{"ham", turn.Text})
			}
			if row.Turns == nil {
				lines = append(lines, line{row.Label, row.Text})
			}
		}
	}
	return lines
}

// noticed counts the lines of one label in which something was noticed, by what it was.
type noticed struct {
	lines, any, changed int
	by                  [10]int
}

func (n *noticed) add(f *Form) {
	n.lines++
	if f.Notice.Any() {
		n.any++
	}
	if string(f.Folded) != string(f.Normal) {
		n.changed++
	}
	v := &f.Notice
	for i, c := range [...]uint16{v.Mixed, v.Hidden, v.Bidi, v.Tags, v.Styled, v.Piled, v.Accents, v.Leet, v.Spaced, v.Repeated} {
		if c > 0 {
			n.by[i]++
		}
	}
}

// TestNoticeOnSets reads every line of every set. The golden file says how many were noticed; the ceilings are what must hold
// whatever the golden file says.
func TestNoticeOnSets(t *testing.T) {
	var out strings.Builder
	out.WriteString("set             label  lines  any  changed  mixed hidden bidi tags styled piled accents leet spaced repeated\n")
	ceiling := map[string]int{ // lines noticed, at most
		"chat-casino ham": 2, "chat-irc-ubuntu ham": 5, "chat-meena ham": 0, "chat-star ham": 8, "sms-uci ham": 4, "youtube-spam ham": 5,
		"telegram-tgspam ham": 17, // lines whose \n lost its stroke, so that an n sticks to a Cyrillic word
	}
	for _, set := range slices.Concat(chats, messages) {
		counts := map[string]*noticed{"ham": {}, "spam": {}}
		var f Form
		for _, l := range readSet(t, set) {
			f.Read(l.text)
			counts[l.label].add(&f)
		}
		for _, label := range []string{"ham", "spam"} {
			n := counts[label]
			if n.lines == 0 {
				continue
			}
			fmt.Fprintf(&out, "%-15s %-5s %6d %4d %8d  %v\n", set, label, n.lines, n.any, n.changed, n.by)
			if most, ok := ceiling[set+" "+label]; ok && n.any > most {
				t.Errorf("%s: %d of %d honest lines are noticed, at most %d may be", set, n.any, n.lines, most)
			}
		}
	}
	golden(t, "notice.golden", out.String())
}

// golden compares with a golden file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update when that is meant); got:\n%s", name, got)
	}
}

// spin writes one copy of a template: one choice of each {a|b}, and other names, numbers and links.
func spin(r *rand.Rand, s string) string {
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	for {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			break
		}
		start := strings.LastIndexByte(s[:end], '{')
		s = s[:start] + pick(strings.Split(s[start+1:end], "|")) + s[end+1:]
	}
	names := []string{"anna", "nina", "lena", "jess", "kate", "bob", "marek", "zoe", "sandy", "olga", "irina", "michael"}
	for strings.Contains(s, "#") {
		for _, slot := range []struct{ name, value string }{
			{"#name", pick(names)},
			{"#at", fmt.Sprintf("@%s%d", pick(names), r.IntN(9999))},
			{"#link", fmt.Sprintf("http://%s%d.example/%x", pick(names), r.IntN(99), r.IntN(1<<20))},
			{"#n", fmt.Sprint(r.IntN(9000) + 10)},
		} {
			s = strings.Replace(s, slot.name, slot.value, 1)
		}
	}
	return s
}

// campaigns are templates as spammers spin them. Most of the choices are not in internal/gentext/lexicon/groups.txt, and none were
// put there for this test.
var campaigns = []string{
	"{hey|hello|good evening} {there|sweetheart}, I am #name and {I stumbled upon|I came across|I spotted} your {profile|bio}, {care|fancy} to {see|join} me on {my webcam|cam}? {set up|create} a {free|no cost} {login|account} {here|over here} #link",
	"{the big|our} {winter|autumn} {clearance|sale}: {sunglasses|perfume|headphones} {reduced|cut} by #n percent, {gratis|free} {courier|delivery}, only until {sunday|monday} #link",
	"{official|important} {notice|letter}: your {tax|council} {refund|repayment} of #n {is ready|was approved}, {submit|enter} your {bank details|card number} {at|on} #link {by|before} friday",
	"{turn|transform} #n into #n {within|in} a {fortnight|month}, our {experts|analysts} {guide|mentor} you {every step|all the way}, {message|dm} #at for {details|information}",
	"{did you|have you} {seen|noticed} this {picture|photo} of you {going around|online}? {looks|seems} {embarrassing|awful} #link",
	"{lovely|nice} {remote|home} {position|role} for {students|parents}: {type|label} {pictures|documents}, #n {weekly|a week}, {training|coaching} {included|provided}, {apply|write} to #at",
	"dear {customer|client}, your {subscription|plan} {ends|runs out} {today|this evening}, {renew|extend} {it|now} at #link or {lose|forfeit} your {files|data}",
	"{приветик|доброго дня}, {есть|имеется} {вариант|возможность} {зарабатывать|получать} от #n {рублей|р} за {вечер|смену}, {официально|прозрачно}, {всему|всё} {научу|расскажу}, {плюс|плюсик} в {лс|личку} #at",
}

// TestCampaigns measures how well sketches tell copies of one campaign from honest lines that say different things.
func TestCampaigns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var f Form
	sketch := func(s string) Sketch {
		f.Read(s)
		return f.Sketch()
	}
	pairs, near, members, found := 0, 0, 0, 0
	var first []Sketch
	for _, c := range campaigns {
		var copies []Sketch
		for range 40 {
			copies = append(copies, sketch(spin(r, c)))
		}
		first = append(first, copies[0])
		for i := range copies {
			hits := 0
			for j := range copies[:i] {
				pairs++
				if Similarity(&copies[i], &copies[j]) >= Near {
					near++
					hits++
				}
			}
			if i >= 5 {
				members++
				if hits >= 2 {
					found++
				}
			}
		}
	}
	var honest []Sketch
	seen := map[uint64]bool{}
	for _, set := range append(slices.Clone(chats), "sms-uci") {
		for _, l := range readSet(t, set) {
			if l.label != "ham" {
				continue
			}
			if s := sketch(l.text); !s.Weak() && !seen[f.Fingerprint] {
				seen[f.Fingerprint] = true
				honest = append(honest, s)
			}
		}
	}
	r.Shuffle(len(honest), func(i, j int) { honest[i], honest[j] = honest[j], honest[i] })
	honest = honest[:4000]
	falsePairs, falseHits := 0, 0
	for i := range honest {
		for j := range honest[:i] {
			if Similarity(&honest[i], &honest[j]) >= Near {
				falsePairs++
			}
		}
		for j := range first {
			if Similarity(&honest[i], &first[j]) >= Near {
				falseHits++
			}
		}
	}
	all := len(honest) * (len(honest) - 1) / 2
	golden(t, "campaigns.golden", fmt.Sprintf(`pairs of copies of one campaign that are near:              %d of %d (%.1f %%)
copies after the fifth that are near two earlier ones:       %d of %d (%.1f %%)
pairs of honest lines of different text that are near:       %d of %d (%.4f %%)
honest lines that are near a campaign:                       %d of %d
`, near, pairs, 100*float64(near)/float64(pairs), found, members, 100*float64(found)/float64(members),
		falsePairs, all, 100*float64(falsePairs)/float64(all), falseHits, len(honest)*len(first)))
	if found*100 < members*95 || falseHits > 0 || falsePairs*1000 > all {
		t.Errorf("%d of %d members found, %d false hits, %d of %d false pairs", found, members, falseHits, falsePairs, all)
	}
}
