package challenge_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image/jpeg"
	"math/bits"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/people/challenge"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

const ada, mum, bob, eve, service = "ada@chat.example", "mum@chat.example", "bob@far.example", "eve@far.example", "chat.example"

var start = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

// lab is a desk over a real store, with a clock that a test moves.
type lab struct {
	*challenge.Desk
	t     *testing.T
	store *sqlite.Store
	file  string
	now   time.Time
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, file: filepath.Join(t.TempDir(), "nospim.db"), now: start}
	l.Desk = &challenge.Desk{
		Key: []byte("the installation's secret"), Clock: func() time.Time { return l.now },
		Offer: challenge.Offer{Kinds: []nospim.Proof{nospim.ProofHashcash, nospim.ProofPicture, nospim.ProofAudio, nospim.ProofQuestion}, Bits: 10},
	}
	l.open()
	t.Cleanup(func() { l.store.Close() })
	return l
}

// open opens the store, again if it was open, as a restart does.
func (l *lab) open() {
	l.t.Helper()
	if l.store != nil {
		if err := l.store.Close(); err != nil {
			l.t.Fatal(err)
		}
	}
	s, err := sqlite.Open(l.t.Context(), l.file)
	if err != nil {
		l.t.Fatal(err)
	}
	l.store, l.Store = s, s
}

// message is a first contact.
func message(id, from, to string) *nospim.Event {
	return &nospim.Event{
		ID: id, Kind: nospim.KindMessage, Time: start, Protocol: "xmpp", Service: service, Relation: nospim.RelationStranger,
		Sender: nospim.Account{ID: from}, Recipients: []nospim.Account{{ID: to, Local: true}}, Body: "hello", Raw: "<message/>",
	}
}

