package policy

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/nospim/nospim"
)

// maxRules is how many rules a policy may have.
const maxRules = 1000

// maxScore bounds weights, scores and thresholds on both sides.
const maxScore = 1000

// testSuffix ends the name of a rule's test file.
const testSuffix = "_test.yaml"

//go:embed default
var shipped embed.FS

// Default returns the policy that nospim ships: policy.yaml and rules/*.yaml, with their tests.
func Default() fs.FS {
	sub, err := fs.Sub(shipped, "default")
	if err != nil {
		return shipped // cannot happen: Sub errs for an invalid name only
	}
	return sub
}

// Load reads a policy file and its rules. Symbols are those that detectors declare; weights and rules may name no others.
//
// The error is [Errors] with all problems when the policy is wrong, and wraps the file system's error when the file cannot be
// read.
func Load(fsys fs.FS, file string, symbols []nospim.Symbol) (*Policy, error) {
	ld := &loader{fsys: fsys, detectors: symbols, weights: make(map[string]float64)}
	for _, s := range symbols {
		ld.weights[s.Name] = s.Weight
	}
	root, ok, err := readFile(fsys, file, &ld.errors)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ld.errors.err()
	}
	ld.sum(root.src)
	p := ld.policy(file, root)
	if err := ld.errors.err(); err != nil {
		return nil, err
	}
	p.hash = "sha256:" + hex.EncodeToString(ld.hash[:])
	return p, nil
}

// loader reads one policy.
type loader struct {
	fsys      fs.FS
	detectors []nospim.Symbol
	errors    Errors
	rules     []rule
	counters  counters
	weights   map[string]float64 // by symbol: what detectors and rules say themselves
	hash      [sha256.Size]byte
}

// sum takes a file into the hash: the hash so far, then name and text with their lengths, so that no text can be taken for
// another file.
func (ld *loader) sum(s *source) {
	b := slices.Clone(ld.hash[:])
	for _, part := range [...]string{s.name, s.text} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	ld.hash = sha256.Sum256(b)
}

// policy reads the policy file. What names symbols comes after the rules, which add theirs.
func (ld *loader) policy(file string, root node) *Policy {
	keys := root.keys("version", "shadow", "thresholds", "kinds", "relations", "weights", "content", "manner", "always_allow", "force",
		"harms", "tips", "rules", "services")
	ld.version(root, keys)
	ld.counters.at = make(map[string]int)
	for _, name := range ruleFiles(ld.fsys, file, keys["rules"]) {
		ld.rule(name)
	}
	p := &Policy{
		rules: ld.rules, counters: ld.counters.narrow(ld.rules),
		effects: make(map[string]*effect), services: make(map[string]*profile),
	}
	base := ld.layer(keys)
	p.usual = ld.profile(base)
	ld.words(keys["harms"], func(symbol, word string) { p.effect(symbol).harm = word })
	ld.words(keys["tips"], func(symbol, word string) { p.effect(symbol).tip = word })
	ld.symbolSet(keys["always_allow"], func(symbol string) { p.effect(symbol).allow = true })
	ld.forced(keys["force"], p)
	for i, name := range voiceNames {
		p.voices[i] = ld.voice(keys[name], func(symbol string) { p.effect(symbol).voices[i] = true })
	}
	if n, ok := keys["services"]; ok {
		for _, e := range n.entries() {
			p.services[e.key] = ld.profile(base, ld.layer(e.value.keys("shadow", "thresholds", "kinds", "relations", "weights", "off")))
		}
	}
	p.symbols = ld.symbols(p.usual.weights)
	p.index()
	return p
}

func (ld *loader) version(root node, keys map[string]node) {
	n, ok := keys["version"]
	if !ok {
		root.problem("version is missing; this program reads version: 1")
		return
	}
	if v, ok := n.number(); ok && v != 1 {
		n.problem("version is %v; this program reads version 1", v)
	}
}

// ruleFiles returns the files that the globs of a policy name, each once, in the order of the globs and then by name.
func ruleFiles(fsys fs.FS, file string, globs node) []string {
	if globs.Node == nil {
		return nil
	}
	var files []string
	for _, g := range globs.items() {
		pattern, ok := g.str()
		if !ok {
			continue
		}
		found, err := fs.Glob(fsys, path.Join(path.Dir(file), pattern))
		if err != nil || !strings.HasSuffix(pattern, ".yaml") {
			g.problem("%q is no pattern of files ending in .yaml", clip(pattern))
			continue
		}
		found = slices.DeleteFunc(found, func(f string) bool { return strings.HasSuffix(f, testSuffix) || slices.Contains(files, f) })
		if len(found) == 0 {
			g.problem("no further file is named %s", clip(pattern))
		}
		if len(files)+len(found) > maxRules {
			g.problem("%d rules are more than the limit of %d", len(files)+len(found), maxRules)
			continue
		}
		files = append(files, found...)
	}
	return files
}

