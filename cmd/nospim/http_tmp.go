package main

import (
	"io"
	"net/http"

	"github.com/nospim/nospim"
	"github.com/spf13/cobra"
)

func (d *daemon) newHTTP(judge nospim.Judge, token string) *http.Server {
	m := http.NewServeMux()
	m.Handle("/metrics", d.metrics())
	return &http.Server{Handler: m}
}
func writeOpenAPI(io.Writer) error { return nil }
func newDemo(*app) *cobra.Command  { return &cobra.Command{Use: "demo"} }
