package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
	"github.com/nospim/nospim/record/sqlite"
)

// exporting is one nospim lists export.
type exporting struct {
	places
	kind         nospim.ListKind
	format, feed string
	allow        bool
}

func newListsExport(a *app) *cobra.Command {
	var e exporting
	c := &cobra.Command{
		Use:   "export KIND",
		Short: "Write a list for other programs",
		Long: `Writes the operator's entries of a kind, or with --feed the items of a list from elsewhere, to standard output. Decoys are never
written: one that spammers know is none.

  plain   one value a line
  hashed  the SHA-256 of each, in hex, for accounts and domains: who has an address can ask whether it is listed, nobody
          reads addresses from it. Of *@x.example, it is that of x.example
  jsonl   one JSON object a line
  xml     items as services publish them (xmppbl.org), hashed where that can be

mod_firewall of Prosody reads the plain and hashed ones as list files.`,
		Example: `  nospim lists export account --format hashed > accounts.sha256
  nospim lists export domain --feed phishing-domains.txt`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			e.kind = nospim.ListKind(args[0])
			if err := e.check(); err != nil {
				return usageError{err}
			}
			return e.withStore(c.Context(), func(s *sqlite.Store) error { return e.write(c.Context(), s, a.out) })
		},
	}
	e.flags(c)
	c.Flags().StringVar(&e.format, "format", formatPlain, "plain, hashed, jsonl or xml")
	c.Flags().StringVar(&e.feed, "feed", "", "the `name` of a list from elsewhere, instead of the operator's own")
	c.Flags().BoolVar(&e.allow, "allow", false, "the operator's allow list instead of the block list")
	c.ValidArgs = []string{"account", "domain", "link", "text", "addr"}
	return c
}

func (e *exporting) check() error {
	switch e.kind {
	case nospim.ListDecoy:
		return errors.New("decoys are never exported: one that spammers know is none")
	case nospim.ListAccount, nospim.ListDomain, nospim.ListLink, nospim.ListText, nospim.ListAddr:
	default:
		return fmt.Errorf("the kind is %q; it may be account, domain, link, text or addr", e.kind)
	}
	switch e.format {
	case formatPlain, formatJSONL, formatXML:
	case formatHashed:
		if !hashable(e.kind) {
			return fmt.Errorf("--format hashed is for accounts and domains, not for kind %s", e.kind)
		}
	default:
		return fmt.Errorf("--format is %q; it may be plain, hashed, jsonl or xml", e.format)
	}
	return nil
}

// write writes the items as they come from the store.
func (e *exporting) write(ctx context.Context, s *sqlite.Store, to io.Writer) error {
	out := bufio.NewWriter(to)
	if e.format == formatXML {
		_, _ = out.WriteString("<items xmlns=\"http://jabber.org/protocol/pubsub\">\n") // Flush has the error
	}
	err := e.each(ctx, s, func(i record.FeedItem) error { return e.item(out, i) })
	if e.format == formatXML && err == nil {
		_, _ = out.WriteString("</items>\n")
	}
	return errors.Join(err, out.Flush())
}

// each calls fn for each item to write.
func (e *exporting) each(ctx context.Context, s *sqlite.Store, fn func(record.FeedItem) error) error {
	if e.feed != "" {
		return e.eachOfFeed(ctx, s, fn)
	}
	all, err := s.Lists(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		if l := &all[i]; l.Kind == e.kind && l.Allow == e.allow && !l.Secret() {
			if err := fn(record.FeedItem{Value: l.Value}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *exporting) eachOfFeed(ctx context.Context, s *sqlite.Store, fn func(record.FeedItem) error) error {
	feeds, err := s.Feeds(ctx)
	if err != nil {
		return err
	}
	for i := range feeds {
		if f := &feeds[i]; f.Name == e.feed {
			if f.Kind != e.kind {
				return usageError{fmt.Errorf("the list %s is of kind %s", safe(f.Name), f.Kind)}
			}
			return s.ScanFeed(ctx, f.Name, fn)
		}
	}
	return fmt.Errorf("the list %s: %w; nospim lists feeds shows those that there are", safe(e.feed), nospim.ErrNotFound)
}

// item writes one item. Write errors are kept by out until it is flushed; they end a long export here, too.
func (e *exporting) item(out *bufio.Writer, i record.FeedItem) (err error) {
	digits, hashed := strings.CutPrefix(i.Value, record.HashPrefix)
	if !hashed && hashable(e.kind) {
		sum := sha256.Sum256([]byte(strings.TrimPrefix(i.Value, "*@")))
		digits = hex.EncodeToString(sum[:])
	}
	switch e.format {
	case formatPlain:
		_, err = out.WriteString(i.Value + "\n")
	case formatHashed:
		_, err = out.WriteString(digits + "\n")
	case formatJSONL:
		line := struct {
			Kind      nospim.ListKind `json:"kind"`
			Value     string          `json:"value"`
			Strangers bool            `json:"strangers,omitempty"`
		}{e.kind, i.Value, i.Strangers}
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(line)
	case formatXML:
		id, advice := i.Value, ""
		if hashable(e.kind) {
			id = digits
		}
		if i.Strangers {
			advice = `<meta xmlns="https://xmppbl.org/meta/v1"><recommendations><block-strangers/></recommendations></meta>`
		}
		_, _ = out.WriteString(`<item id="`)
		if err := xml.EscapeText(out, []byte(id)); err != nil {
			return err
		}
		_, err = out.WriteString(`"><report xmlns="urn:xmpp:reporting:1" reason="urn:xmpp:reporting:spam">` + advice + "</report></item>\n")
	}
	return err
}
