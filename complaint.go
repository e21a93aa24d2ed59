package nospim

import "time"

// Labels of an account about which people of standing complain: enough of them that its messages to strangers are marked, and twice as
// many.
const (
	LabelReported     = "reported"
	LabelReportedMuch = "reported_much"
)

// Complaint is what somebody says of somebody's message, as it comes in and as it goes out.
type Complaint struct {
	// Reason is spam or abuse.
	Reason string
	// By is who says it, About of whom. By stays in the house: what goes out does not name it.
	By, About string
	// Refers is what the message is called, as the reporter says.
	Refers string
	// Text is what the reporter wrote about it, in the language Lang (RFC 5646).
	Text, Lang string
	// Origin and ThirdParty say to whom it may be told: to the service of the reported account, and to others (XEP-0377 §3).
	Origin, ThirdParty bool
	// Message is the wire form of what is reported, where it is known, and At when it was sent.
	Message string
	At      time.Time
}

// The reasons of a report that are known everywhere.
const (
	ReasonSpam  = "spam"
	ReasonAbuse = "abuse"
)

// ForwardToOrigin is the Text of an [OrderForward] whose recipient is a domain that has to be asked where it takes reports.
const ForwardToOrigin = "origin"
