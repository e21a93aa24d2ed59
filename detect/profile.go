package detect

import (
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/link"
)

// Profile notices stolen friends: an account that acts unlike itself and sends something to act upon, a link as a rule, to one
// contact after the other. Contacts are judged like everybody: their accounts are the ones worth stealing.
//
// What is usual for an account (networks, clients, languages, hours, domains of its links) is learned slowly and poisoned
// slowly: something is a departure when the account lived without it for a while before it came, and it stays one for days
// ([departure]). That follows COMPA (Egele and others, NDSS 2013), which judges groups of similar messages by such profiles
// and is wrong in 3.6 % of them; what is asked here besides is that the messages go out faster or to more people than this
// account ever wrote ([burst]). Neither alone holds anything: people travel, buy telephones and announce parties. What those say
// who get it counts, too: friends ask back when a friend does not sound like one.
type Profile struct {
	// Brands are whom links that ask for passwords imitate; nil imitates nobody.
	Brands *link.Brands
}

// OwnerConfirmed is the label of an account whose owner said that the messages are its own. It silences [Profile].
const OwnerConfirmed = nospim.LabelOwnerConfirmed

// Symbols implements [Detector].
func (Profile) Symbols() []nospim.Symbol {
	symbol := func(name string, weight float64, description string) nospim.Symbol {
		return nospim.Symbol{Name: name, Group: "profile", Weight: weight, Description: description}
	}
	return []nospim.Symbol{
		symbol("BURST_TO_CONTACTS", 4, "An account turns to one person after the other, with links, files, numbers or long texts, more than it ever did. Factor 0.5 from 8 people within the hour, whoever they are told by; if it acts unlike itself, up to 0.7 from 3, 1 from 5, 1.5 from 8, 1.75 from 16; at most 1 when it links to where others here link, too, and 0.5 when there is nothing to act upon."),
		symbol("ACCOUNT_UNLIKE_ITSELF", 4, "An account that turns to many does what it never did: a domain that neither it nor anybody else here linked to, another language, another time of the day, words in disguise, programs and archives, the pace of a machine. The factor grows with each, to 1.5."),
		symbol("CONTACTS_DOUBT", 3, "Several of those whom an account turned to within the hour ask back whether it was hacked, or whether it is really them. Factor 0.5 from one, 1.5 from two, 2 from three."),
		symbol("LOGIN_ELSEWHERE", 5, "An account is used from a network and with a client that are new to it. Factor 0.5 when one of them is known; 0.6 of that when it only logs in."),
		symbol("CREDENTIAL_LINK_BEFORE", 2, "An account that sends to many from elsewhere itself sent a link that asks for passwords within the 7 days before. Factor 0.25 when it did not get through."),
		symbol("ROSTER_READ_BEFORE_BURST", 1.5, "The contact list was read out after a new log-in, within the hour before the account began to turn to many, and it acts unlike itself. Factor 0.3 when it links to where others here link, too."),
	}
}

// The places of Profile's counters in Look.Facts.
const (
	anything = iota
	sameNetwork
	sameClient
	sameLanguage
	sameHour
	sameDomain
	networks
	clients
	outbox
	sayings
	baitTo
	baitOf
	bitTo
	bitOf
	listReads
	logins
	domainSenders
	wroteBack
	confirmed
	caught
	bursting
	doubted
	doubting
)

