package rtbl

import (
	"context"
	"encoding/xml"
	"errors"
	"slices"
	"strconv"
	"strings"

	"mellium.im/xmpp/jid"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/door"
)

// request is what somebody wants of the nodes.
type request struct {
	Info   *nodeRequest `xml:"http://jabber.org/protocol/disco#info query"`
	Disco  *nodeRequest `xml:"http://jabber.org/protocol/disco#items query"`
	Pubsub *struct {
		Items         *itemsRequest `xml:"items"`
		Subscribe     *nodeRequest  `xml:"subscribe"`
		Unsubscribe   *nodeRequest  `xml:"unsubscribe"`
		Subscriptions *nodeRequest  `xml:"subscriptions"`
		Publish       *nodeRequest  `xml:"publish"`
		Retract       *nodeRequest  `xml:"retract"`
		Create        *nodeRequest  `xml:"create"`
		Set           *resultSet    `xml:"http://jabber.org/protocol/rsm set"`
	} `xml:"http://jabber.org/protocol/pubsub pubsub"`
	Owner *struct{} `xml:"http://jabber.org/protocol/pubsub#owner pubsub"`
}

type nodeRequest struct {
	Node string `xml:"node,attr"`
	JID  string `xml:"jid,attr"`
}

type itemsRequest struct {
	Node string `xml:"node,attr"`
	Max  string `xml:"max_items,attr"`
	Item []struct {
		ID string `xml:"id,attr"`
	} `xml:"item"`
}

// resultSet asks for a page (XEP-0059).
type resultSet struct {
	Max    string  `xml:"max"`
	After  string  `xml:"after"`
	Before *string `xml:"before"`
}

// Handle implements [door.Part]: requests for the nodes are its own, whoever makes them, and bounces of what subscribers were told.
func (p *Publisher) Handle(ctx context.Context, in *door.Stanza) (xml.TokenReader, bool) {
	if in.Name == "message" && in.Type == "error" {
		return nil, p.bounced(ctx, in)
	}
	var r request
	if in.Name != "iq" || in.Type != "get" && in.Type != "set" || in.TooLarge || in.Decode(&r) != nil {
		return nil, false
	}
	switch {
	case r.Pubsub != nil:
		return p.pubsub(ctx, in, &r), true
	case r.Owner != nil:
		return in.Refuse("auth", "forbidden"), true
	case in.Type == "get" && r.Info != nil && slices.Contains(p.served(), Type(r.Info.Node)):
		identity := []door.Identity{{Category: "pubsub", Type: "leaf"}}
		return in.Result(door.Element(nsInfo, "query", door.Attrs{"node": r.Info.Node}, door.Disco(identity, []string{nsPubsub, nsRSM})...)), true
	case in.Type == "get" && r.Disco != nil && r.Disco.Node == "":
		var all []xml.TokenReader
		for _, t := range p.served() {
			all = append(all, door.Element("", "item", door.Attrs{"jid": in.To, "node": string(t)}))
		}
		return in.Result(door.Element(nsItems, "query", nil, all...)), true
	default:
		return nil, false
	}
}

// bounced removes a subscriber that there is no more.
func (p *Publisher) bounced(ctx context.Context, in *door.Stanza) (mine bool) {
	var e struct {
		Event *struct {
			Items nodeRequest `xml:"items"`
		} `xml:"http://jabber.org/protocol/pubsub#event event"`
		Error struct {
			Gone    *struct{} `xml:"urn:ietf:params:xml:ns:xmpp-stanzas gone"`
			Missing *struct{} `xml:"urn:ietf:params:xml:ns:xmpp-stanzas item-not-found"`
		} `xml:"error"`
	}
	if in.TooLarge || in.Decode(&e) != nil || e.Event == nil {
		return false
	}
	if e.Error.Gone != nil || e.Error.Missing != nil {
		if err := p.Shelf.Unsubscribe(ctx, e.Event.Items.Node, in.From); err != nil && !errors.Is(err, nospim.ErrNotFound) {
			p.Log.Error("a subscriber that is gone could not be removed", "err", err)
		}
	}
	return true
}

