package town

import (
	"time"

	"github.com/nospim/nospim"
)

// harvest searches the directory, reads profiles or contact lists, and later writes to those who were found, from the same
// account or from others.
func harvest(i *incident) {
	h := &harvester{i: i, how: i.vary("directory", "profiles", "both", "contact_lists"), net: i.network()}
	h.origin = i.vary("new", "aged")
	spread := i.vary("one_reader", "some_readers", "many_readers")
	h.burst = i.vary("same_account", "other_account", "many_accounts")
	h.others = h.net
	if h.burst == "other_account" {
		h.others = i.network()
	}
	h.write = i.writer(i.style(), pick(i.r, adverts))
	h.gap = i.tempo()
	readers := map[string]int{"one_reader": 1, "some_readers": 3 + i.r.IntN(4), "many_readers": 8 + i.r.IntN(13)}[spread]
	h.found = i.victims(40 + i.r.IntN(120))
	i.host()
	var end time.Duration
	each := (len(h.found) + readers - 1) / readers
	for n := range readers {
		part := h.found[min(n*each, len(h.found)):min((n+1)*each, len(h.found))]
		end = max(end, h.read(part))
	}
	i.w.after(end+within(i.r, 120, 3*3600), h.send)
}

type harvester struct {
	i                  *incident
	how, origin, burst string
	net, others        network
	found              []*actor
	readers            []*actor
	write              func(map[string]string) string
	gap                func() time.Duration
}

// read lets one account read out its part; it returns when that is done.
func (h *harvester) read(part []*actor) time.Duration {
	i := h.i
	a := i.account("reader", i.alias(), h.origin, h.net)
	h.readers = append(h.readers, a)
	at := within(i.r, 2, 600)
	page := 10 + i.r.IntN(40)
	do := func(one act) {
		one.from, one.truth = a, i.truth("reader")
		i.w.after(at, func() { i.w.emit(one) })
		at += h.gap()
	}
	for n, p := range part {
		if h.how == "contact_lists" {
			if n%8 == 0 { // the next seven stand on this one's list
				do(act{kind: nospim.KindRosterRead, to: p, count: 8 + len(p.contacts)})
			}
			continue
		}
		if h.how != "profiles" && n%page == 0 {
			do(act{kind: nospim.KindDirectorySearch, count: min(page, len(part)-n)})
		}
		if h.how != "directory" {
			do(act{kind: nospim.KindProfileRead, to: p})
		}
	}
	return at
}

// send is the burst to those who were found.
func (h *harvester) send() {
	i := h.i
	senders := h.readers
	switch h.burst {
	case "other_account":
		senders = []*actor{i.account("sender", i.alias(), h.origin, h.others)}
	case "many_accounts":
		senders = nil
		for range 4 + i.r.IntN(8) {
			senders = append(senders, i.account("sender", i.alias(), h.origin, h.net))
		}
	}
	link := "http://" + i.hosts[0] + "/" + slug(i.r, 1)
	var at time.Duration
	for n, p := range h.found {
		from := senders[n%len(senders)]
		i.w.after(at, func() {
			id := i.send(from, p, h.write(map[string]string{"name": p.Name, "bot": from.Name, "link": link}), i.truth("sender"))
			i.reaction(from, p, id)
		})
		at += within(i.r, 0.2, 8)
	}
}
