package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of the numbers in a configuration.
const (
	MinCells  = 1 << 10
	MaxCells  = 1 << 26
	MinEvents = 1 << 10
	MaxEvents = 1 << 26
	MinTexts  = 1 << 8
	MaxTexts  = 1 << 20
	MinKeep   = time.Hour
	MaxKeep   = 10 * 366 * 24 * time.Hour
)

// None is the address of a listener that is not wanted, and every other thing that is not; Auto is what the program decides.
const (
	None = "none"
	Auto = "auto"
)

// Limits of overload.wait.
const (
	MinOverloadWait = 100 * time.Microsecond
	MaxOverloadWait = time.Minute
)

// Validate checks every value. It returns nil, or all mistakes joined, each an [*Error] that names the key and the limit.
func (c *Config) Validate() error {
	return errors.Join(
		word("profile", c.Profile, "open", "strangers_challenged", "contacts_only", "minor"),
		vouching(c.Vouchers()),
		door(&c.Door),
		challenge(&c.Challenge),
		reports(&c.Reports),
		lists(&c.Lists, c.Door.Server != ""),
		listen("line", c.Line.Listen, "secret_file", c.Line.SecretFile, true),
		listen("http", c.HTTP.Listen, "token_file", c.HTTP.TokenFile, false),
		number("memory.cells", c.Memory.Cells, MinCells, MaxCells),
		number("memory.events", c.Memory.Events, MinEvents, MaxEvents),
		number("memory.texts", c.Memory.Texts, MinTexts, MaxTexts),
		overload(&c.Overload),
		bound("waiting.recipient", c.Waiting.Recipient),
		bound("waiting.sender", c.Waiting.Sender),
		bound("waiting.pair", c.Waiting.Pair),
		bound("waiting.total", c.Waiting.Total),
		duration("keep.allow", c.Keep.Allow),
		duration("keep.enforced", c.Keep.Enforced),
		duration("keep.hold", c.Keep.Hold),
		cluster(&c.Cluster),
		word("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		word("log.format", c.Log.Format, "text", "json"),
	)
}

// Vouchers are the services whose word about their own accounts counts.
func (c *Config) Vouchers() []string { return listed(strings.ToLower(c.Vouching)) }

func vouching(services []string) error {
	for _, one := range services {
		if strings.ContainsAny(one, " @/:") {
			return &Error{Key: "vouching", Problem: fmt.Sprintf("has %q, which is no service: write chat.example", one)}
		}
	}
	return nil
}

func number(key string, n, least, most int) error {
	if n == 0 || (n >= least && n <= most) {
		return nil
	}
	return &Error{Key: key, Problem: fmt.Sprintf("is %d; it may be %d to %d, or 0", n, least, most)}
}

// Time is how long messages that arrived together may take to judge: 0 where the program decides, -1 where there is no limit.
func (o Overload) Time() (time.Duration, error) {
	switch o.Wait {
	case Auto:
		return 0, nil
	case None:
		return -1, nil
	}
	d, err := time.ParseDuration(o.Wait)
	if err != nil || d < MinOverloadWait || d > MaxOverloadWait {
		return 0, &Error{Key: "overload.wait", Problem: fmt.Sprintf("is %q; it may be auto, none, or a time such as 2ms from %v to %v", o.Wait, MinOverloadWait, MaxOverloadWait)}
	}
	return d, nil
}

func overload(o *Overload) error {
	_, err := o.Time()
	return err
}

// MaxWaiting is the largest bound of what waits.
const MaxWaiting = 10_000_000

// bound checks a bound that may be none.
func bound(key string, n int) error {
	if n >= -1 && n <= MaxWaiting {
		return nil
	}
	return &Error{Key: key, Problem: fmt.Sprintf("is %d; it may be 1 to %d, or -1 for none", n, MaxWaiting)}
}

func duration(key string, value Duration) error {
	d := time.Duration(value)
	if d >= MinKeep && d <= MaxKeep {
		return nil
	}
	return &Error{Key: key, Problem: fmt.Sprintf("is %v; it may be %v to %v", d, MinKeep, MaxKeep)}
}

func word(key, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return &Error{Key: key, Problem: fmt.Sprintf("is %q; it may be one of %s", value, strings.Join(allowed, ", "))}
}

// listen checks an address, and that one which others can reach has a secret.
func listen(section, addr, secretKey, secretFile string, unix bool) error {
	key := section + ".listen"
	if addr == None {
		return nil
	}
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		switch {
		case !unix:
			return &Error{Key: key, Problem: "is a Unix socket; only line.listen may be one"}
		case path == "":
			return &Error{Key: key, Problem: "names no socket: write unix:/path/to/socket"}
		}
		return nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return &Error{Key: key, Problem: fmt.Sprintf("is %q; it is written host:port, as in 127.0.0.1:7746", addr)}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return &Error{Key: key, Problem: fmt.Sprintf("has port %q; it may be 0 to 65535", port)}
	}
	if !Loopback(host) && secretFile == "" {
		return &Error{Key: key, Problem: fmt.Sprintf("is %s, which others can reach: name a secret with %s.%s, or listen on 127.0.0.1", addr, section, secretKey)}
	}
	return nil
}

