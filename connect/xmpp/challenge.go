package xmpp

import (
	"context"
	"crypto/sha1" //nolint:gosec // XEP-0231 §2.1 names data by it; nothing is trusted for it
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nospim/nospim"
)

// Challenges is where strangers are asked, and where their answers are looked at: people/challenge.Desk.
type Challenges interface {
	// Ask makes a challenge because of an event that waits; nil where nobody is to be asked.
	Ask(ctx context.Context, e *nospim.Event) (*nospim.Trial, error)
	// Find returns a challenge that can be answered; nospim.ErrNotFound or nospim.ErrConflict when it cannot.
	Find(ctx context.Context, id string) (*nospim.Trial, error)
	// Answer takes answers; nospim.ErrDenied for wrong ones, and the errors of Find.
	Answer(ctx context.Context, id string, answers map[nospim.Proof]string) error
	// What is asked: the number for hashcash, a question in a language, a picture as JPEG.
	Label(t *nospim.Trial) string
	Question(t *nospim.Trial, lang string) string
	Picture(t *nospim.Trial) ([]byte, error)
}

// Asker asks strangers by XEP-0158, and hears what they answer. Its fields must not change once it is used.
type Asker struct {
	Desk Challenges
	// Kinds are offered, in their order; Answers of them are wanted (0 is 1), and those in Required.
	Kinds    []nospim.Proof
	Answers  int
	Required []nospim.Proof
	// Page is the address under which strangers find nospim's page: the challenge's ID is added to it. Empty without a page; then no
	// sound is offered, which is too long for a stanza.
	Page string
	// Marks writes what is no challenge.
	Marks Marks
	Log   *slog.Logger
}

// CaptchaNamespace is that of challenges and of their answers (XEP-0158).
const CaptchaNamespace = "urn:xmpp:captcha"

// askWait is how long the store may take to say whether somebody is asked.
const askWait = 5 * time.Second

// Instead is [Instead], and for a challenge what asks the sender.
func (a *Asker) Instead(e *nospim.Event, v *nospim.Verdict) string {
	switch {
	case v.Action == nospim.Challenge:
		return a.ask(e)
	case v.Action == nospim.Drop && len(v.Signals) == 1:
		return a.heard(e, v.Signals[0].Symbol)
	}
	return a.Marks.Instead(e, v)
}

// ask returns the challenge because of an event; empty where nobody is to be asked. What is itself a challenge, or speaks of one, is no
// reason to ask: two servers that challenge each other would never end.
func (a *Asker) ask(e *nospim.Event) string {
	if strings.Contains(e.Raw, CaptchaNamespace) {
		return ""
	}
	root, err := (&reader{event: e, in: xml.NewDecoder(strings.NewReader(e.Raw))}).root()
	if err != nil || attr(root.Attr, "type") == "error" {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), askWait)
	defer cancel()
	t, err := a.Desk.Ask(ctx, e)
	if err != nil {
		a.Log.Error("a stranger could not be asked; the message waits", "event", e.ID, "err", err)
	}
	if err != nil || t == nil {
		return ""
	}
	return a.write(t, root.Attr)
}

// write writes the challenge to a stanza with the attributes given.
func (a *Asker) write(t *nospim.Trial, trigger []xml.Attr) string {
	lang := language(trigger)
	to := attr(trigger, "to")
	var b strings.Builder
	tag(&b, "message", "type", "chat", "from", t.Recipient, "to", attr(trigger, "from"), "id", t.ID, "xml:lang", lang)
	body(&b, a.explain(t, lang))
	if a.Page != "" {
		b.WriteString(`<x xmlns="jabber:x:oob"><url>`)
		escape(&b, a.Page+t.ID)
		b.WriteString(`</url></x>`)
	}
	b.WriteString(`<captcha xmlns="` + CaptchaNamespace + `"><x xmlns="jabber:x:data" type="form">`)
	hidden(&b, "FORM_TYPE", CaptchaNamespace)
	hidden(&b, "from", to)
	hidden(&b, "challenge", t.ID)
	hidden(&b, "sid", attr(trigger, "id"))
	if a.Answers > 1 {
		hidden(&b, "answers", strconv.Itoa(a.Answers))
	}
	picture := a.picture(t)
	for _, p := range a.Kinds {
		a.field(&b, t, p, lang, picture)
	}
	b.WriteString(`</x></captcha>`)
	if len(picture) > 0 { // what clients would ask for comes along (XEP-0231 §2.2)
		b.WriteString(`<data xmlns="urn:xmpp:bob" type="image/jpeg" max-age="86400" cid="` + cid(picture) + `">`)
		b.WriteString(base64.StdEncoding.EncodeToString(picture) + `</data>`)
	}
	b.WriteString(`<no-store xmlns="urn:xmpp:hints"/></message>`)
	return b.String()
}

