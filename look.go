package nospim

import (
	"fmt"
	"slices"
	"time"
)

// Features are what text and link derive from one event, without I/O. They are kept with the record, the body is not.
type Features struct {
	// Length is the number of characters (runes) of the body.
	Length int `json:"length,omitempty"`
	// Letters is how many of them are letters or digits.
	Letters int `json:"letters,omitempty"`
	// Words is the number of words of the normal form.
	Words int `json:"words,omitempty"`
	// Text is the fingerprint of the normal form: 64 bits, 0 when there is no text. Equal normal forms have equal fingerprints.
	Text uint64 `json:"text,omitempty"`
	// Turn is a fingerprint of the words that carry meaning: 32 bits, 0 when there is no text. Texts whose words are the same, or
	// words for the same thing, have equal ones whatever their order, names, numbers and links; those that share most of their words
	// agree in most of its eight places of four bits.
	Turn uint32 `json:"turn,omitempty"`
	// Language is the language, as far as it can be told on the path of a message: "en" for words of common English, otherwise
	// the script: latin, cyrillic, greek, arabic, hebrew, han, kana, hangul, other; empty when there is too little text.
	Language string `json:"language,omitempty"`
	// Copy is by what campaigns know the text; 0 when it says too little, or is of no interest to them.
	Copy CampaignID `json:"copy,omitempty"`
	// Normal is the normal form. It is never kept or logged, and valid only while the event is judged.
	Normal []byte `json:"-"`
	// Links are the links that a person would click or type, in canonical form, each once.
	Links []Link `json:"links,omitempty"`
	// Cut says that the body was longer than MaxBodyWhole and judged by head and tail.
	Cut bool `json:"cut,omitempty"`
	// Disguise counts the spelling tricks that were undone.
	Disguise Disguise `json:"disguise,omitzero"`
	// Parts counts what a person would point at.
	Parts Parts `json:"parts,omitzero"`
	// Decoy says that a recipient is one of the operator's decoys.
	Decoy bool `json:"decoy,omitempty"`
}

// Disguise counts spelling tricks that an honest text has no use for. Counts stop at 65,535.
type Disguise struct {
	// Mixed are words with look-alike letters of another script.
	Mixed uint16 `json:"mixed,omitempty"`
	// Hidden are invisible characters inside words, Bidi characters that turn the direction of a text that has one only, Tags
	// invisible copies of ASCII.
	Hidden uint16 `json:"hidden,omitempty"`
	Bidi   uint16 `json:"bidi,omitempty"`
	Tags   uint16 `json:"tags,omitempty"`
	// Styled are words in mathematical, circled or other ornamental letters.
	Styled uint16 `json:"styled,omitempty"`
	// Piled are words with combining marks that no spelling has, Accents accented letters in a text whose accents no language has.
	Piled   uint16 `json:"piled,omitempty"`
	Accents uint16 `json:"accents,omitempty"`
	// Leet are words with digits or signs for letters, Spaced words taken apart by spaces or signs.
	Leet   uint16 `json:"leet,omitempty"`
	Spaced uint16 `json:"spaced,omitempty"`
	// Repeated are words with a letter three times or more in a row, which people write, too.
	Repeated uint16 `json:"repeated,omitempty"`
}

// Parts counts the words, phrases and numbers of a text that a person would point at. Counts stop at 65,535.
type Parts struct {
	Money      uint16 `json:"money,omitempty"`      // earnings, prices, loans
	Urgency    uint16 `json:"urgency,omitempty"`    // now, or else
	Credential uint16 `json:"credential,omitempty"` // passwords, codes, card numbers
	SignUp     uint16 `json:"sign_up,omitempty"`    // make a login, it is free
	Webcam     uint16 `json:"webcam,omitempty"`     // adult and webcam lures
	Prize      uint16 `json:"prize,omitempty"`      // you have won
	Crypto     uint16 `json:"crypto,omitempty"`     // coins, trading
	Gambling   uint16 `json:"gambling,omitempty"`   // casinos, bets
	Job        uint16 `json:"job,omitempty"`        // work from home
	Contact    uint16 `json:"contact,omitempty"`    // write to me elsewhere
	Click      uint16 `json:"click,omitempty"`      // go there, click, install
	Malware    uint16 `json:"malware,omitempty"`    // your computer is infected
	Threat     uint16 `json:"threat,omitempty"`     // your account, your parcel, a fine
	Pharma     uint16 `json:"pharma,omitempty"`     // pills, replicas
	Amount     uint16 `json:"amount,omitempty"`     // a sum of money
	Phone      uint16 `json:"phone,omitempty"`      // a telephone number
	Name       uint16 `json:"name,omitempty"`       // @name
	Wallet     uint16 `json:"wallet,omitempty"`     // an address of coins
	Doubt      uint16 `json:"doubt,omitempty"`      // is that really you? were you hacked?
	Plea       uint16 `json:"plea,omitempty"`       // lend me something: my wallet is gone, my card is blocked
	Approach   uint16 `json:"approach,omitempty"`   // are you alone? our little secret, do not tell your parents
	Picture    uint16 `json:"picture,omitempty"`    // is this you in this photo?
}

