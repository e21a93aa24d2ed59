package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Duration is a time.Duration that may also be written in days, which Go's may not: 14d. A day is 24 hours.
type Duration time.Duration

func hours(n int) Duration { return Duration(n) * Duration(time.Hour) }

// String writes whole hours as such, without the minutes and seconds.
func (d Duration) String() string {
	if d%Duration(time.Hour) == 0 {
		return strconv.FormatInt(int64(d/Duration(time.Hour)), 10) + "h"
	}
	return time.Duration(d).String()
}

// UnmarshalYAML reads a duration. The error is an [*Error] with the place.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	at, text := n.GetToken(), ""
	if s, ok := n.(ast.ScalarNode); ok {
		if s.GetValue() == nil { // a key without a value
			return nil
		}
		text = fmt.Sprint(s.GetValue())
	}
	v, err := parseDuration(text)
	if err != nil {
		return &Error{Line: at.Position.Line, Column: at.Position.Column, Problem: fmt.Sprintf("%q is no duration: write 36h, or 14d", text)}
	}
	*d = Duration(v)
	return nil
}

func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16) // 16 bits of days do not overflow
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}
