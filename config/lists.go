package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of lists that are followed and published.
const (
	MaxSubscribers = 100_000
	MinResync      = time.Minute
	MaxResync      = 7 * 24 * time.Hour
)

// lists checks what is followed and published.
func lists(l *Lists, door bool) error {
	errs := []error{
		word("lists.quorum", l.Quorum, "one", "majority", "all"),
		number("lists.publish.subscribers", l.Publish.Subscribers, 1, MaxSubscribers),
	}
	if d := time.Duration(l.Resync); d < MinResync || d > MaxResync {
		errs = append(errs, &Error{Key: "lists.resync", Problem: fmt.Sprintf("is %v; it may be %v to %v", d, MinResync, MaxResync)})
	}
	if len(l.Services) > 0 && !door {
		errs = append(errs, &Error{Key: "lists.services", Problem: "are followed by way of the door: set door.server, or leave them out"})
	}
	seen := map[string]bool{}
	for i := range l.Services {
		s := &l.Services[i]
		key := fmt.Sprintf("lists.services[%d].", i)
		switch address := strings.ToLower(s.Address); {
		case address == "" || strings.ContainsAny(address, " \t/"):
			errs = append(errs, &Error{Key: key + "address", Problem: fmt.Sprintf("is %q; it is the address of a service, such as rtbl.example", s.Address)})
		case seen[address]:
			errs = append(errs, &Error{Key: key + "address", Problem: fmt.Sprintf("is %q, which stands here before", s.Address)})
		default:
			seen[address] = true
		}
		if s.Weight < 0 || s.Weight > 1 {
			errs = append(errs, &Error{Key: key + "weight", Problem: fmt.Sprintf("is %v; it may be above 0 to 1", s.Weight)})
		}
	}
	return errors.Join(errs...)
}
