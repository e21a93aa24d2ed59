package nospim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what was attempted.
type Kind string

// The kinds of event. Any other kind is refused with [ErrInvalid].
const (
	KindMessage         Kind = "message"
	KindContactRequest  Kind = "contact_request"
	KindContactAccept   Kind = "contact_accept"
	KindContactRemove   Kind = "contact_remove"
	KindInvite          Kind = "invite"
	KindJoin            Kind = "join"
	KindRegistration    Kind = "registration"
	KindLogin           Kind = "login"
	KindLoginFailure    Kind = "login_failure"
	KindDirectorySearch Kind = "directory_search"
	KindProfileRead     Kind = "profile_read"
	KindRosterRead      Kind = "roster_read"
	KindProfileChange   Kind = "profile_change"
	KindFileOffer       Kind = "file_offer"
	KindCallOffer       Kind = "call_offer"
	KindBlock           Kind = "block"
	KindReport          Kind = "report"
	KindDelivered       Kind = "delivered"
	// KindWarning is what a recipient thinks of a sender, and less than a report: it slows the sender.
	KindWarning Kind = "warning"
)

// Kinds returns every kind, in the order of the design.
func Kinds() []Kind {
	return []Kind{
		KindMessage, KindContactRequest, KindContactAccept, KindContactRemove, KindInvite, KindJoin,
		KindRegistration, KindLogin, KindLoginFailure, KindDirectorySearch, KindProfileRead, KindRosterRead,
		KindProfileChange, KindFileOffer, KindCallOffer, KindBlock, KindReport, KindDelivered, KindWarning,
	}
}

// Number is the place of a kind in [Kinds], from 1; 0 when it is none.
func (k Kind) Number() uint32 { return uint32(slices.Index(kinds, k) + 1) }

// Direction says how an event crosses the border of the protected service.
type Direction string

// The directions. An empty direction means local.
const (
	In    Direction = "in"
	Out   Direction = "out"
	Local Direction = "local"
)

// Relation says how the recipient stands to the sender at the moment of the event.
type Relation string

// The relations. An empty relation means unknown and is treated like stranger.
const (
	RelationUnknown  Relation = "unknown"
	RelationStranger Relation = "stranger"
	RelationPending  Relation = "pending"
	RelationContact  Relation = "contact"
	RelationBlocked  Relation = "blocked"
	RelationSelf     Relation = "self"
)

// Stranger reports whether the recipient has not accepted the sender: unknown, stranger, pending or unset.
func (r Relation) Stranger() bool {
	return r == "" || r == RelationUnknown || r == RelationStranger || r == RelationPending
}

// Number is the place of a relation in the order of the constants, from 1 for unknown; an empty relation is unknown. 0 when it is none.
func (r Relation) Number() uint32 {
	switch r {
	case "", RelationUnknown:
		return 1
	case RelationStranger:
		return 2
	case RelationPending:
		return 3
	case RelationContact:
		return 4
	case RelationBlocked:
		return 5
	case RelationSelf:
		return 6
	}
	return 0
}

// Account is somebody who sends or receives.
type Account struct {
	// ID is the address without its device part: a bare JID, an MXID, a screen name. Lower case where the protocol says so.
	ID string `json:"id"`
	// Name is what the account calls itself.
	Name string `json:"name,omitempty"`
	// Local says that the account lives on the protected service.
	Local bool `json:"local,omitempty"`
	// Created is when the account was registered; zero when not known.
	Created time.Time `json:"created,omitzero"`
	// Minor says that the account is known to belong to a child or a young person.
	Minor bool `json:"minor,omitempty"`
	// Affiliation is the standing that the account's own service states (XEP-0489): anonymous, registered, member, admin.
	Affiliation string `json:"affiliation,omitempty"`
}

