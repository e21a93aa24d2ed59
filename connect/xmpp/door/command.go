package door

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"github.com/nospim/nospim"
)

// Namespaces of the standards spoken here.
const (
	nsInfo     = "http://jabber.org/protocol/disco#info"  // XEP-0030
	nsItems    = "http://jabber.org/protocol/disco#items" // XEP-0030
	nsCommands = "http://jabber.org/protocol/commands"    // XEP-0050
	nsForm     = "jabber:x:data"                          // XEP-0004
	nsErrors   = "urn:ietf:params:xml:ns:xmpp-stanzas"    // RFC 6120 §8.3
)

// The commands, and what a client lists them as.
const (
	nodeWaiting = "waiting"
	nodeProfile = "profile"
	nodeWarn    = "warn"
	// XEP-0401 §4.1.1: clients show this command under a button of their own.
	nodeInvite = "urn:xmpp:invite#invite"
)

// command is a command that a client sends (XEP-0050).
type command struct {
	Node    string `xml:"node,attr"`
	Session string `xml:"sessionid,attr"`
	Action  string `xml:"action,attr"`
	Form    struct {
		Fields []struct {
			Var    string   `xml:"var,attr"`
			Values []string `xml:"value"`
		} `xml:"field"`
	} `xml:"jabber:x:data x"`
}

// field returns the value of a field of the form; empty when there is none.
func (c *command) field(name string) string {
	for _, f := range c.Form.Fields {
		if f.Var == name && len(f.Values) > 0 {
			return f.Values[0]
		}
	}
	return ""
}

// iq answers a request: what the door is, which commands it has, and the commands.
func (d *Door) iq(ctx context.Context, in *incoming, to jid.JID, account, lang string) xml.TokenReader {
	result := stanza.IQ{ID: in.ID, To: to, From: d.me(), Type: stanza.ResultIQ}
	switch {
	case in.Type == "get" && in.Info != nil:
		return result.Wrap(Element(nsInfo, "query", nil, d.disco()...))
	case in.Type == "get" && in.Items != nil:
		return result.Wrap(d.items(in.Items.Node))
	case in.Type == "set" && in.Command != nil:
		return d.run(ctx, in.Command, result, account, lang)
	default:
		return refusal(result, "cancel", "service-unavailable")
	}
}

// disco is what the door is and can: identities, then features, as the schema has it.
func (d *Door) disco() []xml.TokenReader {
	identities, features := []Identity{{"automation", "command-list"}}, []string{nsInfo, nsItems, nsCommands}
	for _, p := range d.Parts {
		i, f := p.Disco()
		identities, features = append(identities, i...), append(features, f...)
	}
	return Disco(identities, features)
}

// Disco writes identities and features.
func Disco(identities []Identity, features []string) []xml.TokenReader {
	var all []xml.TokenReader
	for _, i := range identities {
		all = append(all, Element("", "identity", Attrs{"category": i.Category, "type": i.Type, "name": "nospim"}))
	}
	for _, f := range features {
		all = append(all, Element("", "feature", Attrs{"var": f}))
	}
	return all
}

// refusal is an error in the place of a result.
func refusal(iq stanza.IQ, kind, condition string) xml.TokenReader {
	iq.Type = stanza.ErrorIQ
	return iq.Wrap(Element("", "error", Attrs{"type": kind}, Element(nsErrors, condition, nil)))
}

func (d *Door) items(node string) xml.TokenReader {
	if node != nsCommands {
		return Element(nsItems, "query", Attrs{"node": node})
	}
	return Element(nsItems, "query", Attrs{"node": node}, peoplesItems(d.Name)...)
}

// peoplesItems are the commands that every person of the service has.
func peoplesItems(door string) []xml.TokenReader {
	return []xml.TokenReader{
		commandItem(door, nodeWaiting, "Who waits for me"), commandItem(door, nodeProfile, "Who may write to me"),
		commandItem(door, nodeWarn, "Warn somebody who wrote to me"), commandItem(door, nodeInvite, "Invite somebody I know"),
	}
}

// commandItem is one command in a list of them (XEP-0050 §2.2).
func commandItem(door, node, name string) xml.TokenReader {
	return Element("", "item", Attrs{"jid": door, "node": node, "name": name})
}

