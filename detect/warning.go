package detect

import (
	"time"

	"github.com/nospim/nospim"
)

// Warnings lets those who received something from a sender lower its rate class, as AIM's warnings did, without what made that a
// game for gangs: a warning counts only of somebody who is known here for a week and has received something from that sender,
// each person counts once, it fades within a week, nobody is told a number, and it slows at most.
//
// A warning is said at the door, or is a report or a block. It is weighed when it comes ([WARNING] on the report's own verdict) and counted by that
// verdict, so that what it needs cannot be washed out of the memory by whom it is about.
type Warnings struct{}

// standing is for how long somebody must be known before their warnings count.
const standing = 7 * 24 * time.Hour

// fewestWarnings is how many people it takes: one alone, or two, may have a quarrel.
const (
	fewestWarnings = 3
	manyWarnings   = 6
)

// Symbols implements [Detector].
func (Warnings) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "WARNING", Group: "warnings", Weight: 0.1, Description: "Somebody who is known here for a week warns of, reports or blocks an account that has sent them something. This is raised on the report, and counts against the account."},
		{Name: "REPORT_PROVEN", Group: "warnings", Weight: 0.1, Description: "A warning, report or block is about an account that has sent its author something. This is raised on the report."},
		{Name: "WARNED", Group: "warnings", Weight: 2, Description: "Three people or more who are known here for a week and had received something from this sender have warned of it within a week. Its rate class is lowered."},
		{Name: "WARNED_TO_STRANGER", Group: "warnings", Weight: 0.1, Description: "A sender of whom three such people or more have warned turns to a stranger. The policy's force can make a quiet mark of it."},
		{Name: "WARNED_MUCH", Group: "warnings", Weight: 4, Description: "Six such people or more have warned of this sender."},
	}
}

// complaints are the kinds of event that warn of their recipients.
func complaints() []nospim.Kind {
	return []nospim.Kind{nospim.KindReport, nospim.KindBlock, nospim.KindWarning}
}

func complaint(l *nospim.Look) bool {
	return l.Event.Kind == nospim.KindReport || l.Event.Kind == nospim.KindBlock || l.Event.Kind == nospim.KindWarning
}

// warnings recalls how many people have warned of the sender within a day, and within a week.
func warnings() []nospim.Counter {
	var all []nospim.Counter
	for _, window := range []time.Duration{24 * time.Hour, standing} {
		all = append(all, nospim.Counter{
			Name: "warnings", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleSender}, Window: window,
			When: nospim.Never, If: contact, Only: contactKinds(),
		})
	}
	return all
}

// WarningLevel is how much somebody is warned whom so many people warned of within a day, and within a week: 0 to 1000 thousandths, as
// AIM counted.
func WarningLevel(day, week int) int { return min(1000, int(warning(float64(day), float64(week)))) }

// warning is how much somebody is warned, in thousandths: 100 for each person who did so within a day, 50 for each within a week,
// as long as there are three of them.
func warning(day, week float64) float64 {
	if week < fewestWarnings {
		return 0
	}
	return 100*day + 50*max(0, week-day)
}

// Counters implements [Detector].
func (Warnings) Counters() []nospim.Counter {
	const month = 30 * 24 * time.Hour
	all := []nospim.Counter{
		{Name: "active", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleSender}, Window: month, When: contact, If: complaint},
		{Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: month, When: nospim.Never, If: complaint, Only: complaints()},
	}
	all = append(all, warnings()...)
	for _, c := range warnings() {
		c.By, c.When, c.If, c.Only, c.On = [2]nospim.Role{nospim.RoleRecipient}, nil, nospim.Never, complaints(), "WARNING"
		all = append(all, c)
	}
	return all
}

// Look implements [Detector].
func (Warnings) Look(l *nospim.Look) error {
	switch {
	case complaint(l):
		if l.Facts[1].N < 1 {
			return nil
		}
		l.Raise("REPORT_PROVEN", 1, "the account has written to its author")
		if knownFor(l, &l.Facts[0]) {
			l.Raise("WARNING", 1, "somebody who is known here warns of an account that has written to them")
		}
	case contact(l):
		week := l.Facts[3].N
		if week >= fewestWarnings && toStranger(l) {
			l.Raise("WARNED_TO_STRANGER", 1, "several people have warned of this sender", account(l.Event.Sender.ID))
		}
		switch {
		case week >= manyWarnings:
			l.Raise("WARNED_MUCH", 1, number(week)+" people have warned of this sender within a week", account(l.Event.Sender.ID))
		case week >= fewestWarnings:
			l.Raise("WARNED", 1, number(week)+" people have warned of this sender within a week", account(l.Event.Sender.ID))
		}
	}
	return nil
}

// knownFor reports whether the sender has been here for a week: by what is remembered of it, or by the date of its account on the
// protected service, provided that it has done something here.
func knownFor(l *nospim.Look, active *nospim.Fact) bool {
	if active.First == 0 {
		return false
	}
	if age, ok := l.Age(); ok && l.Event.Sender.Local && age >= standing {
		return true
	}
	return l.Now.UnixMilli()-active.First >= standing.Milliseconds()
}
