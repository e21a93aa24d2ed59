package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/text"
)

// What is asked of reading and scoring a text.
const (
	askedScore = 10 * time.Microsecond // CPU, a message of about a hundred characters
	// tgSpam is what tg-spam 1.27, the best-known Telegram filter in Go, was measured at on one core of a machine of the same kind, in
	// messages a second. It cannot be imported here: the figure is a reference, not measured in this run.
	tgSpam          = 2_400
	askedTgSpam     = 40
	askedBogofilter = 4
)

// measureFilter measures rooms text, link and model by themselves on one core, and beside bogofilter in bulk mode.
func measureFilter(ctx context.Context, b *bench) ([]row, error) {
	m, err := model.Shipped()
	if err != nil {
		return nil, err
	}
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	all := crowd.hundreds(b.size.Judged)
	other, err := newBogofilter(ctx, b)
	if err != nil && !errors.Is(err, exec.ErrNotFound) {
		return nil, err
	}
	var ours, ratios []float64
	var f filter
	for turn := range b.size.Turns + 1 {
		took, err := f.scoreAll(m, all)
		if err != nil {
			return nil, err
		}
		if turn == 0 { // the first finds cold caches
			continue
		}
		ours = append(ours, float64(took)/float64(len(all)))
		if other == nil {
			continue
		}
		theirs, err := other.classify(ctx, all)
		if err != nil {
			return nil, err
		}
		ratios = append(ratios, float64(theirs)/float64(took))
	}
	each := median(ours)
	rate := 1e9 / each
	rows := []row{
		{
			"text + link + model on a message of about 100 characters, one core", "< 10 µs CPU",
			fmt.Sprintf("%.2f µs CPU, %s msgs/s", each/1e3, thousands(rate)), each / float64(askedScore), verdict(each < float64(askedScore)),
		},
		{
			"the same beside tg-spam 1.27 (reference: 2,400 msgs/s on one core, not measured in this run)", fmt.Sprintf(">= %d times", askedTgSpam),
			thousands(rate) + " msgs/s", rate / tgSpam, verdict(rate >= askedTgSpam*tgSpam),
		},
	}
	const what = "the same beside bogofilter in bulk mode (`-M`, one mailbox of all messages)"
	if other == nil {
		return append(rows, row{What: what, Verdict: notInstalled}), nil
	}
	ratio := median(ratios)
	return append(rows, row{
		what, fmt.Sprintf(">= %d times", askedBogofilter), thousands(rate) + " against " + thousands(rate/ratio) + " msgs/s", ratio, verdict(ratio >= askedBogofilter),
	}), nil
}

// hundreds returns n lines of the crowd of 80 to 120 bytes.
func (c *crowd) hundreds(n int) []string {
	list := make([]string, 0, n)
	for len(list) < n {
		if body := c.next().Body; len(body) >= 80 && len(body) <= 120 {
			list = append(list, body)
		}
	}
	return list
}

// filter is what scoring needs again and again.
type filter struct {
	form  text.Form
	links []link.Link
	sum   float64
}

// scoreAll reads and scores messages and returns the CPU time of it.
func (f *filter) scoreAll(m *model.Model, all []string) (time.Duration, error) {
	w, err := during(ownCPU, func() error {
		for _, body := range all {
			f.form.Read(body)
			f.links = link.Find(f.links[:0], body)
			f.sum += m.ScoreForm(&f.form, body)
		}
		return nil
	})
	return w.cpu, err
}

// bogofilter is an installed bogofilter with a word list of its own.
type bogofilter struct{ program, dir string }

// taught are the sets that bogofilter learns from: most of what the shipped model did.
var taught = []string{"sms-uci/messages.jsonl", "youtube-spam/messages.jsonl", "telegram-tgspam/messages.jsonl", "chat-irc-ubuntu/conversations.jsonl", "chat-star/conversations.jsonl"}

// newBogofilter trains bogofilter on sets of testdata, below the directory where this program is run. The error is
// exec.ErrNotFound when it is not installed.
func newBogofilter(ctx context.Context, b *bench) (*bogofilter, error) {
	program, err := exec.LookPath("bogofilter")
	if err != nil {
		return nil, err
	}
	f := &bogofilter{program: program}
	if f.dir, err = os.MkdirTemp(b.dir, "bogofilter-"); err != nil {
		return nil, err
	}
	var spam, ham []string
	for _, name := range taught {
		some, err := labelled(filepath.Join("testdata", name))
		if err != nil {
			return nil, err
		}
		for _, s := range some {
			if s.Spam {
				spam = append(spam, s.Text)
			} else {
				ham = append(ham, s.Text)
			}
		}
	}
	if _, err := f.run(ctx, spam, "-M", "-s"); err != nil {
		return nil, err
	}
	_, err = f.run(ctx, ham, "-M", "-n")
	return f, err
}

// labelled reads one labelled file.
func labelled(name string) (some []model.Sample, err error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading what bogofilter learns from: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	l := model.Lines{Name: name}
	return l.Read(in)
}

// classify classifies messages in bulk and returns the CPU time of it.
func (f *bogofilter) classify(ctx context.Context, all []string) (time.Duration, error) {
	return f.run(ctx, all, "-M", "-T")
}

func (f *bogofilter) run(ctx context.Context, all []string, args ...string) (time.Duration, error) {
	var mailbox bytes.Buffer
	for _, body := range all {
		mailbox.WriteString("From a@chat.example Sat Jan  1 00:00:00 2000\nSubject: \n\n" + body + "\n\n")
	}
	c := exec.CommandContext(ctx, f.program, append([]string{"-d", f.dir}, args...)...) //nolint:gosec // found by its name
	c.Stdin = &mailbox
	var wrong bytes.Buffer
	c.Stderr = &wrong
	err := c.Run()
	// It exits with 0 to 2 for spam, ham and unsure, and with 3 for errors.
	if c.ProcessState == nil || c.ProcessState.ExitCode() > 2 || c.ProcessState.ExitCode() < 0 {
		return 0, fmt.Errorf("running bogofilter: %w: %s", err, wrong.String())
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}
