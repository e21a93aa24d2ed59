package detect_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/detect/detecttest"
)

func message(r nospim.Relation) nospim.Event {
	return nospim.Event{Kind: nospim.KindMessage, Relation: r, Recipients: []nospim.Account{{ID: "ada@chat.example"}}}
}

func withLink() nospim.Features {
	return nospim.Features{Letters: 30, Text: 7, Links: []nospim.Link{{URL: "http://x.example/a", Host: "x.example", Domain: "x.example"}}}
}

func longText() nospim.Features { return nospim.Features{Letters: 40, Text: 7} }

func TestFirstContact(t *testing.T) {
	room := message("")
	room.Room, room.Recipients = "tea@rooms.chat.example", nil
	detecttest.Run(t, detect.FirstContact{}, []detecttest.Case{
		{Name: "a stranger's first message has a link", Event: message(nospim.RelationStranger), Features: withLink(), Facts: []float64{1, 0}, Want: []string{"FIRST_CONTACT_LINK"}},
		{Name: "an unknown sender counts as a stranger", Event: message(""), Features: withLink(), Facts: []float64{1, 0}, Want: []string{"FIRST_CONTACT_LINK"}},
		{Name: "a request with a link", Event: nospim.Event{Kind: nospim.KindContactRequest}, Features: withLink(), Facts: []float64{1, 0}, Want: []string{"FIRST_CONTACT_LINK"}},
		{Name: "a stranger's later message has a link", Event: message(nospim.RelationPending), Features: withLink(), Facts: []float64{3, 0}, Want: []string{"STRANGER_LINK"}},
		{Name: "the person has answered", Event: message(nospim.RelationStranger), Features: withLink(), Facts: []float64{3, 1}, Not: []string{"FIRST_CONTACT_LINK", "STRANGER_LINK"}},
		{Name: "the person wrote first", Event: message(nospim.RelationStranger), Features: withLink(), Facts: []float64{1, 1}},
		{Name: "first said in a room", Event: room, Features: withLink(), Facts: []float64{0, 0, 1}, Want: []string{"FIRST_CONTACT_LINK"}},
		{Name: "later in the room", Event: room, Features: withLink(), Facts: []float64{0, 0, 2}, Not: []string{"FIRST_CONTACT_LINK"}},
		{Name: "a contact sends a link", Event: message(nospim.RelationContact), Features: withLink(), Facts: []float64{1, 0}, Not: []string{"FIRST_CONTACT_LINK"}},
		{Name: "a stranger says hello", Event: message(nospim.RelationStranger), Features: longText(), Facts: []float64{1, 0}, Not: []string{"FIRST_CONTACT_LINK"}},
		{Name: "a log-in", Event: nospim.Event{Kind: nospim.KindLogin}, Features: withLink()},
	})
}

func TestFanOut(t *testing.T) {
	detecttest.Run(t, detect.FanOut{}, []detecttest.Case{
		{Name: "five strangers in five minutes", Event: message(nospim.RelationStranger), Facts: []float64{5, 5}, Want: []string{"FAN_OUT"}},
		{Name: "fifteen strangers in an hour", Event: message(nospim.RelationStranger), Facts: []float64{2, 15}, Want: []string{"FAN_OUT"}},
		{Name: "four strangers", Event: message(nospim.RelationStranger), Facts: []float64{4, 14}, Not: []string{"FAN_OUT"}},
		{Name: "a help desk answers ten strangers who wrote to it", Event: message(nospim.RelationStranger), Facts: []float64{9, 12, 0, 10}, Not: []string{"FAN_OUT"}},
		{Name: "a person with many contacts", Event: message(nospim.RelationContact), Facts: []float64{50, 50}},
		{Name: "one link to six strangers in a minute", Event: message(nospim.RelationStranger), Features: withLink(), Facts: []float64{0, 0, 0, 0, 6, 6}, Want: []string{"FAN_OUT_LINK"}},
		{Name: "one link to ten strangers in ten minutes", Event: message(nospim.RelationStranger), Features: withLink(), Facts: []float64{0, 0, 0, 0, 2, 10}, Want: []string{"FAN_OUT_LINK"}},
		{Name: "an invitation to forty contacts is Profile's", Event: message(nospim.RelationContact), Features: withLink(), Facts: []float64{0, 0, 0, 0, 40, 40}, Not: []string{"FAN_OUT_LINK"}},
		{Name: "both at once", Event: message(nospim.RelationStranger), Features: withLink(), Facts: []float64{20, 20, 0, 0, 20, 20}, Want: []string{"FAN_OUT", "FAN_OUT_LINK"}},
	})
}

