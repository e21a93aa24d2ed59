package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim/model"
)

func newEval(a *app) *cobra.Command {
	e := eval{app: a}
	c := &cobra.Command{
		Use:   "eval FILE.jsonl|-…",
		Short: "Measure the learned filter on labelled texts",
		Long: `Judges labelled texts with the learned filter alone and counts what it gets right. Files have one JSON object a line, with
label (spam or ham) and text, or with label and turns: a conversation, judged turn by turn. Other fields are ignored.

The shipped model and its threshold are measured, unless --model names another file, --train trains a specialist on the lines
of one split and tests on all others, or --protocol does what published numbers were made with:

  uci-30-70         SMS Spam Collection, first 1,674 lines train, last 3,900 test
  youtube-authors   YouTube comments, of each video the first 70 % in time train
  random-80-20x5    any set, five times a random fifth tests
  published         all of these on the sets in --data, one row each
  disguises         what is lost when spam is disguised: the shipped training without the last 3,900 lines of the SMS Spam
                    Collection, whose clean ham sets the threshold (0.1 % blocked) and whose spam is disguised in twelve ways

A specialist knows nothing of the shipped weights, and its threshold comes from its own train part. With --leave-one-source-out,
every source of --data is left out of training in turn and then tested: what a model does on texts unlike any it has seen.

Shares are percent with their 95 % interval (Wilson); "at 0.1 %" is the most spam caught with at most so much ham blocked.`,
		Example: `  nospim eval testdata/telegram-tgspam/messages.jsonl
  nospim eval --protocol published
  nospim eval testdata/sms-uci/messages.jsonl --protocol uci-30-70 --json
  nospim eval mine.jsonl --scores scores.jsonl --plot roc.png --skip-bad`,
		RunE: func(c *cobra.Command, args []string) error { return e.run(c.Context(), c, args) },
	}
	f := c.Flags()
	f.StringVar(&e.protocol, "protocol", "", "train and test as published numbers were made: uci-30-70, youtube-authors, random-80-20x5, published, disguises")
	f.StringVar(&e.train, "train", "", "train on the lines of this `split`, test on the others")
	f.StringVar(&e.model, "model", "", "measure this model `file` instead of the shipped one")
	f.BoolVar(&e.sources, "leave-one-source-out", false, "train without each source of --data in turn, and test on it")
	f.StringVar(&e.data, "data", "testdata", "`directory` of the sets, for published and --leave-one-source-out")
	f.BoolVar(&e.asJSON, "json", false, "print one JSON object for each row")
	f.StringVar(&e.scores, "scores", "", "write each text's score, decision and top reasons to this `file`, as JSON lines")
	f.StringVar(&e.plot, "plot", "", "draw the ROC and the reliability curve into this PNG `file`")
	f.BoolVar(&e.skipBad, "skip-bad", false, "tell lines that cannot be read, pass over them and count them")
	f.Uint64Var(&e.seed, "seed", 1, "seed of what is trained here")
	c.MarkFlagsMutuallyExclusive("protocol", "train", "model", "leave-one-source-out")
	return c
}

// eval is one run of the command.
type eval struct {
	*app

	protocol, train, model, data, scores, plot string
	sources, asJSON, skipBad                   bool
	seed                                       uint64
	skipped                                    int
}

// row is one line of the table.
type row struct {
	Name string `json:"name"`
	model.Result
	Model     string         `json:"model,omitempty"`
	Threshold float64        `json:"threshold,omitempty"`
	ECE       float64        `json:"ece"`
	Skipped   int            `json:"skipped"`
	Runs      []model.Result `json:"runs,omitempty"`
	Lost      *lost          `json:"lost,omitempty"`

	scored []model.Scored
}

