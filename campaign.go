package nospim

import (
	"strings"
	"time"
)

// Sketch is what a text looks like from afar, by which near-duplicates are found: room text makes it, and says there what it is
// made of. Conversions between the two types are free.
type Sketch struct {
	Sim uint64
	Min [32]uint16
	N   uint8
}

// CampaignID names a campaign: 50 bits, salted, so that nobody can tell from it what was written. Each text has one of its own,
// and a campaign bears that of its oldest text; those of its other texts stay aliases. 0 is none.
type CampaignID uint64

// campaignBits is how much of a hash a CampaignID keeps: ten characters.
const campaignBits = 50

// NewCampaignID makes an ID of a salted hash. It is never 0.
func NewCampaignID(hash uint64) CampaignID { return CampaignID(max(1, hash>>(64-campaignBits))) }

// crockford leaves out the letters that people mistake for digits.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// String returns "c-" and ten letters and digits, and "" for none.
func (c CampaignID) String() string {
	if c == 0 {
		return ""
	}
	var b [2 + campaignBits/5]byte
	b[0], b[1] = 'c', '-'
	for i := len(b) - 1; i > 1; i-- {
		b[i] = crockford[c&31]
		c >>= 5
	}
	return string(b[:])
}

// MarshalText writes what String returns.
func (c CampaignID) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *CampaignID) UnmarshalText(b []byte) (err error) {
	*c = 0
	if len(b) > 0 {
		*c, err = ParseCampaignID(string(b))
	}
	return err
}

// ParseCampaignID reads what String wrote. The error is an [ErrInvalid].
func ParseCampaignID(s string) (CampaignID, error) {
	var c CampaignID
	digits, ok := strings.CutPrefix(s, "c-")
	for i := range len(digits) {
		d := strings.IndexByte(crockford, digits[i])
		ok = ok && d >= 0
		c = c<<5 | CampaignID(d&31)
	}
	if !ok || len(digits) != campaignBits/5 || c == 0 {
		return 0, &InputError{Field: "campaign", Problem: "is no ID of a campaign, such as c-3vq2m8x0kd"}
	}
	return c, nil
}

// Standing is what was decided about a campaign.
type Standing string

// The standings. A campaign that nobody decided about has none.
const (
	Condemned Standing = "condemned"
	Spared    Standing = "spared"
	// Undecided says that a decision was taken back: what is seen decides again.
	Undecided Standing = "undecided"
)

// Campaign is near-identical events from any number of senders, as it is with the present event added. The counts of the window
// are those of [CampaignWindow]; different people are exact up to 64 and estimated above, with a standard error of 13 %.
type Campaign struct {
	ID CampaignID `json:"id"`
	// Copies and Stopped count all copies since First, Texts how many wordings of them are remembered.
	Copies  int `json:"copies"`
	Stopped int `json:"stopped"`
	Texts   int `json:"texts"`
	// Recent are the copies in the window, Hour those of them in the last hour or a little more: its growth. Cold went to strangers
	// who had not written first, Warm to contacts; Held are those that were stopped.
	Recent int `json:"recent"`
	Hour   int `json:"hour"`
	Cold   int `json:"cold"`
	Warm   int `json:"warm"`
	Held   int `json:"held"`
	// Linked are the copies in the window that have a link.
	Linked int `json:"linked"`
	// Senders, People and Strangers are how many different senders, recipients, and recipients of Cold copies the window has.
	Senders   int `json:"senders"`
	People    int `json:"people"`
	Strangers int `json:"strangers"`
	// Domains are the different domains of its links, up to 16.
	Domains int `json:"domains"`
	// First and Last are when the first and the last copy were sent.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Standing is what a person decided about it.
	Standing Standing `json:"standing,omitempty"`
}

// CampaignWindow is how far back a campaign's counts reach. It slides in steps of an eighth.
const CampaignWindow = 24 * time.Hour

// Condemned reports whether what was seen, or a person, condemns the campaign, so that its copies are stopped and those delivered
// are called back: at least ten copies in the window were stopped, and of those to strangers three in four. Copies among contacts
// do not condemn, and a person's word goes before all of it.
func (c *Campaign) Condemned() bool {
	const least = 10
	if c.Standing == Condemned || c.Standing == Spared {
		return c.Standing == Condemned
	}
	return c.Held >= least && c.Strangers >= least/2 && 4*c.Held >= 3*max(c.Cold, 1) && c.Cold > c.Warm
}

// SlotUse is what was seen of one place in links that one campaign or one sender sent to several people. Each person counts
// once, with the first value that they got.
type SlotUse struct {
	// Slot is a hash of the place's name (see link.Slot), equal within one installation.
	Slot uint32
	// Recipients is how many different people got a link, Distinct how many different values they got.
	Recipients, Distinct int
	// Repeats is how many people got a link again, all with the value of the first; Changes how many got another value.
	Repeats, Changes int
	// Bits is how much the values can tell apart at most: the length of the shortest times the bits of its alphabet.
	Bits float64
	// Rising says that the values are numbers that grow with the time of sending, Timely that each is a time within a day of it.
	Rising, Timely bool
	// Value is the hash of the present event's value.
	Value uint32
}

// LinkUse is what was seen of the links that are built like one of the present event's.
type LinkUse struct {
	// Link is which of Features.Links.
	Link  int
	Slots []SlotUse
}

// TrackingCode is a place in links that may tell who clicked: what was counted, and what follows from it. See room link for the
// labels and the statistics.
type TrackingCode struct {
	// Link is which of Features.Links, Slot a hash of the place in it.
	Link int    `json:"link"`
	Slot uint32 `json:"slot"`
	// Label is identity-encoded, unique-per-recipient, probable, per-message, timestamp, varies, shared or unknown.
	Label string `json:"label"`
	// Strip says that it is to be left out where a link is shown or shared. It is decided apart from the label.
	Strip bool `json:"strip"`
	// N people, D different values, Collisions people whose value somebody had before them.
	N          int `json:"n"`
	D          int `json:"d"`
	Collisions int `json:"collisions"`
	// Bound is the number of variants that there are at least, with 95 % confidence; P how probable what was seen would be if the
	// values were no codes.
	Bound float64 `json:"bound"`
	P     float64 `json:"p"`
}