// Link is a link in canonical form. It is never requested.
type Link struct {
	// URL is the canonical form, without fragment.
	URL string `json:"url"`
	// Host is the host in lower case ASCII (IDNA), or the IP address.
	Host string `json:"host"`
	// Domain is the registrable domain by the public suffix list, or the IP address.
	Domain string `json:"domain"`
	// Flags say how the link was written: the bits of link.Flags that the canonical form does not show.
	Flags uint16 `json:"flags,omitempty"`
	// Raw is the link as it was written, with user information and fragment. Like Normal it is never kept or logged, and valid
	// only while the event is judged.
	Raw string `json:"-"`
}

// CounterKind says how a counter adds up.
type CounterKind uint8

// The kinds of counter.
const (
	// Count counts events.
	Count CounterKind = iota + 1
	// Distinct counts different values of a role: exact while few, estimated when many (room memory states the error).
	Distinct
	// Recent keeps the newest values of a role, with their times (room memory states how many): see Fact.Recent. An event that has
	// no value of the role is not noted.
	Recent
	// Average is the mean of a role that is a number, of late more than of old.
	Average
	// Labelled tells whether the entity bears the label that the counter's name says. It is noted by verdicts and by people, not
	// by events. It is kept by one role: sender, recipient, addr, network, room, link, domain, service or text.
	Labelled
)

// Role names a part of an event that a counter is kept by or counts.
type Role uint8

// The roles. Recipient, Link and Domain can have many values in one event.
const (
	RoleNone Role = iota
	RoleSender
	RoleRecipient
	// RolePair is sender and recipient, in this order.
	RolePair
	// RolePairBack is recipient and sender: the pair of an answer. A counter by it recalls what the other side did.
	RolePairBack
	// RoleText is the text fingerprint.
	RoleText
	RoleLink
	RoleDomain
	RoleAddr
	// RoleNetwork is the /24 of an IPv4 address, the /48 of an IPv6 address.
	RoleNetwork
	RoleService
	RoleRoom
	// RoleStem is the sender's local name without digits and other decoration: the template of generated names.
	RoleStem
	// RoleClient is the sender's client.
	RoleClient
	// RoleTurn is the text without what changes from copy to copy: names, numbers, links, and words for the same thing.
	RoleTurn
	// RoleSize is the number of characters of the body, RoleEntries the number of entries that a search or a read-out returned.
	// They are numbers, not hashes, and every event has them.
	RoleSize
	RoleEntries
	// RoleLanguage is Features.Language, where it can be told.
	RoleLanguage
	// RoleHour is the hour of the day, 0 to 23, in UTC. Every event has it.
	RoleHour
	// RoleRelation is how the recipient stands to the sender, as Relation.Number; RoleKind the kind of event, as Kind.Number. Every
	// event has them.
	RoleRelation
	RoleKind
	// RolePlace is the sender's network and client together, as far as they are known: where and with what somebody is just now. Every
	// event has it.
	RolePlace
	// RoleTemplate is the pattern of the sender's local name at a registration: its first letters, and the order of letters, digits
	// (how many) and signs after them: nina_cam123 and nina_pix456 are one. RoleShape is that order alone, without how many digits;
	// names that mix letters and digits as no person does are all of one shape.
	RoleTemplate
	RoleShape
	// RoleHouse is where one customer of a network is, at a registration: an IPv4 address, the /64 of an IPv6 address.
	RoleHouse
	// RoleInviter is whose invitation the sender brings along.
	RoleInviter
)

// roleNames are the words of the roles in policies and documents, by value.
var roleNames = [...]string{
	"", "sender", "recipient", "pair", "pair_back", "text", "link", "domain", "addr", "network", "service", "room", "stem", "client",
	"turn", "size", "entries", "language", "hour", "relation", "kind", "place",
	"template", "shape", "house", "inviter",
}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// ParseRole returns the role that a word names, RoleNone when it names none.
func ParseRole(s string) Role {
	for i, n := range roleNames {
		if n == s {
			return Role(i)
		}
	}
	return RoleNone
}

