package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// row is one line of the table.
type row struct {
	What     string `json:"what"`
	Asked    string `json:"asked"`
	Measured string `json:"measured"`
	// Ratio is to the other side where Measured names one, otherwise of what was measured to what was asked; 0 means none.
	Ratio float64 `json:"ratio,omitempty"`
	// Verdict is ok or short; for what nothing was asked of, "-"; otherwise why there is no number.
	Verdict string `json:"verdict"`
}

const (
	noVerdict     = "-"
	failedVerdict = "failed"
	notInstalled  = "not installed"
)

// verdict says whether what was asked is so.
func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "short"
}

// report is everything that is printed.
type report struct {
	CPU      string    `json:"cpu"`
	Cores    int       `json:"cores"`
	OS       string    `json:"os"`
	Go       string    `json:"go"`
	Load     string    `json:"load"` // of the machine when the run began: one, five and fifteen minutes
	Revision string    `json:"revision"`
	Date     time.Time `json:"date"`
	Sizes    sizes     `json:"sizes"`
	Rows     []row     `json:"rows"`
}

func newReport(ctx context.Context, b *bench, now time.Time) *report {
	r := &report{
		CPU: field("/proc/cpuinfo", "model name", ":"), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH,
		Go: runtime.Version(), Revision: revision(ctx), Date: now.UTC(), Sizes: b.size,
	}
	if name := strings.Trim(field("/etc/os-release", "PRETTY_NAME", "="), `"`); name != "" {
		r.OS = name + ", " + r.OS
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	return r
}

// field returns a value of a file of names and values, empty when there is none.
func field(file, name, separator string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, separator); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// revision returns the commit of the working tree.
func revision(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty= with changes", "--abbrev=12").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// put prints the report, and writes the table to a file when that was asked for.
func (r *report) put(o options, out io.Writer) error {
	table := r.markdown()
	shown := table
	if o.json {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		shown = append(b, '\n')
	}
	if _, err := out.Write(shown); err != nil {
		return err
	}
	if o.write == "" {
		return nil
	}
	return os.WriteFile(o.write, table, 0o644) //nolint:gosec // a document
}

// markdown returns the report as a page.
func (r *report) markdown() []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Written by make bench. -->\n\n# Benchmarks\n\n")
	fmt.Fprintf(&b, "%s, %d cores, %s, %s. Commit %s, %s. Load of the machine before the run: %s.\n\n",
		r.CPU, r.Cores, r.OS, r.Go, r.Revision, r.Date.Format(time.DateOnly), r.Load)
	fmt.Fprintf(&b, `Medians of %d turns in one run; two sides of a comparison take turns, and their ratio is the median of the turns' ratios.
The ratio is to the other side where one is named, otherwise of what was measured to what was asked. CPU is user and system
time of the server's process, its clients' not counted. Messages are lines of real chats among 10,000 accounts, judged by
the default policy out of shadow, which allows at least 99 of 100; one in twenty has a link.

`, r.Sizes.Turns)
	b.WriteString("| what | asked | measured | ratio | |\n|---|---|---|---:|---|\n")
	for _, row := range r.Rows {
		ratio := ""
		if row.Ratio > 0 {
			ratio = fmt.Sprintf("%.2f", row.Ratio)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(row.What), cell(row.Asked), cell(row.Measured), ratio, row.Verdict)
	}
	return b.Bytes()
}

// cell makes a text fit into a table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s)
}
