package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim/config"
)

func newServe(a *app) *cobra.Command {
	var (
		p          places
		line, http string
	)
	c := &cobra.Command{
		Use:   "serve",
		Short: "Start the daemon",
		Long: `Starts the daemon in the foreground. It needs no configuration: it keeps its data in the usual place of the platform,
listens on loopback for the line protocol and for HTTP, and the first start writes the default policy into the data
directory. That policy is in shadow: nospim watches and says what it would do, and enforces nothing until the file says
shadow: false.

SIGTERM and SIGINT let what is under way finish, and stop. A changed policy is loaded within a second, or at once on SIGHUP;
while it has a mistake the old one stays in force.`,
		Example: `  nospim serve
  nospim serve --data ./data --line 127.0.0.1:0 --http none
  nospim serve --config /etc/nospim/nospim.yaml`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			begun := time.Now()
			cfg, err := p.loadWith(line, http)
			if err != nil {
				return err
			}
			log, err := newLogger(cfg.Log, a.err)
			if err != nil {
				return err
			}
			tuneMemory(cfg.Memory)
			d, err := newDaemon(c.Context(), cfg, log, daemonOptions{})
			if err != nil {
				return err
			}
			return d.runAndSay(c.Context(), a, begun)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&line, "line", "", "`address` of the line protocol: host:port, unix:/path or none")
	c.Flags().StringVar(&http, "http", "", "`address` of the HTTP interface: host:port or none")
	return c
}

// loadWith loads the configuration; addresses given on the command line win.
func (p *places) loadWith(line, http string) (config.Config, error) {
	c, err := p.load()
	if err != nil {
		return c, err
	}
	if line != "" {
		c.Line.Listen = line
	}
	if http != "" {
		c.HTTP.Listen = http
	}
	return c, c.Validate()
}

// runAndSay runs the daemon and says in one line when it is ready, and in one when it has stopped.
func (d *daemon) runAndSay(ctx context.Context, a *app, begun time.Time) error {
	policy := d.Engine.Policy()
	state := "enforcing"
	if policy.Shadow("") {
		state = "shadow: watching, enforcing nothing; set shadow: false in " + d.config.Policy
	}
	where := []string{}
	if d.LineAddr != "" {
		where = append(where, "line "+d.LineAddr)
	}
	if d.HTTPAddr != "" {
		where = append(where, "http "+d.HTTPAddr)
	}
	where = append(where, "policy "+policy.Hash()+" ("+state+")")
	settleMemory()
	err := a.printf("ready in %d ms: %s\n", time.Since(begun).Milliseconds(), strings.Join(where, ", "))
	if err != nil {
		return err
	}
	if err := d.Run(ctx); err != nil {
		return err
	}
	return a.printf("stopped\n")
}

// hangups delivers SIGHUP until stop is called.
func hangups() (signals <-chan os.Signal, stop func() error) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGHUP)
	return ch, func() error { signal.Stop(ch); return nil }
}
