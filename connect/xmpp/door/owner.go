package door

import (
	"context"
	"encoding/xml"
	"errors"
	"log/slog"
	"strings"
	"unicode"

	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
)

// Owners is where owners say that what their accounts sent is their own: people.Owners.
type Owners interface {
	// Confirm releases what waits; nospim.ErrNotFound when nothing does, nospim.ErrDenied for the device that sent it.
	Confirm(ctx context.Context, service, account, device string) error
}

// Owner is the part of the door that hears "it was me": the answer of an owner whose account acted unlike itself.
type Owner struct {
	Owners  Owners
	Service string
	// Language is that of answers to who states none.
	Language string
	Log      *slog.Logger
}

// Disco implements [Part].
func (*Owner) Disco() ([]Identity, []string) { return nil, nil }

// Attend implements [Part].
func (*Owner) Attend(context.Context, *xmpp.Session) {}

// Handle implements [Part].
func (o *Owner) Handle(ctx context.Context, in *Stanza) (xml.TokenReader, bool) {
	from, err := jid.Parse(in.From)
	if err != nil || in.Name != "message" || in.Type == "error" || in.Type == "groupchat" || in.TooLarge ||
		from.Localpart() == "" || !strings.EqualFold(from.Domain().String(), o.Service) {
		return nil, false
	}
	var said struct {
		Body string `xml:"body"`
	}
	if err := in.Decode(&said); err != nil || !saysMine(said.Body) {
		return nil, false
	}
	lang := in.Lang
	if lang == "" {
		lang = o.Language
	}
	w := ownerWordsIn(lang)
	answer := w.done
	switch err := o.Owners.Confirm(ctx, o.Service, from.Bare().String(), from.Resourcepart()); {
	case errors.Is(err, nospim.ErrNotFound):
		answer = w.nothing
	case errors.Is(err, nospim.ErrDenied):
		answer = w.elsewhere
	case err != nil:
		o.Log.Error("an owner's word could not be taken", "err", err)
		answer = language(lang).failed
	}
	me, err := jid.Parse(in.To)
	if err != nil {
		return nil, true
	}
	return (&Door{Name: me.Domain().String()}).message(from, lang, answer), true
}

// Ask is the line that tells an owner how to answer, in a language.
func Ask(lang string) string { return ownerWordsIn(lang).ask }

// ownerWords are the part's words in one language.
type ownerWords struct{ said, ask, done, nothing, elsewhere string }

func ownerWordsIn(tag string) *ownerWords {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if w, ok := ownersWords[primary]; ok {
		return w
	}
	return ownersWords["en"]
}

// saysMine reports whether a text is the answer, in whichever language.
func saysMine(text string) bool {
	const long = 40
	if len(text) > long {
		return false
	}
	words := strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
	for _, w := range ownersWords {
		if words == w.said {
			return true
		}
	}
	return false
}

var ownersWords = map[string]*ownerWords{
	"en": {
		"it was me", "If it was you, answer \"it was me\" from another device than the one that sent it.",
		"Thank you. What waited is on its way.", "Nothing waits for your word.",
		"This is the device that sent it. Please answer from another one, or tell the people who run this service.",
	},
	"de": {
		"ich war es", "Wenn du es warst, antworte \"ich war es\" von einem anderen Gerät als dem, das es geschickt hat.",
		"Danke. Was gewartet hat, ist unterwegs.", "Nichts wartet auf dein Wort.",
		"Das ist das Gerät, das es geschickt hat. Bitte antworte von einem anderen, oder sag es denen, die diesen Dienst betreiben.",
	},
	"es": {
		"fui yo", "Si fuiste tú, responde \"fui yo\" desde otro dispositivo que el que lo envió.",
		"Gracias. Lo que esperaba está en camino.", "Nada espera tu palabra.",
		"Este es el dispositivo que lo envió. Responde desde otro, o díselo a quienes llevan este servicio.",
	},
	"fr": {
		"c était moi", "Si c'était vous, répondez \"c'était moi\" depuis un autre appareil que celui qui l'a envoyé.", //nolint:misspell // French
		"Merci. Ce qui attendait est en route.", "Rien n'attend votre parole.",
		"C'est l'appareil qui l'a envoyé. Répondez depuis un autre, ou dites-le à ceux qui gèrent ce service.",
	},
}