func TestBulkText(t *testing.T) {
	encrypted := message(nospim.RelationStranger)
	encrypted.Encrypted = true
	home := message(nospim.RelationStranger)
	home.Sender.Created = at.AddDate(0, -6, 0)
	detecttest.Run(t, detect.BulkText{}, []detecttest.Case{
		{Name: "the same text to four strangers", Event: message(nospim.RelationStranger), Features: longText(), Facts: []float64{4, 4, 1}, Want: []string{"BULK_TEXT"}},
		{Name: "the same text from three accounts to five strangers", Event: message(nospim.RelationStranger), Features: longText(), Facts: []float64{1, 5, 3}, Want: []string{"BULK_TEXT_SENDERS"}},
		{Name: "three who are at home ask five sellers the same", Event: home, Features: longText(), Recalled: recall(t, detect.BulkText{}, memo{"text_recipients", 0, 0, nospim.Fact{N: 5}}, memo{"text_senders", 0, 0, nospim.Fact{N: 3}}, memo{"wrote", 0, 0, nospim.Fact{N: 40, First: before(20 * 24 * time.Hour)}}), Not: []string{"BULK_TEXT_SENDERS"}},
		{Name: "one account twice, another once", Event: message(nospim.RelationStranger), Features: longText(), Facts: []float64{3, 3, 2}, Not: []string{"BULK_TEXT", "BULK_TEXT_SENDERS"}},
		{Name: "everybody asks the bot who it is", Event: message(nospim.RelationStranger), Features: longText(), Facts: []float64{5, 50, 40}, Asked: true, Not: []string{"BULK_TEXT", "BULK_TEXT_SENDERS"}},
		{Name: "somebody collects a club, and half of them accept", Event: nospim.Event{Kind: nospim.KindContactRequest, Relation: nospim.RelationStranger}, Features: longText(), Facts: []float64{7, 7, 1, 4}, Not: []string{"BULK_TEXT"}},
		{Name: "somebody asks many, and one accepts", Event: nospim.Event{Kind: nospim.KindContactRequest, Relation: nospim.RelationStranger}, Features: longText(), Facts: []float64{7, 7, 1, 1}, Want: []string{"BULK_TEXT"}},
		{Name: "everybody says hello", Event: message(nospim.RelationStranger), Features: nospim.Features{Letters: 5, Text: 9}, Facts: []float64{50, 500, 100}, Not: []string{"BULK_TEXT", "BULK_TEXT_SENDERS"}},
		{Name: "a new number for all my contacts", Event: message(nospim.RelationContact), Features: longText(), Facts: []float64{60, 60, 1}, Not: []string{"BULK_TEXT"}},
		{Name: "ciphertext is no text", Event: encrypted, Features: longText(), Facts: []float64{50, 50, 5}},
	})
}