// File is something offered beside or instead of text. Its content is never read.
type File struct {
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
	Size int64  `json:"size,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Event is one attempt, as a connector saw it.
type Event struct {
	// ID is unique for each service: stanza-id, event_id, ICBM cookie. It is the idempotency key.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Time is when it happened. A connector that has no better source sets the time of receipt.
	Time time.Time `json:"time"`
	// Protocol is xmpp, matrix, oscar, irc, popup, or whatever the connector speaks.
	Protocol string `json:"protocol,omitempty"`
	// Service is the protected service, as a domain.
	Service   string    `json:"service"`
	Direction Direction `json:"direction,omitempty"`
	Sender    Account   `json:"sender"`
	// Recipients are the accounts that would receive it; empty for registrations and log-ins.
	Recipients []Account `json:"recipients,omitempty"`
	Room       string    `json:"room,omitempty"`
	Relation   Relation  `json:"relation,omitempty"`
	// Addr is the sender's IP address, without a port.
	Addr   string `json:"addr,omitempty"`
	Client string `json:"client,omitempty"`
	// Body is the text as the recipient would see it. For requests: the text that goes with the request.
	Body string `json:"body,omitempty"`
	// Links are targets that the wire form states outside the text (XEP-0066, HTML anchors); the text's own are found by room link.
	Links     []string `json:"links,omitempty"`
	Files     []File   `json:"files,omitempty"`
	Encrypted bool     `json:"encrypted,omitempty"`
	// Refers names the event replied to or complained about.
	Refers string `json:"refers,omitempty"`
	// WireID is the id that the sender gave the message, by which clients know it: of a stanza, its id. It names a delivered copy
	// that is taken back. Anybody may have given the same one before.
	WireID string `json:"wire_id,omitempty"`
	// InvitedBy is whose invitation the sender brings along: that account, or the service's own domain for the operator's. It is
	// there only when the service or nospim issued the invitation for them and it held when it came: what the sender says is none.
	InvitedBy string `json:"invited_by,omitempty"`
	// Count is how many entries a search or a roster read returned.
	Count int `json:"count,omitempty"`
	// Can lists the actions that this connector can enforce here; empty means all.
	Can []Action `json:"can,omitempty"`
	// Observe says that nothing will be enforced; it is judged all the same.
	Observe bool `json:"observe,omitempty"`
	// Raw is the wire form, kept while the event is held so that it can be delivered unchanged.
	Raw string `json:"raw,omitempty"`
}

// Limits of one event at every boundary. Sizes are bytes.
const (
	MaxID         = 512
	MaxAccountID  = 3071 // RFC 6122 §2.1: three parts of at most 1023 bytes and two separators
	MaxName       = 1024
	MaxShort      = 256 // protocol, client, affiliation, room relation and the like
	MaxBody       = 1 << 20
	MaxRaw        = 1 << 20
	MaxRecipients = 1000
	MaxLinks      = 100
	MaxLink       = 8 << 10
	MaxFiles      = 100
	// MaxBodyWhole is how much of a body is judged whole; of a longer one, the head and the tail of half that size.
	MaxBodyWhole = 64 << 10
)

// The times between which an event may have happened: outside, the clock that stamped it is broken.
var (
	minTime = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC) // before the first instant messenger with a network
	maxTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Validate checks the limits of an event. The error is an [*InputError] that names the field, the limit and the place.
func (e *Event) Validate() error {
	switch {
	case e.ID == "":
		return &InputError{Field: "id", Problem: "is required: it is the idempotency key"}
	case !slices.Contains(kinds, e.Kind):
		return &InputError{Field: "kind", Problem: "is " + strconv.Quote(clip(string(e.Kind))) + ", which is no kind of event"}
	case e.Service == "":
		return &InputError{Field: "service", Problem: "is required: the domain of the protected service"}
	case e.Sender.ID == "":
		return &InputError{Field: "sender.id", Problem: "is required"}
	case e.Time.IsZero():
		return &InputError{Field: "time", Problem: "is required, as RFC 3339"}
	case e.Time.Before(minTime) || e.Time.After(maxTime):
		return &InputError{Field: "time", Problem: "is " + e.Time.UTC().Format(time.RFC3339) + ", outside 1990 to 2200"}
	}
	if err := e.validateWords(); err != nil {
		return err
	}
	return e.validateSizes()
}

// kinds is the list that Validate looks in, made once; nothing changes it.
var kinds = Kinds()

func (e *Event) validateWords() error {
	switch e.Direction {
	case "", In, Out, Local:
	default:
		return &InputError{Field: "direction", Problem: "is " + strconv.Quote(clip(string(e.Direction))) + "; it may be in, out or local"}
	}
	switch e.Relation {
	case "", RelationUnknown, RelationStranger, RelationPending, RelationContact, RelationBlocked, RelationSelf:
	default:
		return &InputError{Field: "relation", Problem: "is " + strconv.Quote(clip(string(e.Relation))) + "; it may be unknown, stranger, pending, contact, blocked or self"}
	}
	for i, a := range e.Can {
		if !a.Valid() {
			return &InputError{Field: "can[" + strconv.Itoa(i) + "]", Problem: "is no action"}
		}
	}
	if e.Count < 0 {
		return &InputError{Field: "count", Problem: "is negative"}
	}
	return nil
}

func (e *Event) validateSizes() error {
	switch {
	case len(e.ID) > MaxID:
		return tooLarge("id", len(e.ID), MaxID, "bytes")
	case len(e.Protocol) > MaxShort:
		return tooLarge("protocol", len(e.Protocol), MaxShort, "bytes")
	case len(e.Service) > MaxShort:
		return tooLarge("service", len(e.Service), MaxShort, "bytes")
	case len(e.Room) > MaxAccountID:
		return tooLarge("room", len(e.Room), MaxAccountID, "bytes")
	case len(e.Addr) > MaxShort:
		return tooLarge("addr", len(e.Addr), MaxShort, "bytes")
	case len(e.Client) > MaxName:
		return tooLarge("client", len(e.Client), MaxName, "bytes")
	case len(e.Body) > MaxBody:
		return tooLarge("body", len(e.Body), MaxBody, "bytes")
	case len(e.Raw) > MaxRaw:
		return tooLarge("raw", len(e.Raw), MaxRaw, "bytes")
	case len(e.Refers) > MaxID:
		return tooLarge("refers", len(e.Refers), MaxID, "bytes")
	case len(e.WireID) > MaxID:
		return tooLarge("wire_id", len(e.WireID), MaxID, "bytes")
	case len(e.Recipients) > MaxRecipients:
		return tooLarge("recipients", len(e.Recipients), MaxRecipients, "accounts")
	case len(e.Links) > MaxLinks:
		return tooLarge("links", len(e.Links), MaxLinks, "links")
	case len(e.Files) > MaxFiles:
		return tooLarge("files", len(e.Files), MaxFiles, "files")
	case len(e.Can) > len(actionNames):
		return tooLarge("can", len(e.Can), len(actionNames), "actions")
	}
	return e.validateParts()
}

// validateParts checks the sizes of what an event has several of.
func (e *Event) validateParts() error {
	if err := e.Sender.validate("sender"); err != nil {
		return err
	}
	for i := range e.Recipients {
		if e.Recipients[i].validate("") != nil { // the field's name is only made when it is needed
			return e.Recipients[i].validate("recipients[" + strconv.Itoa(i) + "]")
		}
	}
	for i, l := range e.Links {
		if len(l) > MaxLink {
			return tooLarge("links["+strconv.Itoa(i)+"]", len(l), MaxLink, "bytes")
		}
	}
	for i := range e.Files {
		if e.Files[i].Size < 0 {
			return &InputError{Field: "files[" + strconv.Itoa(i) + "].size", Problem: "is negative"}
		}
		if f := &e.Files[i]; len(f.Name) > MaxLink || len(f.Type) > MaxShort || len(f.URL) > MaxLink {
			return tooLarge("files["+strconv.Itoa(i)+"]", max(len(f.Name), len(f.Type), len(f.URL)), MaxLink, "bytes")
		}
	}
	return nil
}

// validate checks the sizes of one account; field names it in the error.
func (a *Account) validate(field string) error {
	switch {
	case a.ID == "":
		return &InputError{Field: field + ".id", Problem: "is required"}
	case len(a.ID) > MaxAccountID:
		return tooLarge(field+".id", len(a.ID), MaxAccountID, "bytes")
	case len(a.Name) > MaxName:
		return tooLarge(field+".name", len(a.Name), MaxName, "bytes")
	case len(a.Affiliation) > MaxShort:
		return tooLarge(field+".affiliation", len(a.Affiliation), MaxShort, "bytes")
	}
	return nil
}

func tooLarge(field string, size, limit int, unit string) error {
	return &InputError{Field: field, Limit: limit, Problem: fmt.Sprintf("has %d %s, more than the limit of %d", size, unit, limit), TooLarge: true}
}

// clip keeps an error's quotation of bad input short and on one line.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
