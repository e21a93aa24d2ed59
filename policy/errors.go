package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nospim/nospim"
)

// Error is one thing that is wrong with a policy.
type Error struct {
	// File is the path inside the policy's file system.
	File string
	// Line and Column count from 1, columns in characters; 0 when the whole file is meant.
	Line, Column int
	// Problem says what is wrong.
	Problem string
}

func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// Is reports whether target is [nospim.ErrInvalid], which every Error is.
func (e Error) Is(target error) bool { return target == nospim.ErrInvalid }

// Errors are all the problems of a policy, by file and place.
type Errors []Error

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Is reports whether target is [nospim.ErrInvalid], which all Errors are.
func (e Errors) Is(target error) bool { return target == nospim.ErrInvalid }

// err returns the sorted errors, each once, or nil when there are none.
func (e Errors) err() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(e)
}
