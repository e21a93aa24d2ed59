package wire

// Counters are what a connector has counted since it started, by [Counter]. It tells them with its pings.
type Counters [counters]int64

// Counter is one of them.
type Counter int

// The counters.
const (
	Checked     Counter = iota // answered
	Blocked                    // rejected or dropped
	Marked                     // and delivered
	Challenged                 // kept until the sender has answered
	Throttled                  // delivered later
	Held                       // kept for a decision
	FailedOpen                 // passed without an answer
	Errors                     // of the connector itself, and error lines that it got
	BreakerOpen                // times that it gave up asking
	counters
)

// counterNames are their words, by value.
var counterNames = [counters]string{"checked", "blocked", "marked", "challenged", "throttled", "held", "failed_open", "errors", "breaker_open"}

func (c Counter) String() string { return counterNames[c] }

// counterFields read counters.
var counterFields = func() (all []field[Counters]) {
	for i, name := range counterNames {
		all = append(all, field[Counters]{name, func(s *scanner, c *Counters) { c[i] = s.whole() }})
	}
	return all
}()
