package detect

import (
	"net/netip"
	"strings"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
)

// Links notices what links say of themselves: whom their host imitates, how they were written, where they lead, and whether
// one names the person who gets it.
type Links struct {
	// Brands are whom hosts are compared with; nil compares with nobody.
	Brands *link.Brands
}

// How much of one event is looked at: what a person sees first.
const (
	mostLinks  = 16
	mostPeople = 4
)

// Symbols implements [Detector].
func (Links) Symbols() []nospim.Symbol {
	symbol := func(name string, weight float64, description string) nospim.Symbol {
		return nospim.Symbol{Name: name, Group: "links", Weight: weight, Description: description}
	}
	return []nospim.Symbol{
		symbol("LINK_LOOKALIKE", 6, "A link's host imitates a known chat, bank, parcel, game, shop, crypto or state service: other letters that look the same, one letter changed, the name beside a lure or under another suffix. Factor 0.6 where only the suffix differs."),
		symbol("LINK_USERINFO", 5, "A link names one host before an @ and leads to another."),
		symbol("LINK_HIDDEN", 3, "A link is written so that people read it and programs do not: hxxp, [.], dots in words or with spaces."),
		symbol("LINK_IP_HOST", 2.5, "A link leads to a public IP address instead of a name. Factor 2 when the address is not written as four decimal numbers."),
		symbol("LINK_IDENTITY", 5, "A link encodes the address of the person who gets it, so a click tells the sender who clicked. Factor 0.6 when only the part before the @ is in it."),
		symbol("LINK_REDIRECT", 1.5, "A link carries another link to a different domain: where it leads is not where it seems to."),
		symbol("LINK_SHORTENER", 1.5, "A link hides where it leads behind a link shortener."),
		symbol("LINK_DISPOSABLE", 3, "A link leads to a domain of throw-away mail."),
	}
}

// Counters implements [Detector].
func (Links) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (d Links) Look(l *nospim.Look) error {
	if len(l.Features.Links) == 0 || !contact(l) {
		return nil
	}
	raised := sightings{look: l}
	for i := range l.Features.Links[:min(len(l.Features.Links), mostLinks)] {
		d.lookAt(&raised, &l.Features.Links[i])
	}
	return nil
}

// sightings raises each symbol once for an event.
type sightings struct {
	look *nospim.Look
	seen uint16
}

// The symbols' bits in sightings.
const (
	lookalike = 1 << iota
	userInfo
	hidden
	ipHost
	identity
	redirect
	shortener
	disposable
)

func (s *sightings) raise(bit uint16, symbol string, factor float64, why string, domain string) {
	if s.seen&bit == 0 {
		s.seen |= bit
		s.look.Raise(symbol, factor, why, nospim.Entity{Kind: nospim.EntityDomain, ID: domain})
	}
}

func (d Links) lookAt(s *sightings, l *nospim.Link) {
	flags := link.Inspect(link.Link{URL: l.URL, Host: l.Host, Domain: l.Domain, Raw: l.Raw, Flags: link.Flags(l.Flags)})
	d.imitates(s, l.Host, l.Domain)
	if flags.Has(link.UserInfo) && namesHost(l.Raw) {
		s.raise(userInfo, "LINK_USERINFO", 1, "a link names one host before an @ and leads to another", l.Domain)
	}
	if flags.Has(link.Hidden) {
		s.raise(hidden, "LINK_HIDDEN", 1, "a link is written so that programs do not see it", l.Domain)
	}
	if flags.Has(link.IP) && (public(l.Host) || flags.Has(link.OddIP)) {
		factor := 1.0
		if flags.Has(link.OddIP) {
			factor = 2
		}
		s.raise(ipHost, "LINK_IP_HOST", factor, "a link leads to an IP address instead of a name", l.Domain)
	}
	if flags.Has(link.Shortener) {
		s.raise(shortener, "LINK_SHORTENER", 1, "a link shortener hides where a link leads", l.Domain)
	}
	if flags.Has(link.Disposable) {
		s.raise(disposable, "LINK_DISPOSABLE", 1, "a link leads to a domain of throw-away mail", l.Domain)
	}
	if flags.Has(link.Nested) {
		d.leadsOn(s, l)
	}
	names(s, l)
}

// imitates raises what a host imitates. The brand is named: it comes from the list, not from the message.
func (d Links) imitates(s *sightings, host, domain string) {
	if d.Brands == nil {
		return
	}
	m, ok := d.Brands.Match(host)
	if !ok {
		return
	}
	factor := 1.0
	if m.How == link.Suffix {
		factor = 0.6
	}
	s.raise(lookalike, "LINK_LOOKALIKE", factor, "a link's host imitates "+m.Brand+" ("+string(m.How)+")", domain)
}

// leadsOn looks at the links that a link carries.
func (d Links) leadsOn(s *sightings, l *nospim.Link) {
	var space [4]link.Link
	for _, in := range link.Carried(space[:0], asWritten(l)) {
		d.imitates(s, in.Host, in.Domain)
		if in.Domain != l.Domain {
			s.raise(redirect, "LINK_REDIRECT", 1, "a link carries another link to a different domain", l.Domain)
		}
	}
}

// names looks for the recipients in a stranger's link. Friends send each other links to their own pages.
func names(s *sightings, l *nospim.Link) {
	if !s.look.Event.Relation.Stranger() || s.seen&identity != 0 {
		return
	}
	people := s.look.Event.Recipients
	for i := range people[:min(len(people), mostPeople)] {
		_, how, ok := link.IdentityIn(asWritten(l), people[i].ID)
		if !ok {
			continue
		}
		factor := 1.0
		if strings.HasSuffix(how, "local") {
			factor = 0.6
		}
		s.raise(identity, "LINK_IDENTITY", factor, "a link encodes the recipient's address ("+how+"): a click tells the sender who clicked", l.Domain)
		return
	}
}

// asWritten is the link as it was written, or its canonical form where only that is left.
func asWritten(l *nospim.Link) string {
	if l.Raw != "" {
		return l.Raw
	}
	return l.URL
}

// namesHost reports whether what stands before the @ looks like a host, rather than like a name and a password.
func namesHost(raw string) bool {
	p, ok := link.Split(raw)
	return ok && len(p.Slots) > 0 && p.Slots[0].Name == "user" && strings.Contains(strings.SplitN(p.Slots[0].Value, ":", 2)[0], ".")
}

// public reports whether an address is one of the internet: links to one's own router are everyday talk.
func public(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsGlobalUnicast() && !a.IsPrivate()
}
