package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/link"
)

func TestWithBrands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "brands")
	if err := os.WriteFile(file, []byte("bank examplebank examplebank.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ds, err := withBrands([]detect.Detector{detect.Lists{}, detect.Links{Brands: link.BuiltIn()}}, file)
	if err != nil || len(ds) != 2 {
		t.Fatal(len(ds), err)
	}
	e := nospim.Event{Kind: nospim.KindMessage}
	look := nospim.Look{Event: &e, Features: &nospim.Features{Links: []nospim.Link{{URL: "http://examp1ebank.example/", Host: "examp1ebank.example", Domain: "examp1ebank.example"}}}}
	if err := ds[1].Look(&look); err != nil || len(look.Raised) != 1 {
		t.Errorf("raised %v, %v; want the operator's brand recognised", look.Raised, err)
	}
	if err := os.WriteFile(file, []byte("# mine\nbank\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := withBrands(ds, file); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a broken list: %v, want an error that names line 2", err)
	}
	if _, err := withBrands(ds, file+"x"); err == nil {
		t.Error("a missing list is no error")
	}
}
