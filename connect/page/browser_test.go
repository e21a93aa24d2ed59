package page_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/page"
	"github.com/nospim/nospim/internal/browser"
)

// heading waits until the page's heading is this.
func heading(want string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var got string
		for {
			err := chromedp.Text("h1", &got, chromedp.ByQuery).Do(ctx)
			if got == want {
				return nil
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(20 * time.Millisecond):
			}
			_ = err // the page was being replaced
		}
	})
}

// endless is a desk whose work no browser finishes: no number fits, where by luck the first might.
type endless struct{ page.Desk }

func (d endless) Puzzle(t *nospim.Trial) nospim.Puzzle {
	p := d.Desk.Puzzle(t)
	p.Challenge = strings.Repeat("0", len(p.Challenge))
	return p
}

func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) { //nolint:revive // chromedp's context is a browser
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// picture keeps what the page looks like, where NOSPIM_PICTURES names a directory.
func picture(t *testing.T, ctx context.Context, name string) { //nolint:revive // as above
	t.Helper()
	dir := os.Getenv("NOSPIM_PICTURES")
	if dir == "" {
		return
	}
	var b []byte
	run(t, ctx, chromedp.FullScreenshot(&b, 100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBrowserWorks: the page passes by itself, and asks nobody but its own server for anything.
func TestBrowserWorks(t *testing.T) {
	s := newSite(t, 14)
	trial := s.trial()
	ctx := browser.New(t, browser.Options{Languages: "de-AT,de;q=0.9"})
	requested := make(chan string, 100)
	chromedp.ListenTarget(ctx, func(event any) {
		if r, ok := event.(*network.EventRequestWillBeSent); ok {
			requested <- r.Request.URL
		}
	})
	run(t, ctx, network.Enable(), chromedp.Navigate(s.url+trial.ID), heading("Danke"))
	picture(t, ctx, "passed")
	if !s.delivered(trial) {
		t.Error("the message is not delivered")
	}
	for len(requested) > 0 {
		if url := <-requested; !strings.HasPrefix(url, s.url) && !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asked for %s", url)
		}
	}
}

// TestKeyboard: with the keyboard alone somebody comes to the picture, gives a wrong answer, is told, and gives the right one.
func TestKeyboard(t *testing.T) {
	s := newSite(t, 32)
	s.page.Desk = endless{s.desk}
	trial := s.trial()
	ctx := browser.New(t, browser.Options{})
	focused := func() string {
		var id string
		run(t, ctx, chromedp.Evaluate(`document.activeElement.id || document.activeElement.tagName.toLowerCase()`, &id))
		return id
	}
	to := func(want string) {
		t.Helper()
		var way []string
		for range 30 {
			at := focused()
			if at == want {
				return
			}
			way = append(way, at)
			run(t, ctx, chromedp.KeyEvent(kb.Tab))
		}
		t.Fatalf("the keyboard does not come to %s, but to %v", want, way)
	}
	run(t, ctx, chromedp.Navigate(s.url+trial.ID), chromedp.WaitVisible("#work", chromedp.ByQuery))
	picture(t, ctx, "working")
	var open bool
	run(t, ctx, chromedp.Evaluate(`document.getElementById("other").open`, &open))
	if open {
		t.Error("the other ways are open before anybody wants them")
	}
	to("summary")
	run(t, ctx, chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#ocr", chromedp.ByQuery))
	to("ocr")
	picture(t, ctx, "open")
	// After a wrong answer the focus is there, a moment after the page is seen.
	run(t, ctx, chromedp.KeyEvent("12"+kb.Enter), chromedp.WaitVisible("#wrong", chromedp.ByQuery),
		chromedp.Poll(`document.activeElement.id === "ocr"`, nil, chromedp.WithPollingTimeout(time.Minute)))
	picture(t, ctx, "wrong")
	run(t, ctx, chromedp.KeyEvent(s.desk.Digits(trial, nospim.ProofPicture)))
	to("button")
	run(t, ctx, chromedp.KeyEvent(" "), heading("Thank you"))
	if !s.delivered(trial) {
		t.Error("the message is not delivered")
	}
}

// TestNoScripts: without scripts picture, sound and question are there at once, and nothing speaks of the browser's work.
func TestNoScripts(t *testing.T) {
	s := newSite(t, 14)
	trial := s.trial()
	ctx := browser.New(t, browser.Options{NoScripts: true, Languages: "fr", Width: 390, Height: 844})
	run(t, ctx, chromedp.Navigate(s.url+trial.ID), chromedp.WaitVisible("#ocr", chromedp.ByQuery), chromedp.WaitVisible("audio", chromedp.ByQuery),
		chromedp.WaitNotVisible("#work", chromedp.ByQuery), chromedp.WaitVisible("img", chromedp.ByQuery))
	picture(t, ctx, "without-scripts")
	run(t, ctx, chromedp.SendKeys("#qa", s.desk.Digits(trial, nospim.ProofQuestion)+kb.Enter, chromedp.ByQuery), heading("Merci"))
	if !s.delivered(trial) {
		t.Error("the message is not delivered")
	}
}

// contrasts is a script that returns what is too faint to read (WCAG 2.2, 1.4.3: 4.5 to 1 for text; 1.4.11: 3 to 1 for the edges of
// inputs), too small to hit (2.5.8: 24 pixels) or wider than the window (1.4.10).
const contrasts = `(() => {
  const light = (c) => { const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3).map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$/.test(c)) return c; } return "rgb(255, 255, 255)"; };
  const bad = [];
  for (const e of document.querySelectorAll("main *")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!box.width || style.visibility === "hidden") continue;
    const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (text && ratio(style.color, behind(e)) < 4.5) bad.push("faint: " + e.tagName + " " + style.color + " on " + behind(e));
    if (e.matches("input[type=text]") && ratio(style.borderTopColor, behind(e.parentElement)) < 3) bad.push("no edge: " + e.id);
    if (e.matches("input, button, summary") && e.type !== "hidden" && box.height < 24) bad.push("small: " + e.tagName + " " + box.height);
    if (box.right > innerWidth + 1) bad.push("wide: " + e.tagName + " " + box.right);
  }
  for (const e of document.querySelectorAll("input[type=text]")) if (!e.labels.length || !e.labels[0].textContent.trim()) bad.push("no label: " + e.id);
  for (const e of document.querySelectorAll("img")) if (!e.complete || !e.naturalWidth || !e.alt) bad.push("no picture: " + e.src);
  if (document.documentElement.scrollWidth > innerWidth) bad.push("scrolls sideways");
  return bad;
})()`

// TestReadable: on the screens of desks and phones, by day and by night, everything can be read, hit and reached.
func TestReadable(t *testing.T) {
	s := newSite(t, 32)
	s.page.Desk = endless{s.desk}
	for name, o := range map[string]browser.Options{
		"desk": {}, "desk-dark": {Dark: true}, "phone": {Width: 390, Height: 844, Languages: "de"}, "phone-dark": {Width: 390, Height: 844, Dark: true, Languages: "es"},
		"narrow": {Width: 320, Height: 568, Languages: "fr"},
	} {
		t.Run(name, func(t *testing.T) {
			trial := s.trial()
			ctx := browser.New(t, o)
			var bad []string
			run(t, ctx, chromedp.Navigate(s.url+trial.ID), chromedp.WaitVisible("#work", chromedp.ByQuery))
			picture(t, ctx, name)
			run(t, ctx, chromedp.Click("#other summary", chromedp.ByQuery), chromedp.WaitVisible("#ocr", chromedp.ByQuery),
				chromedp.SendKeys("#ocr", "1"+kb.Enter, chromedp.ByQuery), chromedp.WaitVisible("#wrong", chromedp.ByQuery),
				chromedp.Poll(`document.images[0].complete`, nil, chromedp.WithPollingTimeout(time.Minute)), chromedp.Evaluate(contrasts, &bad))
			picture(t, ctx, name+"-wrong")
			for _, b := range bad {
				t.Error(b)
			}
		})
	}
}
