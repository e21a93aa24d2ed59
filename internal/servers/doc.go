// Package servers starts the real servers that tests and the demo drive: private ones, as child processes on loopback, with
// their configuration and data in a directory of the caller's.
//
// A server that is not installed is an error ([ErrMissing]); for tests, [Need] makes it a failure unless the environment
// variable NOSPIM_SKIP_SERVERS names it.
package servers

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// ErrMissing says that a server's program is not installed.
var ErrMissing = errors.New("not installed")

// SkipVariable is the environment variable that names servers, with commas between them, which tests may do without.
const SkipVariable = "NOSPIM_SKIP_SERVERS"

// programs are those of servers that are called otherwise.
var programs = map[string]string{"ejabberd": "ejabberdctl"}

// Find returns the path of a server's program, or an [ErrMissing]. The environment variable NOSPIM_ and the name in capitals,
// such as NOSPIM_PROSODY, says where it is when it is not in PATH. What only root has in PATH is found, too.
func Find(name string) (string, error) {
	program := cmp.Or(os.Getenv("NOSPIM_"+strings.ToUpper(name)), programs[name], name)
	path, err := exec.LookPath(program)
	if err != nil && !strings.Contains(program, "/") {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if err != nil {
		return "", fmt.Errorf("%s is %w: %w", name, ErrMissing, err)
	}
	return path, nil
}

// T is what [Need] uses of a *testing.T.
type T interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Need ends a test when a server is not installed: it fails, or is skipped when [SkipVariable] names the server.
func Need(t T, name string) {
	t.Helper()
	_, err := Find(name)
	switch {
	case err == nil:
	case slices.Contains(strings.Split(os.Getenv(SkipVariable), ","), name):
		t.Skipf("%v, and %s allows for it", err, SkipVariable)
	default:
		t.Fatalf("%v: install it, or set %s=%s to do without", err, SkipVariable, name)
	}
}
