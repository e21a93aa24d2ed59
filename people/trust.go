package people

import (
	"context"
	"fmt"
	"time"

	"github.com/nospim/nospim/record"
)

// What a report counts. The numbers are such that one reporter comes to 1 at most, and that a label takes 3 (see standing.go).
const (
	// fresh is what somebody counts who has not been here for a week: ten of them are half a reporter.
	fresh = 0.05
	// hearsay is what all reports of one other service about one account count together, and allHearsay those of all services: never
	// enough by themselves.
	hearsay    = 0.25
	allHearsay = 1
	// memory is how far back a reporter's former reports speak for them or against.
	memory = 90 * 24 * time.Hour
	// lookedAt is how many of those are looked at, and agree how many others of standing confirm one.
	lookedAt = 50
	agree    = 2
	// least is what somebody of standing counts at least, whatever they said before.
	least = 0.1
)

// weigh says what a report counts: by its proof, by who says it, and by what they said before, which is newest first.
func (r *Reports) weigh(ctx context.Context, c *record.Complaint, t *told, former []record.Complaint) error {
	elsewhere := c.Source == record.ByForward || c.Source == record.ByIncident
	switch {
	case c.Proof == record.Void:
		c.Why = "it cannot be a report"
	case repeated(c, former):
		c.Why = "said before"
	case c.Proof != record.Proven && !elsewhere:
		c.Why = "no message of that sender to this reporter is known"
	case counted(former, c.At.Add(-aDay)) >= mostADay:
		c.Why = fmt.Sprintf("beyond %d reports a day", mostADay)
	case elsewhere:
		c.Weight, c.Why = hearsay, "another service says so"
	case t.verdict == nil || !raised(t.verdict, "WARNING"):
		c.Weight, c.Why = fresh, "the reporter is not known here for a week"
	default:
		right, all, err := r.history(ctx, former, c.At)
		if err != nil {
			return err
		}
		c.Weight = trust(right, all)
		if c.Why = fmt.Sprintf("%d of %d former reports were confirmed", right, all); all == 0 {
			c.Why = "no former report speaks for or against it"
		}
	}
	return nil
}

// trust is what somebody of standing counts of whose former reports so many were right: 1 without any, or when all were.
func trust(right, all int) float64 {
	return max(least, min(1, float64(right+2)/float64(all+2)))
}

// repeated reports whether the reporter has said the same of the same account lately.
func repeated(c *record.Complaint, former []record.Complaint) bool {
	for i := range former {
		if f := &former[i]; f.About == c.About && f.EventID != c.EventID && f.Weight > 0 && c.At.Sub(f.At) < oncePer {
			return true
		}
	}
	return false
}

// counted counts the reports from a time on that counted.
func counted(all []record.Complaint, at time.Time) (n int) {
	for i := range all {
		if all[i].Weight > 0 && !all[i].At.Before(at) {
			n++
		}
	}
	return n
}

// history says how many of somebody's former reports were right: a moderator said so, or, where none has looked, others of standing
// reported the same account. Others get a day for that. One that a moderator dismissed counts double against them.
func (r *Reports) history(ctx context.Context, former []record.Complaint, now time.Time) (right, all int, err error) {
	looked := 0
	for i := range former {
		f := &former[i]
		if f.Weight == 0 || looked == lookedAt || f.Outcome == "" && now.Sub(f.At) < aDay {
			continue
		}
		looked++
		all++
		switch f.Outcome {
		case record.Confirmed:
			right++
		case record.Dismissed:
			all++
		default:
			others, err := r.Store.Complaints(ctx, record.ComplaintFilter{Service: f.Service, About: f.About, Since: now.Add(-memory), Limit: 100})
			if err != nil {
				return 0, 0, err
			}
			if ofStanding(others, f.By) >= agree {
				right++
			}
		}
	}
	return right, all, nil
}

// ofStanding counts the people besides one whose reports are proven, count, and were not dismissed.
func ofStanding(all []record.Complaint, besides string) int {
	people := map[string]bool{}
	for i := range all {
		if c := &all[i]; c.By != besides && c.Proof == record.Proven && c.Weight > fresh && c.Outcome != record.Dismissed {
			people[c.By] = true
		}
	}
	return len(people)
}