// field writes one of the fields to choose from.
func (a *Asker) field(b *strings.Builder, t *nospim.Trial, p nospim.Proof, lang string, picture []byte) {
	w := wordsIn(lang)
	open := func(label string) { tag(b, "field", "type", "text-single", "var", string(p), "label", label) }
	switch p {
	case nospim.ProofHashcash:
		open(a.Desk.Label(t))
	case nospim.ProofPicture:
		if len(picture) == 0 {
			return
		}
		open(w.picture)
		tag(b, "media", "xmlns", "urn:xmpp:media-element", "width", strconv.Itoa(nospim.PictureWidth), "height", strconv.Itoa(nospim.PictureHeight))
		uri(b, "image/jpeg", "cid:"+cid(picture))
		if a.Page != "" {
			uri(b, "image/jpeg", a.Page+t.ID+".jpg")
		}
		b.WriteString(`</media>`)
	case nospim.ProofAudio:
		if a.Page == "" {
			return
		}
		open(w.audio)
		b.WriteString(`<media xmlns="urn:xmpp:media-element">`)
		uri(b, "audio/x-wav", a.Page+t.ID+".wav")
		b.WriteString(`</media>`)
	case nospim.ProofQuestion:
		open(a.Desk.Question(t, lang))
	default: // work is for the page
		return
	}
	if slices.Contains(a.Required, p) {
		b.WriteString(`<required/>`)
	}
	b.WriteString(`</field>`)
}

// picture returns the picture, if one is offered and can be drawn.
func (a *Asker) picture(t *nospim.Trial) []byte {
	if !slices.Contains(a.Kinds, nospim.ProofPicture) {
		return nil
	}
	p, err := a.Desk.Picture(t)
	if err != nil {
		a.Log.Error("no picture for a challenge", "err", err)
	}
	return p
}

func hidden(b *strings.Builder, name, value string) {
	if value == "" {
		return
	}
	tag(b, "field", "type", "hidden", "var", name)
	b.WriteString(`<value>`)
	escape(b, value)
	b.WriteString(`</value></field>`)
}

func uri(b *strings.Builder, kind, address string) {
	tag(b, "uri", "type", kind)
	escape(b, address)
	b.WriteString(`</uri>`)
}

// cid names bits of binary (XEP-0231 §2.1).
func cid(data []byte) string {
	sum := sha1.Sum(data) //nolint:gosec // as above
	return "sha1+" + hex.EncodeToString(sum[:]) + "@bob.xmpp.org"
}

// language returns a stanza's xml:lang.
func language(attrs []xml.Attr) string {
	for _, a := range attrs {
		if a.Name.Local == "lang" && a.Name.Space != "" {
			return cut(a.Value, nospim.MaxShort)
		}
	}
	return ""
}

// response is an iq with the answers to a challenge.
type response struct {
	ID      string `xml:"id,attr"`
	From    string `xml:"from,attr"`
	To      string `xml:"to,attr"`
	Captcha struct {
		Form struct {
			Type   string `xml:"type,attr"`
			Fields []struct {
				Var    string   `xml:"var,attr"`
				Values []string `xml:"value"`
			} `xml:"field"`
		} `xml:"jabber:x:data x"`
	} `xml:"urn:xmpp:captcha captcha"`
}

