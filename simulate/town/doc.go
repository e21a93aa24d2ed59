// Package town is the large lab: a town of people who live their days on an instant messaging service, and those who prey on
// them, as one stream of labelled events in the order of time.
//
// [New] settles a [Town] from [Options]; [Town.Events] plays it. Each event comes with its [Truth], which no judge sees: spam
// or ham, the part that the sender plays, and of attacks the incident. docs/simulate.md lists roles, attacks and fields.
//
// It is a discrete-event simulation: whoever does something is a process that acts at a moment, emits at most a few events and
// puts its next moment into one queue. Every process draws from a generator of its own, seeded by the town's seed and the
// process's name, so that the same options make the same bytes, and adding an attack changes little of what people do
// otherwise. Nothing here sees a verdict: people answer, accept and go on as if everything had been delivered.
//
// What people do follows what was measured in licensed chats (typing pauses, bursts, heavy tails; see pace.go); what they say
// is spliced from lines of such chats (data/README.md), so that texts repeat about as rarely as people's do. Attackers' texts
// are made up, not explicit, and link nowhere: hosts are under .example, .test and .invalid (RFC 2606), addresses are from
// blocks for benchmarks, documentation and carriers (RFC 2544, RFC 3849, RFC 6598).
package town
