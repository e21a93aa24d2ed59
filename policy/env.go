package policy

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nospim/nospim"
)

// typ is the type of an expression.
type typ uint8

const (
	invalid typ = iota // a problem was noted; whatever is made of it is silent
	boolean
	number
	span // a duration, in seconds
	word // a text
)

func (t typ) String() string {
	return [...]string{"nothing", "true or false", "a number", "a duration", "a text"}[t]
}

// reads says what an expression looks at beside the event and its features.
type reads uint8

const (
	readsBody   reads = 1 << iota
	readsNow          // the clock
	readsFacts        // counters
	readsRaised       // signals
)

// name is something that an expression can read.
type name struct {
	typ   typ
	cond  func(*nospim.Look) bool
	num   func(*nospim.Look) float64
	str   func(*nospim.Look) string
	reads reads
	words []string // the only values that it can have
	about string
}

// unknownAge is how old, in seconds, an account is whose creation is not known: as old as a duration can say, so that "younger
// than" never holds of it.
var unknownAge = time.Duration(math.MaxInt64).Seconds()

// names are all that an expression can read. Nothing changes the table.
var names = map[string]name{
	"kind":        {typ: word, str: func(l *nospim.Look) string { return string(l.Event.Kind) }, words: kindWords(), about: "what was attempted"},
	"direction":   {typ: word, str: direction, words: []string{"in", "out", "local"}, about: "how it crosses the border of the service"},
	"relation":    {typ: word, str: relation, words: relationWords(), about: "how the recipient stands to the sender"},
	"protocol":    {typ: word, str: func(l *nospim.Look) string { return l.Event.Protocol }, about: "xmpp, matrix, …"},
	"service":     {typ: word, str: func(l *nospim.Look) string { return l.Event.Service }, about: "the protected service"},
	"room":        {typ: word, str: func(l *nospim.Look) string { return l.Event.Room }, about: "the room, \"\" outside rooms"},
	"addr":        {typ: word, str: func(l *nospim.Look) string { return l.Event.Addr }, about: "the sender's IP address, \"\" when not known"},
	"client":      {typ: word, str: func(l *nospim.Look) string { return l.Event.Client }, about: "the sender's client"},
	"body":        {typ: word, str: body, reads: readsBody, about: "the first 64 KiB of the text; \"\" when encrypted"},
	"invited_by":  {typ: word, str: func(l *nospim.Look) string { return l.Event.InvitedBy }, about: "whose invitation the sender brings along: an account, or the service's domain for the operator's; \"\" for none"},
	"encrypted":   {typ: boolean, cond: func(l *nospim.Look) bool { return l.Event.Encrypted }, about: "whether the text is ciphertext"},
	"count":       {typ: number, num: func(l *nospim.Look) float64 { return float64(l.Event.Count) }, about: "entries that a search or a roster read returned"},
	"wrote_first": {typ: boolean, cond: func(l *nospim.Look) bool { return l.Asked }, reads: readsFacts, about: "whether a stranger who is written to wrote first"},
	"stranger":    {typ: boolean, cond: func(l *nospim.Look) bool { return l.Event.Relation.Stranger() }, about: "whether the recipient has not accepted the sender"},

	"sender.id":          {typ: word, str: func(l *nospim.Look) string { return l.Event.Sender.ID }, about: "the sender's address"},
	"sender.name":        {typ: word, str: func(l *nospim.Look) string { return l.Event.Sender.Name }, about: "what the sender calls itself"},
	"sender.local":       {typ: boolean, cond: func(l *nospim.Look) bool { return l.Event.Sender.Local }, about: "whether the sender lives on the protected service"},
	"sender.minor":       {typ: boolean, cond: func(l *nospim.Look) bool { return l.Event.Sender.Minor }, about: "whether the sender is known to be a child or a young person"},
	"sender.affiliation": {typ: word, str: func(l *nospim.Look) string { return l.Event.Sender.Affiliation }, about: "anonymous, registered, member, admin, as the sender's service states"},
	"sender.age":         {typ: span, num: age, reads: readsNow, about: "how old the sender's account is; very old when not known"},
	"sender.age_known":   {typ: boolean, cond: func(l *nospim.Look) bool { return !l.Event.Sender.Created.IsZero() }, about: "whether the account's age is known"},

	"recipients":      {typ: number, num: func(l *nospim.Look) float64 { return float64(len(l.Event.Recipients)) }, about: "how many recipients"},
	"recipient.minor": {typ: boolean, cond: anyMinor, about: "whether any recipient is known to be a child or a young person"},
	"recipient.local": {typ: boolean, cond: anyLocal, about: "whether any recipient lives on the protected service"},

	"text.length":  {typ: number, num: textNumber(func(f *nospim.Features) int { return f.Length }), about: "characters of the text"},
	"text.letters": {typ: number, num: textNumber(func(f *nospim.Features) int { return f.Letters }), about: "letters and digits of the text"},
	"text.words":   {typ: number, num: textNumber(func(f *nospim.Features) int { return f.Words }), about: "words of the text"},

	"links": {typ: number, num: func(l *nospim.Look) float64 { return float64(len(l.Features.Links)) }, about: "how many different links"},
	"files": {typ: number, num: func(l *nospim.Look) float64 { return float64(len(l.Event.Files)) }, about: "how many files"},
	"hour":  {typ: number, num: func(l *nospim.Look) float64 { return float64(l.Now.UTC().Hour()) }, reads: readsNow, about: "hour of the day, UTC, 0 to 23"},
}