// Counter declares something to be remembered of events and recalled for later ones. All counters of all detectors and
// rules are recalled in one call and noted in one call.
type Counter struct {
	// Name is the counter's identity together with Kind, Of and Window: counters that agree in these share one memory. So a
	// counter by recipient can be recalled by sender under the same name: what others did to this account. Those that agree in By,
	// too, are one: their When must be the same named function, or Never.
	Name string
	Kind CounterKind
	// Of is what Distinct counts, what Recent keeps, or what Average is the mean of. With is what Recent keeps beside it.
	Of, With Role
	// By is what the counter is kept by; RoleNone leaves a place empty. A role with many values keeps one counter for each.
	By [2]Role
	// Only lists the kinds of event at which it is noted and recalled; nil means every kind. At other kinds its fact is zero.
	Only []Kind
	// Window is how far back it reaches, 1 second to 90 days. It slides in steps of an eighth.
	Window time.Duration
	// When says which events are noted; nil means every event. It must not read the body: counters are rebuilt from records,
	// which have none. It sees Event and Features only.
	When func(*Look) bool
	// On is a symbol: of the events that When lets through, only those whose verdict bears it are noted. Its fact is then without this
	// event's own. So detectors remember what they found. Empty means every event.
	On string
	// Delivered says that of these only those are noted that reached whom they were for: their verdict's action is below Hold. Its fact,
	// too, is without this event's own.
	Delivered bool
	// If says at which events its fact is looked at, beside those that are noted; nil means at every event. At others it is not
	// recalled, which spares time, and its fact is zero. It sees what When sees.
	If func(*Look) bool
}

// Fact is what was recalled for one counter: its state as it is with this event noted (if its When holds).
type Fact struct {
	// N is the count or the number of distinct values in the window; of a role with many values, the largest.
	N float64
	// First and Last are when the counter's entity was first and last noted before this event, in Unix milliseconds; 0 means never
	// within what is remembered.
	First, Last int64
	// Recent are the newest values of a Recent counter, oldest first, without this event's own. A counter that is kept by a role
	// with many values has those of the first.
	Recent []Item
	// Own is what this event is, or would be, among the items of a Recent counter.
	Own Item
}

// Item is one value that a Recent counter kept. A hash is 32 bits of the role's value, equal within one installation; a number is
// itself, and 0 is nothing.
type Item struct {
	At       int64 // Unix milliseconds
	Of, With uint32
}

// Listed is an entry of a list that the event matches: of the operator's own, or of lists from elsewhere.
type Listed struct {
	Entry  ListEntry
	Entity Entity
	// From names the lists from elsewhere that have it; empty for the operator's own. Weight is that of the heaviest of them, above 0
	// to 1. Strangers says that they advise to stop first contacts only.
	From      string
	Weight    float64
	Strangers bool
}

// Look is what a detector or a rule looks at: the event, its features and what was recalled. It is reused; keep nothing of it.
type Look struct {
	Event    *Event
	Features *Features
	// Facts are the recalled values of the looker's own counters, in the order in which it declared them.
	Facts []Fact
	// Listed are the entries that match, of the operator's lists and of those from elsewhere.
	Listed []Listed
	// Now is the event's time, or the time of receipt when the event's own is not credible.
	Now time.Time
	// Asked says that a stranger who is written to wrote first: before this sender ever wrote to it.
	Asked bool
	// Campaign is what the message is a copy of, with it added; nil when nothing like it is known. Invited says that it is an
	// answer: the recipient wrote to the sender first, or has written and gets no link.
	Campaign *Campaign
	Invited  bool
	// Links are the uses of places in those of the event's links that others got before, from its campaign or its sender.
	Links []LinkUse

	// Spim is the probability that the learned filter as it was shipped gives to the text; 0 when it was not asked. The detector
	// that asks it sets it.
	Spim float64
	// Wait is how long the sender should wait if it is throttled; 0 when nobody has said. Detectors say it by [Look.Slow].
	Wait time.Duration
	// Raised are the signals so far. Score holds the detector's factor until the policy weighs it.
	Raised []Signal
	named  []Entity // what Raised speaks of, one after the other
}

// Reset makes a look ready for another event, in the memory of the last one.
func (l *Look) Reset(e *Event, f *Features, now time.Time) {
	*l = Look{Event: e, Features: f, Now: now, Raised: l.Raised[:0], Listed: l.Listed[:0], named: l.named[:0]}
}

// Never is the When of a counter that is only recalled: another counter of the same name notes.
func Never(*Look) bool { return false }

// Raise adds a signal. Factor scales the symbol's weight (1 = as it is). Why is a sentence for people that never quotes the message.
func (l *Look) Raise(symbol string, factor float64, why string, entities ...Entity) {
	from := len(l.named)
	l.named = append(l.named, entities...)
	l.Raised = append(l.Raised, Signal{Symbol: symbol, Score: factor, Why: why, Entities: slices.Clip(l.named[from:])})
}

// Slow asks that a sender who is throttled waits at least so long. It throttles nobody: that is the policy's business.
func (l *Look) Slow(wait time.Duration) { l.Wait = max(l.Wait, wait) }

// Age returns how old the sender's account is; ok is false when that is not known.
func (l *Look) Age() (age time.Duration, ok bool) {
	if l.Event.Sender.Created.IsZero() {
		return 0, false
	}
	return max(0, l.Now.Sub(l.Event.Sender.Created)), true
}
