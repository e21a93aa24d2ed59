package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/connect/http"
	"github.com/nospim/nospim/connect/line"
	"github.com/nospim/nospim/connect/page"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/connect/xmpp/rtbl"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/engine"
	"github.com/nospim/nospim/internal/pages"
	"github.com/nospim/nospim/memory"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/people"
	"github.com/nospim/nospim/policy"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
	report "github.com/nospim/nospim/report/xmpp"
)

// How often the daemon looks whether the policy changed, how long the disk may take to show that it lives, and how long what
// is left may take to be written when the daemon stops.
const (
	watchEvery = time.Second
	healthWait = time.Second
	closeWait  = 10 * time.Second
)

// daemonOptions say how a daemon differs from what its configuration says. The zero value is serve's.
type daemonOptions struct {
	// Policy, when set, is in force as it is: no file is read or watched.
	Policy *policy.Policy
	// Wrap, when set, is put between the connectors and the engine. Everything is judged then, however late.
	Wrap func(nospim.Judge) nospim.Judge
}

// daemon is nospim at work: an engine with its stores, and the listeners. Make one with newDaemon and let it Run.
type daemon struct {
	// LineAddr and HTTPAddr are where it listens; empty where it does not. The port is the one that was taken.
	LineAddr, HTTPAddr string
	Engine             *engine.Engine
	Store              *sqlite.Store

	config       config.Config
	log          *slog.Logger
	policyStamp  string           // of the policy in force; empty when it is not watched
	hangups      <-chan os.Signal // asks to load it again
	reloads      reloads
	door         *door.Door // nil: there is none
	challenges   challenges
	reports      *people.Reports
	keys         report.Keys    // of marks
	invites      people.Invites // that nospim issues
	rtbl         *rtbl.Client
	publisher    *rtbl.Publisher
	line         *line.Server
	gate         *wire.Gate // nil: everything is judged, however late
	lineListener net.Listener
	http         *http.Handler
	httpListener net.Listener
	others       others
	closers      []func() error // what newDaemon opened, in order
}

// reloads counts how often the policy was loaded again.
type reloads struct{ done, failed atomic.Int64 }

