package rtbl

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
)

// Type says what the ids of a node's items are.
type Type string

// The types of nodes, with the names that they have on deployed services.
const (
	// RoomBans are SHA-256 hashes, in hex, of bare addresses or of domains.
	RoomBans Type = "muc_bans_sha256"
	// Accounts are SHA-256 hashes of bare addresses; those of domains are taken, too.
	Accounts Type = "spam_source_jids_sha256"
	// Domains are domains whose accounts send spam, in clear.
	Domains Type = "spam_source_domains"
	// Addrs are IP addresses or CIDR ranges.
	Addrs Type = "spam_source_ips"
)

// Types returns every type.
func Types() []Type { return []Type{RoomBans, Accounts, Domains, Addrs} }

// Kind is the kind of list entry that a type's items are.
func (t Type) Kind() nospim.ListKind {
	if t == Addrs {
		return nospim.ListAddr
	}
	return nospim.ListAccount
}

// Item is an item in the normal form of list entries: "sha256:" and hex digits, "*@" and a domain, or a range of addresses.
type Item struct {
	Value string
	// Strangers says that it is recommended to stop first contacts only.
	Strangers bool
}

// Limits of what an item may be. A range of addresses that is wider names half the world: it is taken for a mistake or an attack.
const (
	maxID    = 256
	minBits4 = 8
	minBits6 = 16
)

// hashPrefix stands before the digits of a hash.
const hashPrefix = "sha256:"

// Parse reads the id of an item. The error is a [nospim.InputError].
func (t Type) Parse(id string) (value string, err error) {
	bad := func(problem string) (string, error) { return "", &nospim.InputError{Field: "id", Problem: problem} }
	switch {
	case id == "":
		return bad("is empty")
	case len(id) > maxID:
		return "", &nospim.InputError{Field: "id", Problem: "is too long", Limit: maxID, TooLarge: true}
	}
	switch t {
	case RoomBans, Accounts:
		digits := strings.ToLower(id)
		if sum, err := hex.DecodeString(digits); err != nil || len(sum) != 32 {
			return bad("is no SHA-256 in hex")
		}
		return hashPrefix + digits, nil
	case Domains:
		j, err := jid.Parse(id)
		if err != nil || j.Localpart() != "" || j.Resourcepart() != "" || strings.ContainsAny(id, "@/") {
			return bad("is no domain")
		}
		domain := strings.ToLower(j.Domainpart())
		if again, err := jid.Parse(domain); err != nil || again.Domainpart() != domain || strings.Contains("."+domain+".", "..") {
			return bad("is no domain")
		}
		return "*@" + domain, nil
	case Addrs:
		p, err := prefix(id)
		if err != nil {
			return bad("is no address or range")
		}
		if p.Addr().Is4() && p.Bits() < minBits4 || p.Addr().Is6() && p.Bits() < minBits6 {
			return bad("is a range that is too wide")
		}
		return p.String(), nil
	default:
		return bad("belongs to a node of no known type")
	}
}

// prefix reads an address or a range; an address is a range of one.
func prefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
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

// Namespaces.
const (
	nsPubsub = "http://jabber.org/protocol/pubsub"        // XEP-0060
	nsEvent  = "http://jabber.org/protocol/pubsub#event"  // XEP-0060
	nsErrors = "http://jabber.org/protocol/pubsub#errors" // XEP-0060
	nsRSM    = "http://jabber.org/protocol/rsm"           // XEP-0059
	nsInfo   = "http://jabber.org/protocol/disco#info"    // XEP-0030
	nsItems  = "http://jabber.org/protocol/disco#items"   // XEP-0030
	nsReport = "urn:xmpp:reporting:1"                     // XEP-0377
)

// wireItem is an item as it comes. Of the payload, only the recommendations are read.
type wireItem struct {
	ID     string    `xml:"id,attr"`
	Meta   *wireMeta `xml:"https://xmppbl.org/meta/v1 meta"`
	Report *struct {
		Meta *wireMeta `xml:"https://xmppbl.org/meta/v1 meta"`
	} `xml:"urn:xmpp:reporting:1 report"`
}

type wireMeta struct {
	Recommendations struct {
		Strangers *struct{} `xml:"block-strangers"`
	} `xml:"recommendations"`
}

// strangers reports whether it is recommended to stop first contacts only.
func (w *wireItem) strangers() bool {
	meta := w.Meta
	if w.Report != nil && w.Report.Meta != nil {
		meta = w.Report.Meta
	}
	return meta != nil && meta.Recommendations.Strangers != nil
}

// item reads an item.
func (t Type) item(w *wireItem) (Item, error) {
	value, err := t.Parse(w.ID)
	return Item{Value: value, Strangers: w.strangers()}, err
}
