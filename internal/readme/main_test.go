package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRefresh(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const block = "before\n<!-- run 2: printf '1\\n2\\n3\\n' -->\nold\n<!-- end -->\nafter\n"
	const want = "before\n<!-- run 2: printf '1\\n2\\n3\\n' -->\n\n    2\n    3\n\n<!-- end -->\nafter\n"
	write(block)
	for range 2 {
		if err := refresh(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("got %q, %v", got, err)
		}
	}
	write("<!-- run 2: exit 3 -->\n<!-- end -->\n")
	if err := refresh(t.Context(), file); err == nil {
		t.Error("a command that fails is no error")
	}
}