// run runs a command: first its form, then what was filled in.
func (d *Door) run(ctx context.Context, c *command, iq stanza.IQ, account, lang string) xml.TokenReader {
	if c.Action == "cancel" {
		return iq.Wrap(Element(nsCommands, "command", Attrs{"node": c.Node, "sessionid": c.Session, "status": "canceled"}))
	}
	var (
		reply xml.TokenReader
		err   error
	)
	switch c.Node {
	case nodeWaiting:
		reply, err = d.waiting(ctx, c, account, lang)
	case nodeProfile:
		reply, err = d.profile(ctx, c, account, lang)
	case nodeWarn:
		reply, err = d.warn(ctx, c, account, lang)
	case nodeInvite:
		reply = d.invite(c, account)
	default:
		return refusal(iq, "cancel", "item-not-found")
	}
	if err != nil {
		d.Log.Error("a command at the door failed", "command", c.Node, "err", err)
		return refusal(iq, "wait", "internal-server-error")
	}
	return iq.Wrap(reply)
}

// waiting lists who waits, a page at a time, shows what one of them wrote, and carries out the decision about one.
func (d *Door) waiting(ctx context.Context, c *command, account, lang string) (xml.TokenReader, error) {
	w, page := language(lang), c.page()
	all, err := d.Talk.Desk.Waiting(ctx, d.Talk.Service, account)
	if err != nil {
		return nil, fmt.Errorf("looking who waits: %w", err)
	}
	sender, what := c.field("sender"), c.field("decision")
	switch {
	case c.Action == "next":
		page++
	case c.Action == "prev":
		page--
	case sender != "" && what == string(sayShow):
		return d.showOne(ctx, c, w, all, sender)
	case sender != "" && what != "":
		return d.decide(ctx, c, w, account, sender, nospim.Decision(what))
	}
	if len(all) == 0 {
		return done(c, w.nothing), nil
	}
	page = clampPage(page, len(all))
	from := page * mostListed
	to := min(len(all), from+mostListed)
	var senders, decisions []option
	for _, one := range all[from:to] {
		senders = append(senders, option{one.Sender, one.Sender})
	}
	for _, what := range []verb{sayShow, verb(nospim.LetIn), verb(nospim.Refuse), verb(nospim.ShutOut), verb(nospim.Report)} {
		decisions = append(decisions, option{string(what), what.said(w)})
	}
	session := nodeWaiting + "/" + strconv.Itoa(page)
	return formPage(c, session, page > 0, to < len(all), w.senders, choice("sender", "", senders), choice("decision", "", decisions)), nil
}

// page is the page that a session is at: nothing else is kept between the steps, and not here.
func (c *command) page() int {
	_, page, _ := strings.Cut(c.Session, "/")
	return number(page)
}

// showOne shows what somebody wrote who waits.
func (d *Door) showOne(ctx context.Context, c *command, w *words, all []nospim.Waiting, sender string) (xml.TokenReader, error) {
	n := meant(all, sender)
	if n == 0 {
		return done(c, w.nothing), nil
	}
	text, err := d.Talk.show(ctx, w, all[n-1], n, len(all))
	if err != nil {
		return nil, fmt.Errorf("showing what waits: %w", err)
	}
	return done(c, text), nil
}

func (d *Door) decide(ctx context.Context, c *command, w *words, account, sender string, what nospim.Decision) (xml.TokenReader, error) {
	err := d.Talk.Desk.Decide(ctx, d.Talk.Service, account, sender, what)
	if errors.Is(err, nospim.ErrNotFound) {
		return done(c, w.nothing), nil
	}
	if err != nil {
		return nil, fmt.Errorf("deciding: %w", err)
	}
	return done(c, fmt.Sprintf(w.decided[what], sender)), nil
}

// profile shows a person's profile, and changes it.
func (d *Door) profile(ctx context.Context, c *command, account, lang string) (xml.TokenReader, error) {
	w := language(lang)
	if wanted := c.field("profile"); wanted != "" {
		answer, err := d.Talk.profile(ctx, w, account, wanted)
		return done(c, answer), err
	}
	have, locked, err := d.Talk.Desk.Profile(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("looking up a profile: %w", err)
	}
	if locked {
		return done(c, w.profiles[have]+". "+w.locked), nil
	}
	options := []option{{"default", w.profiles[""]}}
	for _, p := range nospim.Profiles() {
		options = append(options, option{string(p), w.profiles[p]})
	}
	value := string(have)
	if have == "" {
		value = "default"
	}
	return form(c, "", choice("profile", value, options)), nil
}

