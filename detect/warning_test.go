package detect_test

import (
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func TestWarnings(t *testing.T) {
	now := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	seen := func(ago time.Duration) nospim.Fact { return nospim.Fact{N: 5, First: now.Add(-ago).UnixMilli()} }
	got := nospim.Fact{N: 1, First: now.Add(-time.Hour).UnixMilli()}
	report := nospim.Event{Kind: nospim.KindReport, Recipients: []nospim.Account{{ID: "nina_31@chat.example"}}, Sender: nospim.Account{ID: "ada@chat.example", Local: true}}
	block, aged, foreign := report, report, report
	warning := report
	block.Kind, warning.Kind = nospim.KindBlock, nospim.KindWarning
	aged.Sender.Created = now.AddDate(-1, 0, 0)
	foreign.Sender = nospim.Account{ID: "ada@else.example", Created: now.AddDate(-1, 0, 0)}
	week := func(n float64) []nospim.Fact { return []nospim.Fact{{}, {}, {N: n}, {N: n}} }
	detecttest.Run(t, detect.Warnings{}, []detecttest.Case{
		{Name: "somebody known reports what they received", Event: report, Recalled: []nospim.Fact{seen(8 * 24 * time.Hour), got}, Want: []string{"REPORT_PROVEN", "WARNING"}},
		{Name: "or blocks who sent it", Event: block, Recalled: []nospim.Fact{seen(8 * 24 * time.Hour), got}, Want: []string{"REPORT_PROVEN", "WARNING"}},
		{Name: "or warns of them", Event: warning, Recalled: []nospim.Fact{seen(8 * 24 * time.Hour), got}, Want: []string{"REPORT_PROVEN", "WARNING"}},
		{Name: "an account of a year on a new nospim", Event: aged, Recalled: []nospim.Fact{seen(time.Hour), got}, Want: []string{"REPORT_PROVEN", "WARNING"}},
		{Name: "a fresh account", Event: report, Recalled: []nospim.Fact{seen(time.Hour), got}, Want: []string{"REPORT_PROVEN"}, Not: []string{"WARNING"}},
		{Name: "another service says that it is an account of a year", Event: foreign, Recalled: []nospim.Fact{seen(time.Hour), got}, Want: []string{"REPORT_PROVEN"}, Not: []string{"WARNING"}},
		{Name: "an account of a year that never did anything", Event: aged, Recalled: []nospim.Fact{{}, got}, Want: []string{"REPORT_PROVEN"}, Not: []string{"WARNING"}},
		{Name: "somebody who never received anything", Event: report, Recalled: []nospim.Fact{seen(8 * 24 * time.Hour), {}}, Not: []string{"WARNING", "REPORT_PROVEN"}},
		{Name: "three warned", Event: message(nospim.RelationStranger), Recalled: week(3), Want: []string{"WARNED_TO_STRANGER", "WARNED"}, Not: []string{"WARNED_MUCH"}},
		{Name: "six warned", Event: message(nospim.RelationContact), Recalled: week(6), Want: []string{"WARNED_MUCH"}, Not: []string{"WARNED_TO_STRANGER"}},
		{Name: "two warned", Event: message(nospim.RelationStranger), Recalled: week(2), Not: []string{"WARNED"}},
	})
}

func TestReported(t *testing.T) {
	report := nospim.Event{Kind: nospim.KindReport, Recipients: []nospim.Account{{ID: "nina_31@chat.example"}}}
	detecttest.Run(t, detect.Reported{}, []detecttest.Case{
		{Name: "reported", Event: message(nospim.RelationStranger), Facts: []float64{1, 0}, Want: []string{"REPORTED"}, Not: []string{"REPORTED_MUCH"}},
		{Name: "reported much", Event: message(nospim.RelationContact), Facts: []float64{1, 1}, Want: []string{"REPORTED_MUCH"}, Not: []string{"REPORTED"}},
		{Name: "a report by somebody reported", Event: report, Facts: []float64{1, 1}},
		{Name: "nobody complains", Event: message(nospim.RelationStranger)},
	})
}
