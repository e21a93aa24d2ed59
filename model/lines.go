package model

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxLine is how many bytes one line of a labelled file may have: a conversation of a day stands on one line.
const MaxLine = 16 << 20

// LineError says what is wrong with one line of a labelled file.
type LineError struct {
	// Name is the file's, Line counts from 1.
	Name string
	Line int
	// Field is the JSON field, where one is to blame.
	Field, Problem string
}

func (e *LineError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: line %d: %s", e.Name, e.Line, e.Problem)
	}
	return fmt.Sprintf("%s: line %d: %s %s", e.Name, e.Line, e.Field, e.Problem)
}

// Lines reads labelled texts: JSON lines with label (spam or ham) and text, or with label and turns (a conversation, judged turn
// by turn). Other fields are ignored, but for those that protocols go by: split, video, source, category.
type Lines struct {
	// Name is the file's, for errors. Source is what lines without one of their own come from.
	Name, Source string
	// SkipBad passes over lines that cannot be read and counts them in Skipped.
	SkipBad bool
	Skipped int
	// Told, when not nil, is told of each line that was passed over.
	Told func(error)
}

// labelled is one line of a labelled file.
type labelled struct {
	Label    string  `json:"label"`
	Text     *string `json:"text"`
	Split    string  `json:"split"`
	Video    string  `json:"video"`
	Source   string  `json:"source"`
	Category string  `json:"category"`
	ID       string  `json:"id"`
	Turns    []turn  `json:"turns"`
}

// turn is one turn of a conversation.
type turn struct {
	From string `json:"from"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// Read returns every text of r in the order of the file. The error is a [*LineError], or r's own.
func (l *Lines) Read(r io.Reader) ([]Sample, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var out []Sample
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if len(line) > MaxLine {
			return out, l.problem(number, "", fmt.Sprintf("has more than %d bytes", MaxLine))
		}
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return out, fmt.Errorf("reading %s: %w", l.Name, err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			more, bad := l.line(line, number)
			if bad != nil && !l.SkipBad {
				return out, bad
			}
			if bad != nil {
				l.Skipped++
				if l.Told != nil {
					l.Told(bad)
				}
			}
			out = append(out, more...)
		}
		if ended {
			return out, nil
		}
	}
}

func (l *Lines) problem(number int, field, problem string) error {
	return &LineError{Name: l.Name, Line: number, Field: field, Problem: problem}
}

// line reads one line.
func (l *Lines) line(line []byte, number int) ([]Sample, error) {
	if !utf8.Valid(line) {
		return nil, l.problem(number, "", "is not UTF-8")
	}
	var in labelled
	if err := json.Unmarshal(line, &in); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return nil, l.problem(number, wrong.Field, "is a "+wrong.Value+", not what belongs there")
		}
		return nil, l.problem(number, "", "is no JSON object: "+err.Error())
	}
	s := Sample{Spam: in.Label == "spam", Source: in.Source, Split: in.Split, Part: in.Video, Line: number}
	if s.Source == "" {
		s.Source = l.Source
	}
	switch {
	case in.Turns != nil && in.Label == "bot": // people who talk to a program for fun: nobody is spammed
	case in.Label == "":
		return nil, l.problem(number, "label", "is missing: it says spam or ham")
	case in.Label != "spam" && in.Label != "ham":
		return nil, l.problem(number, "label", fmt.Sprintf("is %q; it may be spam or ham", clip(in.Label)))
	}
	if in.Category != "" {
		var ok bool
		if s.Category, ok = ParseCategory(in.Category); !ok {
			return nil, l.problem(number, "category", fmt.Sprintf("is %q; it may be one of %s", clip(in.Category), strings.Join(categoryNames[1:], ", ")))
		}
	}
	if in.Turns != nil {
		return l.conversation(s, &in, number)
	}
	switch {
	case in.Text == nil:
		return nil, l.problem(number, "text", "is missing")
	case strings.TrimSpace(*in.Text) == "":
		return nil, l.problem(number, "text", "is empty")
	}
	s.Text = *in.Text
	return []Sample{s}, nil
}

// conversation makes one sample of each turn. In a conversation that is spam, only the bot's turns are.
func (l *Lines) conversation(s Sample, in *labelled, number int) ([]Sample, error) {
	s.Group = s.Source + "/" + in.ID
	spam := s.Spam
	out := make([]Sample, 0, len(in.Turns))
	for i, t := range in.Turns {
		if strings.TrimSpace(t.Text) == "" {
			return nil, l.problem(number, fmt.Sprintf("turns[%d].text", i), "is empty")
		}
		s.Text, s.Turn, s.Spam = t.Text, i+1, spam && (t.Kind == "bot" || t.Kind == "")
		out = append(out, s)
	}
	return out, nil
}

// clip keeps an error's quotation of bad input short.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
