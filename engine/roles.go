package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/text"
)

// fillRoles hashes every part of the event that something is remembered by.
func (s *scratch) fillRoles(seed uint64) {
	ev := s.look.Event
	for i := range s.roles {
		s.roles[i] = s.roles[i][:0]
	}
	put := func(r nospim.Role, h uint64) { s.roles[r] = append(s.roles[r], h) }
	str := func(r nospim.Role, v string) {
		if v != "" {
			put(r, xxh3.HashStringSeed(v, seed))
		}
	}
	number := func(r nospim.Role, n uint32) { put(r, uint64(n)) }
	number(nospim.RoleSize, saturated(s.features.Length))
	number(nospim.RoleEntries, saturated(ev.Count))
	number(nospim.RoleHour, uint32(s.look.Now.UTC().Hour()))
	number(nospim.RoleRelation, ev.Relation.Number())
	number(nospim.RoleKind, ev.Kind.Number())
	str(nospim.RoleSender, ev.Sender.ID)
	sender := s.roles[nospim.RoleSender][0]
	for i := range ev.Recipients {
		str(nospim.RoleRecipient, ev.Recipients[i].ID)
		recipient := s.roles[nospim.RoleRecipient][i]
		put(nospim.RolePair, mix(sender, recipient))
		put(nospim.RolePairBack, mix(recipient, sender))
	}
	if s.features.Text != 0 {
		put(nospim.RoleText, mix(seed, s.features.Text))
	}
	if s.features.Turn != 0 {
		number(nospim.RoleTurn, s.features.Turn)
	}
	str(nospim.RoleLanguage, s.features.Language)
	for i := range s.features.Links {
		str(nospim.RoleLink, s.features.Links[i].URL)
		str(nospim.RoleDomain, s.features.Links[i].Domain)
	}
	if s.addr.IsValid() {
		put(nospim.RoleAddr, hashAddr(s.addr, seed))
		put(nospim.RoleNetwork, hashAddr(around(s.addr, 24, 48), seed+1))
	}
	str(nospim.RoleService, ev.Service)
	str(nospim.RoleRoom, ev.Room)
	str(nospim.RoleClient, ev.Client)
	str(nospim.RoleInviter, ev.InvitedBy)
	put(nospim.RolePlace, mix(s.only(nospim.RoleNetwork), s.only(nospim.RoleClient)))
	if h, ok := stem(ev.Sender.ID, seed); ok {
		put(nospim.RoleStem, h)
	}
	if ev.Kind == nospim.KindRegistration {
		template, shape := pattern(ev.Sender.ID, seed)
		put(nospim.RoleTemplate, template)
		put(nospim.RoleShape, shape)
		if s.addr.IsValid() {
			put(nospim.RoleHouse, hashAddr(around(s.addr, 32, 64), seed+2))
		}
	}
}

// only is the value of a role that has one at most, 0 when there is none.
func (s *scratch) only(r nospim.Role) uint64 {
	if values := s.roles[r]; len(values) > 0 {
		return values[0]
	}
	return 0
}

// around returns the first address of the network around an address, by how many bits an IPv4 (v4) or IPv6 network (v6) has.
func around(a netip.Addr, v4, v6 int) netip.Addr {
	bits := v6
	if a.Is4() {
		bits = v4
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return a
	}
	return p.Addr()
}

func hashAddr(a netip.Addr, seed uint64) uint64 {
	b := a.As16()
	return xxh3.HashSeed(b[:], seed)
}

// stem hashes the letters of the local part of an account: nina_31 and nina.77 are one stem. Shorter than three letters it is none.
func stem(id string, seed uint64) (uint64, bool) {
	id = detect.LocalPart(id)
	var buf [64]byte
	b := buf[:0]
	for i := 0; i < len(id) && len(b) < len(buf); i++ {
		if c := id[i] | 0x20; c >= 'a' && c <= 'z' || id[i] >= utf8.RuneSelf {
			b = append(b, c)
		}
	}
	return xxh3.HashSeed(b, seed), len(b) >= 3
}

// pattern hashes how a local name is made (see [nospim.RoleTemplate]).
func pattern(id string, seed uint64) (template, shape uint64) {
	id = detect.LocalPart(id)
	first := strings.IndexFunc(id, func(r rune) bool { return !unicode.IsLetter(r) })
	if first < 0 {
		first = len(id)
	}
	template, shape = xxh3.HashStringSeed(strings.ToLower(id[:first]), seed), seed
	var last rune
	for _, r := range id {
		class := r
		switch {
		case unicode.IsLetter(r):
			class = 'a'
		case unicode.IsDigit(r):
			class = '0'
			template = mix(template, '0')
		}
		if class != last {
			template, shape = mix(template, uint64(class)), mix(shape, uint64(class))
		}
		last = class
	}
	if detect.Scrambled(id) {
		shape = seed // all of one
	}
	return template, shape
}

// saturated returns a number as 32 bits say it.
func saturated(n int) uint32 { return uint32(min(max(0, n), math.MaxUint32)) }

// salted returns a fingerprint that cannot be recognised without the installation's salt: records keep it instead of the text.
func salted(salt [16]byte, fingerprint uint64) uint64 {
	if fingerprint == 0 {
		return 0
	}
	var block [24]byte
	copy(block[:], salt[:])
	binary.LittleEndian.PutUint64(block[16:], fingerprint)
	sum := sha256.Sum256(block[:])
	return max(1, binary.LittleEndian.Uint64(sum[:]))
}

// Seed is what the hashes of one installation are seeded with: those of the memory and those of examples.
func Seed(salt [16]byte) uint64 { return binary.LittleEndian.Uint64(salt[:]) }

// turn returns a fingerprint of the words that carry meaning: of each eighth of them by hash, the least hash in four bits, 0 for
// none. So texts that share most of their words agree in most places. A text with fewer than three such words is hashed whole.
func turn(k *text.Sketch, seed, whole uint64) (t uint32) {
	switch {
	case k.N == 0:
		return uint32(whole)
	case k.N < 3:
		return max(1, uint32(hashSketch(k, seed)))
	}
	for i := range 8 {
		least := uint16(0)
		for _, m := range k.Min[4*i : 4*i+4] {
			if m != 0 && (least == 0 || m < least) {
				least = m
			}
		}
		if least != 0 {
			t |= uint32(1+mix(seed, uint64(least))%15) << (4 * i)
		}
	}
	return t
}

// leastLetters is how many letters a text needs before its language is named.
const leastLetters = 8

// language names the language of a text from the letters and words that were counted while it was read, for nothing.
// [text.Language] knows more and takes a hundred times as long as everything else that is done to a message.
func language(f *text.Form) string {
	h := &f.Shape
	name, most, all := "latin", h.Latin, h.Latin
	for _, script := range [...]struct {
		name    string
		letters int
	}{
		{"cyrillic", h.Cyrillic},
		{"greek", h.Greek},
		{"arabic", h.Arabic},
		{"hebrew", h.Hebrew},
		{"kana", h.Kana},
		{"han", h.Han},
		{"hangul", h.Hangul},
		{"other", h.Other},
	} {
		if all += script.letters; script.letters > most {
			name, most = script.name, script.letters
		}
	}
	switch {
	case all < leastLetters:
		return ""
	case name == "latin" && h.Known > h.Unknown:
		return "en"
	case name == "han" && h.Kana > 0:
		return "kana"
	}
	return name
}

// mix joins two hashes into one; the order matters (the finaliser of SplitMix64).
func mix(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
