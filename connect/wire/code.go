package wire

import (
	"errors"

	"github.com/nospim/nospim"
)

// Code is the kind of an error as peers see it.
type Code uint8

// The codes.
const (
	// Unavailable: the event could not be judged for a reason that is not its own. The connector lets it pass.
	Unavailable Code = iota
	// Invalid: the input is no event (nospim.ErrInvalid).
	Invalid
	// TooLarge: the input is over a limit (nospim.ErrTooLarge).
	TooLarge
	// Denied: the secret or token is missing or wrong (nospim.ErrDenied).
	Denied
)

// Codes is how many codes there are: tables by code have this length.
const Codes = int(Denied) + 1

var codeNames = [Codes]string{"unavailable", "invalid", "too_large", "denied"}

func (c Code) String() string { return codeNames[min(int(c), Codes-1)] }

// codeTexts are what a peer is told when the error itself is none of its business.
var codeTexts = [Codes]string{
	"the event could not be judged: let it pass", "invalid input", "too large", "the secret is missing or wrong",
}

// CodeOf maps an error to its code.
func CodeOf(err error) Code {
	var remote *Error
	switch {
	case errors.As(err, &remote):
		return remote.Code
	case errors.Is(err, nospim.ErrTooLarge):
		return TooLarge
	case errors.Is(err, nospim.ErrInvalid):
		return Invalid
	case errors.Is(err, nospim.ErrDenied):
		return Denied
	}
	return Unavailable
}

// Error is an error as a peer sent it. It is the sentinel of its code: nospim.ErrInvalid, nospim.ErrTooLarge, nospim.ErrDenied.
type Error struct {
	Code    Code
	Field   string
	Limit   int64
	Message string
}

func (e *Error) Error() string { return e.Code.String() + ": " + e.Message }

// Is reports whether the error's code stands for target.
func (e *Error) Is(target error) bool {
	switch e.Code {
	case TooLarge:
		return target == nospim.ErrTooLarge || target == nospim.ErrInvalid
	case Invalid:
		return target == nospim.ErrInvalid
	case Denied:
		return target == nospim.ErrDenied
	case Unavailable:
	}
	return false
}

// At puts a place, such as "line 7", before what an input error says. Other errors are returned as they are.
func At(place string, err error) error {
	var input *nospim.InputError
	if !errors.As(err, &input) {
		return err
	}
	placed := *input
	placed.Place = place
	if input.Place != "" {
		placed.Place += ", " + input.Place
	}
	return &placed
}
