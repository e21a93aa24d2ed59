package detect

import (
	"strings"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
)

// NameLink notices strangers whose name is a link: the message says no more than "look at my profile".
type NameLink struct{}

// Symbols implements [Detector].
func (NameLink) Symbols() []nospim.Symbol {
	return []nospim.Symbol{
		{Name: "NAME_LINK", Group: "links", Weight: 5, Description: "A stranger turns to somebody under a name that has a link in it."},
	}
}

// Counters implements [Detector].
func (NameLink) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (NameLink) Look(l *nospim.Look) error {
	name := l.Event.Sender.Name
	if len(name) < 4 || !toStranger(l) || inRoom(l) || l.Invited || name == l.Event.Sender.ID || strings.HasPrefix(l.Event.Sender.ID, name+"@") {
		return nil // no name, or the address
	}
	if found := link.Find(nil, name); len(found) > 0 {
		l.Raise("NAME_LINK", 1, "the sender's name has a link in it", account(l.Event.Sender.ID), nospim.Entity{Kind: nospim.EntityDomain, ID: found[0].Domain})
	}
	return nil
}
