package toll

// Point is where an attempt left the sums.
type Point struct {
	// Attempts of attackers so far, how many of them were Stopped, and how many honest events were Lost meanwhile.
	Attempts, Stopped, Lost int
}

// curve keeps the sums at few enough points to be drawn: when there are too many, every other is thrown away.
type curve struct {
	now    Point
	every  int
	points []Point
}

// mostPoints is how many are kept.
const mostPoints = 2000

func (c *curve) ham(stopped bool) { c.now.Lost += one(stopped) }

func (c *curve) spam(stopped bool) {
	c.now.Attempts++
	c.now.Stopped += one(stopped)
	c.every = max(c.every, 1)
	if c.now.Attempts%c.every != 0 {
		return
	}
	c.points = append(c.points, c.now)
	if len(c.points) < mostPoints {
		return
	}
	c.every *= 2
	kept := c.points[:0]
	for _, p := range c.points {
		if p.Attempts%c.every == 0 {
			kept = append(kept, p)
		}
	}
	c.points = kept
}

// Curve returns the sums over the play, from nothing to the end.
func (t *Toll) Curve() []Point {
	return append(append([]Point{{}}, t.curve.points...), t.curve.now)
}