func TestRequestFlood(t *testing.T) {
	request := nospim.Event{Kind: nospim.KindContactRequest, Addr: "198.51.100.7"}
	together, others := request, request
	together.Sender.Created, others.Sender.Created = at.Add(-time.Hour), at.Add(-time.Hour)
	together.Recipients = []nospim.Account{{ID: "kim@chat.example", Created: at.Add(-2 * time.Hour)}}
	others.Recipients = []nospim.Account{{ID: "kim@chat.example", Created: at.AddDate(-1, 0, 0)}}
	const flood, unanswered, network = "REQUEST_FLOOD", "REQUEST_UNANSWERED", "REQUEST_FLOOD_NETWORK"
	// Facts: asked in minutes, hour, day, accepted (noted, recalled), of the network in minutes, hour, by how many.
	detecttest.Run(t, detect.RequestFlood{}, []detecttest.Case{
		{Name: "six requests in ten minutes", Event: request, Facts: []float64{6, 6, 6}, Want: []string{flood}},
		{Name: "a dozen in an hour", Event: request, Facts: []float64{1, 16, 16, 0, 4}, Want: []string{flood}, Not: []string{unanswered}},
		{Name: "a dozen in an hour, of whom a third have added it by now", Event: request, Facts: []float64{8, 12, 12, 0, 4}, Not: []string{flood}},
		{Name: "a newcomer whose neighbours ask many, and who is welcome", Event: request, Facts: []float64{2, 5, 5, 0, 2, 6, 16, 4}, Not: []string{network}},
		{Name: "eight in a day, of whom one added it", Event: request, Recalled: []nospim.Fact{2: {N: 8, First: before(time.Hour)}, 4: {N: 1}}, Want: []string{unanswered}, Not: []string{flood}},
		{Name: "nobody has looked yet", Event: request, Recalled: []nospim.Fact{2: {N: 8, First: before(time.Minute)}, 4: {N: 1}}, Not: []string{unanswered}},
		{Name: "sixty from a network", Event: request, Facts: []float64{2, 2, 2, 0, 0, 60, 60, 60}, Want: []string{network}},
		{Name: "four accounts of a network ask four each", Event: request, Facts: []float64{2, 2, 2, 0, 0, 6, 16, 4}, Want: []string{network}},
		{Name: "a class asks each other", Event: request, Facts: []float64{4, 4, 4, 0, 3, 40, 24, 24}, Not: []string{flood, unanswered, network}},
		{Name: "four accounts of a class ask four each who came with them", Event: together, Facts: []float64{2, 2, 2, 0, 0, 6, 16, 4}, Not: []string{network}},
		{Name: "four new accounts ask four each who were there before", Event: others, Facts: []float64{2, 2, 2, 0, 0, 6, 16, 4}, Want: []string{network}},
		{Name: "a newcomer adds five friends", Event: request, Facts: []float64{5, 5, 5, 0, 2, 20, 40, 30}, Not: []string{flood, unanswered, network}},
		{Name: "messages are no requests", Event: message(nospim.RelationStranger), Facts: []float64{100, 100, 100, 0, 0, 100, 100, 10}},
	})
}

func TestInviteFlood(t *testing.T) {
	invite := nospim.Event{Kind: nospim.KindInvite, Relation: nospim.RelationStranger, Addr: "198.51.100.7", Room: "deals@rooms.example"}
	friend := invite
	friend.Relation = nospim.RelationContact
	const flood, room, network = "INVITE_FLOOD", "INVITE_FLOOD_ROOM", "INVITE_FLOOD_NETWORK"
	// Facts: invited by the sender, to the room, by how many, by the network, by how many.
	detecttest.Run(t, detect.InviteFlood{}, []detecttest.Case{
		{Name: "four strangers", Event: invite, Facts: []float64{4, 4, 1, 4, 1}, Want: []string{flood}, Not: []string{room, network}},
		{Name: "two accounts advertise one room", Event: invite, Facts: []float64{3, 5, 2}, Want: []string{room}, Not: []string{flood}},
		{Name: "three accounts of a network", Event: invite, Facts: []float64{3, 3, 1, 9, 3}, Want: []string{network}, Not: []string{flood}},
		{Name: "somebody asks two whom it met", Event: invite, Facts: []float64{2, 4, 3, 8, 8}, Not: []string{flood, room, network}},
		{Name: "a club of friends", Event: friend, Facts: []float64{40, 40, 4, 40, 4}, Not: []string{flood, room, network}},
		{Name: "messages are no invitations", Event: message(nospim.RelationStranger), Facts: []float64{40, 40, 4, 40, 4}, Not: []string{flood, room, network}},
	})
}