// symbols lists all symbols, with the policy's weights.
func (ld *loader) symbols(weights map[string]float64) []nospim.Symbol {
	symbols := slices.Clone(ld.detectors)
	for i := range ld.rules {
		r := &ld.rules[i]
		symbols = append(symbols, nospim.Symbol{Name: r.name, Group: "rule", Description: r.description})
	}
	for i := range symbols {
		symbols[i].Weight = weights[symbols[i].Name]
	}
	return symbols
}

// index lists the rules for each relation and kind.
func (p *Policy) index() {
	for rel := range p.where {
		p.where[rel] = make([][]int, len(kinds))
		for kind := range kinds {
			for i := range p.rules {
				if p.rules[i].reach.has(kind, rel) {
					p.where[rel][kind] = append(p.where[rel][kind], i)
				}
			}
		}
	}
}

// known notes a problem when a symbol is of no detector and no rule.
func (ld *loader) known(at node, symbol string) bool {
	if _, ok := ld.weights[symbol]; ok {
		return true
	}
	at.problem("%s is no symbol of a detector or a rule", clip(symbol))
	return false
}

// symbolSet reads a list of symbols.
func (ld *loader) symbolSet(n node, add func(symbol string)) {
	if n.Node == nil {
		return
	}
	for _, item := range n.items() {
		if s, ok := item.str(); ok && ld.known(item, s) {
			add(s)
		}
	}
}

// forced reads the actions that symbols ask for whatever the score.
func (ld *loader) forced(n node, p *Policy) {
	if n.Node == nil {
		return
	}
	for _, e := range n.entries() {
		if a, ok := action(e.value); ok && ld.known(e.at, e.key) {
			f := p.effect(e.key)
			f.forced, f.force = true, a
		}
	}
}

// voice reads which symbols are one voice, and what they may do at most.
func (ld *loader) voice(n node, add func(symbol string)) voice {
	v := voice{most: nospim.Drop, contact: nospim.Drop}
	if n.Node == nil {
		return v
	}
	keys := n.keys("symbols", "at_most", "contacts")
	ld.symbolSet(keys["symbols"], add)
	most, ok := keys["at_most"]
	if !ok {
		n.problem("at_most is missing: the most that these symbols may do by themselves")
		return v
	}
	v.most, _ = action(most)
	if contacts, ok := keys["contacts"]; ok {
		v.contact, _ = action(contacts)
	}
	return v
}

// action reads an action's word.
func action(n node) (nospim.Action, bool) {
	s, ok := n.str()
	if !ok {
		return nospim.Allow, false
	}
	a, err := nospim.ParseAction(s)
	if err != nil {
		n.problem("%q is no action; it may be %s", clip(s), oneOf(actionWords(nospim.Actions())))
	}
	return a, err == nil
}

func actionWords(actions []nospim.Action) []string {
	words := make([]string, len(actions))
	for i, a := range actions {
		words[i] = a.String()
	}
	return words
}

// plainWord is what names of harms, tips and labels may look like.
var plainWord = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// plain reads a word of small letters, digits, dots, hyphens and underscores.
func plain(n node) string {
	s, ok := n.str()
	if ok && !plainWord.MatchString(s) {
		n.problem("%q is no plain word: small letters, digits, dots, hyphens and underscores, at most 64", clip(s))
	}
	return s
}

// words reads a mapping from symbol to plain word.
func (ld *loader) words(n node, set func(symbol, word string)) {
	if n.Node == nil {
		return
	}
	for _, e := range n.entries() {
		if w := plain(e.value); ld.known(e.at, e.key) {
			set(e.key, w)
		}
	}
}

// layer is what policy.yaml, or one of its services, says about the things that may differ from service to service.
type layer struct {
	shadow     *bool
	thresholds map[nospim.Action]float64
	kinds      map[string]map[nospim.Action]float64
	relations  map[string]map[nospim.Action]float64
	weights    map[string]float64
	off        map[string]bool
}

func (ld *loader) layer(keys map[string]node) layer {
	y := layer{weights: make(map[string]float64), off: make(map[string]bool)}
	if n, ok := keys["shadow"]; ok {
		if b, ok := n.boolean(); ok {
			y.shadow = &b
		}
	}
	if n, ok := keys["thresholds"]; ok {
		y.thresholds = thresholds(n)
	}
	y.kinds = overrides(keys["kinds"], kindWords(), "kind of event")
	y.relations = overrides(keys["relations"], relationWords(), "relation")
	if n, ok := keys["weights"]; ok {
		for _, e := range n.entries() {
			if f, ok := e.value.numberIn(-maxScore, maxScore); ok && ld.known(e.at, e.key) {
				y.weights[e.key] = f
			}
		}
	}
	if n, ok := keys["off"]; ok {
		ld.off(n, y.off)
	}
	return y
}