// keep keeps a message that waits for a challenge, and asks its sender.
func (l *lab) keep(e *nospim.Event) *nospim.Trial {
	l.t.Helper()
	r := nospim.Record{Event: *e, Verdict: nospim.Verdict{EventID: e.ID, Action: nospim.Challenge, Wanted: nospim.Challenge}, Kept: l.now}
	if _, err := l.store.Keep(&r).Wait(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	trial, err := l.Ask(l.t.Context(), e)
	if err != nil {
		l.t.Fatal(err)
	}
	return trial
}

// delivered returns the events that are to be delivered, in order.
func (l *lab) delivered() string {
	l.t.Helper()
	orders, err := l.store.Orders(l.t.Context(), service, "")
	if err != nil {
		l.t.Fatal(err)
	}
	var ids []string
	for i := range orders {
		ids = append(ids, orders[i].EventID)
	}
	return strings.Join(ids, " ")
}

// right returns the right answer of a kind.
func (l *lab) right(trial *nospim.Trial, p nospim.Proof) string {
	l.t.Helper()
	switch p {
	case nospim.ProofHashcash:
		return challenge.Hashcash(trial.Recipient, l.Label(trial))
	case nospim.ProofWork:
		payload, ok := challenge.Solve(l.Puzzle(trial))
		if !ok {
			l.t.Fatal("a puzzle has no solution")
		}
		return payload
	default:
		return l.Digits(trial, p)
	}
}

var kinds = []nospim.Proof{nospim.ProofHashcash, nospim.ProofWork, nospim.ProofPicture, nospim.ProofAudio, nospim.ProofQuestion}

// TestAnswer: each kind of right answer releases what waits of the pair, in order, once, also after a restart; it cannot be given
// again; and the same sender waits for others without being asked.
func TestAnswer(t *testing.T) {
	for _, p := range kinds {
		t.Run(string(p), func(t *testing.T) {
			l := newLab(t)
			trial := l.keep(message("m1", bob, ada))
			if trial == nil || len(trial.ID) != 32 {
				t.Fatalf("asked: %+v", trial)
			}
			if again := l.keep(message("m2", bob, ada)); again != nil {
				t.Errorf("asked twice: %+v", again)
			}
			if other := l.keep(message("m3", bob, mum)); other != nil {
				t.Errorf("asked for another recipient on the same day: %+v", other)
			}
			answer := map[nospim.Proof]string{p: l.right(trial, p)}
			l.open()
			if err := l.Answer(t.Context(), trial.ID, answer); err != nil {
				t.Fatal(err)
			}
			if err := l.Answer(t.Context(), trial.ID, answer); !errors.Is(err, nospim.ErrConflict) {
				t.Errorf("again: %v", err)
			}
			if got := l.delivered(); got != "m1 m2" {
				t.Errorf("delivered: %s", got)
			}
		})
	}
}

// TestWrong: what is wrong, forged, cut, for somebody else or too late fails, and does nothing.
func TestWrong(t *testing.T) {
	l := newLab(t)
	trial := l.keep(message("m1", bob, ada))
	other := l.keep(message("m2", eve, ada))
	if trial == nil || other == nil {
		t.Fatal("nobody was asked")
	}
	forge := func(change func(m map[string]any)) string {
		b, err := base64.StdEncoding.DecodeString(l.right(trial, nospim.ProofWork))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		if b, err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	set := func(key string, value any) string { return forge(func(m map[string]any) { m[key] = value }) }
	hashcash := l.right(trial, nospim.ProofHashcash)
	wrong := func(answer string) string { return never(answer, l.Label(trial)) }
	for name, c := range map[string]struct {
		proof  nospim.Proof
		answer string
	}{
		"no answer":             {nospim.ProofPicture, ""},
		"hashcash of another":   {nospim.ProofHashcash, wrong(l.right(other, nospim.ProofHashcash))},
		"hashcash changed":      {nospim.ProofHashcash, wrong(hashcash + "x")},
		"hashcash not for ada":  {nospim.ProofHashcash, challenge.Hashcash(mum, l.Label(trial))},
		"hashcash too long":     {nospim.ProofHashcash, wrong(hashcash + strings.Repeat("x", 5000))},
		"address alone":         {nospim.ProofHashcash, wrong(ada)},
		"work of another":       {nospim.ProofWork, l.right(other, nospim.ProofWork)},
		"work, no base64":       {nospim.ProofWork, "!"},
		"work, no JSON":         {nospim.ProofWork, base64.StdEncoding.EncodeToString([]byte("[1]"))},
		"work, another number":  {nospim.ProofWork, set("number", -1)},
		"work, forged":          {nospim.ProofWork, set("signature", strings.Repeat("0", 64))},
		"work, other algorithm": {nospim.ProofWork, set("algorithm", "SHA-1")},
		"work, longer life":     {nospim.ProofWork, forge(func(m map[string]any) { m["salt"] = strings.Replace(m["salt"].(string), "?expires=1", "?expires=9", 1) })},
		"work, no delimiter":    {nospim.ProofWork, forge(func(m map[string]any) { m["salt"] = strings.TrimSuffix(m["salt"].(string), "&") })},
		"work, digits moved": {nospim.ProofWork, forge(func(m map[string]any) {
			n := strconv.FormatFloat(m["number"].(float64), 'f', -1, 64)
			rest, _ := strconv.Atoi(n[1:])
			m["salt"], m["number"] = m["salt"].(string)+n[:1], rest
		})},
		"question as picture": {nospim.ProofPicture, l.Digits(trial, nospim.ProofQuestion)},
		"wrong digits":        {nospim.ProofAudio, "12345x"},
		"no such proof":       {"video_recog", "cat"},
	} {
		if err := l.Answer(t.Context(), trial.ID, map[nospim.Proof]string{c.proof: c.answer}); !errors.Is(err, nospim.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, id := range []string{"", "x", strings.Repeat("0", 32), trial.ID + "0", strings.ToUpper(trial.ID) + "'"} {
		if err := l.Answer(t.Context(), id, map[nospim.Proof]string{nospim.ProofHashcash: hashcash}); !errors.Is(err, nospim.ErrNotFound) {
			t.Errorf("challenge %q: %v", id, err)
		}
	}
	old := l.right(trial, nospim.ProofWork)
	l.now = start.Add(2 * time.Hour)
	if err := l.Answer(t.Context(), trial.ID, map[nospim.Proof]string{nospim.ProofWork: old}); !errors.Is(err, nospim.ErrDenied) {
		t.Errorf("an old puzzle: %v", err)
	}
	l.now = trial.Until
	if err := l.Answer(t.Context(), trial.ID, map[nospim.Proof]string{nospim.ProofHashcash: hashcash}); !errors.Is(err, nospim.ErrNotFound) {
		t.Errorf("after a day: %v", err)
	}
	if got := l.delivered(); got != "" {
		t.Errorf("delivered: %s", got)
	}
}

// never makes sure that a hashcash is wrong: one of a thousand is right by chance. It puts letters behind it until it is not.
func never(answer, label string) string {
	end, _ := strconv.ParseUint(label, 16, 64)
	for {
		sum := sha256.Sum256([]byte(answer))
		if binary.BigEndian.Uint64(sum[len(sum)-8:])&(1<<bits.Len64(end)-1) != end {
			return answer
		}
		answer += "x"
	}
}

// TestTries: after so many guesses the right digits count no more; work still does.
func TestTries(t *testing.T) {
	l := newLab(t)
	trial := l.keep(message("m1", bob, ada))
	for range challenge.Tries {
		if err := l.Answer(t.Context(), trial.ID, map[nospim.Proof]string{nospim.ProofQuestion: "none"}); !errors.Is(err, nospim.ErrDenied) {
			t.Fatal(err)
		}
	}
	if err := l.Answer(t.Context(), trial.ID, map[nospim.Proof]string{nospim.ProofPicture: l.right(trial, nospim.ProofPicture)}); !errors.Is(err, nospim.ErrDenied) {
		t.Errorf("the right digits, too late: %v", err)
	}
	if err := l.Answer(t.Context(), trial.ID, map[nospim.Proof]string{nospim.ProofWork: l.right(trial, nospim.ProofWork)}); err != nil {
		t.Errorf("work: %v", err)
	}
}

// TestSeveral: where several answers are wanted, or a certain one, fewer and others do not pass, and one twice is one.
func TestSeveral(t *testing.T) {
	l := newLab(t)
	l.Offer.Answers, l.Offer.Required = 2, []nospim.Proof{nospim.ProofPicture}
	trial := l.keep(message("m1", bob, ada))
	for _, c := range []struct {
		give []nospim.Proof
		want error
	}{
		{[]nospim.Proof{nospim.ProofPicture}, nospim.ErrDenied},
		{[]nospim.Proof{nospim.ProofHashcash, nospim.ProofQuestion}, nospim.ErrDenied},
		{[]nospim.Proof{nospim.ProofHashcash, nospim.ProofWork}, nospim.ErrDenied},
		{[]nospim.Proof{nospim.ProofWork, nospim.ProofPicture}, nil},
	} {
		answers := map[nospim.Proof]string{}
		for _, p := range c.give {
			answers[p] = l.right(trial, p)
		}
		if err := l.Answer(t.Context(), trial.ID, answers); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.give, err, c.want)
		}
	}
}

// TestEligible: who cannot answer is not asked, and what is no approach is no reason to ask.
func TestEligible(t *testing.T) {
	with := func(change func(e *nospim.Event)) *nospim.Event {
		e := message("m1", bob, ada)
		change(e)
		return e
	}
	kind := func(k nospim.Kind) *nospim.Event { return with(func(e *nospim.Event) { e.Kind = k }) }
	for name, c := range map[string]struct {
		event *nospim.Event
		want  bool
	}{
		"message":          {message("m1", bob, ada), true},
		"request":          {kind(nospim.KindContactRequest), true},
		"invite":           {kind(nospim.KindInvite), true},
		"call":             {kind(nospim.KindCallOffer), true},
		"file":             {kind(nospim.KindFileOffer), true},
		"a report":         {kind(nospim.KindReport), false},
		"a block":          {kind(nospim.KindBlock), false},
		"a registration":   {kind(nospim.KindRegistration), false},
		"a server":         {message("m1", "far.example", ada), false},
		"a component":      {message("m1", "@gate.example", ada), false},
		"an occupant":      {message("m1", "tea@rooms.example/bob", ada), false},
		"to a server":      {message("m1", bob, "chat.example"), false},
		"to oneself":       {message("m1", ada, ada), false},
		"to two":           {with(func(e *nospim.Event) { e.Recipients = append(e.Recipients, nospim.Account{ID: mum}) }), false},
		"to nobody":        {with(func(e *nospim.Event) { e.Recipients = nil }), false},
		"only observed":    {with(func(e *nospim.Event) { e.Observe = true }), false},
		"a child's report": {with(func(e *nospim.Event) { e.Kind, e.Sender.Minor = nospim.KindReport, true }), false},
	} {
		if got := challenge.Eligible(c.event); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestMedia: the picture is a JPEG that fits into a stanza, the sound a WAV, the question is in the language asked for, and all of
// them are about the same after a restart.
func TestMedia(t *testing.T) {
	l := newLab(t)
	trial := l.keep(message("m1", bob, ada))
	picture, err := l.Picture(trial)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(picture)); err != nil || c.Width != nospim.PictureWidth || c.Height != nospim.PictureHeight || len(picture) > 8<<10 {
		t.Errorf("the picture: %+v, %d bytes, %v", c, len(picture), err)
	}
	sound, err := l.Audio(trial, "en")
	if err != nil || len(sound) < 20_000 || len(sound) > 300_000 || string(sound[:4]) != "RIFF" || string(sound[8:12]) != "WAVE" {
		t.Errorf("the sound: %d bytes, %v", len(sound), err)
	}
	for lang, want := range map[string]string{"en-GB": "Write as digits: ", "de": "Schreib als Ziffern: ", "es": "Escribe en cifras: ", "fr": "Écrivez en chiffres : ", "tlh": "Write as digits: "} {
		if q := l.Question(trial, lang); !strings.HasPrefix(q, want) || strings.Count(q, ", ") != 3 {
			t.Errorf("%s: %q", lang, q)
		}
	}
	again := *l.Desk
	if again.Digits(trial, nospim.ProofAudio) != l.Digits(trial, nospim.ProofPicture) || again.Label(trial) != l.Label(trial) || len(l.Label(trial)) != 3 {
		t.Errorf("label %s", l.Label(trial))
	}
	again.Key = []byte("another secret")
	if again.Digits(trial, nospim.ProofPicture) == l.Digits(trial, nospim.ProofPicture) || again.Label(trial) == l.Label(trial) && again.Question(trial, "en") == l.Question(trial, "en") {
		t.Error("the answers do not hang on the secret")
	}
}

// next is the judge behind a listener: it counts what comes.
type next struct{ n int }

func (n *next) Judge(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
	n.n++
	return &nospim.Verdict{EventID: e.ID, Action: nospim.Challenge}, nil
}

func (n *next) Begin(ctx context.Context, e *nospim.Event) (*nospim.Verdict, func() (*nospim.Verdict, error), error) {
	v, err := n.Judge(ctx, e)
	return v, nil, err
}

// TestListener: digits of somebody who was asked are the answer, and everything else goes on to be judged.
func TestListener(t *testing.T) {
	l := newLab(t)
	trial := l.keep(message("m1", bob, ada))
	behind := new(next)
	judge := challenge.Listener{Next: behind, Desk: l.Desk}
	say := func(from, to, body string) string {
		e := message("r", from, to)
		e.Body = body
		v, err := judge.Judge(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Signals) == 0 {
			return v.Action.String()
		}
		return v.Action.String() + " " + v.Signals[0].Symbol
	}
	picture, question := l.Digits(trial, nospim.ProofPicture), l.Digits(trial, nospim.ProofQuestion)
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, question)
	for _, c := range []struct{ from, to, body, want string }{
		{bob, ada, "hello?", "challenge"},
		{bob, ada, "call me: " + picture, "challenge"},
		{bob, ada, "12345", "challenge"},
		{bob, mum, picture, "challenge"},
		{eve, ada, picture, "challenge"},
		{bob, ada, wrong, "drop CHALLENGE_FAILED"},
		{bob, ada, " " + question[:2] + " " + question[2:] + "\n", "drop CHALLENGE_PASSED"},
		{bob, ada, picture, "challenge"},
	} {
		if got := say(c.from, c.to, c.body); got != c.want {
			t.Errorf("%s to %s: %q: %s, want %s", c.from, c.to, c.body, got, c.want)
		}
	}
	if behind.n != 6 || l.delivered() != "m1" {
		t.Errorf("%d were judged, delivered: %s", behind.n, l.delivered())
	}
	// A contact's digits are no answer, nor are those that could not be dropped, nor those of a message that is none.
	for name, change := range map[string]func(e *nospim.Event){
		"contact": func(e *nospim.Event) { e.Relation = nospim.RelationContact },
		"can":     func(e *nospim.Event) { e.Can = []nospim.Action{nospim.Allow, nospim.Hold} },
		"invalid": func(e *nospim.Event) { e.ID = "" },
	} {
		e := message("r", eve, mum)
		e.Body = "1234"
		change(e)
		if _, wait, _ := judge.Begin(t.Context(), e); wait != nil {
			t.Errorf("%s: it was taken for an answer", name)
		}
	}
}

// TestNobodyCanBeAsked: a store that fails is an error, and nobody is asked.
func TestNobodyCanBeAsked(t *testing.T) {
	l := newLab(t)
	l.store.Close()
	if trial, err := l.Ask(t.Context(), message("m1", bob, ada)); err == nil || trial != nil {
		t.Errorf("%+v, %v", trial, err)
	}
}

// FuzzAnswer: no answer but the right one passes, and none breaks anything.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"", "123456", ada, "eyJhbGdvcml0aG0iOiJTSEEtMjU2In0=", "bnVsbA==", "W10="} {
		f.Add(s, s, s)
	}
	d := challenge.Desk{Store: refusing{}, Key: []byte("k"), Clock: func() time.Time { return start }, Offer: challenge.Offer{
		Kinds: []nospim.Proof{nospim.ProofHashcash, nospim.ProofPicture, nospim.ProofQuestion}, Bits: 32,
	}}
	id := strings.Repeat("a", 32)
	right := d.Digits(&nospim.Trial{ID: id}, nospim.ProofPicture)
	f.Fuzz(func(t *testing.T, hashcash, work, picture string) {
		if strings.Trim(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(picture), ",\t\r\n\u00a0") == right {
			return
		}
		err := d.Answer(t.Context(), id, map[nospim.Proof]string{
			nospim.ProofHashcash: hashcash, nospim.ProofWork: work, nospim.ProofPicture: picture,
		})
		if !errors.Is(err, nospim.ErrDenied) {
			t.Errorf("%q %q %q: %v", hashcash, work, picture, err)
		}
	})
}

// refusing is a store with one challenge, which nothing changes.
type refusing struct{ record.Challenges }

func (refusing) FindChallenge(_ context.Context, id string) (*nospim.Trial, error) {
	return &nospim.Trial{ID: id, Service: service, Sender: bob, Recipient: ada, Made: start, Until: start.Add(time.Hour)}, nil
}

func (refusing) TryChallenge(context.Context, string, int) error { return nil }

func (refusing) PassChallenge(context.Context, string, time.Time, time.Time) error { return nil }
