package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/fatih/color"
	"golang.org/x/term"

	"github.com/nospim/nospim"
)

// isTerminal reports whether a stream is one that a person looks at.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// paint colours text for a stream, or leaves it alone.
type paint struct{ on bool }

// newPaint paints for terminals alone, unless NO_COLOR (no-color.org) or TERM=dumb asks for none.
func newPaint(w io.Writer) paint {
	return paint{on: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)}
}

func (p paint) with(s string, attributes ...color.Attribute) string {
	if !p.on {
		return s
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(s)
}

func (p paint) bold(s string) string  { return p.with(s, color.Bold) }
func (p paint) faint(s string) string { return p.with(s, color.Faint) }

// action writes an action in its colour.
func (p paint) action(a nospim.Action) string {
	switch {
	case a.Stops():
		return p.with(a.String(), color.Bold, color.FgRed)
	case a.Enforced():
		return p.with(a.String(), color.Bold, color.FgYellow)
	default:
		return p.with(a.String(), color.Bold, color.FgGreen)
	}
}

// safe makes a stranger's text fit to be shown: what would move the cursor, colour the screen or turn the direction of
// reading becomes U+FFFD, and line breaks become spaces.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		default:
			return unicode.ReplacementChar
		}
	}, s)
}