// warn warns somebody who wrote to a person.
func (d *Door) warn(ctx context.Context, c *command, account, lang string) (xml.TokenReader, error) {
	w := language(lang)
	if sender := c.field("sender"); sender != "" {
		answer, err := d.Talk.warn(ctx, w, account, sender)
		return done(c, answer), err
	}
	return form(c, w.whom, Element("", "field", Attrs{"type": "jid-single", "var": "sender"}, Element("", "required", nil))), nil
}

// invite gives a person an invitation in the form that clients know (XEP-0401 §4.1.2).
func (d *Door) invite(c *command, account string) xml.TokenReader {
	token, until := d.Talk.Desk.Invite(account)
	field := func(name, value string) xml.TokenReader {
		return Element("", "field", Attrs{"var": name}, Element("", "value", nil, Text(value)))
	}
	return Element(nsCommands, "command", Attrs{"node": c.Node, "sessionid": c.Session, "status": "completed"},
		Element(nsForm, "x", Attrs{"type": "result"},
			field("uri", "xmpp:"+account+"?roster;preauth="+token), field("expire", until.UTC().Format(time.RFC3339))))
}

// form asks; done tells how it ended.
func form(c *command, title string, fields ...xml.TokenReader) xml.TokenReader {
	session := c.Session
	if session == "" {
		session = c.Node // nothing is kept between the steps
	}
	return formPage(c, session, false, false, title, fields...)
}

// formPage asks on one of several pages (XEP-0050 §3.4).
func formPage(c *command, session string, prev, next bool, title string, fields ...xml.TokenReader) xml.TokenReader {
	x := Element(nsForm, "x", Attrs{"type": "form"}, append([]xml.TokenReader{Element("", "title", nil, xmlstream.Token(xml.CharData(title)))}, fields...)...)
	var may []xml.TokenReader
	for _, a := range []struct {
		name string
		may  bool
	}{{"prev", prev}, {"next", next}, {"complete", true}} {
		if a.may {
			may = append(may, Element("", a.name, nil))
		}
	}
	actions := Element("", "actions", Attrs{"execute": "complete"}, may...)
	return Element(nsCommands, "command", Attrs{"node": c.Node, "sessionid": session, "status": "executing"}, actions, x)
}

func done(c *command, note string) xml.TokenReader {
	return Element(nsCommands, "command", Attrs{"node": c.Node, "sessionid": c.Session, "status": "completed"},
		Element("", "note", Attrs{"type": "info"}, xmlstream.Token(xml.CharData(note))))
}

// option is one of a field's choices.
type option struct{ value, label string }

// choice is a field of a form with one of several values.
func choice(name, value string, options []option) xml.TokenReader {
	text := func(s string) xml.TokenReader { return Element("", "value", nil, xmlstream.Token(xml.CharData(s))) }
	inner := []xml.TokenReader{Element("", "required", nil)}
	if value != "" {
		inner = append(inner, text(value))
	}
	for _, o := range options {
		inner = append(inner, Element("", "option", Attrs{"label": o.label}, text(o.value)))
	}
	return Element("", "field", Attrs{"type": "list-single", "var": name}, inner...)
}

// Attrs are the attributes of an element. Those without a value are left out.
type Attrs map[string]string

// Element makes an element; its attributes come in the order of their names.
func Element(ns, name string, as Attrs, inner ...xml.TokenReader) xml.TokenReader {
	start := xml.StartElement{Name: xml.Name{Space: ns, Local: name}}
	for _, k := range slices.Sorted(maps.Keys(as)) {
		if as[k] != "" {
			start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: k}, Value: as[k]})
		}
	}
	return xmlstream.Wrap(xmlstream.MultiReader(inner...), start)
}

// Text is the text inside an element.
func Text(s string) xml.TokenReader { return xmlstream.Token(xml.CharData(s)) }