// off reads the rules that a service switches off.
func (ld *loader) off(n node, off map[string]bool) {
	for _, item := range n.items() {
		s, ok := item.str()
		switch {
		case !ok:
		case !slices.ContainsFunc(ld.rules, func(r rule) bool { return r.name == s }):
			item.problem("%s is no rule; a detector is silenced by the weight 0", clip(s))
		default:
			off[s] = true
		}
	}
}

// overrides reads thresholds by kind or by relation.
func overrides(n node, words []string, what string) map[string]map[nospim.Action]float64 {
	if n.Node == nil {
		return nil
	}
	by := make(map[string]map[nospim.Action]float64)
	for _, e := range n.entries() {
		if !slices.Contains(words, e.key) {
			e.at.problem("%q is no %s; it may be %s", clip(e.key), what, oneOf(words))
			continue
		}
		by[e.key] = thresholds(e.value)
	}
	return by
}

// never is the word for a threshold that no score reaches.
const never = "never"

// thresholds reads scores by action, or never for all of them.
func thresholds(n node) map[nospim.Action]float64 {
	by := make(map[nospim.Action]float64)
	if s, ok := word0(n); ok && s == never {
		for _, a := range nospim.Actions()[1:] {
			by[a] = math.Inf(1)
		}
		return by
	}
	for _, e := range n.entries() {
		a, err := nospim.ParseAction(e.key)
		if err != nil || a == nospim.Allow {
			e.at.problem("%q has no threshold; it may be %s", clip(e.key), oneOf(actionWords(nospim.Actions()[1:])))
			continue
		}
		if s, ok := word0(e.value); ok && s == never {
			by[a] = math.Inf(1)
		} else if f, ok := e.value.numberIn(0.01, maxScore); ok {
			by[a] = f
		}
	}
	last := 0.0
	for _, a := range slices.Sorted(maps.Keys(by)) {
		if f := by[a]; !math.IsInf(f, 1) {
			if f < last {
				n.problem("%s stands at %v, below a weaker action", a, f)
			}
			last = f
		}
	}
	return by
}

// word0 reads a text if the value is one, and notes nothing if it is not.
func word0(n node) (string, bool) {
	if n.what() != "a text" {
		return "", false
	}
	return n.str()
}

// profile puts layers over each other. A relation has the last word over a kind, and a kind over the general thresholds; of
// two layers, the later.
func (ld *loader) profile(layers ...layer) *profile {
	f := &profile{weights: maps.Clone(ld.weights), off: make(map[string]bool)}
	for _, y := range layers {
		if y.shadow != nil {
			f.shadow = *y.shadow
		}
		maps.Copy(f.weights, y.weights)
		maps.Copy(f.off, y.off)
	}
	for i, rel := range relations {
		f.steps[i] = make([]steps, len(kinds))
		for j, kind := range kinds {
			s := &f.steps[i][j]
			for a := range s {
				s[a] = math.Inf(1)
			}
			for _, y := range layers {
				s.set(y.thresholds)
			}
			for _, y := range layers {
				s.set(y.kinds[string(kind)])
			}
			for _, y := range layers {
				s.set(y.relations[string(rel)])
			}
			s.tidy()
		}
	}
	return f
}

// set puts thresholds over those that stand.
func (s *steps) set(by map[nospim.Action]float64) {
	for a, f := range by {
		s[a] = f
	}
}

// tidy takes out actions that no score reaches because a stronger one comes first.
func (s *steps) tidy() {
	least := math.Inf(1)
	for a := nospim.Drop; a > nospim.Allow; a-- {
		if s[a] >= least {
			s[a] = math.Inf(1)
		}
		least = min(least, s[a])
	}
}

// symbolName is what a symbol looks like.
var symbolName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,62}[A-Z0-9]$`)

// rule reads one rule's file.
func (ld *loader) rule(name string) {
	root, ok, err := readFile(ld.fsys, name, &ld.errors)
	if err != nil {
		ld.errors = append(ld.errors, Error{File: name, Problem: fmt.Sprintf("cannot be read: %v", err)})
		return
	}
	if !ok {
		return
	}
	ld.sum(root.src)
	keys := root.keys("name", "description", "let", "when", "score", "why", "action", "label", "harm", "tip", "shadow", "percent", "until")
	for _, k := range []string{"name", "description", "when", "score", "why"} {
		if _, ok := keys[k]; !ok {
			root.problem("%s is missing", k)
		}
	}
	r := rule{file: name, percent: 100, when: func(*nospim.Look) bool { return false }}
	ld.expressions(&r, keys)
	ld.effects(&r, keys)
	ld.rollout(&r, keys)
	ld.name(&r, keys["name"])
}
