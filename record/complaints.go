package record

import (
	"context"
	"time"

	"github.com/nospim/nospim"
)

// ComplaintSource says how a report reached nospim.
type ComplaintSource string

// The sources of reports.
const (
	// ByPerson is somebody of the protected service, through its server (XEP-0377) or at the door.
	ByPerson ComplaintSource = "person"
	// ByMark is somebody of the protected service who answers the mark on a message (XEP-0287).
	ByMark ComplaintSource = "mark"
	// ByForward is a report that another service forwards, ByIncident one in the form of XEP-0268. Of these only the forwarding domain is known.
	ByForward  ComplaintSource = "forwarded"
	ByIncident ComplaintSource = "incident"
)

// Proof says what nospim itself knows of what a report speaks of.
type Proof string

// The proofs.
const (
	// Proven: an event from the reported account to the reporter was judged here.
	Proven Proof = "proven"
	// Unproven: nothing is known of any.
	Unproven Proof = "unproven"
	// Void: it cannot be a report: about oneself, about nobody, or by somebody who is nobody here.
	Void Proof = "void"
)

// Outcome says what became of a report.
type Outcome string

// The outcomes. The empty one means that nobody decided.
const (
	Confirmed Outcome = "confirmed"
	Dismissed Outcome = "dismissed"
)

// Complaint is a report as it is kept: who says it of whom, and what it counts.
type Complaint struct {
	// ID is short and for people: r-12.
	ID      string          `json:"id"`
	Service string          `json:"service"`
	EventID string          `json:"event_id"` // of the report itself: once for each service
	Source  ComplaintSource `json:"source"`
	// By is the reporter's account; of a forwarded report, the domain that forwarded it. About is the reported account.
	By    string `json:"by"`
	About string `json:"about"`
	// Refers is the event that the report names, as the reporter names it, or the one that proves it where that is known.
	Refers string `json:"refers,omitempty"`
	Proof  Proof  `json:"proof"`
	// Reason is spam or abuse.
	Reason string `json:"reason,omitempty"`
	// Weight is what it counts, 0 to 1: 0 for what is void, beyond a limit, or said before.
	Weight float64 `json:"weight"`
	// Why says in words why it counts so much.
	Why     string    `json:"why,omitempty"`
	At      time.Time `json:"at"`
	Outcome Outcome   `json:"outcome,omitempty"`
}

// ComplaintFilter selects reports; zero fields select everything.
type ComplaintFilter struct {
	Service, By, About, ID string
	Since                  time.Time
	Limit                  int // 0: 1000
}

// AbuseContact is what a domain says about where it takes reports (XEP-0157), and when it was asked.
type AbuseContact struct {
	Domain string `json:"domain"`
	// Addresses are those that reports can be sent to; none means that there are none, and Problem says why.
	Addresses []string  `json:"addresses"`
	Problem   string    `json:"problem,omitempty"`
	Asked     time.Time `json:"asked"`
}

// Complaints is the part of a [Store] that keeps what people report.
type Complaints interface {
	// PutComplaint keeps a report, once for each service and event: added says whether it was not there. Audited in the same
	// transaction when it was added.
	PutComplaint(ctx context.Context, c *Complaint) (added bool, err error)
	// Complaints lists reports, the newest first.
	Complaints(ctx context.Context, f ComplaintFilter) ([]Complaint, error)
	// DecideComplaint says whether a report was right; nospim.ErrNotFound when there is none. Audited in the same transaction.
	DecideComplaint(ctx context.Context, id string, o Outcome, by, reason string) error
	// Instruct makes an order, once for each service, EventID and what is to be done, unless so many of the kind were made for the
	// service within a time already. Of the order, Do, Service, EventID, Raw, Sender, Recipients and Text are read; Raw is
	// deleted when it is acknowledged, or has failed. It reports whether it made the order; audited in the same transaction if so.
	Instruct(ctx context.Context, o nospim.Order, most int, within time.Duration, by, reason string) (made bool, err error)
	// PutAbuseContact keeps what a domain said last. AbuseContacts lists them all, by domain.
	PutAbuseContact(ctx context.Context, c AbuseContact) error
	AbuseContacts(ctx context.Context) ([]AbuseContact, error)
}
