package xmpp

import (
	"encoding/xml"
	"errors"
	"slices"
	"strings"

	"github.com/nospim/nospim"
)

// Reader reads stanzas. The zero Reader will do: it knows nobody whose word counts.
type Reader struct {
	// Invited reports whether a token is an invitation to an account that nospim issued and that holds (XEP-0379); nil knows none. Those
	// that the server issued, the adapter knows.
	Invited func(token, account string) bool
	// Vouches reports whether the word of another service about its own accounts counts (XEP-0489); nil believes none.
	Vouches func(service string) bool
}

// Read is [Reader.Read] of the zero Reader.
func Read(e *nospim.Event) (approach bool, err error) { return Reader{}.Read(e) }

// Read fills in what the stanza in e.Raw says: a message, a presence, an iq with a block (XEP-0191), or one item of it. It
// reports whether somebody approaches somebody with it, or tells what nospim learns from; the rest (receipts, chat states,
// markers, errors, key exchange, personal events) is not to be judged. What is over a limit is cut, so that nothing escapes
// by its size.
//
// The adapter has set what only its server knows: ID, Time, Service, Relation, Addr, Sender and Recipients. Where it has left
// out the addresses, they are taken from the stanza. Room, set to the sender's bare address, says that the recipient has
// joined that room: then an occupant speaks, and each is somebody else. Without Can, it is what XMPP can do about the kind.
//
// The error is a [*nospim.InputError] for what is no stanza. One that cannot be read to its end is judged by its bare text.
func (from Reader) Read(e *nospim.Event) (approach bool, err error) {
	r := reader{Reader: from, event: e, in: xml.NewDecoder(strings.NewReader(e.Raw)), named: len(e.Recipients) > 0}
	err = r.stanza()
	if err != nil && !errors.Is(err, nospim.ErrInvalid) {
		err = r.unreadable()
	}
	if err != nil {
		return false, err
	}
	if e.Kind == "" {
		return false, nil
	}
	r.finish()
	return true, nil
}

// reader reads one stanza.
type reader struct {
	Reader
	event  *nospim.Event
	in     *xml.Decoder
	from   string // of the stanza
	joined bool   // the sender is a room that the recipient has joined, or an occupant of it
	named  bool   // the adapter has named the recipients
	texts  []string
	cipher bool
	chars  []byte // of a text that is being put together
}

// stanza reads all of it. The event gets a kind when it is to be judged. The error is an ErrInvalid for what is no stanza, and
// the decoder's for what is no XML.
func (r *reader) stanza() error {
	root, err := r.root()
	if err != nil {
		return err
	}
	r.sender(attr(root.Attr, "from"))
	kind, to := attr(root.Attr, "type"), attr(root.Attr, "to")
	switch root.Name.Local {
	case "message":
		r.recipient(to)
		r.event.WireID = cut(attr(root.Attr, "id"), nospim.MaxID)
		return r.message(kind)
	case "presence":
		r.recipient(to)
		return r.presence(kind)
	case "iq":
		return r.iq()
	default: // item, as root sees to
		return r.item(root.Attr)
	}
}

