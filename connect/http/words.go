package http

import (
	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// word describes a field of the API: what it is, at most how many bytes or elements, and which values it may have.
type word struct {
	text string
	most int
	enum []any
}

// words describe every field, by schema and name. A test fails when one is missing.
var words = map[string]word{
	"Event.id":         {"Unique for each service: stanza-id, event_id, ICBM cookie. The idempotency key: an event is judged once, however often it comes.", nospim.MaxID, nil},
	"Event.kind":       {"What was attempted.", 0, values(nospim.Kinds())},
	"Event.time":       {"When it happened.", 0, nil},
	"Event.protocol":   {"xmpp, matrix, oscar, irc, popup, or whatever the caller speaks.", nospim.MaxShort, nil},
	"Event.service":    {"The protected service, as a domain.", nospim.MaxShort, nil},
	"Event.direction":  {"How it crosses the border of the service. Absent means local.", 0, values([]nospim.Direction{nospim.In, nospim.Out, nospim.Local})},
	"Event.sender":     {"Who attempts it.", 0, nil},
	"Event.recipients": {"Who would receive it; none for registrations and log-ins.", nospim.MaxRecipients, nil},
	"Event.room":       {"The room it is said in.", nospim.MaxAccountID, nil},
	"Event.relation": {"How the recipient stands to the sender. Absent means unknown, which is treated like stranger.", 0, values([]nospim.Relation{
		nospim.RelationUnknown, nospim.RelationStranger, nospim.RelationPending, nospim.RelationContact, nospim.RelationBlocked, nospim.RelationSelf,
	})},
	"Event.addr":       {"The sender's IP address, without a port.", nospim.MaxShort, nil},
	"Event.client":     {"The sender's client.", nospim.MaxName, nil},
	"Event.body":       {"The text as the recipient would see it; of a request, the text that goes with it.", nospim.MaxBody, nil},
	"Event.links":      {"Targets that the wire form states outside the text.", nospim.MaxLinks, nil},
	"Event.files":      {"What is offered beside or instead of text.", nospim.MaxFiles, nil},
	"Event.encrypted":  {"The body is ciphertext: it is judged on behaviour alone.", 0, nil},
	"Event.refers":     {"The event replied to or complained about.", nospim.MaxID, nil},
	"Event.wire_id":    {"The id that the sender gave the message, by which clients know it: of a stanza, its id.", nospim.MaxID, nil},
	"Event.invited_by": {"Whose invitation the sender brings along, if the service issued it and it holds: that account, or the service's domain for the operator's.", nospim.MaxAccountID, nil},
	"Event.count":      {"How many entries a search or a roster read returned.", 0, nil},
	"Event.can":        {"The actions that the caller can enforce here; none means all.", len(nospim.Actions()), values(nospim.Actions())},
	"Event.observe":    {"Nothing will be enforced; it is judged all the same.", 0, nil},
	"Event.raw":        {"The wire form, kept while the event is held so that it can be delivered unchanged.", nospim.MaxRaw, nil},

	"Account.id":          {"The address without its device part: a bare JID, an MXID, a screen name.", nospim.MaxAccountID, nil},
	"Account.name":        {"What the account calls itself.", nospim.MaxName, nil},
	"Account.local":       {"The account lives on the protected service.", 0, nil},
	"Account.created":     {"When it was registered.", 0, nil},
	"Account.minor":       {"It is known to belong to a child or a young person.", 0, nil},
	"Account.affiliation": {"The standing that its own service states (XEP-0489): anonymous, registered, member, admin.", nospim.MaxShort, nil},

	"File.name": {"The name it is offered under.", nospim.MaxLink, nil},
	"File.type": {"Its media type.", nospim.MaxShort, nil},
	"File.size": {"Its size in bytes.", 0, nil},
	"File.url":  {"Where it could be had. It is never requested.", nospim.MaxLink, nil},

	"Verdict.event_id":    {"The event's id.", 0, nil},
	"Verdict.action":      {"What is to be enforced. From the weakest to the strongest.", 0, values(nospim.Actions())},
	"Verdict.wanted":      {"The action before can, observe and shadow limited it.", 0, values(nospim.Actions())},
	"Verdict.score":       {"The sum of the signals' scores, with at most three decimals.", 0, nil},
	"Verdict.required":    {"The score from which the policy holds a message of this relation.", 0, nil},
	"Verdict.signals":     {"What was noticed.", 0, nil},
	"Verdict.labels":      {"What later events will recall of entities, until it expires.", 0, nil},
	"Verdict.campaign":    {"The campaign it belongs to.", 0, nil},
	"Verdict.harm":        {"A harm identifier (Matrix MSC4456), such as spam.", 0, nil},
	"Verdict.tip":         {"Names the safety advice for the recipient.", 0, nil},
	"Verdict.retry_after": {"How many seconds the sender is to wait before trying again, when the action is throttle.", 0, nil},
	"Verdict.policy":      {"The hash of policy and model: sha256: and 64 hex digits.", 0, nil},
	"Verdict.degraded":    {"What failed or ran out of time while judging.", 0, nil},
	"Verdict.shadow":      {"The policy only watches: action is allow, wanted says what would have been done.", 0, nil},

	"Signal.symbol":   {"The symbol that fired (docs/symbols.md).", 0, nil},
	"Signal.score":    {"What it added.", 0, nil},
	"Signal.why":      {"A sentence for people. It never quotes the message.", 0, nil},
	"Signal.entities": {"What it speaks of, as kind:id.", 0, nil},

	"Label.entity": {"What is labelled, as kind:id.", 0, nil},
	"Label.name":   {"The label.", 0, nil},
	"Label.until":  {"When it fades.", 0, nil},

	"Problem.error":        {"What was wrong.", 0, nil},
	"ProblemError.code":    {"The kind of problem.", 0, codes()},
	"ProblemError.field":   {"The field that is wrong, such as recipients[3].id.", 0, nil},
	"ProblemError.limit":   {"The limit that was passed.", 0, nil},
	"ProblemError.message": {"What is wrong, for people.", 0, nil},

	"BatchLine.verdict": {"The verdict on the event of this line.", 0, nil},
	"BatchLine.error":   {"Why there is none.", 0, nil},
	"BatchLine.line":    {"The number of the line, from 1; beside an error.", 0, nil},

	"MongooseRequest.query":         {"The GraphQL document: one mutation that calls verifyMessage.", maxQuery, nil},
	"MongooseRequest.operationName": {"Which operation, when the document has several.", 0, nil},
	"MongooseRequest.variables":     {"The values of the document's variables.", 0, nil},

	"MongooseResponse.data":   {"verifyMessage with its action, ALLOW or BLOCK.", 0, nil},
	"MongooseResponse.errors": {"Why there is none.", 0, nil},

	"MongooseError.message":    {"What is wrong, for people. It quotes nothing of the message.", 0, nil},
	"MongooseError.extensions": {"The same for programs.", 0, nil},

	"MongooseProblem.code":  {"The kind of problem.", 0, codes()},
	"MongooseProblem.field": {"The argument or field that is wrong.", 0, nil},
	"MongooseProblem.limit": {"The limit that was passed.", 0, nil},

	"Status.status":   {"ok.", 0, nil},
	"Status.version":  {"The version of nospim.", 0, nil},
	"Status.degraded": {"What verdicts lack at this moment, as in a verdict; they are given all the same.", 0, nil},
}

// The codes of problems that are the request's, not the event's.
const (
	codeNotFound    = "not_found"
	codeMethod      = "method_not_allowed"
	codeUnsupported = "unsupported_media_type"
)

// codes lists the codes of problems.
func codes() []any {
	var all []any
	for c := range wire.Codes {
		all = append(all, wire.Code(c).String())
	}
	return append(all, codeNotFound, codeMethod, codeUnsupported)
}

// values lists words as JSON has them.
func values[T any](list []T) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = v
	}
	return all
}