func (e *eval) run(ctx context.Context, c *cobra.Command, args []string) error {
	own := e.protocol == "published" || e.protocol == "disguises" || e.sources // these bring their files along
	switch {
	case own && len(args) > 0:
		return wrongUsage(c, errors.New("the files come from --data here; name none"))
	case !own && len(args) == 0:
		return wrongUsage(c, errors.New("no file to measure on"))
	}
	var (
		rows []row
		err  error
	)
	switch {
	case e.sources:
		rows, err = e.leaveOut(ctx)
	case e.protocol == "disguises":
		rows, err = e.disguises(ctx)
	case own:
		rows, err = e.published(ctx)
	default:
		rows, err = e.files(ctx, args)
	}
	if err != nil {
		return err
	}
	if e.plot != "" {
		if err := drawCurves(e.plot, rows[len(rows)-1].scored); err != nil {
			return err
		}
	}
	if e.asJSON {
		for i := range rows {
			if err := e.printJSON(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return e.table(rows)
}

// files measures on files: one row for all of them together.
func (e *eval) files(ctx context.Context, names []string) ([]row, error) {
	var all []model.Sample
	var from []string
	for _, name := range names {
		some, err := e.read(name)
		if err != nil {
			return nil, err
		}
		for range some {
			from = append(from, name)
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, errors.New("no text to measure on")
	}
	r, err := e.row(ctx, strings.Join(names, " "), e.protocol, all, from)
	return []row{r}, err
}

// read reads one labelled file.
func (e *eval) read(name string) ([]model.Sample, error) {
	in := e.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("reading labelled texts: %w", err)
		}
		defer f.Close()
		in = f
	}
	return readSamples(e.app, in, name, e.skipBad, &e.skipped)
}

func readSamples(a *app, in io.Reader, name string, skipBad bool, skipped *int) ([]model.Sample, error) {
	l := model.Lines{
		Name: name, Source: filepath.Base(filepath.Dir(name)), SkipBad: skipBad,
		Told: func(err error) { _, _ = fmt.Fprintf(a.err, "nospim: %v\n", err) },
	}
	some, err := l.Read(in)
	*skipped += l.Skipped
	if err != nil && !skipBad {
		var bad *model.LineError
		if errors.As(err, &bad) {
			err = fmt.Errorf("%w; --skip-bad passes over such lines", err)
		}
	}
	return some, err
}

// row measures on samples; from has the file of each.
func (e *eval) row(ctx context.Context, name, protocol string, all []model.Sample, from []string) (row, error) {
	r := row{Name: name, Skipped: e.skipped}
	runs, err := e.runs(protocol, all)
	if err != nil {
		return r, err
	}
	scores, done, err := e.openScores()
	if err != nil {
		return r, err
	}
	for _, run := range runs {
		m, err := e.pick(ctx, all, run)
		if err != nil {
			return r, errors.Join(err, done())
		}
		if len(runs) == 1 {
			r.Model, r.Threshold = m.Hash(), m.Threshold()
		}
		scored := m.Try(all, run.Test)
		if scores != nil {
			if err := writeScores(scores, m, all, from, run, scored); err != nil {
				return r, errors.Join(err, done())
			}
		}
		r.Runs = append(r.Runs, model.Measure(scored))
		r.scored = append(r.scored, scored...)
	}
	r.Result = model.Mean(r.Runs)
	_, r.ECE = model.Reliability(r.scored)
	if len(r.Runs) == 1 {
		r.Runs = nil
	}
	return r, done()
}

func (e *eval) runs(protocol string, all []model.Sample) ([]model.Run, error) {
	switch {
	case protocol != "":
		return model.Protocol(protocol, all)
	case e.train != "":
		run, err := model.SplitRun(e.train, all)
		return []model.Run{run}, err
	default:
		run := model.Run{Test: make([]int, len(all))}
		for i := range all {
			run.Test[i] = i
		}
		return []model.Run{run}, nil
	}
}

// pick returns the model for a run: a specialist where the run has something to train on.
func (e *eval) pick(ctx context.Context, all []model.Sample, run model.Run) (*model.Model, error) {
	switch {
	case run.Train != nil:
		return model.Specialist(ctx, all, run, model.Options{Seed: e.seed})
	case e.model != "":
		return loadModel(e.model)
	default:
		return model.Shipped()
	}
}

// loadModel reads a model file.
func loadModel(name string) (*model.Model, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading a model: %w", err)
	}
	m, err := model.Load(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// published are the rows that others have published numbers for.
func (e *eval) published(ctx context.Context) ([]row, error) {
	var rows []row
	for _, p := range []struct{ set, protocol string }{
		{"sms-uci", "uci-30-70"},
		{"sms-uci", "random-80-20x5"},
		{"youtube-spam", "youtube-authors"},
		{"telegram-tgspam", "random-80-20x5"},
	} {
		all, err := e.read(filepath.Join(e.data, p.set, "messages.jsonl"))
		if err != nil {
			return nil, err
		}
		r, err := e.row(ctx, p.set+" "+p.protocol, p.protocol, all, nil)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// openScores creates the file of the scores, if one is wanted; done closes it.
func (e *eval) openScores() (w io.Writer, done func() error, err error) {
	if e.scores == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Create(e.scores)
	if err != nil {
		return nil, nil, fmt.Errorf("writing scores: %w", err)
	}
	return f, f.Close, nil
}

// score is one line of the file of scores.
type score struct {
	File     string         `json:"file,omitempty"`
	Line     int            `json:"line"`
	Turn     int            `json:"turn,omitempty"`
	Label    string         `json:"label"`
	Score    float64        `json:"score"`
	Decision string         `json:"decision"`
	Category string         `json:"category,omitempty"`
	Reasons  []model.Reason `json:"reasons,omitempty"`
}

// mostReasons is how many reasons a line of the scores has.
const mostReasons = 5

func writeScores(w io.Writer, m *model.Model, all []model.Sample, from []string, run model.Run, scored []model.Scored) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for k, i := range run.Test {
		s := &all[i]
		line := score{Line: s.Line, Turn: s.Turn, Label: "ham", Score: scored[k].Score, Decision: "ham", Reasons: m.Explain(s.Text, mostReasons)}
		if from != nil {
			line.File = from[i]
		}
		if s.Spam {
			line.Label = "spam"
		}
		if scored[k].Called {
			line.Decision, line.Category = "spam", m.Category(s.Text).String()
		}
		if err := enc.Encode(&line); err != nil {
			return fmt.Errorf("writing scores: %w", err)
		}
	}
	return nil
}

// table prints the rows for people.
func (e *eval) table(rows []row) error {
	for i := range rows {
		r := &rows[i]
		at := func(key string) string {
			n := r.Interval[key]
			return fmt.Sprintf("(%.2f to %.2f)", n[0], n[1])
		}
		if err := e.printf("%s\n", r.Name); err != nil {
			return err
		}
		both := r.Spam > 0 && r.Ham > 0
		if r.Model != "" {
			_ = e.printf("  threshold        %.4f\n", r.Threshold)
		}
		if len(r.Runs) > 1 {
			_ = e.printf("  runs             %d, the mean of them\n", len(r.Runs))
		}
		if r.Skipped > 0 {
			_ = e.printf("  lines skipped    %d\n", r.Skipped)
		}
		if r.Spam > 0 {
			_ = e.printf("  spam caught      %6.2f %%  %d of %d  %s\n", r.SC, r.SpamCaught, r.Spam, at("sc"))
		}
		if r.Lost != nil {
			_ = e.printf("  points lost      %6.2f    (%.2f to %.2f)\n", r.Lost.Points, r.Lost.Low, r.Lost.High)
		}
		if r.Ham > 0 {
			_ = e.printf("  ham blocked      %6.2f %%  %d of %d  %s\n", r.BH, r.HamBlocked, r.Ham, at("bh"))
		}
		_ = e.printf("  accuracy         %6.2f %%  %s\n", r.Acc, at("acc"))
		if both {
			mcc, auc := r.Interval["mcc"], r.Interval["auc"]
			_ = e.printf("  MCC              %6.4f    (%.4f to %.4f)\n", r.MCC, mcc[0], mcc[1])
			_ = e.printf("  AUC              %6.4f    (%.4f to %.4f)\n", r.AUC, auc[0], auc[1])
			_ = e.printf("  caught at 0.1 %%  %6.2f %%  %s\n", r.SCAt01, at("sc_at_0_1"))
			_ = e.printf("  caught at 0.2 %%  %6.2f %%  %s\n", r.SCAt02, at("sc_at_0_2"))
			_ = e.printf("  caught at 0.5 %%  %6.2f %%  %s\n", r.SCAt05, at("sc_at_0_5"))
			_ = e.printf("  calibration err. %6.4f\n", r.ECE)
		}
	}
	return nil
}

// leaveOut measures on each source of --data a model that was trained without it.
func (e *eval) leaveOut(ctx context.Context) ([]row, error) {
	var files []string
	for _, s := range shippedSets {
		files = append(files, filepath.Join(e.data, s))
	}
	all, err := readAll(e.app, files, e.skipBad)
	if err != nil {
		return nil, err
	}
	return e.sourcesLeftOut(ctx, all)
}

// sourcesLeftOut makes a row of each source, and one of all that have only ham.
func (e *eval) sourcesLeftOut(ctx context.Context, all []model.Sample) ([]row, error) {
	var rows []row
	chat := row{Name: "all sources of honest chat"}
	o := model.ShippedOptions(e.seed)
	o.Progress = e.progress("learning without each source")
	err := model.LeaveOneSourceOut(ctx, all, o, func(l *model.LeftOut) {
		r := row{Name: "without " + l.Source, Threshold: l.Threshold, Result: model.Measure(l.Scored), scored: l.Scored}
		_, r.ECE = model.Reliability(l.Scored)
		rows = append(rows, r)
		if r.Spam == 0 {
			chat.scored = append(chat.scored, l.Scored...)
		}
	})
	if err != nil {
		return nil, err
	}
	chat.Result = model.Measure(chat.scored)
	return append(rows, chat), nil
}