// pubsub answers a request in the namespace of XEP-0060.
func (p *Publisher) pubsub(ctx context.Context, in *door.Stanza, r *request) xml.TokenReader {
	ps := r.Pubsub
	switch {
	case in.Type == "get" && ps.Items != nil:
		return p.items(ctx, in, ps.Items, ps.Set)
	case in.Type == "set" && ps.Subscribe != nil:
		return p.subscribe(ctx, in, ps.Subscribe)
	case in.Type == "set" && ps.Unsubscribe != nil:
		return p.unsubscribe(ctx, in, ps.Unsubscribe)
	case in.Type == "get" && ps.Subscriptions != nil:
		return p.subscriptions(ctx, in)
	case ps.Publish != nil || ps.Retract != nil || ps.Create != nil:
		return in.Refuse("auth", "forbidden") // operators publish, by nospim lists
	default:
		return in.Refuse("cancel", "feature-not-implemented")
	}
}

// items answers with items: those that are named, or a page (XEP-0060 §6.5, XEP-0059).
func (p *Publisher) items(ctx context.Context, in *door.Stanza, r *itemsRequest, set *resultSet) xml.TokenReader {
	if refused := p.unknown(in, r.Node); refused != nil {
		return refused
	}
	all, err := p.current(ctx)
	if err != nil {
		p.Log.Error("what is published could not be read", "err", err)
		return in.Refuse("wait", "internal-server-error")
	}
	ids := all[Type(r.Node)]
	if len(r.Item) > 0 {
		var named []string
		for _, i := range r.Item[:min(len(r.Item), mostPage)] {
			if _, has := slices.BinarySearch(ids, i.ID); has {
				named = append(named, i.ID)
			}
		}
		return in.Result(door.Element(nsPubsub, "pubsub", nil, itemsElement(r.Node, named)))
	}
	if set == nil {
		most := mostWhole
		if n, err := strconv.Atoi(r.Max); err == nil && n >= 0 {
			most = min(most, n)
		}
		set = &resultSet{Max: strconv.Itoa(most)}
		if len(ids) <= most {
			return in.Result(door.Element(nsPubsub, "pubsub", nil, itemsElement(r.Node, ids)))
		}
		return answerPage(in, r.Node, ids, 0, most)
	}
	from, to, ok := set.page(ids)
	if !ok {
		return in.Refuse("modify", "bad-request")
	}
	return answerPage(in, r.Node, ids, from, to)
}

// page returns which of sorted ids are asked for. An id that is gone still has its place.
func (s *resultSet) page(ids []string) (from, to int, ok bool) {
	most := mostPage
	if s.Max != "" {
		n, err := strconv.Atoi(s.Max)
		if err != nil || n < 0 {
			return 0, 0, false
		}
		most = min(n, mostPage)
	}
	if s.Before != nil {
		end := len(ids)
		if *s.Before != "" {
			end, _ = slices.BinarySearch(ids, *s.Before)
		}
		return max(0, end-most), end, true
	}
	if s.After != "" {
		at, found := slices.BinarySearch(ids, s.After)
		if from = at; found {
			from++
		}
	}
	return from, min(len(ids), from+most), true
}

// answerPage answers with some of the items, and says which they are (XEP-0059 §2.1).
func answerPage(in *door.Stanza, node string, ids []string, from, to int) xml.TokenReader {
	set := []xml.TokenReader{text("count", strconv.Itoa(len(ids)))}
	if page := ids[from:to]; len(page) > 0 {
		first := door.Element("", "first", door.Attrs{"index": strconv.Itoa(from)}, door.Text(page[0]))
		set = []xml.TokenReader{first, text("last", page[len(page)-1]), set[0]}
	}
	return in.Result(door.Element(nsPubsub, "pubsub", nil, itemsElement(node, ids[from:to]), door.Element(nsRSM, "set", nil, set...)))
}

func itemsElement(node string, ids []string) xml.TokenReader {
	all := make([]xml.TokenReader, len(ids))
	for i, id := range ids {
		all[i] = item(id)
	}
	return door.Element("", "items", door.Attrs{"node": node}, all...)
}

