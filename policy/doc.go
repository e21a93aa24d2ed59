// Package policy decides: it turns what was noticed into a verdict. It is pure, and rules and weights are data.
//
// [Load] reads policy.yaml and its rules and says everything that is wrong with them, each with its place. [Policy.Decide]
// weighs the detectors' signals, runs the rules, adds up the score and looks the action up. [Policy.Counters] are what the
// rules want recalled; the engine hands the facts over in the same order. [Tests] reads the test files that stand beside the
// rules and [RunTests] plays them through a Judge.
//
// # How an action comes about
//
// The score is the sum of the signals, each its symbol's weight times the detector's factor. The thresholds of the event's
// kind and relation say what the score earns. When only symbols of "content" spoke, that is at most what content may do,
// between contacts what "contacts" says there. A fired rule's own action and "force" raise it, a symbol of "always_allow" makes
// it allow whatever else was found. That is Verdict.Wanted; Verdict.Action is what remains of it after Event.Can, Event.Observe
// and shadow.
//
// # A rule
//
// A rule is one YAML file, NAME.yaml, with its tests beside it in NAME_test.yaml (see [Test]). Its keys:
//
//   - name: the symbol that it raises, in capitals; the file's name
//   - description: what it is for, for operators
//   - let: names for parts of the expressions, each of which may use those before it; may be left out
//   - when: the condition
//   - score: what it adds, -1000 to 1000; weights in policy.yaml and in its services go before it
//   - why: the sentence of the verdict; {expression} puts a number or a duration into it, never a text
//   - action: at least this action, whatever the score
//   - label: {entity: sender, name: asker, for: 1h}, an effect that later events recall; entity may be sender, recipient,
//     addr, room, link or domain
//   - harm, tip: what the verdict names; the heaviest signal says the harm, the first the tip
//   - shadow: true, percent: 10 or until: 2026-12-31: it is shown and does not count; it counts for so many of the senders and is in
//     shadow for the others, always the same ones; it ends with that day (UTC)
//
// # The rule language
//
// Expressions have the syntax of expr-lang (github.com/expr-lang/expr), of which this is a part without loops: literals, ==
// != < <= > >=, + - * / %, && || ! (and or not), in [list], contains startsWith endsWith matches (with a constant pattern;
// slow beside all else: put cheaper conditions beside it), ?:, and the functions and names that [Vocabulary] lists. Types are
// checked when the policy is loaded; an expression can neither fail nor run long. A division by zero is zero. A duration is
// written as text, "10m", where a duration is expected: s, m, h, d (24 hours) and w.
//
// Counters are part of an expression: count(by, window, condition) counts events, distinct(of, by, window, condition)
// counts different values, by is a role or [role, role], and the condition may be left out. The event at hand is included. A
// condition sees the event, its features and the age of the sender only: counters are rebuilt from records, which have no body.
// The definition is the counter's identity, so that renaming a rule does not lose its counts.
//
// labelled(name) asks whether the sender bears a label, labelled(name, role) whether another entity of the event does. Labels
// are set by the rules' own label, until it ends, and by people, who can also lift them.
//
// Encrypted events have no text here: body is "" and text.length, text.letters and text.words are 0.
package policy
