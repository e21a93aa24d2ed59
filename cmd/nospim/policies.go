package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/nospim/nospim/config"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/policy"
)

// policyFile is the name of the policy in its directory.
const policyFile = "policy.yaml"

// defaultPolicy is the policy that this program carries.
func defaultPolicy() (*policy.Policy, error) {
	return beside(policy.Load(policy.Default(), policyFile, detect.Symbols(detect.All(nil))))
}

// beside names the shipped model in a policy's hash.
func beside(p *policy.Policy, err error) (*policy.Policy, error) {
	if err != nil {
		return nil, err
	}
	m, err := model.Shipped()
	if err != nil {
		return nil, err
	}
	return p.With(m.Hash()), nil
}

// policyFS splits a policy's path into the directory that it and its rules are read from, and its name there.
func policyFS(file string) (dir fs.FS, name string) {
	return os.DirFS(filepath.Dir(file)), filepath.Base(file)
}

// loadPolicy loads the policy in a file. What is wrong is policy.Errors, with the files' paths as a person can open them.
func loadPolicy(file string) (*policy.Policy, error) {
	dir, name := policyFS(file)
	p, err := policy.Load(dir, name, detect.Symbols(detect.All(nil)))
	var wrong policy.Errors
	if errors.As(err, &wrong) {
		return nil, inDir(wrong, filepath.Dir(file))
	}
	return beside(p, err)
}

// loadPolicyOr loads the policy in a file, or the default one when the name is empty.
func loadPolicyOr(file string) (*policy.Policy, error) {
	if file == "" {
		return defaultPolicy()
	}
	return loadPolicy(file)
}

// inDir puts the directory before the files of errors.
func inDir(errs policy.Errors, dir string) policy.Errors {
	placed := make(policy.Errors, len(errs))
	for i, e := range errs {
		e.File = filepath.Join(dir, filepath.FromSlash(e.File))
		placed[i] = e
	}
	return placed
}

// ensurePolicy makes sure that an installation has a policy: the first start writes the default one, where no other is named.
func ensurePolicy(c config.Config) error {
	_, err := os.Stat(c.Policy)
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case c.Policy != config.PolicyIn(c.Data):
		return fmt.Errorf("there is no policy %s; nospim policy init %s writes the default one", c.Policy, filepath.Dir(c.Policy))
	default:
		return writePolicy(filepath.Dir(c.Policy))
	}
}

// writePolicy writes the default policy and its rules into a directory, policy.yaml last: where it stands, the rest is
// there. It never writes over a file.
func writePolicy(dir string) error {
	shipped := policy.Default()
	err := fs.WalkDir(shipped, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755) //nolint:gosec // a policy is no secret
		case name == policyFile:
			return nil
		}
		return copyNew(shipped, name, dir)
	})
	if err == nil {
		err = copyNew(shipped, policyFile, dir)
	}
	if err != nil {
		return fmt.Errorf("writing the default policy: %w", err)
	}
	return nil
}

// copyNew copies a file that must not be there yet.
func copyNew(from fs.FS, name, dir string) error {
	b, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, filepath.FromSlash(name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a policy is no secret
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// policyStamp changes whenever the policy or a rule beside it does: it is made of their names, sizes and times.
func policyStamp(file string) string {
	dir, name := policyFS(file)
	stamp := ""
	add := func(name string) {
		if info, err := fs.Stat(dir, name); err == nil {
			stamp += fmt.Sprintln(name, info.Size(), info.ModTime().UnixNano())
		}
	}
	add(name)
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		names, err := fs.Glob(dir, pattern)
		if err != nil {
			continue // only a malformed pattern errs
		}
		for _, n := range names {
			if path.Clean(n) != name {
				add(n)
			}
		}
	}
	return stamp
}
