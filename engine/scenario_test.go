package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nospim/nospim/internal/script"
)

// TestScenarios plays testdata/scenarios, each on an engine of its own with the default policy.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) < 4 {
		t.Fatal("scenarios:", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			steps, err := script.Parse(file, string(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, failure := range script.Play(t.Context(), newRig(t, ""), steps) {
				t.Error(failure)
			}
		})
	}
}