// Loopback reports whether a host can be reached from this machine alone. An empty host is every interface: it is not.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// door checks that a door has all that it needs.
func door(d *Door) error {
	if d.Server == "" {
		return nil
	}
	errs := []error{word("door.language", d.Language, "en", "de", "es", "fr"), number("door.admin_messages", d.AdminMessages, 1, MaxAdminMessages)}
	if _, _, err := net.SplitHostPort(d.Server); err != nil {
		errs = append(errs, &Error{Key: "door.server", Problem: fmt.Sprintf("is %q; it is written host:port, as in 127.0.0.1:5347", d.Server)})
	}
	for _, k := range []struct{ key, value string }{{"door.name", d.Name}, {"door.service", d.Service}, {"door.secret_file", d.SecretFile}} {
		if k.value == "" {
			errs = append(errs, &Error{Key: k.key, Problem: "is required with door.server"})
		}
	}
	for _, a := range d.AdminList() {
		user, domain, ok := strings.Cut(a, "@")
		if !ok || user == "" || domain == "" || strings.ContainsAny(domain, "@/ ") {
			errs = append(errs, &Error{Key: "door.admins", Problem: fmt.Sprintf("has %q; an admin is written name@chat.example, without a resource", a)})
		}
	}
	return errors.Join(errs...)
}

// MaxAdminMessages is the largest bound of how many messages an hour an admin gets.
const MaxAdminMessages = 3600

// Limits of reports.
const (
	MaxEvidence     = 24 * time.Hour
	MaxThirdParties = 10
)

// reports checks what becomes of reports.
func reports(r *Reports) error {
	errs := []error{word("reports.forward", r.Forward, "consent", "never"), word("reports.children", r.Children, "forward", "keep")}
	if d := time.Duration(r.Evidence); d < 0 || d > MaxEvidence {
		errs = append(errs, &Error{Key: "reports.evidence", Problem: fmt.Sprintf("is %v; it may be 0s to %v", d, MaxEvidence)})
	}
	if n := len(r.Parties()); n > MaxThirdParties {
		errs = append(errs, &Error{Key: "reports.third_parties", Problem: fmt.Sprintf("has %d addresses, more than %d", n, MaxThirdParties)})
	}
	for _, a := range r.Parties() {
		if strings.ContainsAny(a, " \t<>'\"&") || strings.HasPrefix(a, "@") || strings.HasSuffix(a, "@") {
			errs = append(errs, &Error{Key: "reports.third_parties", Problem: fmt.Sprintf("has %q, which is no address", a)})
		}
	}
	return errors.Join(errs...)
}

// Parties are the third parties.
func (r *Reports) Parties() []string { return listed(r.ThirdParties) }

// AdminList returns the addresses of those who run the service.
func (d *Door) AdminList() []string { return listed(d.Admins) }

// listed cuts a list at its commas.
func listed(s string) (all []string) {
	for one := range strings.SplitSeq(s, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// cluster checks how the nodes reach each other.
func cluster(c *Cluster) error {
	return errors.Join(
		clusterURL(c.URL),
		clusterName(c.Name),
		word("cluster.storage", c.Storage, "memory", "file"),
	)
}

func clusterURL(urls string) error {
	if urls == "" {
		return nil
	}
	bad := func(problem string) error { return &Error{Key: "cluster.url", Problem: problem} }
	for one := range strings.SplitSeq(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		switch {
		case err != nil || (u.Scheme != "nats" && u.Scheme != "tls") || u.Hostname() == "":
			return bad("is written nats://host:4222 or tls://host:4222, several with commas between them")
		case u.User != nil:
			return bad("has a user in it; what NATS asks for belongs into the file that cluster.credentials_file names")
		}
	}
	return nil
}

func clusterName(name string) error {
	for _, r := range name {
		if (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return &Error{Key: "cluster.name", Problem: fmt.Sprintf("is %q; it may have letters, digits, - and _", name)}
		}
	}
	if len(name) > 32 {
		return &Error{Key: "cluster.name", Problem: fmt.Sprintf("has %d characters, more than 32", len(name))}
	}
	return nil
}
