// Package xmpp reads and writes what the adapters inside XMPP servers (prosody, ejabberd) leave to nospim: they send
// a stanza as it is, with what only their server knows of it, and nospim says what it is ([Read]) and what is to be delivered
// in its place ([Instead]), what is said to nospim itself ([Ears]), and how an order looks ([Order]). It is the Wire "xmpp" of the line protocol (docs/protocols/line.md).
//
// The package does no I/O and knows no server. Its time is linear in the size of a stanza, whatever its shape.
package xmpp
