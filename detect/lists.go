package detect

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
	"github.com/nospim/nospim/text"
)

// Lists raises what lists say of an event: the operator's own, whose word is an order, and those from elsewhere, whose word has a weight.
// The entries that match come with the Look ([Index.Match], [Feeds.Match]). Allow wins over block: with one allow entry, no block entry
// is raised.
//
// Whoever the recipient accepted is never stopped by lists from elsewhere alone: they raise one hint there, however many they are. An
// item with the advice to stop strangers only says nothing of contacts.
type Lists struct{}

// Symbols implements [Detector].
func (Lists) Symbols() []nospim.Symbol {
	block := func(kind, what string) nospim.Symbol {
		return nospim.Symbol{Name: "LIST_BLOCK_" + kind, Group: "lists", Weight: 20, Description: "The operator's block list has " + what + "."}
	}
	return []nospim.Symbol{
		{Name: "LIST_ALLOW", Group: "lists", Weight: -100, Description: "The operator's allow list has the sender, the address, or something in the message. It wins over every block entry and every score."},
		block("ACCOUNT", "the sender"), block("DOMAIN", "a domain that is linked to"), block("LINK", "a link of the message"),
		block("TEXT", "this text"), block("ADDR", "the sender's address"),
		listed("ACCOUNT", "the sender"), listed("SERVICE", "the sender's server"), listed("DOMAIN", "a domain that is linked to"),
		listed("LINK", "a link of the message"), listed("TEXT", "this text"), listed("ADDR", "the sender's address"),
		{Name: "LISTED_CONTACT", Group: "lists", Weight: 3, Description: "Lists from elsewhere have somebody whom the recipient accepted or wrote to, or what that one sent. Alone it stops nothing."},
	}
}

// listed is the symbol of an entry of lists from elsewhere. Its factor is the list's weight: at 1, a stranger is refused.
func listed(kind, what string) nospim.Symbol {
	return nospim.Symbol{Name: "LISTED_" + kind, Group: "lists", Weight: 15, Description: "Lists from elsewhere have " + what + ". Counts by the weight of the list."}
}

// Counters implements [Detector].
func (Lists) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (Lists) Look(l *nospim.Look) error {
	for i := range l.Listed {
		if m := &l.Listed[i]; m.Entry.Allow && m.Entry.Kind != nospim.ListDecoy {
			l.Raise("LIST_ALLOW", 1, whose(m, "the operator's allow list")+" this "+string(m.Entry.Kind), m.Entity)
			return nil
		}
	}
	heaviest := (*nospim.Listed)(nil)
	for i := range l.Listed {
		m := &l.Listed[i]
		switch {
		case m.Entry.Kind == nospim.ListDecoy:
			// Not a block; see Decoys.
		case m.From == "":
			l.Raise("LIST_BLOCK_"+strings.ToUpper(string(m.Entry.Kind)), 1, whose(m, "the operator's block list")+" this "+string(m.Entry.Kind), m.Entity)
		case !accepted(l):
			l.Raise("LISTED_"+strings.ToUpper(string(kindOf(m))), m.Weight, whose(m, "")+" this "+string(kindOf(m)), m.Entity)
		case !m.Strangers && (heaviest == nil || m.Weight > heaviest.Weight):
			heaviest = m
		}
	}
	if heaviest != nil {
		l.Raise("LISTED_CONTACT", heaviest.Weight, whose(heaviest, "")+" this "+string(kindOf(heaviest)), heaviest.Entity)
	}
	return nil
}

// accepted reports whether the recipient knows the sender: as a contact, or because it wrote first.
func accepted(l *nospim.Look) bool {
	return l.Invited || l.Event.Relation == nospim.RelationContact || l.Event.Relation == nospim.RelationSelf
}

// kindOf is the kind of an entry, or service for all accounts of one.
func kindOf(m *nospim.Listed) nospim.EntityKind {
	if m.Entity.Kind == nospim.EntityService {
		return nospim.EntityService
	}
	return nospim.EntityKind(m.Entry.Kind)
}

// whose begins the sentence.
func whose(m *nospim.Listed, own string) string {
	switch {
	case m.From == "":
		return own + " has"
	case strings.Contains(m.From, ", "):
		return "the lists " + m.From + " have"
	default:
		return "the list " + m.From + " has"
	}
}

// ParseEntry checks the value of a list entry and brings it into its normal form. A text becomes its fingerprint; a
// fingerprint can be given as "fp:" and hex digits. The error is a [nospim.InputError].
func ParseEntry(kind nospim.ListKind, value string) (nospim.ListEntry, error) {
	e := nospim.ListEntry{Kind: kind}
	bad := func(problem string) (nospim.ListEntry, error) {
		return nospim.ListEntry{}, &nospim.InputError{Field: "value", Problem: problem}
	}
	if len(value) > nospim.MaxBody || !utf8.ValidString(value) {
		return bad(fmt.Sprintf("must be UTF-8 of at most %d bytes", nospim.MaxBody))
	}
	value = strings.TrimSpace(value)
	switch kind {
	case nospim.ListAccount, nospim.ListDecoy:
		if kind == nospim.ListDecoy && strings.HasPrefix(value, "*") {
			return bad("must be one account such as vera@chat.example: a whole domain is no decoy")
		}
		e.Value = strings.ToLower(value)
		if value == "" || len(value) > nospim.MaxAccountID || strings.ContainsAny(value, " \t\n") {
			return bad("must be an account such as nina@chat.example, or *@chat.example for all of a service")
		}
	case nospim.ListDomain:
		host, ok := link.ParseHost(strings.TrimPrefix(value, "*."))
		if !ok {
			return bad("must be a domain such as x.example")
		}
		e.Value = host
	case nospim.ListLink:
		l, ok := link.Parse(value)
		if !ok {
			return bad("must be a link such as http://x.example/a")
		}
		e.Value = l.URL
	case nospim.ListText:
		mark, ok := fingerprint(value)
		if !ok {
			return bad("must be a text with at least one letter, or fp: and the hex digits of a fingerprint")
		}
		e.Value = "fp:" + strconv.FormatUint(mark, 16)
	case nospim.ListAddr:
		p, err := ParsePrefix(value)
		if err != nil {
			return bad("must be an IP address or a range such as 198.51.100.0/24")
		}
		e.Value = p.String()
	default:
		return nospim.ListEntry{}, &nospim.InputError{Field: "kind", Problem: fmt.Sprintf("is %q; it may be one of %v", kind, nospim.ListKinds())}
	}
	return e, nil
}

func fingerprint(value string) (uint64, bool) {
	if hex, ok := strings.CutPrefix(value, "fp:"); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		return n, err == nil && n != 0
	}
	n := text.Fingerprint(value)
	return n, n != 0
}

// ParsePrefix reads an IP address or a CIDR range; an address is a range of one.
func ParsePrefix(s string) (netip.Prefix, error) {
	if strings.IndexByte(s, '/') >= 0 {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen()), nil
}
