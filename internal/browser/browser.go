// Package browser drives a real Chromium for tests: a private one, without a window, that reaches nothing but this machine.
package browser

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/nospim/nospim/internal/servers"
)

// Options say how somebody looks at a page.
type Options struct {
	// Languages are those that the reader likes, as Accept-Language has them; empty means English.
	Languages string
	// Width and Height are those of the window, in pixels; 0 is 1000 by 800.
	Width, Height int
	// Dark is the reader's wish for a dark page, NoScripts for one without scripts.
	Dark, NoScripts bool
}

// patience is how long a test in a browser may take: machines are slow when they do much.
const patience = 5 * time.Minute

// New starts a browser that lives as long as a test, and returns the context in which chromedp's actions run.
func New(t *testing.T, o Options) context.Context {
	t.Helper()
	servers.Need(t, "chromium")
	program, err := servers.Find("chromium")
	if err != nil {
		t.Fatal(err)
	}
	if o.Width == 0 {
		o.Width, o.Height = 1000, 800
	}
	if o.Languages == "" {
		o.Languages = "en"
	}
	first, _, _ := strings.Cut(o.Languages, ",")
	flags := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(o.Width, o.Height), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disk-cache-dir", filepath.Join(t.TempDir(), "cache")),
		chromedp.Flag("lang", first), chromedp.WSURLReadTimeout(patience))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits until the browser has ended
			t.Logf("ending the browser: %v", err)
		}
		end()
	})
	colours := "light"
	if o.Dark {
		colours = "dark"
	}
	err = chromedp.Run(ctx,
		emulation.SetUserAgentOverride("nospim's tests").WithAcceptLanguage(o.Languages),
		emulation.SetDeviceMetricsOverride(int64(o.Width), int64(o.Height), 1, o.Width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}}),
		emulation.SetScriptExecutionDisabled(o.NoScripts),
	)
	if err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	return ctx
}
