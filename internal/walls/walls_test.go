package walls

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nospim/nospim"

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

// packages lists the packages of this module as they are built, without their tests.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if err != nil {
		t.Fatal("go list:", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}

// room returns the room of an import path, and whether it belongs to this module.
func room(path string) (string, bool) {
	rest, ours := strings.CutPrefix(path, module)
	if !ours || rest != "" && rest[0] != '/' {
		return "", false
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	return name, true
}

// problems are the imports of one package that go through a wall.
func problems(p listed) []string {
	from, _ := room(p.ImportPath)
	may, known := Rooms()[from]
	if !known {
		return []string{"the room " + from + " is not in the table"}
	}
	contract := strings.HasSuffix(p.ImportPath, "test") // contract packages are test code that others import
	var bad []string
	for _, path := range p.Imports {
		to, ours := room(path)
		switch {
		case contract && to == "internal": // it drives real servers
		case ours && to != from && !slices.Contains(may, to) && !slices.Contains(may, "*"):
			bad = append(bad, p.ImportPath+" imports "+path)
		case !ours && strings.Contains(strings.Split(path, "/")[0], ".") && slices.Contains(StdOnly(), from):
			bad = append(bad, p.ImportPath+" imports the outside module "+path)
		case path == "testing" && !contract && from != "internal":
			bad = append(bad, p.ImportPath+" imports testing")
		}
	}
	return bad
}

func TestWalls(t *testing.T) {
	for _, p := range packages(t) {
		for _, bad := range problems(p) {
			t.Error(bad)
		}
	}
}

// TestNoNetwork looks at the imports of the rooms themselves. Their outside modules are not followed: the public suffix list
// names an interface of net/http/cookiejar and so drags net/http in, without calling it.
func TestNoNetwork(t *testing.T) {
	seen := 0
	for _, p := range packages(t) {
		r, _ := room(p.ImportPath)
		if !slices.Contains(NoNetwork(), r) || strings.HasSuffix(p.ImportPath, "test") {
			continue
		}
		seen++
		for _, forbidden := range []string{"net", "net/http", "crypto/tls", "os/exec", "syscall"} {
			if slices.Contains(p.Imports, forbidden) {
				t.Errorf("%s can reach the network: it imports %s", p.ImportPath, forbidden)
			}
		}
	}
	if seen < len(NoNetwork()) {
		t.Errorf("looked at %d packages of %d rooms", seen, len(NoNetwork()))
	}
}

// TestTheTableBites plants imports that must be found, so that the other tests are known to look.
func TestTheTableBites(t *testing.T) {
	for _, p := range []listed{
		{ImportPath: module + "/text", Imports: []string{module + "/link"}},
		{ImportPath: module + "/detect", Imports: []string{module + "/memory"}},
		{ImportPath: module, Imports: []string{"golang.org/x/text"}},
		{ImportPath: module + "/connect/line", Imports: []string{module + "/engine"}},
		{ImportPath: module + "/engine", Imports: []string{"testing"}},
		{ImportPath: module + "/util"},
	} {
		if len(problems(p)) != 1 {
			t.Errorf("%+v: found %v, want one problem", p, problems(p))
		}
	}
	if bad := problems(listed{ImportPath: module + "/engine", Imports: []string{module, module + "/memory", "net/netip"}}); len(bad) != 0 {
		t.Errorf("an allowed import is found: %v", bad)
	}
}