// Counters implements [Detector].
func (d Profile) Counters() []nospim.Counter {
	const day = 24 * time.Hour
	const sender = nospim.RoleSender
	here := [2]nospim.Role{sender, nospim.RolePlace} // a thief and the owner are there at the same time
	acting := append(contactKinds(), nospim.KindLogin, nospim.KindRosterRead)
	usual := func(name string, of nospim.Role, when func(*nospim.Look) bool) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Count, By: [2]nospim.Role{sender, of}, Window: 90 * day, When: when, If: matters, Only: acting}
	}
	many := func(name string, of nospim.Role) nospim.Counter {
		return nospim.Counter{Name: name, Kind: nospim.Distinct, Of: of, By: [2]nospim.Role{sender}, Window: 30 * day, When: comes, If: matters, Only: acting}
	}
	return []nospim.Counter{
		anything:      usual("profile", nospim.RoleNone, shows),
		sameNetwork:   usual("profile_network", nospim.RoleNetwork, shows),
		sameClient:    usual("profile_client", nospim.RoleClient, shows),
		sameLanguage:  usual("profile_language", nospim.RoleLanguage, shows),
		sameHour:      usual("profile_hour", nospim.RoleHour, func(l *nospim.Look) bool { return comes(l) || carries(l) }),
		sameDomain:    usual("profile_domain", nospim.RoleDomain, carries),
		networks:      many("profile_networks", nospim.RoleNetwork),
		clients:       many("profile_clients", nospim.RoleClient),
		outbox:        {Name: "outbox", Kind: nospim.Recent, Of: nospim.RoleRecipient, With: nospim.RoleDomain, By: here, Window: 30 * day, When: carries, If: nospim.Never, Only: acting},
		sayings:       {Name: "sayings", Kind: nospim.Recent, Of: nospim.RoleRecipient, With: nospim.RoleTurn, By: here, Window: day, When: tells, If: nospim.Never, Only: acting},
		baitTo:        {Name: "credential_links", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleRecipient}, Window: 7 * day, When: d.asksForPassword, If: nospim.Never, Only: acting},
		baitOf:        {Name: "credential_links", Kind: nospim.Count, By: [2]nospim.Role{sender}, Window: 7 * day, When: nospim.Never, If: matters, Only: acting},
		bitTo:         {Name: "credential_links_delivered", Kind: nospim.Count, By: [2]nospim.Role{nospim.RoleRecipient}, Window: 7 * day, When: d.asksForPassword, Delivered: true, If: nospim.Never, Only: acting},
		bitOf:         {Name: "credential_links_delivered", Kind: nospim.Count, By: [2]nospim.Role{sender}, Window: 7 * day, When: nospim.Never, If: matters, Only: acting},
		listReads:     {Name: "contact_lists", Kind: nospim.Count, By: [2]nospim.Role{sender}, Window: time.Hour, When: readsList, If: matters, Only: acting},
		logins:        {Name: "logins", Kind: nospim.Count, By: [2]nospim.Role{sender}, Window: 30 * day, When: comes, If: matters, Only: acting},
		domainSenders: {Name: "domain_senders", Kind: nospim.Distinct, Of: sender, By: [2]nospim.Role{nospim.RoleDomain}, Window: 30 * day, When: carries, Only: acting},
		wroteBack:     {Name: "contacts", Kind: nospim.Count, By: [2]nospim.Role{nospim.RolePairBack}, Window: 30 * day, When: nospim.Never, If: matters, Only: contactKinds()},
		caught:        {Name: "caught", Kind: nospim.Count, By: here, Window: time.Hour, When: matters, On: "ACCOUNT_UNLIKE_ITSELF", If: nospim.Never, Only: acting},
		bursting:      {Name: "bursting", Kind: nospim.Count, By: here, Window: time.Hour, When: matters, On: "BURST_TO_CONTACTS", If: nospim.Never, Only: acting},
		doubted:       {Name: "doubted", Kind: nospim.Recent, Of: sender, By: [2]nospim.Role{sender}, Window: time.Hour, When: nospim.Never, If: matters, Only: acting},
		doubting:      {Name: "doubted", Kind: nospim.Recent, Of: sender, By: [2]nospim.Role{nospim.RoleRecipient}, Window: time.Hour, When: doubts, If: nospim.Never, Only: acting},
		confirmed:     {Name: OwnerConfirmed, Kind: nospim.Labelled, By: [2]nospim.Role{sender}, Window: 30 * day, When: nospim.Never, If: matters, Only: contactKinds()},
	}
}

// shows reports whether an event tells how an account usually is: whatever matters, and of what people chat beside, a part.
func shows(l *nospim.Look) bool { return comes(l) || readsList(l) || matters(l) || sampled(l) }

// sampled takes the events of one minute in four, so that everyday chat is known without being noted whole. It depends on nothing but
// the event: when counters are rebuilt from records, the same events are noted.
func sampled(l *nospim.Look) bool { return l.Event.Time.Unix()/60%4 == 0 }

// writes reports whether an event shows that an account writes to people.
func writes(l *nospim.Look) bool { return contact(l) && (toStranger(l) || carries(l) || sampled(l)) }

func comes(l *nospim.Look) bool { return l.Event.Kind == nospim.KindLogin }

func readsList(l *nospim.Look) bool { return l.Event.Kind == nospim.KindRosterRead }

// carries reports whether a message to a person brings something to act upon. What is said in rooms, and what goes between the
// devices of one person, is no burst.
func carries(l *nospim.Look) bool {
	e, p := l.Event, &l.Features.Parts
	if !contact(l) || e.Room != "" || e.Relation == nospim.RelationSelf {
		return false
	}
	return len(l.Features.Links) > 0 || len(e.Files) > 0 || e.Kind == nospim.KindFileOffer || p.Wallet > 0 || p.Phone > 0
}

// plea is how many letters something has at least that a thief tells everybody in words alone.
const plea = 48

// tells reports whether a person is told something that could be told to everybody.
func tells(l *nospim.Look) bool {
	e := l.Event
	return e.Kind == nospim.KindMessage && e.Room == "" && e.Relation != nospim.RelationSelf && !e.Encrypted && l.Features.Letters >= plea
}

func matters(l *nospim.Look) bool { return carries(l) || tells(l) }

