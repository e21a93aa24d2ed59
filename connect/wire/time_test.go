package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
)

// The fast way to read a time must agree with the standard one, wherever it says anything.
func TestTimesAreReadAsTheStandardLibraryDoes(t *testing.T) {
	for _, word := range []string{
		"2026-03-01T18:04:05Z", "2026-03-01T18:04:05.120Z", "2026-03-01T18:04:05.123456789Z", "2026-03-01T18:04:05.1Z", "2026-03-01T18:04:05.1234567891Z",
		"2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z", "2026-12-31T23:59:59Z", "2026-12-31T23:59:60Z",
		"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.5+02:00", "2026-01-01t00:00:00z",
		"0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "+026-01-01T00:00:00Z", "2026-1 -01T00:00:00Z", "2026-01-01T00:00:00ZZ", "", "Z",
	} {
		var want time.Time
		wantErr := want.UnmarshalText([]byte(word))
		got, ok := instant(word)
		if ok && (wantErr != nil || got != want) {
			t.Errorf("%s: read as %v, the standard library reads %v, %v", word, got, want, wantErr)
		}
		e := &nospim.Event{ID: "m", Kind: nospim.KindLogin, Service: "s", Sender: nospim.Account{ID: "a"}}
		e.Time = time.Time{}
		text := bytes.Replace(AppendEvent(nil, e), []byte(`"0001-01-01T00:00:00Z"`), []byte(`"`+word+`"`), 1)
		_, err := DecodeEvent(text, e)
		var input *nospim.InputError
		if wrong := errors.As(err, &input) && strings.Contains(input.Problem, "RFC 3339") && wantErr != nil; wrong != (wantErr != nil) {
			t.Errorf("%s: %v, the standard library says %v", word, err, wantErr)
		}
	}
}

// Every month of every year ends when it does in the standard library.
func TestDaysAreThoseOfTheStandardLibrary(t *testing.T) {
	for year := range 10_000 {
		for month := 1; month <= 12; month++ {
			for _, day := range [...]int{1, 28, 29, 30, 31} {
				want := time.Date(year, time.Month(month), day, 23, 59, 58, 7, time.UTC)
				got, ok := instant(fmt.Sprintf("%04d-%02d-%02dT23:59:58.000000007Z", year, month, day))
				if ok != (want.Day() == day) || ok && got != want {
					t.Fatalf("%v: read as %v, %v", want, got, ok)
				}
			}
		}
	}
}
