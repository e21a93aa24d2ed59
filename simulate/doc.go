// Package simulate is the lab: a made-up community in which people chat and spim bots do their work, as labelled steps that
// can be repeated.
//
// [Community] makes a [Script] from a seed: who does what to whom, when, and who it really was ([Label]). What people say are
// lines of real chats (see data/README.md for authors and licences); what bots say is made up, harmless, and links nowhere
// (hosts under .example). [Script.Events] is the script as events for replay and evaluation, [PlayJudge] plays it against any
// [nospim.Judge], and package xmppplay plays it through real XMPP connections. [Summarize] says what came of it: was anything of
// the people's chat lost, and was every bot stopped.
//
// The same seed and options make the same script, byte for byte. Delays are those measured in licensed chats: people type
// with lognormal pauses (median 18.6 s), bots keep their beat.
package simulate
