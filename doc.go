// Package nospim holds the words of the house: what happens on an instant messaging service ([Event]), what was noticed
// ([Signal]), what is to be done ([Action]) and the answer to it all ([Verdict]). It imports only the standard library, and
// every other room imports it.
//
// Read in this order: [Event] is one attempt as a connector saw it. [Features] are what its text and links say. [Counter]
// declares what is remembered and [Fact] is what was recalled. A detector gets a [Look] and raises signals; the policy turns
// them into a [Verdict]. [Judge] is all of that as one verb, used as net/http uses Handler. [Record] is what stays, [Held] is
// a message that waits, an [Order] tells a connector to do something later.
//
// SPIM is spam over instant messaging. The terms are those of the field: symbol, score and required as in Rspamd; entity,
// label and verdict as in Osprey; harm identifiers as in Matrix MSC4456.
package nospim