// root returns the stanza's own tag.
func (r *reader) root() (xml.StartElement, error) {
	if !slices.ContainsFunc(roots, r.is) {
		return xml.StartElement{}, &nospim.InputError{Field: "raw", Problem: "is no message, presence, iq or item of XMPP"}
	}
	for {
		t, err := r.in.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := t.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// roots are the elements that Read takes.
var roots = []string{"message", "presence", "iq", "item"}

// is reports whether the stanza is of that name.
func (r *reader) is(name string) bool {
	rest, ok := strings.CutPrefix(r.event.Raw, "<"+name)
	return ok && rest != "" && strings.ContainsRune(" \t\r\n/>", rune(rest[0]))
}

// sender takes from the stanza what the adapter has not said of it, and tells the occupants of a joined room apart.
func (r *reader) sender(from string) {
	e := r.event
	bare, resource := split(from)
	r.from, r.joined = from, e.Room != "" && e.Room == bare
	if e.Sender.ID == "" {
		e.Sender = account(e, from)
	}
	if e.Client == "" {
		e.Client = cut(resource, nospim.MaxName)
	}
	if r.joined && resource != "" { // XEP-0045 §7.5
		e.Sender = occupant(from)
	}
}

// recipient takes it from the stanza if the adapter has not named it.
func (r *reader) recipient(to string) {
	if !r.named && to != "" {
		r.event.Recipients = append(r.event.Recipients, account(r.event, to))
	}
}

// message reads a message (RFC 6121 §5).
func (r *reader) message(kind string) error {
	if kind == "error" || kind == "groupchat" && r.joined {
		return nil
	}
	r.event.Kind = nospim.KindMessage
	if kind == "groupchat" {
		bare, _ := split(r.from)
		r.event.Room = cut(bare, nospim.MaxAccountID)
	}
	err := r.children(func(start xml.StartElement) error {
		if read := carriers[name(start.Name)]; read != nil {
			return read(r, start)
		}
		return r.in.Skip()
	})
	if err != nil {
		return err
	}
	r.weigh()
	return nil
}

// weigh makes one event of what the parts of a message said, or none.
func (r *reader) weigh() {
	e := r.event
	e.Body = cut(strings.Join(r.texts, "\n"), nospim.MaxBody)
	e.Encrypted = r.cipher || otr(e.Body)
	if e.Encrypted {
		e.Body = "" // beside ciphertext it is only a hint that there is some
	}
	switch {
	case e.Kind != nospim.KindMessage || e.Body != "":
	case len(e.Files) > 0:
		e.Kind = nospim.KindFileOffer
	case len(e.Links) == 0 && !e.Encrypted:
		e.Kind = ""
	}
}

// otr reports whether a text is nothing but ciphertext of OTR, or its greeting.
func otr(text string) bool {
	return strings.HasPrefix(text, "?OTR") && !strings.ContainsAny(strings.TrimSpace(text), " \t\r\n")
}

// presence reads a subscription request, or what came of one (RFC 6121 §3).
func (r *reader) presence(kind string) error {
	switch kind {
	case "subscribe":
		r.event.Kind = nospim.KindContactRequest
	case "subscribed":
		r.event.Kind, r.event.Observe = nospim.KindContactAccept, true
		return nil
	case "unsubscribed", "unsubscribe":
		r.event.Kind, r.event.Observe = nospim.KindContactRemove, true
		return nil
	default:
		return nil
	}
	err := r.children(func(start xml.StartElement) error {
		switch start.Name {
		case preauth:
			return r.preauth(start)
		case standing:
			return r.standing(start)
		}
		text, err := r.text()
		switch start.Name.Local {
		case "status":
			r.say(text)
		case "nick": // XEP-0172
			r.event.Sender.Name = cut(text, nospim.MaxName)
		}
		return err
	})
	r.event.Body = cut(strings.Join(r.texts, "\n"), nospim.MaxBody)
	return err
}

// finish sets what follows from the rest.
func (r *reader) finish() {
	e := r.event
	if e.Direction == "" && !e.Sender.Local {
		e.Direction = nospim.In
	} else if e.Direction == "" {
		e.Direction = nospim.Local
	}
	if len(e.Can) == 0 && !e.Observe {
		e.Can = append(e.Can, enforceable...)
		if e.Kind == nospim.KindContactRequest || e.Direction == nospim.Out { // XEP-0287 §3 marks messages, for one's own people
			e.Can = without(e.Can, nospim.Mark)
		}
		if e.Direction == nospim.Out { // who writes to people elsewhere has proved to this server who they are
			e.Can = without(e.Can, nospim.Challenge)
		}
	}
	if len(e.Raw) > nospim.MaxRaw { // it can be neither kept nor rewritten
		e.Raw = ""
		e.Can = without(e.Can, nospim.Hold, nospim.Challenge, nospim.Mark)
	}
}

// enforceable is what an adapter can do about a stanza: deliver it, deliver it marked, keep it back until its sender has proved
// something or somebody decides, deliver it later, refuse it, swallow it.
var enforceable = nospim.Actions()

func without(can []nospim.Action, less ...nospim.Action) []nospim.Action {
	return slices.DeleteFunc(can, func(c nospim.Action) bool { return slices.Contains(less, c) })
}

// unreadable makes a message of the bare text of what could not be read to its end: the server that let it pass has another
// reader than we have.
func (r *reader) unreadable() error {
	e := r.event
	if strings.HasPrefix(e.Raw, "<i") { // an iq or an item: what somebody tells the server, and nobody sees
		return &nospim.InputError{Field: "raw", Problem: "is no XML"}
	}
	r.texts = nil
	for rest, found := e.Raw, true; found; {
		var text string
		text, rest, found = strings.Cut(rest, "<")
		r.say(strings.TrimSpace(unescape.Replace(text)))
		_, rest, _ = strings.Cut(rest, ">")
	}
	e.Kind, e.Encrypted, e.Body = nospim.KindMessage, false, cut(strings.Join(r.texts, "\n"), nospim.MaxBody)
	return nil
}

// unescape undoes the five escapes that XML has by itself.
var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")