func TestRegistrationFlood(t *testing.T) {
	named := func(name string) nospim.Event {
		return nospim.Event{Kind: nospim.KindRegistration, Addr: "198.51.100.7", Sender: nospim.Account{ID: name + "@chat.example"}}
	}
	asked := func(by string) nospim.Event {
		e := named("adaberg12")
		e.Service, e.InvitedBy = "chat.example", by
		return e
	}
	infant := message(nospim.RelationStranger)
	infant.Sender = nospim.Account{ID: "nina_31@chat.example", Created: at.Add(-time.Hour)}
	grown := infant
	grown.Sender.Created = at.Add(-72 * time.Hour)
	friend := infant
	friend.Relation = nospim.RelationContact
	const flood, template, surge, born = "REGISTRATION_FLOOD", "REGISTRATION_TEMPLATE", "REGISTRATION_SURGE", "BORN_IN_FLOOD"
	none := []string{flood, template, surge, born}
	// Facts: of the network, stem, template, shape, shape in the network, all, in floods, of the shape in floods, the sender itself, of the house,
	// of the shape in the house, by invitations of the same.
	detecttest.Run(t, detect.RegistrationFlood{}, []detecttest.Case{
		{Name: "thirty-five from one network", Event: named("ada"), Facts: []float64{35, 1, 1, 8, 8, 40}, Want: []string{flood}, Not: []string{template, surge}},
		{Name: "a school class", Event: named("ada"), Facts: []float64{28, 1, 1, 9, 9, 30}, Not: none},
		{Name: "a carrier's customers on a busy day", Event: named("ada"), Facts: []float64{60, 1, 1, 90, 15, 400}, Not: none},
		{Name: "four whose names differ in digits", Event: named("nina_31"), Facts: []float64{4, 4}, Want: []string{flood, template}},
		{Name: "four whose names begin and are built alike", Event: named("nina_cam31"), Facts: []float64{1, 1, 4}, Want: []string{flood, template}},
		{Name: "a family", Event: named("berg.ada"), Facts: []float64{5, 2, 3, 5, 5, 5}, Not: none},
		{Name: "five scrambled names", Event: named("x7k2m9qd"), Facts: []float64{1, 1, 1, 5, 1, 20}, Want: []string{flood}},
		{Name: "five scrambled names on a busy day", Event: named("x7k2m9qd"), Facts: []float64{1, 1, 1, 5, 1, 200}, Not: none},
		{Name: "a busy day because of floods", Event: named("x7k2m9qd"), Facts: []float64{1, 1, 1, 5, 1, 200, 180}, Want: []string{flood}},
		{Name: "eight of one shape from one network", Event: named("adaberg12"), Facts: []float64{9, 1, 1, 8, 8, 30}, Want: []string{flood}},
		{Name: "twenty of one shape", Event: named("adaberg12"), Facts: []float64{1, 1, 1, 20, 1, 30}, Want: []string{surge}, Not: []string{flood}},
		{Name: "twenty of one shape, of which most are in a flood", Event: named("adaberg12"), Facts: []float64{1, 1, 1, 20, 1, 30, 12, 12}, Not: none},
		{Name: "eight of one shape from one /64 of a busy /48", Event: named("adaberg12"), Facts: []float64{30, 1, 1, 8, 8, 90, 0, 0, 0, 8, 8}, Want: []string{flood}},
		{Name: "a class in one /64 of a busy /48", Event: named("ada"), Facts: []float64{34, 1, 1, 9, 9, 90, 0, 0, 0, 28, 9}, Not: none},
		{Name: "eight of one shape by the operator's invitation", Event: asked("chat.example"), Facts: []float64{60, 60, 60, 60, 60, 60, 0, 0, 0, 60, 60, 60}, Not: none},
		{Name: "some by a person's invitations", Event: asked("ada@chat.example"), Facts: []float64{20, 20, 20, 20, 20, 20, 0, 0, 0, 20, 20, 20}, Not: none},
		{Name: "invitations that are sold", Event: asked("ada@chat.example"), Facts: []float64{1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 21}, Want: []string{flood}},
		{Name: "one that was born in a flood writes", Event: infant, Facts: []float64{0, 0, 0, 0, 0, 0, 0, 0, 1}, Want: []string{born}},
		{Name: "one of eight siblings writes", Event: infant, Facts: []float64{0, 8}, Want: []string{born}},
		{Name: "to a contact", Event: friend, Facts: []float64{0, 8, 0, 0, 0, 0, 0, 0, 1}, Not: none},
		{Name: "days later", Event: grown, Facts: []float64{0, 8, 0, 0, 0, 0, 0, 0, 1}, Not: none},
		{Name: "messages are no registrations", Event: message(""), Facts: []float64{100, 100, 100, 100, 100, 100}, Not: none},
	})
}

