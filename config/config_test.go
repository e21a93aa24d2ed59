package config

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the golden files")

func TestParse(t *testing.T) {
	with := func(change func(*Config)) Config {
		c := Default()
		change(&c)
		return c
	}
	tests := map[string]struct {
		src  string
		want Config
	}{
		"empty":             {"", Default()},
		"comments alone":    {"# nothing\n", Default()},
		"section left open": {"line:\nkeep:\n", Default()},
		"zero values":       {"line: {listen: ''}\nkeep: {hold: 0s}\n", Default()},
		"days": {"keep: {hold: 1d}\n", with(func(c *Config) {
			c.Keep.Hold = hours(24)
		})},
		"one key": {"keep:\n  hold: 24h\n", with(func(c *Config) {
			c.Keep.Hold = hours(24)
		})},
		"others may reach it with a secret": {"line: {listen: '0.0.0.0:7746', secret_file: /etc/nospim/secret}\n", with(func(c *Config) {
			c.Line = Line{Listen: "0.0.0.0:7746", SecretFile: "/etc/nospim/secret"}
		})},
		"a cluster": {"cluster: {url: 'nats://127.0.0.1:4222, tls://nats.example:4222', node: a, storage: file}\n", with(func(c *Config) {
			c.Cluster = Cluster{URL: "nats://127.0.0.1:4222, tls://nats.example:4222", Name: "nospim", Node: "a", Storage: "file"}
		})},
		"unix socket, no http": {"line: {listen: 'unix:/run/nospim.sock'}\nhttp: {listen: none}\nmemory: {cells: 2048}\n", with(func(c *Config) {
			c.Line.Listen, c.HTTP.Listen, c.Memory.Cells = "unix:/run/nospim.sock", None, 2048
		})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("nospim.yaml", []byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseMistakes(t *testing.T) {
	tests := map[string]struct{ src, want string }{
		"unknown key":       {"data: /srv\nlien: {}\n", `nospim.yaml:2:1: unknown field "lien"; nospim config describe lists every key`},
		"unknown inner key": {"keep:\n  holds: 24h\n", `nospim.yaml:2:3: unknown field "holds"; nospim config describe lists every key`},
		"twice":             {"data: a\ndata: b\n", `nospim.yaml:2:1: mapping key "data" already defined at [1:1]`},
		"wrong type":        {"memory:\n  cells: many\n", `nospim.yaml:2:10: is a string where a number belongs`},
		"not a duration":    {"keep:\n  hold: 2 weeks\n", `nospim.yaml:2:9: "2 weeks" is no duration: write 36h, or 14d`},
		"not a mapping":     {"- data\n", `nospim.yaml:1:1: `},
		"bad syntax":        {"data: [\n", `nospim.yaml:1:`},
		"deep":              {"data: " + strings.Repeat("[", 60000), `nospim.yaml: has more than 64 open brackets`},
		"two documents":     {"data: a\n---\ndata: b\n", `nospim.yaml:2:1: a second document begins here; the file is one`},
		"over a limit":      {"keep:\n  allow: 1m\n", `nospim.yaml:2:10: keep.allow is 1m0s; it may be 1h0m0s to 87840h0m0s`},
		"negative":          {"memory: {events: -1}\n", `nospim.yaml:1:18: memory.events is -1; it may be 1024 to 67108864, or 0`},
		"door's server":     {"door: {server: here, name: d.example, service: chat.example, secret_file: s}\n", `nospim.yaml:1:16: door.server is "here"; it is written host:port, as in 127.0.0.1:5347`},
		"door's name":       {"door: {server: \"127.0.0.1:5347\", service: chat.example, secret_file: s}\n", `nospim.yaml: door.name is required with door.server`},
		"profile":           {"profile: closed\n", `nospim.yaml:1:10: profile is "closed"; it may be one of open, strangers_challenged, contacts_only, minor`},
		"word":              {"log:\n  level: loud\n", `nospim.yaml:2:10: log.level is "loud"; it may be one of debug, info, warn, error`},
		"no port":           {"http: {listen: localhost}\n", `nospim.yaml:1:16: http.listen is "localhost"; it is written host:port, as in 127.0.0.1:7746`},
		"bad port":          {"http: {listen: 'localhost:http'}\n", `nospim.yaml:1:16: http.listen has port "http"; it may be 0 to 65535`},
		"http socket":       {"http: {listen: 'unix:/x'}\n", `nospim.yaml:1:16: http.listen is a Unix socket; only line.listen may be one`},
		"open to others":    {"line: {listen: '0.0.0.0:7746'}\n", `nospim.yaml:1:16: line.listen is 0.0.0.0:7746, which others can reach: name a secret with line.secret_file, or listen on 127.0.0.1`},
		"cluster of no URL": {"cluster: {url: 'http://nats.example'}\n", `nospim.yaml:1:16: cluster.url is written nats://host:4222 or tls://host:4222, several with commas between them`},
		"cluster password":  {"cluster: {url: 'nats://a:b@nats.example'}\n", `nospim.yaml:1:16: cluster.url has a user in it; what NATS asks for belongs into the file that cluster.credentials_file names`},
		"cluster name":      {"cluster: {name: a.b}\n", `nospim.yaml:1:17: cluster.name is "a.b"; it may have letters, digits, - and _`},
		"cluster storage":   {"cluster: {storage: tape}\n", `nospim.yaml:1:20: cluster.storage is "tape"; it may be one of memory, file`},
		"evidence":          {"reports: {evidence: 48h}\n", `nospim.yaml:1:21: reports.evidence is 48h0m0s; it may be 0s to 24h0m0s`},
		"overload":          {"overload: {wait: 1us}\n", `nospim.yaml:1:18: overload.wait is "1us"; it may be auto, none, or a time such as 2ms from 100µs to 1m0s`},
		"third parties":     {"reports: {third_parties: 'a@x.example, b c'}\n", `nospim.yaml:1:26: reports.third_parties has "b c", which is no address`},
		"vouching":          {"vouching: 'a.example, ada@b.example'\n", `nospim.yaml:1:11: vouching has "ada@b.example", which is no service: write chat.example`},
		"open everywhere":   {"http: {listen: ':7747'}\n", `nospim.yaml:1:16: http.listen is :7747, which others can reach: name a secret with http.token_file, or listen on 127.0.0.1`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("nospim.yaml", []byte(tt.src))
			if err == nil {
				t.Fatal("was taken")
			}
			if !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %s\nwant %s", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestOverload(t *testing.T) {
	for wait, want := range map[string]time.Duration{Auto: 0, None: -1, "3ms": 3 * time.Millisecond} {
		if got, err := (Overload{Wait: wait}).Time(); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", wait, got, err, want)
		}
	}
}

func TestAllMistakesAreTold(t *testing.T) {
	_, err := Parse("f", []byte("log: {level: loud, format: xml}\n"))
	if got := strings.Split(err.Error(), "\n"); len(got) != 2 || !strings.HasPrefix(got[0], "f:1:14: ") || !strings.HasPrefix(got[1], "f:1:28: ") {
		t.Errorf("got %q", got)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "etc"))
	c, err := Config{}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	if loaded, err := Load(""); err != nil || !reflect.DeepEqual(loaded, c) {
		t.Errorf("without a file: %+v, %v; want %+v", loaded, err, c)
	}
	if c.Policy != filepath.Join(c.Data, "policy.yaml") {
		t.Errorf("policy is %s, data %s", c.Policy, c.Data)
	}

	usual := filepath.Join(dir, "etc", "nospim", "nospim.yaml")
	if err := os.MkdirAll(filepath.Dir(usual), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(usual, []byte("log: {level: debug}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(""); err != nil || c.Log.Level != "debug" {
		t.Errorf("the usual file: level %q, %v", c.Log.Level, err)
	}
	if _, err := Load(filepath.Join(dir, "missing.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is named and missing: %v", err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a directory was read")
	}
	if err := os.WriteFile(usual, bytes.Repeat([]byte("#"), MaxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(""); err == nil || !strings.Contains(err.Error(), "larger than the limit of 65536 bytes") {
		t.Errorf("a file over the limit: %v", err)
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if s, err := Secret(""); s != "" || err != nil {
		t.Errorf("no file: %q, %v", s, err)
	}
	if s, err := Secret(file("good", " 0123456789abcdef\r\n")); s != "0123456789abcdef" || err != nil {
		t.Errorf("good: %q, %v", s, err)
	}
	for name, content := range map[string]string{"empty": "", "short": "0123456789abcde\n", "long": strings.Repeat("x", MaxSecret+1)} {
		_, err := Secret(file(name, content))
		if err == nil || (content != "" && strings.Contains(err.Error(), content)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Secret(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

func TestDataDir(t *testing.T) {
	tests := map[string]struct {
		goos string
		euid int
		env  map[string]string
		want string
	}{
		"linux":         {"linux", 1000, map[string]string{"HOME": "/home/ada"}, "/home/ada/.local/share/nospim"},
		"xdg":           {"linux", 1000, map[string]string{"HOME": "/home/ada", "XDG_DATA_HOME": "/srv"}, "/srv/nospim"},
		"relative xdg":  {"linux", 1000, map[string]string{"HOME": "/home/ada", "XDG_DATA_HOME": "srv"}, "/home/ada/.local/share/nospim"},
		"root":          {"linux", 0, map[string]string{"HOME": "/root"}, "/var/lib/nospim"},
		"root with xdg": {"linux", 0, map[string]string{"XDG_DATA_HOME": "/srv"}, "/srv/nospim"},
		"mac":           {"darwin", 501, map[string]string{"HOME": "/Users/ada"}, "/Users/ada/Library/Application Support/nospim"},
		"windows":       {"windows", -1, map[string]string{"LocalAppData": "/ada/local"}, "/ada/local/nospim"},
		"nowhere":       {"linux", 1000, nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := dataDir(tt.goos, tt.euid, func(k string) string { return tt.env[k] })
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// What is described is what is read: the output is a file that means the defaults.
func TestDescribeIsTheDefaults(t *testing.T) {
	var b bytes.Buffer
	if err := Describe(&b); err != nil {
		t.Fatal(err)
	}
	got, err := Parse("described", b.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if d := cmp.Diff(Default(), got, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}

func TestMarkdown(t *testing.T) {
	const golden = "../docs/config.md"
	var b bytes.Buffer
	if err := Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("docs/config.md is not what the comments say; run make gen:\n%s", d)
	}
}

func FuzzParse(f *testing.F) {
	var b bytes.Buffer
	if err := Describe(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("keep: {hold: 7d}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := Parse("f", src)
		if err == nil && c.Validate() != nil {
			t.Errorf("%q was taken and is not valid", src)
		}
	})
}
