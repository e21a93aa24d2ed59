package page_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/page"
	"github.com/nospim/nospim/people/challenge"
	"github.com/nospim/nospim/record/sqlite"
)

const ada, bob, service = "ada@chat.example", "bob@far.example", "chat.example"

// site is a page over a real desk and store.
type site struct {
	t     *testing.T
	url   string // of the page; a challenge's ID is added to it
	desk  *challenge.Desk
	store *sqlite.Store
	page  *page.Handler
	n     int
}

// newSite serves the page, with so many bits of work.
func newSite(t *testing.T, bits int) *site {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	kinds := []nospim.Proof{nospim.ProofHashcash, nospim.ProofPicture, nospim.ProofAudio, nospim.ProofQuestion}
	desk := &challenge.Desk{Store: store, Key: []byte("a secret"), Clock: time.Now, Offer: challenge.Offer{Kinds: kinds, Bits: bits}}
	h := &page.Handler{Desk: desk, Kinds: kinds, Log: slog.New(slog.DiscardHandler)}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- page.Serve(ctx, l, h) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &site{t: t, url: "http://" + l.Addr().String() + "/door/", desk: desk, store: store, page: h}
}

// trial has somebody new asked, whose message waits.
func (s *site) trial() *nospim.Trial {
	s.t.Helper()
	s.n++
	e := nospim.Event{
		ID: fmt.Sprint("m", s.n), Kind: nospim.KindMessage, Time: time.Now(), Service: service, Sender: nospim.Account{ID: fmt.Sprint("p", s.n, bob)},
		Recipients: []nospim.Account{{ID: ada}}, Body: "the secret text", Raw: "<message/>",
	}
	r := nospim.Record{Event: e, Verdict: nospim.Verdict{EventID: e.ID, Action: nospim.Challenge}, Kept: time.Now()}
	if _, err := s.store.Keep(&r).Wait(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	t, err := s.desk.Ask(s.t.Context(), &e)
	if err != nil || t == nil {
		s.t.Fatalf("asking: %+v, %v", t, err)
	}
	return t
}

// delivered reports whether the message behind a challenge is to be delivered.
func (s *site) delivered(t *nospim.Trial) bool {
	s.t.Helper()
	orders, err := s.store.Orders(s.t.Context(), service, "")
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range orders {
		if orders[i].EventID == t.Event {
			return true
		}
	}
	return false
}

// do sends a request and returns status, header and body.
func (s *site) do(method, path, lang string, form url.Values) (int, http.Header, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// TestPage: each way of answering releases the message, a second answer changes nothing, and to look passes nothing.
func TestPage(t *testing.T) {
	s := newSite(t, 8)
	for name, right := range map[string]func(*nospim.Trial) url.Values{
		"picture": func(tr *nospim.Trial) url.Values {
			return url.Values{"ocr": {" " + s.desk.Digits(tr, nospim.ProofPicture)}}
		},
		"question": func(tr *nospim.Trial) url.Values {
			return url.Values{"qa": {s.desk.Digits(tr, nospim.ProofQuestion)}, "ocr": {""}}
		},
		"work": func(tr *nospim.Trial) url.Values {
			payload, _ := challenge.Solve(s.desk.Puzzle(tr))
			return url.Values{"altcha": {payload}}
		},
	} {
		trial := s.trial()
		for _, path := range []string{trial.ID, trial.ID + ".jpg", trial.ID + ".wav"} {
			if status, _, body := s.do("GET", path, "en", nil); status != 200 || strings.Contains(body, "secret text") || strings.Contains(body, bob) {
				t.Errorf("%s: %s: %d", name, path, status)
			}
		}
		if status, _, body := s.do("POST", trial.ID, "en", url.Values{"ocr": {"000"}}); status != 422 || !strings.Contains(body, "That was not right") {
			t.Errorf("%s: a wrong answer: %d %s", name, status, body)
		}
		if s.delivered(trial) {
			t.Fatalf("%s: it is delivered already", name)
		}
		if status, _, body := s.do("POST", trial.ID, "en", right(trial)); status != 200 || !strings.Contains(body, "Thank you") || !s.delivered(trial) {
			t.Errorf("%s: %d, delivered %v: %s", name, status, s.delivered(trial), body)
		}
		for _, method := range []string{"GET", "POST"} {
			if status, _, body := s.do(method, trial.ID, "en", right(trial)); status != 200 || !strings.Contains(body, "Thank you") {
				t.Errorf("%s: %s again: %d", name, method, status)
			}
		}
	}
}

// TestBadRequests: what is no challenge, too large, or no page is refused.
func TestBadRequests(t *testing.T) {
	s := newSite(t, 8)
	trial := s.trial()
	for _, c := range []struct {
		method, path string
		form         url.Values
		want         int
	}{
		{"GET", "", nil, 404},
		{"GET", "nothing", nil, 404},
		{"GET", strings.Repeat("0", 32), nil, 404},
		{"POST", strings.Repeat("0", 32), url.Values{"ocr": {"1"}}, 404},
		{"POST", trial.ID, nil, 422},
		{"POST", trial.ID, url.Values{}, 422},
		{"POST", trial.ID, url.Values{"altcha": {"!"}}, 422},
		{"POST", trial.ID, url.Values{"ocr": {strings.Repeat("1", 20<<10)}}, 400},
		{"POST", trial.ID + ".jpg", nil, 405},
		{"PUT", trial.ID, nil, 405},
		{"GET", strings.Repeat("0", 32) + ".wav", nil, 404},
		{"GET", trial.ID + ".exe", nil, 404},
		{"GET", "page.css", nil, 200},
		{"GET", "page.js", nil, 200},
		{"HEAD", trial.ID, nil, 200},
	} {
		status, header, body := s.do(c.method, c.path, "", c.form)
		if status != c.want {
			t.Errorf("%s %.50q: %d, want %d: %s", c.method, c.path, status, c.want, body)
		}
		if !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" ||
			header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Set-Cookie") != "" {
			t.Errorf("%s %.50q: headers %v", c.method, c.path, header)
		}
	}
	if s.delivered(trial) {
		t.Error("it was delivered")
	}
}

// TestLanguages: the page speaks the language that is liked best.
func TestLanguages(t *testing.T) {
	s := newSite(t, 8)
	trial := s.trial()
	for accept, want := range map[string]string{
		"": "en", "de-AT,de;q=0.9,en;q=0.8": "de", "es": "es", "fr-CA;q=0.5, tlh": "fr", "en;q=0.1, FR;q=0.9": "fr", "de;q=0, es;q=0.1": "es", "*": "en",
		"de;q=x": "en", strings.Repeat("tlh,", 50) + "de": "en", ";;;,,,q=": "en",
	} {
		_, header, body := s.do("GET", trial.ID, accept, nil)
		if header.Get("Content-Language") != want || !strings.Contains(body, `<html lang="`+want+`">`) || strings.Contains(body, "%s") || !strings.Contains(body, service) {
			t.Errorf("%.40q: %s, want %s", accept, header.Get("Content-Language"), want)
		}
	}
}

// TestVoices: the digits are spoken in the language that is liked best of those that there are, and the page says in which.
func TestVoices(t *testing.T) {
	s := newSite(t, 8)
	trial := s.trial()
	sounds := map[string]string{}
	for accept, c := range map[string]struct{ voice, says string }{
		"en": {"en", "spoken in English"}, "de": {"en", "auf Englisch"}, "de, ru;q=0.5": {"ru", "auf Russisch"}, "es, pt;q=0.9, en;q=0.8": {"pt", "en portugués"},
		"zh-CN": {"zh", "spoken in Chinese"}, "fr, ja;q=0.1": {"ja", "en japonais"}, "": {"en", "spoken in English"},
	} {
		_, _, body := s.do("GET", trial.ID, accept, nil)
		if !strings.Contains(body, c.says) || !strings.Contains(body, trial.ID+".wav?voice="+c.voice+`"`) {
			t.Errorf("%q: the page lacks %q or the voice %s", accept, c.says, c.voice)
		}
		for _, path := range []string{".wav?voice=" + c.voice, ".wav"} {
			status, _, sound := s.do("GET", trial.ID+path, accept, nil)
			if status != 200 || sounds[c.voice] != "" && sounds[c.voice] != sound {
				t.Errorf("%q: %s is %d, or not what was heard before", accept, path, status)
			}
			sounds[c.voice] = sound
		}
	}
	if _, _, odd := s.do("GET", trial.ID+".wav?voice=tlh", "ru", nil); odd != sounds["en"] {
		t.Error("a voice that there is none of is not English")
	}
	if len(sounds) != 5 || sounds["ru"] == sounds["en"] || sounds["pt"] == sounds["zh"] {
		t.Errorf("%d voices, or two sound alike", len(sounds))
	}
}

// TestLimit: who asks too much has to wait, from whatever port and through whatever proxy; whoever else asks does not.
func TestLimit(t *testing.T) {
	s := newSite(t, 8)
	now := time.Now()
	s.page.Clock = func() time.Time { return now }
	trial := s.trial()
	get := func(from, forwarded string) int {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/"+trial.ID, nil)
		r.RemoteAddr = from
		if forwarded != "" {
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		w := httptest.NewRecorder()
		s.page.ServeHTTP(w, r)
		return w.Code
	}
	busy := 0
	for range 200 {
		if get("192.0.2.1:1", "198.51.100.1") == http.StatusTooManyRequests {
			busy++
		}
	}
	if busy < 100 {
		t.Errorf("of 200 at once %d were put off", busy)
	}
	if got := get("192.0.2.1:99", ""); got != http.StatusTooManyRequests {
		t.Errorf("from another port: %d", got)
	}
	if got := get("127.0.0.1:1", "203.0.113.9, 192.0.2.1"); got != http.StatusTooManyRequests {
		t.Errorf("from behind a proxy: %d", got)
	}
	// Each of the others has a budget of its own, but for one in 4,096, who shares it by chance.
	putOff := 0
	for i := range 20 {
		for from, forwarded := range map[string]string{
			fmt.Sprintf("192.0.2.%d:1", i+2): "", fmt.Sprintf("[2001:db8:0:%x::1]:1", i): "", "127.0.0.1:1": fmt.Sprintf("192.0.2.1, 203.0.113.%d", i+1),
		} {
			if get(from, forwarded) != http.StatusOK {
				putOff++
			}
		}
	}
	if putOff > 3 {
		t.Errorf("%d of 60 others were put off", putOff)
	}
	now = now.Add(time.Minute)
	if got := get("192.0.2.1:1", ""); got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
	if got := get("", ""); got != http.StatusOK {
		t.Errorf("from an unknown address: %d", got)
	}
}

// ill is a desk whose store does not answer.
type ill struct{ page.Desk }

func (ill) Find(context.Context, string) (*nospim.Trial, error) { return nil, errors.New("no disk") }

// TestIll: a store that fails is said without details.
func TestIll(t *testing.T) {
	h := page.Handler{Desk: ill{}, Log: slog.New(slog.DiscardHandler)}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/"+strings.Repeat("0", 32), nil))
	if w.Code != http.StatusServiceUnavailable || bytes.Contains(w.Body.Bytes(), []byte("disk")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestMarkup: the page names its language and itself, labels each input, has a text for each picture, refers only to what there is, and
// asks nobody else for anything.
func TestMarkup(t *testing.T) {
	s := newSite(t, 8)
	trial := s.trial()
	_, _, body := s.do("GET", trial.ID, "de", nil)
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	labels, ids, described := map[string]bool{}, map[string]int{}, []string{}
	for n := range doc.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if (a.Key == "src" || a.Key == "href" || a.Key == "action") && strings.Contains(a.Val, "//") || strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if id := attr["id"]; id != "" {
			ids[id]++
		}
		if n.Data == "label" {
			labels[attr["for"]] = n.FirstChild != nil
		}
		for _, k := range []string{"aria-describedby", "aria-labelledby"} {
			described = append(described, strings.Fields(attr[k])...)
		}
		switch {
		case n.Data == "input" && attr["type"] != "hidden":
			if !labels[attr["id"]] {
				t.Errorf("input %s has no label before it", attr["name"])
			}
		case n.Data == "img" && attr["alt"] == "", n.Data == "audio" && attr["aria-labelledby"] == "", n.Data == "progress" && attr["aria-labelledby"] == "":
			t.Errorf("<%s> has no text", n.Data)
		case n.Data == "script" && n.FirstChild != nil:
			t.Error("a script in the page")
		}
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("id %s is there %d times", id, n)
		}
	}
	for _, id := range described {
		if ids[id] == 0 {
			t.Errorf("something is described by %s, which is not there", id)
		}
	}
	for _, part := range []string{`<html lang="de">`, "<title>Einen Moment, bitte</title>", "<h1>", "<main>", `role="status"`} {
		if !strings.Contains(body, part) {
			t.Errorf("there is no %s", part)
		}
	}
}

// FuzzAcceptLanguage: whatever is wished for, the page speaks one language.
func FuzzAcceptLanguage(f *testing.F) {
	for _, s := range []string{"de", "fr;q=0.1,en", ";q=", "q=1;;,"} {
		f.Add(s)
	}
	h := page.Handler{Desk: ill{}, Log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, accept string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/x", nil)
		r.RemoteAddr = fmt.Sprintf("[2001:db8:0:%x::1]:1", time.Now().UnixNano()&0xffff)
		r.Header.Set("Accept-Language", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if lang := w.Header().Get("Content-Language"); !strings.Contains("en de es fr", lang) || len(lang) != 2 {
			t.Errorf("%q: %q", accept, lang)
		}
	})
}
