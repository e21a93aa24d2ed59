package nospim

import "errors"

// What a caller may want to tell apart. Connectors map them to protocol and HTTP codes at the edge.
var (
	// ErrInvalid: the input is not an event (wrong type, unknown kind, missing field, over a limit).
	ErrInvalid = errors.New("invalid input")
	// ErrTooLarge: the input is over a limit. It is also ErrInvalid.
	ErrTooLarge = errors.New("too large")
	// ErrNotFound: there is no such record, held message or list entry.
	ErrNotFound = errors.New("not found")
	// ErrConflict: somebody else has decided it already.
	ErrConflict = errors.New("already decided")
	// ErrDenied: the shared secret or token is missing or wrong.
	ErrDenied = errors.New("denied")
	// ErrFull: as much waits as may.
	ErrFull = errors.New("full")
	// ErrClosed: the service is stopping.
	ErrClosed = errors.New("closed")
)

// InputError says what is wrong with input: the field, the problem, the limit, the place.
type InputError struct {
	// Field is the path inside the event, such as "recipients[3].id".
	Field string
	// Problem finishes the sentence "<field> …".
	Problem string
	// Limit is the limit that was passed; 0 when the problem is another.
	Limit int
	// Place says where in the input: "line 7", "byte 120"; empty when the input is one event.
	Place string
	// TooLarge makes it an ErrTooLarge.
	TooLarge bool
}

func (e *InputError) Error() string {
	s := e.Field + " " + e.Problem
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	return s
}

// Is reports whether the error is target: ErrInvalid always, ErrTooLarge when a limit was passed.
func (e *InputError) Is(target error) bool {
	return target == ErrInvalid || (e.TooLarge && target == ErrTooLarge)
}