// functions are all that an expression can call: how they are written, and what they mean.
var functions = map[string]Word{
	"count":       {"count(by, window, condition)", number.String(), "events within the window, kept by a role or by [role, role]; the condition may be left out"},
	"distinct":    {"distinct(of, by, window, condition)", number.String(), "different values of a role within the window; the condition may be left out"},
	"duration":    {`duration("10m")`, span.String(), "a duration: s, m, h, d, w"},
	"len":         {"len(text)", number.String(), "characters of a text"},
	"fired":       {`fired("SYMBOL")`, boolean.String(), "whether a detector, or a rule that stands before this one, raised the symbol"},
	"labelled":    {`labelled("name", role)`, boolean.String(), "whether a label holds of the sender, or of the entity in the role if one is named; by rules and by people"},
	"link_domain": {`link_domain("x.example", …)`, boolean.String(), "whether a link leads to one of these domains or below"},
}

// Word is one name or function of the rule language, for the documents.
type Word struct {
	// Name is how it is written.
	Name string
	// Type is what it is, in words.
	Type string
	// About says what it means.
	About string
}

// Vocabulary lists the names and functions of the rule language by name.
func Vocabulary() []Word {
	var words []Word
	for n, v := range names {
		about := v.about
		if v.words != nil {
			about += ": " + oneOf(v.words)
		}
		words = append(words, Word{n, v.typ.String(), about})
	}
	for _, f := range functions {
		words = append(words, f)
	}
	slices.SortFunc(words, func(a, b Word) int { return strings.Compare(a.Name, b.Name) })
	return words
}

func direction(l *nospim.Look) string {
	if l.Event.Direction == "" {
		return string(nospim.Local)
	}
	return string(l.Event.Direction)
}

func relation(l *nospim.Look) string {
	if l.Event.Relation == "" {
		return string(nospim.RelationUnknown)
	}
	return string(l.Event.Relation)
}

// body returns what rules may see of the text. Ciphertext is not scored as text.
func body(l *nospim.Look) string {
	b := l.Event.Body
	switch {
	case l.Event.Encrypted:
		return ""
	case len(b) <= nospim.MaxBodyWhole:
		return b
	}
	end := nospim.MaxBodyWhole
	for end > nospim.MaxBodyWhole-utf8.UTFMax && !utf8.RuneStart(b[end]) {
		end--
	}
	return b[:end]
}

func age(l *nospim.Look) float64 {
	if age, ok := l.Age(); ok {
		return age.Seconds()
	}
	return unknownAge
}

func anyMinor(l *nospim.Look) bool {
	return slices.ContainsFunc(l.Event.Recipients, func(a nospim.Account) bool { return a.Minor })
}

func anyLocal(l *nospim.Look) bool {
	return slices.ContainsFunc(l.Event.Recipients, func(a nospim.Account) bool { return a.Local })
}

// textNumber reads a number of the text, which ciphertext does not have.
func textNumber(read func(*nospim.Features) int) func(*nospim.Look) float64 {
	return func(l *nospim.Look) float64 {
		if l.Event.Encrypted {
			return 0
		}
		return float64(read(l.Features))
	}
}

// relations are the relations by their index in the tables of a policy.
var relations = [...]nospim.Relation{
	nospim.RelationUnknown, nospim.RelationStranger, nospim.RelationPending,
	nospim.RelationContact, nospim.RelationBlocked, nospim.RelationSelf,
}

func relationWords() []string {
	var words []string
	for _, r := range relations {
		words = append(words, string(r))
	}
	return words
}

// relationIndex returns the relation's place in the tables; unset is unknown.
func relationIndex(r nospim.Relation) int { return max(0, slices.Index(relations[:], r)) }

// kinds are the kinds by their index in the tables of a policy, and back.
var (
	kinds   = nospim.Kinds()
	kindAts = func() map[nospim.Kind]int {
		at := make(map[nospim.Kind]int, len(kinds))
		for i, k := range kinds {
			at[k] = i
		}
		return at
	}()
)

func kindWords() []string {
	var words []string
	for _, k := range nospim.Kinds() {
		words = append(words, string(k))
	}
	return words
}