// field returns the first value of a field.
func (r *response) field(name string) string {
	for _, f := range r.Captcha.Form.Fields {
		if f.Var == name && len(f.Values) > 0 {
			return strings.TrimSpace(f.Values[0])
		}
	}
	return ""
}

// Hear is the ear (see [Ears]) for answers to challenges: the result says that it was passed, not-acceptable that an answer is wrong,
// service-unavailable that there is no such challenge for this sender, or not any more (XEP-0158 §3.1.4).
func (a *Asker) Hear(ctx context.Context, e *nospim.Event) (answer string, heard bool) {
	var r response
	if err := xml.Unmarshal([]byte(e.Raw), &r); err != nil || r.ID == "" {
		return "", false
	}
	form, id := r.Captcha.Form.Type, r.field("challenge")
	if form != "submit" || id == "" || r.field("FORM_TYPE") != CaptchaNamespace {
		return r.refuse("modify", "bad-request"), true
	}
	err := a.answered(ctx, e, &r, id)
	switch {
	case err == nil:
		return r.pass(), true
	case errors.Is(err, nospim.ErrDenied):
		return r.refuse("cancel", "not-acceptable"), true
	case errors.Is(err, nospim.ErrNotFound), errors.Is(err, nospim.ErrConflict):
		return r.refuse("cancel", "service-unavailable"), true
	}
	a.Log.Error("an answer to a challenge could not be looked at", "event", e.ID, "err", err)
	return r.refuse("wait", "internal-server-error"), true
}

// answered has the answers looked at, if they are those of the one who was asked. What somebody else sends is not counted.
func (a *Asker) answered(ctx context.Context, e *nospim.Event, r *response, id string) error {
	t, err := a.Desk.Find(ctx, id)
	if err != nil {
		return err
	}
	to, _ := split(r.To)
	from, _ := split(r.field("from"))
	if e.Sender.ID != t.Sender || e.Service != t.Service || !strings.EqualFold(to, t.Recipient) || from != "" && !strings.EqualFold(from, t.Recipient) {
		return fmt.Errorf("a challenge of somebody else: %w", nospim.ErrNotFound)
	}
	answers := map[nospim.Proof]string{}
	for _, p := range a.Kinds {
		answers[p] = r.field(string(p))
	}
	return a.Desk.Answer(ctx, id, answers)
}

func (r *response) pass() string {
	var b strings.Builder
	tag(&b, "iq", "type", "result", "from", r.To, "to", r.From, "id", r.ID)
	b.WriteString(`</iq>`)
	return b.String()
}

func (r *response) refuse(kind, condition string) string {
	var b strings.Builder
	tag(&b, "iq", "type", "error", "from", r.To, "to", r.From, "id", r.ID)
	b.WriteString(`<error type="` + kind + `"><` + condition + ` xmlns="` + stanzas + `"/></error></iq>`)
	return b.String()
}

// heard tells a stranger what came of an answer in plain words. It speaks of a challenge, so that no server challenges it.
func (a *Asker) heard(e *nospim.Event, symbol string) string {
	root, err := (&reader{event: e, in: xml.NewDecoder(strings.NewReader(e.Raw))}).root()
	if err != nil || len(e.Recipients) != 1 {
		return ""
	}
	w := wordsIn(language(root.Attr))
	text := map[string]string{nospim.SymbolPassed: w.passed, nospim.SymbolFailed: w.failed}[symbol]
	if text == "" {
		return ""
	}
	var b strings.Builder
	tag(&b, "message", "type", "chat", "from", e.Recipients[0].ID, "to", attr(root.Attr, "from"), "xml:lang", language(root.Attr))
	body(&b, text)
	b.WriteString(`<answered xmlns="` + CaptchaNamespace + `#nospim"/><no-store xmlns="urn:xmpp:hints"/></message>`)
	return b.String()
}
