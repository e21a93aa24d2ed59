package town

import "github.com/nospim/nospim"

// reportGang complains about somebody who has done nothing: several accounts within an hour or so, some of which got the person to
// write to them first. What the person writes afterwards has the role accused.
func reportGang(i *incident) {
	accused := i.owner()
	if accused == nil {
		return
	}
	accused.busy = true
	origin, net := i.vary("new", "aged", "remote"), i.network()
	first := i.vary("baited", "never_written", "never_written")
	span := map[string]float64{"minutes": 300, "an_hour": 3600, "a_day": 8 * 3600}[i.vary("minutes", "an_hour", "a_day")]
	if i.w.o.Quiet {
		i.w.days(i.w.dice("life of "+i.name, 0), accused)
	}
	accused.fate = "accused"
	for range 5 + i.r.IntN(25) {
		i.w.after(within(i.r, 1, span), func() { i.accuse(accused, origin, net, first == "baited") })
	}
	i.w.after(seconds(span/2), func() { i.w.converse(i.r, accused, pick(i.r, accused.contacts), 30) })
}

func (i *incident) accuse(accused *actor, origin string, net network, baited bool) {
	a := i.account("reporter", i.alias(), origin, net)
	if !baited {
		i.w.after(within(i.r, 2, 60), func() {
			i.w.emit(act{kind: nospim.KindReport, from: a, to: accused, truth: i.truth("reporter")})
		})
		return
	}
	i.send(a, accused, spin(i.r, pick(i.r, baits), nil), i.truth("reporter"))
	i.w.after(reply(i.r, 20), func() {
		id := i.w.emit(act{kind: nospim.KindMessage, from: accused, to: a, body: pick(i.r, doubts), truth: ham(accused, "")})
		i.w.after(within(i.r, 2, 60), func() {
			i.w.emit(act{kind: nospim.KindReport, from: a, to: accused, refers: id, truth: i.truth("reporter")})
		})
	})
}
