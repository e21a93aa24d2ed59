package toll

// Goal is a number to reach: a share that is to be at least, or at most, so many percent.
type Goal struct {
	What string `json:"what"`
	// Least is true for floors, false for ceilings.
	Least   bool    `json:"least"`
	Percent float64 `json:"percent"`
	Is      Share   `json:"is"`
}

// Reached reports whether the share is where it is to be. Of nothing, it is.
func (g Goal) Reached() bool {
	return g.Is.N == 0 || g.Least && g.Is.Percent() >= g.Percent || !g.Least && g.Is.Percent() <= g.Percent
}

// goals are those of the behaviour detectors that events with verdicts can tell; what was not played is left out. Speed and the
// statistics of tracking codes are measured elsewhere.
func (t *Toll) goals(r *Report) []Goal {
	attack := func(name, role string) (a Attack) {
		for _, a := range r.Attacks {
			if a.Attack == name && a.Role == role {
				return a
			}
		}
		return a
	}
	honest := func(role string) (h Honest) {
		for _, h := range r.Honest {
			if h.Role == role {
				return h
			}
		}
		return h
	}
	searcher, harvest := honest("searcher"), attack("harvest", "sender")
	all := []Goal{
		{"campaigns: messages stopped from the 5th copy on", true, 95, sum(attack("bulk", "sender").FromFifth, attack("phishing", "sender").FromFifth, attack("tracking", "sender").FromFifth, harvest.FromFifth)},
		{"honest events stopped", false, 0.02, sum(r.Ham.Blocked, Share{K: r.Ham.Held.K})},
		{"timer bots: noticed within 25 attempts", true, 95, sum(attack("timer_periodic", "bot").Noticed25, attack("timer_random", "bot").Noticed25, attack("timer_responder", "bot").Noticed25, attack("timer_replay", "bot").Noticed25)},
		{"honest accounts: slowed or stopped within 25 events", false, 1, r.Ham.Slowed25},
		{"scripted bots: stopped before the 4th person", true, 95, attack("buddy_bot", "bot").Before4th},
		{"bulk: stopped before the 10th recipient", true, 95, attack("bulk", "sender").Before10th},
		{"stolen friends: stopped before the 10th recipient", true, 95, attack("stolen_friend", "thief").Before10th},
		{"honest links asked about", false, 1, share(t.linked.stopped(), t.linked.n)},
		{"harvesting: flagged before the burst", true, 95, harvest.Flagged},
		{"honest searches slowed or stopped", false, 0, sum(searcher.Blocked, Share{K: searcher.Held.K}, Share{K: searcher.Slowed.K})},
		{"honest accounts restricted", false, 0, r.Ham.Restricted},
	}
	var played []Goal
	for _, g := range all {
		if g.Is.N > 0 {
			played = append(played, g)
		}
	}
	return played
}

// sum adds shares up.
func sum(all ...Share) Share {
	k, n := 0, 0
	for _, s := range all {
		k, n = k+s.K, n+s.N
	}
	return share(k, n)
}
