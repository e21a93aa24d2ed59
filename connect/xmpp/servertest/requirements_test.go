package servertest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRequirements: every test that the tables of the fifteen requirements and of bad input name is there.
func TestRequirements(t *testing.T) {
	const root = "../../.."
	doc, err := os.ReadFile(filepath.Join(root, "docs/protocols/xmpp.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(doc), "## The fifteen requirements")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| (\d+) \|.*$`).FindAllString(table, -1)
	if !found || len(rows) != 15 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	_, bad, found := strings.Cut(string(doc), "## Bad input\n\n| what comes | shown by |\n|---|---|\n")
	bad, _, _ = strings.Cut(bad, "\n\n")
	if !found {
		t.Fatal("there is no table of bad input")
	}
	tests, suite := sources(t, root), sources(t, ".")
	for _, row := range append(rows, strings.Split(bad, "\n")...) {
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row, -1)
		if len(names) == 0 {
			t.Errorf("nothing shows %s", row)
		}
		for _, name := range names {
			n := name[1]
			there := strings.Contains(tests, "func "+n+"(") && strings.HasPrefix(n, "Test") ||
				strings.Contains(suite, `"`+n+`":`) || strings.Contains(suite, `t.Run("`+n+`"`)
			if !there && !elsewhere[n] {
				t.Errorf("no test is called %q: %s", n, row)
			}
		}
	}
}

// elsewhere are names in the table that are no tests.
var elsewhere = map[string]bool{"make bench": true, "replay": true, "REGISTERED_UNSURE": true}

// sources is all that the tests below a directory are written in, this one left out.
func sources(t *testing.T, root string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		suite := root == "."
		if err != nil || !strings.HasSuffix(path, ".go") || !suite && !strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "requirements_test.go" {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
