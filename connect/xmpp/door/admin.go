package door

import (
	"context"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// Command is something that an admin can have done: said in plain words, or run as a form (XEP-0050).
type Command struct {
	// Words begin what an admin says: "accounts restrict". With dashes for spaces they are the command's node.
	Words string
	// Title is what a client lists it as.
	Title string
	// Fields are what has to be said with it, in this order; those that may be left out come last.
	Fields []Field
	// Run does it for the admin by. It gets a value for each field, empty for what was left out, and returns what to say. An error is
	// told to the admin, too.
	Run func(ctx context.Context, by string, values []string) (string, error)
}

// Field is something that is said with a command. In plain words the last field takes all that is left.
type Field struct {
	Name, Label string
	Optional    bool
	// Options are the values that there are; none means any.
	Options []string
}

func (c *Command) node() string { return strings.ReplaceAll(c.Words, " ", "-") }

// usage says how the command is said.
func (c *Command) usage() string {
	words := []string{c.Words}
	for _, f := range c.Fields {
		name := strings.ToUpper(f.Name)
		if f.Optional {
			name = "[" + name + "]"
		}
		words = append(words, name)
	}
	return strings.Join(words, " ")
}

// Admins is the part of the door for those who run the service. It believes the address from which a stanza comes: the server has
// seen to it that its own accounts cannot forge theirs, and that other servers speak for their own accounts alone. Whoever is not
// listed by the exact address is nobody here.
type Admins struct {
	// Name is the component's domain, Service the protected one.
	Name, Service string
	// Who are the bare addresses of the admins.
	Who      []string
	Commands []Command
	// News is what admins are told unasked; nil means nothing.
	News *News
	Log  *slog.Logger
}

// Disco implements [Part].
func (*Admins) Disco() ([]Identity, []string) { return nil, nil }

// Attend implements [Part]: it tells the news.
func (a *Admins) Attend(ctx context.Context, s *xmpp.Session) {
	if a.News != nil {
		a.News.tell(ctx, a.Log, func(text string) error {
			for _, who := range a.Who {
				to, err := jid.Parse(who)
				if err != nil {
					continue // the configuration was checked
				}
				if err := s.Send(ctx, a.message(to, text)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// Handle implements [Part].
func (a *Admins) Handle(ctx context.Context, in *Stanza) (reply xml.TokenReader, mine bool) {
	if in.TooLarge || in.Type == "error" || in.Type == "result" {
		return nil, false
	}
	var what incoming
	from, err := jid.Parse(in.From)
	if err != nil || in.Decode(&what) != nil {
		return nil, false
	}
	by, admin := a.admin(from)
	local := strings.EqualFold(from.Domain().String(), a.Service)
	switch {
	case in.Name == "iq" && in.Type == "set" && what.Command != nil:
		c := a.byNode(what.Command.Node)
		switch {
		case c == nil:
			return nil, false
		case !admin:
			a.Log.Warn("somebody who is no admin wanted a command of admins", "command", c.Words)
			return in.Refuse("auth", "forbidden"), true
		}
		return a.run(ctx, in, c, what.Command, by), true
	case !admin:
		return nil, false
	case in.Name == "iq" && in.Type == "get" && what.Items != nil && what.Items.Node == nsCommands:
		return in.Result(a.items(local)), true
	case in.Name == "message" && in.Type != "groupchat" && what.Body != "":
		return a.hear(ctx, from, what.Body, by, local)
	}
	return nil, false
}

// admin returns the bare address of somebody, and whether it is an admin's.
func (a *Admins) admin(from jid.JID) (by string, ok bool) {
	for _, who := range a.Who {
		if to, err := jid.Parse(who); err == nil && to.Bare().Equal(from.Bare()) {
			return to.Bare().String(), true
		}
	}
	return "", false
}

func (a *Admins) byNode(node string) *Command {
	for i := range a.Commands {
		if a.Commands[i].node() == node {
			return &a.Commands[i]
		}
	}
	return nil
}

// items lists an admin's commands, behind those that every person of the service has.
func (a *Admins) items(local bool) xml.TokenReader {
	var all []xml.TokenReader
	if local {
		all = peoplesItems(a.Name)
	}
	for i := range a.Commands {
		all = append(all, commandItem(a.Name, a.Commands[i].node(), a.Commands[i].Title))
	}
	return Element(nsItems, "query", Attrs{"node": nsCommands}, all...)
}

// hear answers plain words. What is no command of an admin is left to the door, if it talks with this person at all.
func (a *Admins) hear(ctx context.Context, from jid.JID, body, by string, local bool) (xml.TokenReader, bool) {
	words := strings.Fields(body)
	if c, rest := a.parse(words); c != nil {
		return a.message(from, a.answer(ctx, c, by, c.values(rest))), true
	}
	if local && (len(words) != 1 || !strings.EqualFold(words[0], sayCommands)) {
		return nil, false
	}
	return a.message(from, a.help()), true
}

// sayCommands is how an admin asks for the commands: "help" is everybody's.
const sayCommands = "commands"

// help lists the commands.
func (a *Admins) help() string {
	var b strings.Builder
	b.WriteString("You can say:")
	for i := range a.Commands {
		fmt.Fprintf(&b, "\n%s: %s", a.Commands[i].usage(), a.Commands[i].Title)
	}
	return b.String()
}

// parse finds the command with which somebody begins, and what is left. Of two that fit, the longer is meant.
func (a *Admins) parse(words []string) (best *Command, rest []string) {
	length := 0
	for i := range a.Commands {
		first := strings.Fields(a.Commands[i].Words)
		if len(first) > length && len(words) >= len(first) && strings.EqualFold(strings.Join(words[:len(first)], " "), a.Commands[i].Words) {
			best, rest, length = &a.Commands[i], words[len(first):], len(first)
		}
	}
	return best, rest
}

// values gives each field its word, and the last what is left.
func (c *Command) values(words []string) []string {
	values := make([]string, len(c.Fields))
	for i := range values {
		switch {
		case i >= len(words):
		case i == len(values)-1:
			values[i] = strings.Join(words[i:], " ")
		default:
			values[i] = words[i]
		}
	}
	return values
}

// answer runs a command and returns what to say.
func (a *Admins) answer(ctx context.Context, c *Command, by string, values []string) string {
	for i, f := range c.Fields {
		if values[i] == "" && !f.Optional {
			return "Say it like this: " + c.usage()
		}
	}
	said, err := c.Run(ctx, by, values)
	if err != nil {
		return "That did not work: " + err.Error()
	}
	return said
}

// run runs a command of a client: at once when there is nothing to fill in, or else what was filled in, or its form.
func (a *Admins) run(ctx context.Context, in *Stanza, c *Command, got *command, by string) xml.TokenReader {
	switch {
	case got.Action == "cancel":
		return in.Result(Element(nsCommands, "command", Attrs{"node": got.Node, "sessionid": got.Session, "status": "canceled"}))
	case len(c.Fields) > 0 && len(got.Form.Fields) == 0:
		var fields []xml.TokenReader
		for _, f := range c.Fields {
			fields = append(fields, f.element())
		}
		return in.Result(form(got, c.Title, fields...))
	}
	values := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		values[i] = strings.TrimSpace(got.field(f.Name))
	}
	return in.Result(done(got, a.answer(ctx, c, by, values)))
}

// element is the field in a form (XEP-0004 §3.3).
func (f *Field) element() xml.TokenReader {
	var inner []xml.TokenReader
	if !f.Optional {
		inner = append(inner, Element("", "required", nil))
	}
	kind := "text-single"
	for _, o := range f.Options {
		kind = "list-single"
		inner = append(inner, Element("", "option", Attrs{"label": o}, Element("", "value", nil, xmlstream.Token(xml.CharData(o)))))
	}
	return Element("", "field", Attrs{"type": kind, "var": f.Name, "label": f.Label}, inner...)
}

// message is what an admin is told.
func (a *Admins) message(to jid.JID, text string) xml.TokenReader {
	from, _ := jid.Parse(a.Name) // the door has parsed it
	body := xmlstream.Wrap(xmlstream.Token(xml.CharData(text)), xml.StartElement{Name: xml.Name{Local: "body"}})
	return stanza.Message{To: to, From: from, Type: stanza.ChatMessage}.Wrap(body)
}
