package toll

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"
)

// Print writes the report as three tables: attacks, honest roles, and what is to be reached. Shares come as percent, k/n and the 95 % interval.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(r.Attacks) > 0 {
		r.attacks(w)
		_, _ = fmt.Fprintln(w)
	}
	r.honest(w)
	r.goals(w)
	_, _ = fmt.Fprint(w, footnotes)
	return w.Flush()
}

const footnotes = `
incidents, senders caught: had anything held, rejected or dropped. before 4th, 10th: of the senders that turned to so many, stopped before that many
people got anything. within 25: of the senders of 25 attempts and more. from 5th: of an incident's messages from the fifth on, stopped.
noticed: challenged, throttled or stopped. got it, sent, after: how many people had got how many messages (requests, of those that never write) of one sender before its first
stop, and how long that took (median / 95 %).
at the door: waits because the recipient, a child for instance, wants that of every stranger; not counted as held.
restricted: three attempts stopped in a row. Intervals are 95 % (Wilson). Nobody here sees a verdict: all go on as if nothing was stopped.
`

func (r *Report) attacks(w io.Writer) {
	_, _ = fmt.Fprintln(w, "attack\trole\tincidents\tsenders caught\tbefore 4th\tbefore 10th\twithin 25\tattempts stopped\tslowed\tfrom 5th\tgot it\tsent\tafter\t")
	for _, a := range r.Attacks {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", a.Attack, a.Role, a.Incidents.counts(), a.Senders,
			a.Before4th, a.Before10th, a.Within25.counts(), a.Stopped, a.Slowed.short(), a.FromFifth.short(), a.People.whole(), a.Messages.whole(), a.Seconds.span())
	}
	for _, a := range r.Attacks {
		if a.Flagged.N > 0 && a.Role == "reader" {
			_, _ = fmt.Fprintf(w, "\n%s: the reading was noticed before the writing began in %s\n", a.Attack, a.Flagged)
		}
	}
}

func (r *Report) honest(w io.Writer) {
	_, _ = fmt.Fprintln(w, "honest role\tevents\tblocked\theld\tslowed\tmarked\tat the door\taccounts\twith a stop\trestricted\t")
	for _, h := range append(r.Honest[:len(r.Honest):len(r.Honest)], r.Ham) {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t\n", h.Role, h.Events, h.Blocked, h.Held, h.Slowed.short(),
			h.Marked.short(), h.Waiting.short(), h.Accounts, h.Lost.short(), h.Restricted.short())
	}
}

func (r *Report) goals(w io.Writer) {
	_, _ = fmt.Fprintln(w, "\ngoal\tis to be\tis\t\t")
	for _, g := range r.Goals {
		sign, word := "≤", "reached"
		if g.Least {
			sign = "≥"
		}
		if !g.Reached() {
			word = "not reached"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s %v %%\t%s\t%s\t\n", g.What, sign, g.Percent, g.Is, word)
	}
}

// String writes "95.0 % (19/20, 76-99)"; "-" for 0 of 0.
func (s Share) String() string {
	if s.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %% (%d/%d, %s-%s)", digits(s.Percent()), s.K, s.N, digits(s.Low), digits(s.High))
}

// short writes "0.2 % (2)".
func (s Share) short() string {
	if s.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %% (%d)", digits(s.Percent()), s.K)
}

// counts writes "19/20".
func (s Share) counts() string {
	if s.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.K, s.N)
}

// digits writes a percentage with as many digits as say something: 97, 9.7, 0.23, 0.004.
func digits(p float64) string {
	switch {
	case p == 0, p >= 99.95:
		return strconv.FormatFloat(p, 'f', 0, 64)
	case p >= 10:
		return strconv.FormatFloat(p, 'f', 1, 64)
	case p >= 0.1:
		return strconv.FormatFloat(p, 'f', 2, 64)
	default:
		return strconv.FormatFloat(p, 'f', 3, 64)
	}
}

func (q Quantiles) whole() string {
	return q.with(func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) })
}

func (q Quantiles) span() string {
	return q.with(func(v float64) string {
		d := time.Duration(v * float64(time.Second))
		switch {
		case d < time.Minute:
			return d.Round(100 * time.Millisecond).String()
		case d < time.Hour:
			return fmt.Sprintf("%dm", int(d.Round(time.Minute).Minutes()))
		default:
			return fmt.Sprintf("%.1fh", d.Hours())
		}
	})
}

func (q Quantiles) with(format func(float64) string) string {
	word := func(v float64) string {
		if v < 0 {
			return "never"
		}
		return format(v)
	}
	return word(q.Median) + " / " + word(q.P95)
}
