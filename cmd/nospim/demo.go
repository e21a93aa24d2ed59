package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/xmpp/prosody"
	"github.com/nospim/nospim/internal/servers"
	"github.com/nospim/nospim/simulate"
	"github.com/nospim/nospim/simulate/xmppplay"
)

// How long the demo may play.
const (
	demoLeast   = 2 * time.Second
	demoMost    = time.Hour
	demoDefault = 25 * time.Second
)

func newDemo(a *app) *cobra.Command {
	d := &demo{app: a}
	c := &cobra.Command{
		Use:   "demo",
		Short: "See spim being stopped while people go on chatting",
		Long: `Starts a daemon of its own with the default policy, enforcing, and if Prosody is installed (in PATH, or where NOSPIM_PROSODY
says), a private Prosody on loopback with the adapter. In it a made-up community is at work through real XMPP connections:
people chat in pairs, a buddy bot asks under changing names to be added and runs its script, a bulk sender writes to strangers,
and a stolen account sends a link to its whole contact list. Without Prosody the same community plays through the line protocol.

What people say are lines of real chats under free licences; what bots say is made up and links nowhere. Everything is kept
in a temporary directory that is removed at the end; no installation is touched.

Exit code 0 when everything that people sent arrived once and in order, and every bot was stopped: none of its last ` + fmt.Sprint(simulate.LastAttempts) + `
attempts (registrations, requests, messages) arrived. Exit code 1 otherwise.`,
		Example: `  nospim demo
  nospim demo --for 60s --seed 7
  nospim demo --no-prosody --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if d.length < demoLeast || d.length > demoMost {
				return wrongUsage(c, fmt.Errorf("--for is %v; it may be %v to %v", d.length, demoLeast, demoMost))
			}
			return d.run(c.Context())
		},
	}
	c.Flags().DurationVar(&d.length, "for", demoDefault, "how long to play, `2s` to 1h; bots and people act that much faster")
	c.Flags().Uint64Var(&d.seed, "seed", 1, "`number` of the community; another number makes another one")
	c.Flags().BoolVar(&d.asJSON, "json", false, "print JSON, one step a line and the summary last")
	c.Flags().BoolVar(&d.noProsody, "no-prosody", false, "play through the line protocol even if Prosody is installed")
	return c
}

// demo is one run of demo.
type demo struct {
	*app

	length    time.Duration
	seed      uint64
	asJSON    bool
	noProsody bool

	dir    string
	script *simulate.Script
	show   demoShow
}

// run makes the community and the place for it, plays, and says what came of it.
func (d *demo) run(ctx context.Context) (err error) {
	d.script, err = simulate.Community(d.seed, simulate.Options{Start: time.Now().UTC().Add(-demoScript).Truncate(time.Second), Length: demoScript})
	if err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp("", "nospim-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.dir)) }()
	d.show = newDemoShow(d.app, d.script, d.asJSON)
	_, missing := servers.Find("prosody")
	play := d.playXMPP
	if d.noProsody || missing != nil {
		play = d.playLine
	}
	outcomes, err := play(ctx, missing)
	if ctx.Err() != nil {
		return errors.New("the demo was stopped before its end")
	}
	if err != nil {
		return err
	}
	sum := simulate.Summarize(outcomes)
	if err := d.show.end(&sum); err != nil {
		return err
	}
	if !sum.OK() {
		return errTold
	}
	return nil
}

// demoScript is how long the community's story takes in its own time.
const demoScript = 12 * time.Minute

// speed is how many seconds of the story pass in a second.
func (d *demo) speed() float64 { return demoScript.Seconds() / d.length.Seconds() }

// withDaemon runs a daemon while do does its work, with wrap between its connectors and the engine.
func (d *demo) withDaemon(ctx context.Context, wrap func(nospim.Judge) nospim.Judge, do func(context.Context, *daemon) error) error {
	c := config.Config{Data: filepath.Join(d.dir, "data")}
	c.Line.Listen, c.HTTP.Listen = "127.0.0.1:0", config.None
	c, err := c.Complete()
	if err != nil {
		return err
	}
	p, err := defaultPolicy()
	if err != nil {
		return err
	}
	nospimd, err := newDaemon(ctx, c, slog.New(slog.DiscardHandler), daemonOptions{Policy: p.Enforced(), Wrap: wrap})
	if err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it ends after those who use it
	ended := make(chan error, 1)
	go func() { ended <- nospimd.Run(run) }()
	err = do(ctx, nospimd)
	cancel()
	return errors.Join(err, <-ended)
}

// playLine plays through the line protocol. missing says why there is no Prosody; nil when none is wanted.
func (d *demo) playLine(ctx context.Context, missing error) (outcomes []simulate.Outcome, err error) {
	begin := demoBegin{Mode: "line", Seed: d.seed, Service: d.script.Service, Accounts: len(d.script.Accounts), Steps: len(d.script.Steps)}
	if missing != nil {
		begin.Note = "Prosody is not installed (on Debian: apt install prosody), so the community plays through the line protocol"
	}
	err = d.withDaemon(ctx, nil, func(ctx context.Context, nospimd *daemon) (err error) {
		client, err := line.DialAddr(ctx, nospimd.LineAddr, line.Hello{Connector: "demo", Service: d.script.Service}, line.Options{})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, client.Close()) }()
		if err := d.show.begin(begin); err != nil {
			return err
		}
		outcomes, err = simulate.PlayJudge(ctx, client, d.script, d.speed(), d.show.step)
		return err
	})
	return outcomes, err
}

// playXMPP plays through a private Prosody with the adapter.
func (d *demo) playXMPP(ctx context.Context, _ error) (outcomes []simulate.Outcome, err error) {
	// The player is told where Prosody is when it runs; until then it only watches the verdicts.
	player := xmppplay.New(d.script, xmppplay.Options{Password: demoPassword, Speed: d.speed(), Report: d.show.step, Patience: time.Minute, Settle: 20 * time.Second})
	err = d.withDaemon(ctx, player.Observe, func(ctx context.Context, nospimd *daemon) (err error) {
		server, err := d.startProsody(ctx, nospimd)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		if err := adapterIsThere(ctx, nospimd); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, player.Close()) }()
		if err := player.Connect(ctx, server.Addr); err != nil {
			return err
		}
		err = d.show.begin(demoBegin{
			Mode: "prosody", Seed: d.seed, Service: d.script.Service, Accounts: len(d.script.Accounts), Steps: len(d.script.Steps), Addr: server.Addr,
		})
		if err != nil {
			return err
		}
		outcomes, err = player.Play(ctx)
		return err
	})
	return outcomes, err
}

// demoPassword is that of every account; it lives as long as the demo, on loopback.
const demoPassword = "made up"

// startProsody starts a Prosody with the people's accounts and contacts, and with the adapter.
func (d *demo) startProsody(ctx context.Context, nospimd *daemon) (*servers.Prosody, error) {
	modules := filepath.Join(d.dir, "modules")
	if err := prosody.Install(modules); err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(nospimd.LineAddr, ":")
	o := servers.ProsodyOptions{
		Dir: filepath.Join(d.dir, "prosody"), Host: d.script.Service, Register: true,
		Accounts: map[string]string{}, Created: d.script.Start.AddDate(0, -3, 0),
		Modules: []string{"nospim"}, PluginPaths: []string{modules}, Settings: "nospim_port = " + port + "\nnospim_timeout = 20", // a busy machine must not spoil the show
	}
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		return nil, err
	}
	for i := range d.script.Accounts {
		person := &d.script.Accounts[i]
		if person.Registers() {
			continue
		}
		o.Accounts[person.Name] = demoPassword
		for _, c := range person.Contacts {
			if person.ID < c { // each pair once
				o.Contacts = append(o.Contacts, [2]string{person.Name, d.script.Account(c).Name})
			}
		}
	}
	return servers.StartProsody(ctx, o)
}

// adapterIsThere waits until the adapter is connected: until then Prosody would let everything pass.
func adapterIsThere(ctx context.Context, nospimd *daemon) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for nospimd.line.Stats().Open == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the adapter in Prosody: %w", ctx.Err())
		}
	}
	return nil
}
