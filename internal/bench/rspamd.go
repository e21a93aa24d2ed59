package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mailOnly are the modules of Rspamd that look at what only mail has, or that ask the network or Redis. Without them it is as lean
// as it can be for a line of chat; the rules in Lua and expressions, the parts of text, links and their look-alikes stay.
const mailOnly = `antivirus arc asn aws_s3 bimi clickhouse dcc dkim dkim_signing dmarc elastic external_relay external_services
	forged_recipients fuzzy_check greylist hfilter history_redis http_headers maillist metadata_exporter metric_exporter mid
	milter_headers mime_types mx_check neural once_received p0f ratelimit rbl redis replies reputation rspamd_update spamtrap
	spf surbl url_redirector whitelist`

// rspamd is a private Rspamd with one worker.
type rspamd struct {
	*child

	addr string
}

// measureRspamd compares Debian's Rspamd, as a mail server asks it, with nospim's HTTP interface, one message a request.
func measureRspamd(ctx context.Context, b *bench) (rows []row, err error) {
	const what = "Rspamd (`/checkv2`, no mail-only modules, no network) against `/v1/judge`"
	program, err := exec.LookPath("rspamd")
	if err != nil {
		return []row{{What: what, Verdict: notInstalled}}, nil
	}
	r, err := b.startRspamd(ctx, program)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.stop()) }()
	d, err := b.serveFresh(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	crowd, err := newCrowd()
	if err != nil {
		return nil, err
	}
	var theirs, ours, ratios []float64
	for turn := range b.size.Turns + 1 {
		mails, bodies := crowd.mails(b.size.Mail), crowd.bodies(b.size.Requests/2)
		other, err := during(func() (time.Duration, error) { return familyCPU(r.pid()) }, func() error { return r.check(ctx, mails) })
		if err != nil {
			return nil, err
		}
		mine, err := d.during(func() error { return postAll(ctx, d.http, judgePath, bodies) })
		if err != nil {
			return nil, err
		}
		if turn == 0 {
			continue
		}
		a, z := perMessage(other.cpu, len(mails)), perMessage(mine.cpu, len(bodies))
		theirs, ours, ratios = append(theirs, a), append(ours, z), append(ratios, a/z)
	}
	return []row{{
		what, "", fmt.Sprintf("%s µs CPU a message, nospim %.1f µs", thousands(median(theirs)), median(ours)), median(ratios), noVerdict,
	}}, nil
}

// mails returns n messages as mail.
func (c *crowd) mails(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		e := c.next()
		list[i] = fmt.Appendf(nil, "From: <%s>\r\nTo: <%s>\r\nSubject: chat\r\nDate: %s\r\nMessage-ID: <%s@chat.example>\r\n"+
			"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
			e.Sender.ID, e.Recipients[0].ID, e.Time.Format(time.RFC1123Z), e.ID, e.Body)
	}
	return list
}

// startRspamd starts Rspamd with Debian's configuration and a private directory of what overrides it. It returns when
// Rspamd is done with compiling its expressions.
func (b *bench) startRspamd(ctx context.Context, program string) (*rspamd, error) {
	dir, err := os.MkdirTemp(b.dir, "rspamd-")
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := errors.Join(l.Close(), configureRspamd(dir, addr)); err != nil {
		return nil, err
	}
	args := []string{"--no-fork", "--config", "/etc/rspamd/rspamd.conf"}
	for _, name := range []string{"LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR"} {
		args = append(args, "--var="+name+"="+dir)
	}
	if os.Getuid() == 0 {
		args = append(args, "--insecure")
	}
	c, err := start(ctx, dir, program, args...)
	if err != nil {
		return nil, err
	}
	r := &rspamd{c, addr}
	if err := r.settle(ctx); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return r, nil
}

// configureRspamd writes the files that override Debian's configuration.
func configureRspamd(dir, addr string) error {
	const off = "enabled = false;\n"
	files := map[string]string{
		"options.inc": fmt.Sprintf("filters = \"chartable,regexp\";\ntempdir = %q;\ncontrol_socket = \"%s/control.sock mode=0600\";\n"+
			"dns { nameserver = \"127.0.0.1:9\"; timeout = 0.1s; retransmits = 1; }\n", dir, dir),
		"worker-normal.inc":     fmt.Sprintf("bind_socket = %q;\ncount = 1;\n", addr),
		"worker-controller.inc": off, "worker-proxy.inc": off, "logging.inc": "level = \"error\";\n",
	}
	for name := range strings.FieldsSeq(mailOnly) {
		files[name+".conf"] = off
	}
	if err := os.Mkdir(filepath.Join(dir, "override.d"), 0o700); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "override.d", name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "rspamd.conf.local.override"), []byte("classifier \"bayes\" { "+off+"}\n"), 0o600)
}

// settle waits until Rspamd answers, and then until it has nothing more to do: it compiles its expressions after the start.
func (r *rspamd) settle(ctx context.Context) error {
	const longest, interval, idle = 90 * time.Second, 500 * time.Millisecond, 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	var before time.Duration
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for Rspamd: %w", ctx.Err())
		case <-ticks.C:
		}
		now, err := familyCPU(r.pid())
		if err != nil {
			return err
		}
		if now-before < idle && r.check(ctx, [][]byte{[]byte("Subject: chat\r\n\r\nhello\r\n")}) == nil {
			return nil
		}
		before = now
	}
}

// check asks about every mail. Rspamd closes each connection after its answer.
func (r *rspamd) check(ctx context.Context, mails [][]byte) error {
	for _, mail := range mails {
		c, err := dialCaller(ctx, r.addr)
		if err != nil {
			return err
		}
		answer, err := c.post("/checkv2", "IP: 198.51.100.7\r\n", mail)
		if err == nil && !bytes.Contains(answer, []byte(`"action":`)) {
			err = fmt.Errorf("no action is in Rspamd's answer: %.500s", answer)
		}
		if err = errors.Join(err, c.conn.Close()); err != nil {
			return err
		}
	}
	return nil
}
