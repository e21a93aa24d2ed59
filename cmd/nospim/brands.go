package main

import (
	"fmt"
	"os"

	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/link"
)

// withBrands returns detectors that know the operator's brands too. An empty name leaves them as they are.
func withBrands(ds []detect.Detector, file string) ([]detect.Detector, error) {
	if file == "" {
		return ds, nil
	}
	own, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the brands: %w", err)
	}
	b, err := link.NewBrands(string(own))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return detect.WithBrands(ds, b), nil
}
