// Package wire is what the project's own protocols, line and HTTP, have in common: the JSON of events, verdicts, orders and errors,
// the cutting into lines, the gathering of answers, and the way a judge is called.
//
// Reading is strict and bounded. [DecodeEvent] takes what encoding/json would take for a [nospim.Event], with these
// differences: text must be valid UTF-8 and its escapes whole characters; a known field may stand once and is matched by exact
// case; numbers are whole and from 0 to [MaxNumber]; nesting ends at [MaxDepth]; a wrong type is an error that names the
// field. Unknown fields are passed over and counted. Memory is bounded by the text: nothing is built of what is passed over.
//
// Writing appends to a buffer and allocates nothing else.
package wire

// MaxLine is the longest line that is read, in bytes, without its newline.
const MaxLine = 4 << 20

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 300

// MaxNumber is the largest number: 2^53, up to which a double is exact (RFC 8259 §6).
const MaxNumber = 1 << 53
