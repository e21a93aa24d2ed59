package door

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// serverInfo is the form in which a service says where it takes what (XEP-0157 §3). The names of the fields for reports: the standard has
// the first, and some servers have the second for reports that programs read.
const (
	serverInfo      = "http://jabber.org/network/serverinfo"
	abuseAddresses  = "abuse-addresses"
	reportAddresses = "report-addresses"
)

// NoAnswer is the problem of a service that did not answer: it is asked again the next time.
const NoAnswer = "does not answer"

// mostAddresses is to how many addresses of one service a report is sent.
const mostAddresses = 3

// info is what a service says of itself (XEP-0030, XEP-0128).
type info struct {
	XMLName xml.Name `xml:"http://jabber.org/protocol/disco#info query"`
	Forms   []struct {
		Fields []struct {
			Var    string   `xml:"var,attr"`
			Values []string `xml:"value"`
		} `xml:"field"`
	} `xml:"jabber:x:data x"`
}

// contact returns where a domain takes reports, from what it said lately or by asking it.
func (r *Reports) contact(ctx context.Context, s *xmpp.Session, domain string) ([]string, error) {
	addresses, asked, err := r.Desk.Contact(ctx, domain)
	if err != nil {
		return nil, fmt.Errorf("looking up an abuse contact: %w", errors.Join(err, errLater))
	}
	if !asked {
		var problem string
		if addresses, problem, err = r.ask(ctx, s, domain); err != nil {
			return nil, err
		}
		if err := r.Desk.Note(ctx, domain, addresses, problem); err != nil {
			return nil, fmt.Errorf("noting an abuse contact: %w", errors.Join(err, errLater))
		}
	}
	if len(addresses) == 0 {
		return nil, fmt.Errorf("%s takes no reports", domain)
	}
	return addresses, nil
}

// ask asks a service. That it does not answer is a problem that is noted, too, and worth another attempt.
func (r *Reports) ask(ctx context.Context, s *xmpp.Session, domain string) (addresses []string, problem string, err error) {
	to, err := jid.Parse(domain)
	if err != nil {
		return nil, "", fmt.Errorf("%s is no domain", domain)
	}
	wait, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	var said info
	iq := stanza.IQ{Type: stanza.GetIQ, To: to, From: jid.MustParse(r.Name)}
	if err := s.UnmarshalIQElement(wait, Element(nsInfo, "query", nil), iq, &said); err != nil {
		if ctx.Err() != nil {
			return nil, "", ctx.Err()
		}
		if noted := r.Desk.Note(ctx, domain, nil, NoAnswer); noted != nil {
			err = errors.Join(err, noted)
		}
		return nil, "", fmt.Errorf("asking %s: %w", domain, errors.Join(err, errLater))
	}
	addresses, problem = said.addresses(domain)
	return addresses, problem, nil
}

// addresses are those that a service names for reports and that are its own; problem says why there are none. An address elsewhere is not
// believed: anybody could have anybody's post box filled.
func (i *info) addresses(domain string) (all []string, problem string) {
	problem = "names no address for abuse"
	for _, name := range []string{reportAddresses, abuseAddresses} {
		for _, uri := range i.values(name) {
			address, found := strings.CutPrefix(strings.TrimSpace(uri), "xmpp:")
			if !found {
				problem = "names no XMPP address for abuse"
				continue
			}
			address, _, _ = strings.Cut(address, "?")
			to, err := jid.Parse(address)
			switch {
			case err != nil:
				problem = "names what is no address"
			case !related(to.Domain().String(), domain):
				problem = "names addresses of others for abuse"
			case len(all) < mostAddresses && !slices.Contains(all, to.String()):
				all = append(all, to.String())
			}
		}
		if len(all) > 0 {
			return all, ""
		}
	}
	return nil, problem
}

// values are those of a field of the form of server information.
func (i *info) values(name string) (all []string) {
	for _, form := range i.Forms {
		ours := false
		for _, f := range form.Fields {
			ours = ours || f.Var == "FORM_TYPE" && slices.Contains(f.Values, serverInfo)
		}
		for _, f := range form.Fields {
			if ours && f.Var == name {
				all = append(all, f.Values...)
			}
		}
	}
	return all
}

// related reports whether two domains are the same, or one is below the other.
func related(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a) && strings.Contains(a, ".")
}

// outcome is what became of something that was sent.
type outcome struct {
	taken     bool // there is a receipt
	later     bool // it is worth trying again
	condition string
}

func (o outcome) err() error {
	switch {
	case o.taken:
		return nil
	case o.later:
		return fmt.Errorf("it was not taken (%s): %w", o.condition, errLater)
	default:
		return fmt.Errorf("it was refused (%s)", o.condition)
	}
}

// refusalOf reads an error (RFC 6120 §8.3). What ails the way is worth another attempt, what ails the address is not.
func refusalOf(c *came) outcome {
	o := outcome{later: c.Error.Type == "wait", condition: "undefined-condition"}
	for _, e := range c.Error.Inner {
		if e.XMLName.Space == nsErrors && e.XMLName.Local != "text" {
			o.condition = e.XMLName.Local
			break
		}
	}
	switch o.condition {
	case "remote-server-not-found", "remote-server-timeout", "resource-constraint", "internal-server-error", "recipient-unavailable":
		o.later = true
	}
	return o
}

// answers are what others say to what was sent to them, by its ID. Only whom it was sent to, or their server, is heard.
type answers struct {
	mu   sync.Mutex
	want map[string]expected
}

type expected struct {
	from string
	to   chan outcome
}

func (a *answers) init() { a.want = map[string]expected{} }

func (a *answers) expect(id, from string) <-chan outcome {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := expected{from, make(chan outcome, 1)}
	a.want[id] = e
	return e.to
}

func (a *answers) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.want, id)
}

// tell hands on what somebody says, if it is waited for.
func (a *answers) tell(id, from string, o outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.want[id]
	bare, _, _ := strings.Cut(from, "/")
	if !ok || !strings.EqualFold(bare, e.from) {
		return
	}
	select {
	case e.to <- o:
	default: // the first one counts
	}
}
