package nospim

import (
	"context"
	"time"
)

// Record is an event with what the detectors saw and the verdict: enough to replay.
//
// The record of a plain allow has neither body nor wire form. The record of a hold has both until it is settled.
type Record struct {
	Event    Event     `json:"event"`
	Features Features  `json:"features"`
	Verdict  Verdict   `json:"verdict"`
	Kept     time.Time `json:"kept"`
}

// HoldState says where a held message stands.
type HoldState string

// The states of a held message. Held becomes released or refused once, by compare-and-set; released becomes delivered when the
// connector acknowledges the order.
const (
	HoldHeld      HoldState = "held"
	HoldReleased  HoldState = "released"
	HoldDelivered HoldState = "delivered"
	HoldRefused   HoldState = "refused"
	HoldExpired   HoldState = "expired"
)

// Held is a message that waits with nospim.
type Held struct {
	// ID is short and for people: h-12.
	ID      string    `json:"id"`
	State   HoldState `json:"state"`
	Event   Event     `json:"event"`
	Verdict Verdict   `json:"verdict"`
	Since   time.Time `json:"since"`
	// Settled, By and Reason say when, by whom and why it was released or refused.
	Settled time.Time `json:"settled,omitzero"`
	By      string    `json:"by,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// OrderDo says what a connector is to do later, after its verdict.
type OrderDo string

// The orders.
const (
	OrderDeliver   OrderDo = "deliver"
	OrderRetract   OrderDo = "retract"
	OrderRestrict  OrderDo = "restrict"
	OrderChallenge OrderDo = "challenge"
	OrderNotify    OrderDo = "notify"
	// OrderForward sends what is in Raw to Recipients, addresses or domains, as a report about Sender. OrderThank thanks Sender for a
	// report, in the language that Text names. Both are the door's.
	OrderForward OrderDo = "forward"
	OrderThank   OrderDo = "thank"
)

// Order is something that a connector is told to do. It is sent until it is acknowledged; connectors do an order once by its ID.
type Order struct {
	// ID is unique and sorts in the order of giving: o-000000000012.
	ID      string  `json:"id"`
	Do      OrderDo `json:"do"`
	Service string  `json:"service"`
	// EventID names the event it speaks of.
	EventID string `json:"event_id,omitempty"`
	// Raw is what to deliver in its wire form: a held message, or what a connector's protocol makes of any other order. There may
	// be several, one after the other.
	Raw string `json:"raw,omitempty"`
	// WireID is that of the event.
	WireID string `json:"wire_id,omitempty"`
	// Sender and Recipients are those of the event.
	Sender     string   `json:"sender,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	// Text is what to tell, for notify and restrict.
	Text string `json:"text,omitempty"`
}

// Orders hands orders to connectors.
type Orders interface {
	// Watch calls send for every outstanding order of a service, oldest first, then for every new one, until ctx ends or send
	// fails. An order that was sent and not acknowledged is sent again by the next Watch.
	Watch(ctx context.Context, service string, send func(Order) error) error
	// Ack says that an order was carried out, or with a failure why it could not be. Acknowledging twice is no error.
	Ack(ctx context.Context, id, failure string) error
}

// ListKind says what a list entry names.
type ListKind string

// The kinds of list entry.
const (
	ListAccount ListKind = "account" // nina@chat.example, or *@chat.example for a whole domain of accounts
	ListDomain  ListKind = "domain"  // of links: x.example and everything below it
	ListLink    ListKind = "link"    // one link, in any spelling
	ListText    ListKind = "text"    // one text, in any spelling that normalises to the same
	ListAddr    ListKind = "addr"    // an IP address or a CIDR range
	// ListDecoy is an account that exists only to be found: nobody knows it, so whoever turns to it has read it out of a directory
	// or guessed it. It is neither allowed nor blocked, and never leaves the house (see [ListEntry.Secret]).
	ListDecoy ListKind = "decoy"
)

// ListKinds returns every kind of list entry.
func ListKinds() []ListKind {
	return []ListKind{ListAccount, ListDomain, ListLink, ListText, ListAddr, ListDecoy}
}

// ListEntry is one line of the operator's lists. Allow wins over block.
type ListEntry struct {
	Kind ListKind `json:"kind"`
	// Value is in the kind's normal form. Of a text, it is the fingerprint in hex: the text itself is not kept.
	Value string `json:"value"`
	// Allow is true for the allow list, false for the block list.
	Allow bool `json:"allow"`
	// Service limits the entry to one service; empty means all.
	Service string    `json:"service,omitempty"`
	Note    string    `json:"note,omitempty"`
	Added   time.Time `json:"added"`
	By      string    `json:"by,omitempty"`
	// Until is when the entry ends; zero means never.
	Until time.Time `json:"until,omitzero"`
	// Publish says that others who follow our lists are told of a block. An allow entry and a decoy are never published.
	Publish bool `json:"publish,omitempty"`
}

// Over reports whether an entry has ended.
func (e *ListEntry) Over(now time.Time) bool { return !e.Until.IsZero() && !now.Before(e.Until) }

// Secret reports whether an entry must stand in no export: a decoy that spammers know is none.
func (e *ListEntry) Secret() bool { return e.Kind == ListDecoy }
