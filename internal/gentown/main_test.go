package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestLinesAreFresh fails when the lines are not those of testdata. The compressed bytes may differ between versions of Go.
func TestLinesAreFresh(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, set := range sets() {
		conversations, err := os.ReadFile(filepath.Join(root, "testdata", set, "conversations.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := read(conversations)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pack(lines)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, "simulate", "town", "data", set, "lines.txt.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unpacked(t, got), unpacked(t, want)) {
			t.Errorf("%s: the lines of the town are old: run go run ./internal/gentown", set)
		}
		t.Logf("%s: %d lines, %d bytes", set, len(lines), len(got))
	}
}

func unpacked(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
