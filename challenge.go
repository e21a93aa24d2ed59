package nospim

import "time"

// Trial is one challenge to one stranger, who is to prove something before somebody gets what the stranger sent: that a person is
// there, or a machine that spends work on this one contact.
type Trial struct {
	// ID is 128 random bits in hex. Who knows it was asked, or was handed it by who was asked.
	ID string `json:"id"`
	// Sender is asked, because Event was sent to Recipient of Service. The event waits.
	Service   string `json:"service"`
	Sender    string `json:"sender"`
	Recipient string `json:"recipient"`
	Event     string `json:"event"`
	// Made and Until are from when to when it can be answered.
	Made  time.Time `json:"made"`
	Until time.Time `json:"until"`
	// Tries is how many answers were given that could have been guessed; Passed is when a right one came, zero before that.
	Tries  int       `json:"tries,omitempty"`
	Passed time.Time `json:"passed,omitzero"`
}

// Proof is a kind of answer to a challenge. Those that XEP-0158 has bear the names of its form fields.
type Proof string

// The kinds of proof, from the one that asks least of people.
const (
	// ProofHashcash is a text that begins with the address first written to, and whose SHA-256 ends in given bits (XEP-0158 §5.2).
	ProofHashcash Proof = "SHA-256"
	// ProofWork is the same for a web page: a number that was found by trying, in the format of ALTCHA. It counts as ProofHashcash.
	ProofWork Proof = "altcha"
	// ProofPicture and ProofAudio are digits that are seen in a picture, or heard.
	ProofPicture Proof = "ocr"
	ProofAudio   Proof = "audio_recog"
	// ProofQuestion answers a question in words. Programs can do that; it keeps away only who did not reckon with a question.
	ProofQuestion Proof = "qa"
)

// Puzzle is work for a browser, in the format of ALTCHA (v1): to find the number of at most MaxNumber whose SHA-256, behind the salt,
// is Challenge.
type Puzzle struct {
	Algorithm string `json:"algorithm"` // SHA-256
	Challenge string `json:"challenge"` // hex
	// Salt ends in its parameters, ?expires=UNIX&trial=ID&: the last delimiter keeps digits of the number from being read as theirs.
	Salt      string `json:"salt"`
	Signature string `json:"signature"` // hex HMAC-SHA256 of Challenge
	MaxNumber int    `json:"maxnumber"`
}

// The size of the picture, in pixels.
const (
	PictureWidth  = 300
	PictureHeight = 100
)

// LabelProved is the label of a pair, sender first, whose sender passed a challenge for the recipient.
const LabelProved = "proved"

// LabelOwnerConfirmed is the label of an account whose owner said that the messages are its own: for as long, nothing is held because it
// acts unlike itself.
const LabelOwnerConfirmed = "owner_confirmed"

// Symbols of the one signal of a verdict on a message that was taken as the answer to a challenge, and so is dropped.
const (
	SymbolPassed = "CHALLENGE_PASSED"
	SymbolFailed = "CHALLENGE_FAILED"
)