// unknown refuses a node that there is not.
func (p *Publisher) unknown(in *door.Stanza, node string) xml.TokenReader {
	switch {
	case node == "":
		return in.Refuse("modify", "bad-request", door.Element(nsErrors, "nodeid-required", nil))
	case !slices.Contains(p.served(), Type(node)):
		return in.Refuse("cancel", "item-not-found")
	}
	return nil
}

// invalid refuses to have an address told that is not the asker's own (XEP-0060 §6.1.3.1).
func invalid(in *door.Stanza, address string) xml.TokenReader {
	mine, err := jid.Parse(in.From)
	told, err2 := jid.Parse(address)
	if err != nil || err2 != nil || !mine.Bare().Equal(told.Bare()) {
		return in.Refuse("modify", "bad-request", door.Element(nsErrors, "invalid-jid", nil))
	}
	return nil
}

// subscribe adds a subscriber (XEP-0060 §6.1).
func (p *Publisher) subscribe(ctx context.Context, in *door.Stanza, r *nodeRequest) xml.TokenReader {
	if refused := p.unknown(in, r.Node); refused != nil {
		return refused
	}
	if refused := invalid(in, r.JID); refused != nil {
		return refused
	}
	crowded, err := p.crowded(ctx, r.Node, r.JID)
	if err == nil && !crowded {
		err = p.Shelf.Subscribe(ctx, r.Node, r.JID, p.Most)
	}
	switch {
	case crowded || errors.Is(err, nospim.ErrTooLarge):
		return in.Refuse("wait", "policy-violation", door.Element(nsErrors, "too-many-subscriptions", nil))
	case err != nil:
		p.Log.Error("a subscriber could not be kept", "err", err)
		return in.Refuse("wait", "internal-server-error")
	}
	return in.Result(door.Element(nsPubsub, "pubsub", nil, subscription(r.Node, r.JID)))
}

// crowded reports whether a domain has as many subscriptions as one may have, and this is another.
func (p *Publisher) crowded(ctx context.Context, node, address string) (bool, error) {
	all, err := p.Shelf.Subscribers(ctx)
	if err != nil || slices.Contains(all[node], address) {
		return false, err
	}
	n := 0
	for _, addresses := range all {
		for _, a := range addresses {
			if strings.EqualFold(domainOf(a), domainOf(address)) {
				n++
			}
		}
	}
	return n >= mostOfDomain, nil
}

// domainOf cuts the domain out of an address.
func domainOf(address string) string {
	address, _, _ = strings.Cut(address, "/")
	return address[strings.LastIndexByte(address, '@')+1:]
}

func subscription(node, address string) xml.TokenReader {
	return door.Element("", "subscription", door.Attrs{"node": node, "jid": address, "subscription": "subscribed"})
}

// unsubscribe removes a subscriber (XEP-0060 §6.2).
func (p *Publisher) unsubscribe(ctx context.Context, in *door.Stanza, r *nodeRequest) xml.TokenReader {
	if refused := p.unknown(in, r.Node); refused != nil {
		return refused
	}
	if refused := invalid(in, r.JID); refused != nil {
		return refused
	}
	switch err := p.Shelf.Unsubscribe(ctx, r.Node, r.JID); {
	case errors.Is(err, nospim.ErrNotFound):
		return in.Refuse("cancel", "unexpected-request", door.Element(nsErrors, "not-subscribed", nil))
	case err != nil:
		p.Log.Error("a subscriber could not be removed", "err", err)
		return in.Refuse("wait", "internal-server-error")
	}
	return in.Result(nil)
}

// subscriptions lists those of the asker (XEP-0060 §5.6).
func (p *Publisher) subscriptions(ctx context.Context, in *door.Stanza) xml.TokenReader {
	all, err := p.Shelf.Subscribers(ctx)
	if err != nil {
		p.Log.Error("the subscribers could not be read", "err", err)
		return in.Refuse("wait", "internal-server-error")
	}
	var mine []xml.TokenReader
	for _, t := range p.served() {
		for _, address := range all[string(t)] {
			if invalid(in, address) == nil {
				mine = append(mine, subscription(string(t), address))
			}
		}
	}
	return in.Result(door.Element(nsPubsub, "pubsub", nil, door.Element("", "subscriptions", nil, mine...)))
}