// newDaemon makes a daemon of a complete configuration: it takes the data directory, opens the stores, loads the policy and
// listens. Nothing is answered until Run. What it opened is closed by Run or Close.
func newDaemon(ctx context.Context, c config.Config, log *slog.Logger, o daemonOptions) (*daemon, error) {
	d := &daemon{config: c, log: log}
	err := d.open(ctx, o)
	if err == nil {
		err = d.listen(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// open makes the engine and what it stands on.
func (d *daemon) open(ctx context.Context, o daemonOptions) error {
	// First, while the heap is new: tables laid where others have been are cleared, and so occupied before they are used.
	remembered := memory.New(memory.Limits{Cells: d.config.Memory.Cells, Events: d.config.Memory.Events, Texts: d.config.Memory.Texts, Pages: pages.Large})
	if err := os.MkdirAll(d.config.Data, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	unlock, err := lockData(d.config.Data)
	if err != nil {
		return err
	}
	d.closers = append(d.closers, unlock)
	p := o.Policy
	if p == nil {
		if err := ensurePolicy(d.config); err != nil {
			return err
		}
		var stop func() error
		d.hangups, stop = hangups() // before anybody hears that it is there: a SIGHUP that nobody waits for ends a program
		d.closers = append(d.closers, stop)
		d.policyStamp = policyStamp(d.config.Policy) // before loading: what changes meanwhile is loaded again
		if p, err = loadPolicy(d.config.Policy); err != nil {
			return err
		}
	}
	if d.Store, err = sqlite.Open(ctx, storeFile(d.config), sqlite.WithLog(d.log), sqlite.WithLimits(limitsOf(d.config.Waiting))); err != nil {
		return err
	}
	d.closers = append(d.closers, d.Store.Close)
	if err := keepFollowed(ctx, d.Store, d.config.Lists.Services); err != nil {
		return err
	}
	m, err := model.Shipped()
	if err != nil {
		return err
	}
	detectors, err := withBrands(detect.All(m), d.config.Brands)
	if err != nil {
		return err
	}
	salt, err := d.Store.Salt(ctx)
	if err != nil {
		return err
	}
	learned := model.NewLearned(m, engine.Seed(salt))
	if err := d.joinCluster(ctx, remembered, salt); err != nil {
		return err
	}
	k := d.config.Keep
	d.Engine, err = engine.New(ctx, engine.Config{
		Memory:    remembered,
		Records:   d.Store,
		Policy:    p,
		Detectors: detect.WithDoor(detect.WithLearned(detectors, learned), nospim.Profile(d.config.Profile)),
		Learned:   learned,
		Always:    ownAccounts(d.config),
		Quorum:    detect.Quorum(d.config.Lists.Quorum),
		Log:       d.log,
		Clock:     time.Now,
		Snapshot:  filepath.Join(d.config.Data, "memory.snapshot"),
		Keep:      engine.Keep{Allow: time.Duration(k.Allow), Enforced: time.Duration(k.Enforced), Hold: time.Duration(k.Hold)},
		Cluster:   d.others.engineCluster(),
	})
	if err != nil {
		return err
	}
	d.others.start()
	return nil
}

// limitsOf are the limits of what waits that a configuration says.
func limitsOf(w config.Waiting) record.Limits {
	return record.Limits{Recipient: w.Recipient, Sender: w.Sender, Pair: w.Pair, Total: w.Total}
}

// listen makes the connectors and takes their addresses.
func (d *daemon) listen(ctx context.Context, o daemonOptions) error {
	var judge nospim.Judge = d.Engine
	if o.Wrap != nil {
		judge = o.Wrap(judge)
	}
	if err := d.takeReports(ctx, judge); err != nil {
		return err
	}
	judge = d.reports
	if err := d.openDoor(judge); err != nil {
		return err
	}
	judge, err := d.openChallenges(ctx, judge)
	if err != nil {
		return err
	}
	if err := d.openGate(o); err != nil {
		return err
	}
	if d.config.Line.Listen != config.None {
		if err := d.listenLine(ctx, judge); err != nil {
			return err
		}
	}
	if d.config.HTTP.Listen != config.None {
		return d.listenHTTP(ctx, judge)
	}
	return nil
}

// ownAccounts are the addresses under which nospim itself talks to people: what they say is not held.
func ownAccounts(c config.Config) []nospim.ListEntry {
	if c.Door.Name == "" {
		return nil
	}
	return []nospim.ListEntry{{Kind: nospim.ListAccount, Value: strings.ToLower(c.Door.Name), Allow: true, Note: "nospim's own door"}}
}

// openDoor makes the door that the configuration asks for.
func (d *daemon) openDoor(judge nospim.Judge) error {
	c := d.config.Door
	if c.Server == "" {
		return nil
	}
	secret, err := config.Secret(c.SecretFile)
	if err != nil {
		return err
	}
	parts, err := d.listParts()
	if err != nil {
		return err
	}
	throughDoor(d.reports, d.config.Reports)
	parts = append(parts, &door.Reports{Name: c.Name, Service: c.Service, Language: c.Language, Orders: d.Engine, Desk: reportDesk{d}, Log: d.log})
	desk := &people.Desk{Store: d.Store, Judge: judge, Invites: d.invites, Clock: time.Now}
	owners := &people.Owners{Store: d.Store, Clock: time.Now}
	owner := &door.Owner{Owners: owners, Service: c.Service, Language: c.Language, Log: d.log}
	d.door = &door.Door{
		Server: c.Server, Name: c.Name, Secret: secret, Language: c.Language, Log: d.log,
		Talk: door.Talk{Desk: desk, Service: c.Service}, Orders: askable{d.Engine, owners, c.Language},
		Parts: append(append(d.openAdmins(), parts...), owner),
	}
	return nil
}

// ordersOfAdapters are the orders that go over the line: where there is a door, it is the door that tells people.
func (d *daemon) ordersOfAdapters() nospim.Orders {
	if d.config.Door.Name == "" {
		return d.Engine
	}
	return silent{d.Engine}
}

// silent hands on every order but those that are the door's: to tell people something, and to tell others.
type silent struct{ nospim.Orders }

// Watch implements nospim.Orders.
func (s silent) Watch(ctx context.Context, service string, send func(nospim.Order) error) error {
	return s.Orders.Watch(ctx, service, func(o nospim.Order) error {
		switch o.Do {
		case nospim.OrderNotify, nospim.OrderThank, nospim.OrderForward:
			return nil
		default:
			return send(o)
		}
	})
}

func (d *daemon) listenLine(ctx context.Context, judge nospim.Judge) error {
	secret, err := config.Secret(d.config.Line.SecretFile)
	if err != nil {
		return err
	}
	l, err := line.Listen(ctx, d.config.Line.Listen, secret)
	if err != nil {
		return inUse(err, "line.listen", "--line")
	}
	d.lineListener, d.LineAddr = l, l.Addr().String()
	if l.Addr().Network() == "unix" {
		d.LineAddr = "unix:" + d.LineAddr
	}
	d.closers = append(d.closers, closeListener(l))
	d.line = &line.Server{
		Judge: judge, Orders: d.ordersOfAdapters(), Secret: secret, Version: readBuild().Version, Log: d.log,
		Wires: d.wires(), Gate: d.gate,
		About: func() (string, bool) { p := d.Engine.Policy(); return p.Hash(), p.Shadow("") },
	}
	return nil
}

func (d *daemon) listenHTTP(ctx context.Context, judge nospim.Judge) error {
	token, err := config.Secret(d.config.HTTP.TokenFile)
	if err != nil {
		return err
	}
	l, err := http.Listen(ctx, d.config.HTTP.Listen, token)
	if err != nil {
		return inUse(err, "http.listen", "--http")
	}
	d.httpListener, d.HTTPAddr = l, l.Addr().String()
	d.closers = append(d.closers, closeListener(l))
	d.http = http.New(http.Options{
		Judge: judge, Gate: d.gate, XMPP: d.reader().Read, Token: token, Log: d.log, Registry: d.metrics(), Health: d.health, Degraded: d.degraded, Version: readBuild().Version,
	})
	return nil
}

// health says whether the record store answers: without it nothing is enforced.
func (d *daemon) health() error {
	ctx, cancel := context.WithTimeout(context.Background(), healthWait)
	defer cancel()
	_, err := d.Store.Revision(ctx)
	return err
}

// inUse adds what to do to the error of an address that cannot be had.
func inUse(err error, key, flag string) error {
	return fmt.Errorf("%w; choose another address with %s or the key %s", err, flag, key)
}

// closeListener closes a listener, which its server may have done already.
func closeListener(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// Run serves until ctx ends or something breaks. Then it lets what is under way finish, makes everything durable and closes.
func (d *daemon) Run(ctx context.Context) error {
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	start := func(what string, do func(context.Context) error) {
		all.Go(func() {
			if err := do(work); err != nil {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	// The background ends after the connectors: what they still judge is then written like everything before it.
	background, rest := context.WithCancel(context.WithoutCancel(ctx))
	defer rest()
	var behind sync.WaitGroup
	behind.Go(func() { _ = d.reports.Run(background) }) // it logs, and ends with the background
	behind.Go(func() {
		if err := d.Engine.Run(background); err != nil {
			cancel(fmt.Errorf("the engine: %w", err))
		}
	})
	if d.line != nil {
		start("the line protocol", func(ctx context.Context) error { return d.line.Serve(ctx, d.lineListener) })
	}
	if d.http != nil {
		start("HTTP", func(ctx context.Context) error { return http.Serve(ctx, d.httpListener, d.http) })
	}
	if p := d.challenges.page; p != nil {
		start("the page of challenges", func(ctx context.Context) error { return page.Serve(ctx, d.challenges.listener, p) })
	}
	if d.door != nil {
		start("the door", d.door.Serve)
		start("the watch over itself", d.watchWell)
	}
	if d.policyStamp != "" {
		start("the policy", d.watchPolicy)
	}
	if d.others.node != nil {
		start("the cluster", d.passNudges)
	}
	<-work.Done()
	all.Wait()
	rest()
	behind.Wait()
	err := context.Cause(work)
	if ctx.Err() != nil {
		err = nil
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), closeWait)
	defer stop()
	return errors.Join(err, d.Engine.Close(end), d.Close())
}

// Close closes what newDaemon opened, the last first. Run does it, too.
func (d *daemon) Close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	d.closers = nil
	return errors.Join(errs...)
}

// watchPolicy loads the policy again when it changes, until ctx ends.
func (d *daemon) watchPolicy(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.hangups:
			d.reload(policyStamp(d.config.Policy))
		case <-tick.C:
			d.reloadChanged()
		case <-d.others.policy:
			d.reloadChanged()
		}
	}
}

// reloadChanged loads the policy again if it changed.
func (d *daemon) reloadChanged() {
	if stamp := policyStamp(d.config.Policy); stamp != d.policyStamp {
		d.reload(stamp)
	}
}

// reload puts the policy of the file in force. With a mistake in it the old one stays, and each mistake is logged once for
// each change of the file.
func (d *daemon) reload(stamp string) {
	d.policyStamp = stamp
	p, err := loadPolicy(d.config.Policy)
	if err == nil {
		err = d.Engine.SetPolicy(p)
	}
	if err != nil {
		d.reloads.failed.Add(1)
		for problem := range strings.SplitSeq(err.Error(), "\n") {
			d.log.Error("the policy has a mistake; the old one stays in force", "problem", problem, "policy", d.Engine.Policy().Hash())
		}
		return
	}
	d.reloads.done.Add(1)
	d.others.nudge(nudgePolicy)
	d.log.Info("policy loaded", "policy", p.Hash(), "shadow", p.Shadow(""))
}

// newLogger makes the logger that a configuration asks for.
func newLogger(c config.Log, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, err
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return slog.New(slog.NewTextHandler(w, o)), nil
}
