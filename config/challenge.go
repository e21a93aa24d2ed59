package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Proofs are the words for what strangers may prove.
var Proofs = []string{"work", "picture", "audio", "question"}

// Limits of the work that strangers are asked for.
const (
	MinBits = 8
	MaxBits = 28
)

// Words splits a list that is written with commas between; what stands twice stands once.
func Words(list string) []string {
	var all []string
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// challenge checks what strangers are asked, and that they can reach the page.
func challenge(c *Challenge) error {
	kinds, required := Words(c.Kinds), Words(c.Required)
	errs := []error{proofs("challenge.kinds", kinds), proofs("challenge.required", required), challengeURL(c.URL)}
	for _, one := range required {
		if slices.Contains(Proofs, one) && !slices.Contains(kinds, one) {
			errs = append(errs, &Error{Key: "challenge.required", Problem: fmt.Sprintf("names %q, which challenge.kinds does not offer", one)})
		}
	}
	if len(kinds) > 0 && (c.Answers < 1 || c.Answers > len(kinds)) {
		errs = append(errs, &Error{Key: "challenge.answers", Problem: fmt.Sprintf("is %d; it may be 1 to %d, as many as challenge.kinds offers", c.Answers, len(kinds))})
	}
	if c.Bits < MinBits || c.Bits > MaxBits {
		errs = append(errs, &Error{Key: "challenge.bits", Problem: fmt.Sprintf("is %d; it may be %d to %d", c.Bits, MinBits, MaxBits)})
	}
	if c.Listen != None {
		errs = append(errs, public("challenge.listen", c.Listen))
		if c.URL == "" {
			errs = append(errs, &Error{Key: "challenge.url", Problem: "is required with challenge.listen"})
		}
	}
	return errors.Join(errs...)
}

func proofs(key string, words []string) error {
	var errs []error
	for _, one := range words {
		errs = append(errs, word(key, one, Proofs...))
	}
	return errors.Join(errs...)
}

// public checks an address that everybody may reach.
func public(key, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return &Error{Key: key, Problem: fmt.Sprintf("is %q; it is written host:port, as in 127.0.0.1:7748", addr)}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return &Error{Key: key, Problem: fmt.Sprintf("has port %q; it may be 0 to 65535", port)}
	}
	return nil
}

func challengeURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return &Error{Key: "challenge.url", Problem: fmt.Sprintf("is %q; it is written https://chat.example/door/", s)}
	}
	return nil
}
