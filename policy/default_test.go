package policy_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record/sqlite"
)

func shipped(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.Load(policy.Default(), "policy.yaml", detect.Symbols(detect.All(nil)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// judge is an engine on stores of its own, closed together.
type judge struct {
	*engine.Engine
	store *sqlite.Store
}

func (j judge) Close() error { return j.store.Close() }

func newJudge(ctx context.Context, t *testing.T, p *policy.Policy) (nospim.Judge, error) {
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		return nil, err
	}
	e, err := engine.New(ctx, engine.Config{Memory: memory.New(memory.Limits{}), Records: store, Policy: p, Detectors: detect.All(nil)})
	if err != nil {
		return nil, err
	}
	return judge{e, store}, nil
}

// TestDefaultRules plays the test files that stand beside the shipped rules through a real engine.
func TestDefaultRules(t *testing.T) {
	p := shipped(t)
	tests, err := policy.Tests(policy.Default(), "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	byRule := make(map[string][]policy.Test)
	for _, c := range tests {
		byRule[c.Rule] = append(byRule[c.Rule], c)
	}
	if len(byRule) < 5 {
		t.Errorf("tests of %d rules", len(byRule))
	}
	for rule, tests := range byRule {
		t.Run(rule, func(t *testing.T) {
			failures, err := policy.RunTests(t.Context(), tests, func() (nospim.Judge, error) { return newJudge(t.Context(), t, p) })
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range failures {
				t.Error(f)
			}
		})
	}
}

// TestDefaultRulesAreNeeded plays them through a judge that raises nothing: every rule's tests must notice.
func TestDefaultRulesAreNeeded(t *testing.T) {
	tests, err := policy.Tests(policy.Default(), "policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	silent := nospim.JudgeFunc(func(_ context.Context, e *nospim.Event) (*nospim.Verdict, error) {
		return &nospim.Verdict{EventID: e.ID}, nil
	})
	failed := make(map[string]bool)
	failures, err := policy.RunTests(t.Context(), tests, func() (nospim.Judge, error) { return silent, nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failures {
		failed[f.Test.Rule] = true
	}
	for _, c := range tests {
		if !failed[c.Rule] {
			t.Errorf("the tests of %s pass without it", c.Rule)
		}
	}
}