// idle reports whether there is nothing to act upon in a message: no link, no file, no number, and nothing is asked for. That somebody
// is getting married harms nobody, wherever it is told from.
func idle(l *nospim.Look) bool {
	p := &l.Features.Parts
	return !carries(l) && p.Plea+p.Money+p.Amount+p.Credential+p.SignUp+p.Prize+p.Crypto+p.Gambling+p.Job+p.Contact+p.Click+p.Malware+p.Threat+p.Name == 0
}

// doubts reports whether somebody asks back, in a few words, whether it was really the other one who wrote.
func doubts(l *nospim.Look) bool {
	e := l.Event
	return e.Kind == nospim.KindMessage && e.Room == "" && !e.Encrypted && l.Features.Parts.Doubt > 0 && l.Features.Letters <= 2*plea
}

// asksForPassword reports whether a link looks like one to a page that asks for a password: by its words, or because its host
// imitates somebody.
func (d Profile) asksForPassword(l *nospim.Look) bool {
	if !contact(l) || len(l.Features.Links) == 0 || l.Event.Room != "" {
		return false
	}
	if l.Features.Parts.Credential > 0 {
		return true
	}
	if d.Brands == nil {
		return false
	}
	for i := range l.Features.Links[:min(len(l.Features.Links), mostPeople)] {
		if _, ok := d.Brands.Match(l.Features.Links[i].Host); ok {
			return true
		}
	}
	return false
}

// Look implements [Detector].
func (Profile) Look(l *nospim.Look) error {
	if comes(l) {
		if f := elsewhere(l); f >= 0.45 {
			l.Raise("LOGIN_ELSEWHERE", 0.6*f, "logs in from "+whatIsNew(l), account(l.Event.Sender.ID))
		}
		return nil
	}
	if !matters(l) || l.Facts[confirmed].N > 0 || answers(l) && (l.Facts[bursting].N == 0 || !carries(l)) {
		return nil
	}
	b := measure(l)
	d := depart(l, &b)
	if idle(l) && d.doubt < 1 && l.Facts[caught].N == 0 {
		d = departures{}
	}
	factor := b.factor(&d, l.Facts[caught].N > 0)
	if factor < 0.5 {
		return nil
	}
	who := account(l.Event.Sender.ID)
	l.Raise("BURST_TO_CONTACTS", factor, b.sentence(), who)
	if d.odd > 0 && d.sum() >= strange {
		l.Raise("ACCOUNT_UNLIKE_ITSELF", min(d.odd, 1.5), d.sentence(), who)
	}
	if d.doubt > 0 {
		l.Raise("CONTACTS_DOUBT", d.doubt, number(float64(doubters(l, b.since)))+" of those whom it wrote to ask whether that is really this account, or what it sent", who)
	}
	if d.away > 0 {
		l.Raise("LOGIN_ELSEWHERE", d.away, "sends from "+whatIsNew(l), who)
	}
	baited(l, &b, &d)
	reading := 1.0
	if d.tame {
		reading = 0.3 // most clients read the list when they log in
	}
	if at := l.Facts[listReads].Last; at != 0 && d.sum() >= strange && (d.away > 0 || lately(l, l.Facts[logins].Last)) {
		l.Raise("ROSTER_READ_BEFORE_BURST", reading, "the contact list was read out "+ago(l, at), who)
	}
	return nil
}

// baited raises what may have been the first link of the chain. What was held of it nobody can have followed: mailings go to everybody,
// and most of those who were sent one have lost nothing.
func baited(l *nospim.Look, b *burst, d *departures) {
	sent, got := &l.Facts[baitOf], &l.Facts[bitOf]
	who := account(l.Event.Sender.ID)
	switch {
	case d.away < 0.4:
	case got.N > 0 && got.Last < b.since:
		l.Raise("CREDENTIAL_LINK_BEFORE", 1, "got a link that asks for passwords "+ago(l, got.Last), who)
	case sent.N > 0 && sent.Last < b.since:
		l.Raise("CREDENTIAL_LINK_BEFORE", 0.25, "was sent a link that asks for passwords, which did not get through, "+ago(l, sent.Last), who)
	}
}

// doubters counts the people who got something since a time and asked back.
func doubters(l *nospim.Look, since int64) (n int) {
	items := l.Facts[doubted].Recent
	for i := range items {
		it := &items[i]
		got := lines(l.Facts[outbox].Recent, it, since-1, false) + lines(l.Facts[sayings].Recent, it, since-1, false)
		if it.At >= since && got > 0 && lines(items[:i], it, since-1, false) == 0 {
			n++
		}
	}
	return n
}

// answers reports whether somebody is answered who wrote within the hour. A thief's victims ask back, too, but each of them has
// been sent the link by then. In a burst nothing that is to be acted upon is an answer: the thief also writes to whom the owner has
// just talked with.
func answers(l *nospim.Look) bool { return lately(l, l.Facts[wroteBack].Last) }

// lately reports whether something was within the hour.
func lately(l *nospim.Look, at int64) bool {
	return at != 0 && l.Now.UnixMilli()-at < time.Hour.Milliseconds()
}