func TestScrambled(t *testing.T) {
	for name, want := range map[string]bool{
		"x7k2m9qd": true, "qwrtzpsd": true, "a1b": true,
		"ada": false, "nina_31": false, "sweetjess655": false, "dana.moreau92": false, "heidi.koch": false, "schmidt": false, "faridschmid2010": false, "hqhwhrhtz": true, "łukasz88": false, "": false, "2026": false,
	} {
		if got := detect.Scrambled(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestOversize(t *testing.T) {
	detecttest.Run(t, detect.Oversize{}, []detecttest.Case{
		{Name: "cut", Event: message(""), Features: nospim.Features{Cut: true}, Want: []string{"OVERSIZE_BODY"}},
		{Name: "whole", Event: message(""), Not: []string{"OVERSIZE_BODY"}},
	})
}

func TestDisguise(t *testing.T) {
	written := func(d nospim.Disguise) nospim.Features { return nospim.Features{Letters: 20, Disguise: d} }
	all := []string{"DISGUISE_MIXED", "DISGUISE_HIDDEN", "DISGUISE_BIDI", "DISGUISE_STYLED", "DISGUISE_PILED", "DISGUISE_ACCENTS", "DISGUISE_LEET", "DISGUISE_SPACED"}
	encrypted := message(nospim.RelationStranger)
	encrypted.Encrypted = true
	detecttest.Run(t, detect.Disguise{}, []detecttest.Case{
		{Name: "look-alike letters", Event: message(nospim.RelationStranger), Features: written(nospim.Disguise{Mixed: 1}), Want: []string{"DISGUISE_MIXED"}},
		{Name: "zero-width characters", Event: message(nospim.RelationStranger), Features: written(nospim.Disguise{Hidden: 4}), Want: []string{"DISGUISE_HIDDEN"}},
		{Name: "invisible tags", Event: message(nospim.RelationContact), Features: written(nospim.Disguise{Tags: 12}), Want: []string{"DISGUISE_HIDDEN"}},
		{Name: "everything at once", Event: message(""), Features: written(nospim.Disguise{Mixed: 1, Hidden: 1, Bidi: 1, Styled: 1, Piled: 1, Accents: 6, Leet: 1, Spaced: 1}), Want: all},
		{Name: "sooooo", Event: message(nospim.RelationStranger), Features: written(nospim.Disguise{Repeated: 9, Accents: 1}), Not: all},
		{Name: "plain text", Event: message(nospim.RelationStranger), Features: longText(), Not: all},
		{Name: "ciphertext is no text", Event: encrypted, Features: written(nospim.Disguise{Mixed: 5})},
		{Name: "a registration", Event: nospim.Event{Kind: nospim.KindRegistration}, Features: written(nospim.Disguise{Mixed: 5})},
	})
}

func TestLures(t *testing.T) {
	said := func(p nospim.Parts) nospim.Features { return nospim.Features{Letters: 40, Parts: p} }
	linked := func(p nospim.Parts) nospim.Features {
		f := withLink()
		f.Parts = p
		return f
	}
	encrypted := message(nospim.RelationStranger)
	encrypted.Encrypted = true
	detecttest.Run(t, detect.Lures{}, []detecttest.Case{
		{Name: "your account is locked, verify your password here", Event: message(nospim.RelationStranger), Features: linked(nospim.Parts{Threat: 1, Credential: 1}), Want: []string{"LURE_CREDENTIALS"}},
		{Name: "what was the wifi password again?", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Credential: 1}), Not: []string{"LURE_CREDENTIALS"}},
		{Name: "I forgot my password and the account is locked", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Credential: 1, Threat: 1}), Not: []string{"LURE_CREDENTIALS", "LURE_THREAT"}},
		{Name: "see my cam, make a free login", Event: message(nospim.RelationStranger), Features: said(nospim.Parts{Webcam: 1, SignUp: 1}), Want: []string{"LURE_WEBCAM"}},
		{Name: "my webcam does not work, see this bug", Event: message(nospim.RelationStranger), Features: linked(nospim.Parts{Webcam: 1}), Not: []string{"LURE_WEBCAM"}},
		{Name: "you won a prize of 500, claim it here", Event: message(nospim.RelationStranger), Features: linked(nospim.Parts{Prize: 1, Amount: 1, Click: 1}), Want: []string{"LURE_PRIZE"}},
		{Name: "we won 3:1, look at the goal", Event: message(nospim.RelationContact), Features: linked(nospim.Parts{Prize: 1, Click: 1}), Not: []string{"LURE_PRIZE"}},
		{Name: "work from home, 300 a day, write on telegram", Event: message(nospim.RelationStranger), Features: said(nospim.Parts{Job: 1, Money: 1, Amount: 1, Contact: 1}), Want: []string{"LURE_MONEY"}},
		{Name: "I am hiring a plumber", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Job: 1, Contact: 1}), Not: []string{"LURE_MONEY"}},
		{Name: "viruses were found, download the cleaner now", Event: message(nospim.RelationStranger), Features: linked(nospim.Parts{Malware: 2, Click: 1}), Want: []string{"LURE_MALWARE"}},
		{Name: "which antivirus do you use?", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Malware: 1}), Not: []string{"LURE_MALWARE"}},
		{Name: "your parcel could not be delivered, pay the fee", Event: message(nospim.RelationStranger), Features: linked(nospim.Parts{Threat: 2}), Want: []string{"LURE_THREAT"}},
		{Name: "your parcel is at my place", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Threat: 1}), Not: []string{"LURE_THREAT"}},
		{Name: "is this you in the video?", Event: message(nospim.RelationContact), Features: linked(nospim.Parts{Picture: 1}), Want: []string{"LURE_PICTURE"}},
		{Name: "i have a photo of you from sunday", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Picture: 1}), Not: []string{"LURE_PICTURE"}},
		{Name: "write me on whatsapp, +49…", Event: message(nospim.RelationStranger), Features: said(nospim.Parts{Contact: 1, Phone: 1}), Want: []string{"LURE_ELSEWHERE"}},
		{Name: "my new number is …", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Phone: 1}), Not: []string{"LURE_ELSEWHERE"}},
		{Name: "send the coins to this address", Event: message(nospim.RelationStranger), Features: said(nospim.Parts{Wallet: 1}), Want: []string{"WALLET_ADDRESS"}},
		{Name: "a talk about coins", Event: message(nospim.RelationContact), Features: said(nospim.Parts{Crypto: 3}), Not: []string{"WALLET_ADDRESS"}},
		{Name: "ciphertext is no text", Event: encrypted, Features: linked(nospim.Parts{Threat: 3, Credential: 3, Wallet: 1})},
	})
}

