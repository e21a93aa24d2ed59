package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/simulate/toll"
	"github.com/nospim/nospim/simulate/town"
)

func newReplay(a *app) *cobra.Command {
	r := replay{app: a}
	var f labFlags
	c := &cobra.Command{
		Use:   "replay FILE.jsonl|-",
		Short: "Judge recorded events in their own time and count what would be done",
		Long: `Judges events, one JSON object a line as in docs/protocols/line.md, in the order of the file and in their own time: no clock
is read, so the same file and policy give the same output on every run. The policy always enforces here, and the operator's
lists are not asked. A field "label" on a line (spam, ham, …) is counted against what was done.

With --labels, the summary says of each attack in the events of nospim simulate how far it came before it was stopped, and of each
part that honest people play what they lost (docs/simulate.md). Those who are simulated do not see the verdicts: they go on as if
everything had been delivered.`,
		Example: `  nospim replay events.jsonl
  nospim replay events.jsonl --policy ./policy.yaml --json > verdicts.jsonl
  zcat events.jsonl.gz | nospim replay - --keep-going
  nospim simulate mix --seed 7 | nospim replay --labels - --plot stopped.png`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			l, err := f.open(c.Context(), nil)
			if err != nil {
				return err
			}
			r.judge, r.tally = l.engine, newTally(l.policy.Hash())
			if r.labels || r.plot != "" {
				r.toll = toll.New()
			}
			return r.run(c.Context(), args[0])
		},
	}
	f.register(c)
	c.Flags().BoolVar(&r.asJSON, "json", false, "print one verdict a line, or with --summary the summary, as JSON")
	c.Flags().BoolVar(&r.summary, "summary", false, "with --json: print the summary instead of the verdicts")
	c.Flags().BoolVarP(&r.labels, "labels", "l", false, "print what became of attacks and of honest people, by the truth on the lines; with --json as one object")
	c.Flags().StringVar(&r.plot, "plot", "", "draw into this PNG `file` how much of what attackers sent was stopped, and what honest people lost")
	c.Flags().BoolVarP(&r.keepGoing, "keep-going", "k", false, "tell lines that are no events, pass over them, and fail at the end")
	return c
}

// replay is one run over a file.
type replay struct {
	*app

	judge                              nospim.Judge
	asJSON, summary, labels, keepGoing bool
	plot                               string
	tally                              *tally
	toll                               *toll.Toll // nil when it is not wanted
	truth                              truthReader
}

func (r *replay) run(ctx context.Context, name string) error {
	in, size := r.in, int64(-1)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		}
		in = f
	}
	verdicts := r.asJSON && !r.summary && !r.labels
	if isTerminal(r.err) && (!verdicts || !isTerminal(r.out)) {
		bar := progressbar.NewOptions64(size, progressbar.OptionSetWriter(r.err), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription("replaying"), progressbar.OptionClearOnFinish())
		defer bar.Finish() //nolint:errcheck // it is decoration
		in = io.TeeReader(in, bar)
	}
	out := bufio.NewWriterSize(r.out, 64<<10)
	err := r.lines(ctx, name, in, out, verdicts)
	if e := out.Flush(); e != nil {
		return errors.Join(err, fmt.Errorf("writing verdicts: %w", e))
	}
	if err == nil && !verdicts {
		err = r.print()
	}
	if err == nil && r.plot != "" {
		err = drawToll(r.plot, r.toll.Curve())
	}
	if err == nil && r.tally.Refused > 0 {
		err = fmt.Errorf("%s: %d lines were refused", name, r.tally.Refused)
	}
	return err
}

// lines judges every line of in and writes the verdicts that are wanted.
func (r *replay) lines(ctx context.Context, name string, in io.Reader, out *bufio.Writer, verdicts bool) error {
	lines := wire.NewLines(in, wire.MaxLine)
	var (
		e   nospim.Event
		buf []byte
	)
	for ctx.Err() == nil {
		v, truth, err := r.next(ctx, lines, &e)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, nospim.ErrInvalid) && r.keepGoing:
			r.tally.Refused++
			_, _ = fmt.Fprintf(r.err, "nospim: %s: %v\n", name, err)
			continue
		case errors.Is(err, nospim.ErrInvalid):
			return fmt.Errorf("%s: %w; --keep-going passes over such lines", name, err)
		case err != nil:
			return fmt.Errorf("%s: line %d: %w", name, lines.Number(), err)
		}
		r.tally.add(v, truth.Label)
		if r.toll != nil {
			r.toll.Add(&e, v, truth)
		}
		if verdicts {
			buf = append(wire.AppendVerdict(buf[:0], v), '\n')
			if _, err := out.Write(buf); err != nil {
				return fmt.Errorf("writing verdicts: %w", err)
			}
		}
	}
	return ctx.Err()
}

// print writes the summary that is wanted.
func (r *replay) print() error {
	if !r.labels {
		return r.tally.print(r.app, r.asJSON)
	}
	report := r.toll.Report()
	if r.asJSON {
		return r.printJSON(struct {
			Policy string `json:"policy"`
			toll.Report
		}{r.tally.Policy, report})
	}
	if err := r.printf("%d events, policy %s\n\n", r.tally.Events, r.tally.Policy); err != nil {
		return err
	}
	return report.Print(r.out)
}

// next judges the next line. The error of a line that is no event names its place and is an ErrInvalid; io.EOF is the end.
func (r *replay) next(ctx context.Context, lines *wire.Lines, e *nospim.Event) (v *nospim.Verdict, truth town.Truth, err error) {
	text, err := lines.Next()
	if err != nil {
		return nil, truth, err
	}
	unknown, err := wire.DecodeEvent(text, e)
	if err == nil && unknown > 0 {
		truth, err = r.truth.read(text, unknown)
	}
	if err == nil {
		v, err = r.judge.Judge(ctx, e)
	}
	if err != nil {
		return nil, truth, wire.At(fmt.Sprintf("line %d", lines.Number()), err)
	}
	return v, truth, nil
}
