package detect

import (
	"strconv"
	"time"

	"github.com/nospim/nospim"
)

// BulkText notices the same text to many strangers, by one sender or by several. Same means an equal fingerprint: spelling
// tricks, numbers and links do not hide it. Greetings and other short texts are left alone, and so is what people send to
// their own contacts: "my new number is …" goes to everybody. Of those who are asked to be added with the same words, whoever
// accepts is taken off: so does somebody who collects a club. Who is at home here may tell the same to strangers as long as nothing can
// be acted upon in it: a courier does, or somebody who has found a cat, and ten people ask ten sellers whether it is still to be had.
type BulkText struct{}

// enough is how many letters a text must have to be told from what everybody says.
const enough = 16

// Symbols implements [Detector].
func (BulkText) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "BULK_TEXT", Group: "bulk_text", Weight: 5, Description: "One account sends the same text to many strangers. Factor 1 from 4 people within an hour, 1.6 from 8, 2.2 from 20."},
		{Name: "BULK_TEXT_SENDERS", Group: "bulk_text", Weight: 6, Description: "Several accounts send the same text to strangers: 3 accounts and 5 people within a day. This is a script that works under many names. Not where who is at home here says what cannot be acted upon: people ask sellers the same."},
	}
}

// Counters implements [Detector].
func (BulkText) Counters() []nospim.Counter {
	const day = 24 * time.Hour
	text := [2]nospim.Role{nospim.RoleText}
	accepts := func(l *nospim.Look) bool { return l.Event.Kind == nospim.KindContactAccept }
	requested := func(l *nospim.Look) bool { return requests(l) && bulky(l) }
	accepted := []nospim.Kind{nospim.KindContactAccept, nospim.KindContactRequest}
	return []nospim.Counter{
		{Name: "same_text", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: [2]nospim.Role{nospim.RoleSender, nospim.RoleText}, Window: time.Hour, When: bulky, If: nospim.Never, Only: contactKinds()},
		{Name: "text_recipients", Kind: nospim.Distinct, Of: nospim.RoleRecipient, By: text, Window: day, When: bulky, If: nospim.Never, Only: contactKinds()},
		{Name: "text_senders", Kind: nospim.Distinct, Of: nospim.RoleSender, By: text, Window: day, When: bulky, If: nospim.Never, Only: contactKinds()},
		{Name: "accepted", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleSender}, Window: time.Hour, When: nospim.Never, If: requested, Only: accepted},
		{Name: "accepted", Kind: nospim.Distinct, Of: nospim.RoleSender, By: [2]nospim.Role{nospim.RoleRecipient}, Window: time.Hour, When: accepts, If: nospim.Never, Only: accepted},
		wroteBefore(bulky),
	}
}

func bulky(l *nospim.Look) bool {
	return toStranger(l) && l.Features.Letters >= enough && !l.Event.Encrypted
}

// errand reports whether somebody who is at home here turns to strangers with nothing to act upon.
func errand(l *nospim.Look, wrote *nospim.Fact) bool { return idle(l) && atHome(l, wrote) }

// Look implements [Detector].
func (BulkText) Look(l *nospim.Look) error {
	if !bulky(l) || l.Invited || l.Asked {
		return nil // a help desk has ready-made replies for those who ask, and people ask many bots who they are
	}
	mine, people, senders, accepted := l.Facts[0].N, l.Facts[1].N, l.Facts[2].N, l.Facts[3].N
	fingerprint := nospim.Entity{Kind: nospim.EntityFingerprint, ID: strconv.FormatUint(l.Features.Text, 16)}
	if f := climb(mine-accepted, []step{{4, 1}, {8, 1.6}, {20, 2.2}}); f > 0 && !errand(l, &l.Facts[5]) {
		l.Raise("BULK_TEXT", f, "sent the same text to "+number(mine)+" strangers within the hour", account(l.Event.Sender.ID), fingerprint)
	}
	if senders >= 3 && people >= 5 && !errand(l, &l.Facts[5]) {
		l.Raise("BULK_TEXT_SENDERS", 1, "the same text came from "+number(senders)+" accounts to "+number(people)+" strangers within a day", fingerprint)
	}
	return nil
}