func TestLists(t *testing.T) {
	hit := func(kind nospim.ListKind, allow bool) nospim.Listed {
		return nospim.Listed{Entry: nospim.ListEntry{Kind: kind, Allow: allow}}
	}
	from := func(entity nospim.EntityKind, kind nospim.ListKind, strangers bool) nospim.Listed {
		return nospim.Listed{Entry: nospim.ListEntry{Kind: kind}, Entity: nospim.Entity{Kind: entity}, From: "rtbl.example/n", Weight: 0.6, Strangers: strangers}
	}
	account, server := from(nospim.EntityAccount, nospim.ListAccount, false), from(nospim.EntityService, nospim.ListAccount, true)
	allowed := from(nospim.EntityAccount, nospim.ListAccount, false)
	allowed.Entry.Allow = true
	all := []string{
		"LIST_ALLOW", "LIST_BLOCK_ACCOUNT", "LIST_BLOCK_DOMAIN", "LIST_BLOCK_LINK", "LIST_BLOCK_TEXT", "LIST_BLOCK_ADDR",
		"LISTED_ACCOUNT", "LISTED_SERVICE", "LISTED_DOMAIN", "LISTED_LINK", "LISTED_TEXT", "LISTED_ADDR", "LISTED_CONTACT",
	}
	cases := []detecttest.Case{
		{Name: "nothing is listed", Event: message(""), Not: all},
		{Name: "allow wins over block", Event: message(""), Listed: []nospim.Listed{hit(nospim.ListAddr, false), hit(nospim.ListAccount, true), hit(nospim.ListText, false)}, Want: []string{"LIST_ALLOW"}},
		{Name: "two kinds", Event: message(""), Listed: []nospim.Listed{hit(nospim.ListAddr, false), hit(nospim.ListText, false)}, Want: []string{"LIST_BLOCK_ADDR", "LIST_BLOCK_TEXT"}},
	}
	cases = append(cases, []detecttest.Case{
		{Name: "a stranger and its server are listed elsewhere", Event: message(nospim.RelationStranger), Listed: []nospim.Listed{account, server}, Want: []string{"LISTED_ACCOUNT", "LISTED_SERVICE"}},
		{Name: "a contact whose server is listed for strangers", Event: message(nospim.RelationContact), Listed: []nospim.Listed{server}, Not: all},
		{Name: "a contact who is listed in many ways", Event: message(nospim.RelationContact), Listed: []nospim.Listed{account, account, server}, Want: []string{"LISTED_CONTACT"}},
		{Name: "whom one wrote to first", Event: message(nospim.RelationStranger), Invited: true, Listed: []nospim.Listed{account}, Want: []string{"LISTED_CONTACT"}},
		{Name: "the operator allows what is listed elsewhere", Event: message(""), Listed: []nospim.Listed{account, hit(nospim.ListAccount, true)}, Want: []string{"LIST_ALLOW"}},
		{Name: "an imported list allows", Event: message(""), Listed: []nospim.Listed{account, allowed}, Want: []string{"LIST_ALLOW"}},
		{Name: "the operator's own and another", Event: message(nospim.RelationContact), Listed: []nospim.Listed{account, hit(nospim.ListAccount, false)}, Want: []string{"LIST_BLOCK_ACCOUNT", "LISTED_CONTACT"}},
	}...)
	for _, kind := range nospim.ListKinds() {
		if kind == nospim.ListDecoy {
			cases = append(cases, detecttest.Case{Name: "a decoy is no block", Event: message(""), Listed: []nospim.Listed{hit(kind, false)}, Not: all})
			continue
		}
		cases = append(cases, detecttest.Case{
			Name: "listed elsewhere " + string(kind), Event: message(""), Listed: []nospim.Listed{from(nospim.EntityKind(kind), kind, false)},
			Want: []string{"LISTED_" + strings.ToUpper(string(kind))},
		})
		cases = append(cases, detecttest.Case{Name: "blocked " + string(kind), Event: message(""), Listed: []nospim.Listed{hit(kind, false)}, Want: []string{"LIST_BLOCK_" + strings.ToUpper(string(kind))}})
	}
	detecttest.Run(t, detect.Lists{}, cases)
}

func TestSymbolsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range detect.Symbols(detect.All(nil)) {
		if seen[s.Name] {
			t.Errorf("%s is declared twice", s.Name)
		}
		seen[s.Name] = true
	}
}

func TestIndex(t *testing.T) {
	var entries []nospim.ListEntry
	for _, e := range []struct {
		kind    nospim.ListKind
		value   string
		allow   bool
		service string
	}{
		{nospim.ListAccount, "Nina@Chat.example", false, ""},
		{nospim.ListAccount, "*@bots.example", false, ""},
		{nospim.ListDomain, "*.X.example", false, ""},
		{nospim.ListDomain, "good.x.example", true, ""},
		{nospim.ListLink, "hxxp://y.example/a#b", false, ""},
		{nospim.ListText, "Buy  CHEAP pills", false, ""},
		{nospim.ListAddr, "198.51.100.77/24", false, ""},
		{nospim.ListAddr, "2001:db8::/32", false, ""},
		{nospim.ListAddr, "198.51.100.9", true, ""},
		{nospim.ListAccount, "zoe@chat.example", false, "other.example"},
		{nospim.ListAccount, "over@chat.example", false, ""},
	} {
		entry, err := detect.ParseEntry(e.kind, e.value)
		if err != nil {
			t.Fatal(err)
		}
		entry.Allow, entry.Service = e.allow, e.service
		if strings.HasPrefix(e.value, "over") {
			entry.Until = time.Unix(1000, 0)
		}
		entries = append(entries, entry)
	}
	x := detect.NewIndex(entries)
	text, err := detect.ParseEntry(nospim.ListText, "buy cheap pills!")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		sender string
		addr   string
		url    string
		text   string
		want   string // kinds, allow ones with +
	}{
		{"nothing", "ada@chat.example", "203.0.113.1", "http://z.example/", "", ""},
		{"account in other case", "nina@CHAT.example", "", "", "", "account"},
		{"all accounts of a service", "any@bots.example", "", "", "", "account"},
		{"a domain below", "ada@chat.example", "", "http://deep.er.x.example/q", "", "domain"},
		{"a domain allowed below a blocked one", "ada@chat.example", "", "http://good.x.example/q", "", "+domain domain"},
		{"a name that only ends alike", "ada@chat.example", "", "http://notx.example/", "", ""},
		{"a link", "ada@chat.example", "", "http://y.example/a", "", "link"},
		{"another link there", "ada@chat.example", "", "http://y.example/b", "", ""},
		{"a text", "ada@chat.example", "", "", text.Value, "text"},
		{"a range", "ada@chat.example", "198.51.100.1", "", "", "addr"},
		{"an address allowed inside", "ada@chat.example", "198.51.100.9", "", "", "+addr addr"},
		{"a range of IPv6", "ada@chat.example", "2001:db8:1::1", "", "", "addr"},
		{"an entry that is over", "over@chat.example", "", "", "", ""},
		{"an entry of another service", "zoe@chat.example", "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := nospim.Event{Service: "chat.example", Sender: nospim.Account{ID: c.sender}, Addr: c.addr}
			var f nospim.Features
			if c.url != "" {
				host := strings.Split(c.url, "/")[2]
				f.Links = []nospim.Link{{URL: c.url, Host: host}}
			}
			var mark uint64
			if c.text != "" {
				for _, r := range c.text[3:] {
					mark = mark<<4 | uint64(strings.IndexRune("0123456789abcdef", r))
				}
			}
			addr, _ := netip.ParseAddr(c.addr)
			var got []string
			for _, l := range x.Match(nil, &e, &f, mark, addr, time.Unix(1000, 0)) {
				kind := string(l.Entry.Kind)
				if l.Entry.Allow {
					kind = "+" + kind
				}
				got = append(got, kind)
			}
			if len(got) == 2 && got[1][0] == '+' {
				got[0], got[1] = got[1], got[0]
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("matched %q, want %q", s, c.want)
			}
		})
	}
}

func TestParseEntryRefuses(t *testing.T) {
	for _, c := range []struct {
		kind  nospim.ListKind
		value string
	}{
		{"colour", "blue"},
		{nospim.ListAccount, ""},
		{nospim.ListAccount, "a b"},
		{nospim.ListDomain, "x y"},
		{nospim.ListDomain, "http://x.example/"},
		{nospim.ListLink, "nothing"},
		{nospim.ListText, "!!!"},
		{nospim.ListText, "fp:zz"},
		{nospim.ListText, "\xff"},
		{nospim.ListAddr, "300.1.1.1"},
		{nospim.ListAddr, "10.0.0.0/99"},
	} {
		if e, err := detect.ParseEntry(c.kind, c.value); err == nil {
			t.Errorf("ParseEntry(%q, %q) = %+v, want an error", c.kind, c.value, e)
		}
	}
}

func FuzzParseEntry(f *testing.F) {
	for _, k := range nospim.ListKinds() {
		f.Add(string(k), "x.example")
		f.Add(string(k), "198.51.100.0/24")
	}
	f.Fuzz(func(t *testing.T, kind, value string) {
		e, err := detect.ParseEntry(nospim.ListKind(kind), value)
		if err != nil {
			return
		}
		again, err := detect.ParseEntry(e.Kind, e.Value)
		if err != nil || again != e {
			t.Fatalf("ParseEntry(%q, %q) = %+v, which parses to %+v, %v", kind, value, e, again, err)
		}
		detect.NewIndex([]nospim.ListEntry{e})
	})
}
