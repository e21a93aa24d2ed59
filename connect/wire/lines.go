package wire

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/nospim/nospim"
)

const (
	readSize  = 16 << 10  // what a quiet connection costs
	keepSize  = 64 << 10  // a buffer that grew above this is let go
	eagerSize = 256 << 10 // how much is read at once, if so much has arrived and that is asked for
)

// Lines cuts a stream into lines, in memory bounded by the longest line allowed.
type Lines struct {
	r          io.Reader
	max        int
	buf        []byte
	start, end int // what has been read and not yet returned
	newline    int // index of the next newline in buf; -1 when it is not known
	searched   int // up to where there is none
	number     int
	eager      bool  // read as much as has arrived
	filled     int   // what the last read gave
	full       bool  // it may not have been all that had arrived
	err        error // of the reader, kept until what it gave is used up
}

// NewLines reads lines of at most limit bytes from r.
func NewLines(r io.Reader, limit int) *Lines { return &Lines{r: r, max: limit, newline: -1} }

// Reset begins with another stream, in the memory of the last one.
func (l *Lines) Reset(r io.Reader, limit int) {
	buf := l.buf
	if cap(buf) > keepSize {
		buf = nil
	}
	*l = Lines{r: r, max: limit, buf: buf, newline: -1}
}

// Number is the number of the line that Next returned last, from 1.
func (l *Lines) Number() int { return l.number }

// SetEager has reads take all that has arrived, up to 256 KiB, so that nothing waits unseen.
func (l *Lines) SetEager() { l.eager = true }

// SetMax changes the longest line allowed.
func (l *Lines) SetMax(limit int) { l.max = limit }

// Ready reports whether Next will return without reading. Blank lines that stand before are used up: nobody waits for an
// answer to them, but whoever asks is about to decide whether to flush.
func (l *Lines) Ready() bool {
	for l.find() {
		if len(bytes.Trim(l.buf[l.start:l.newline], " \t\r")) > 0 {
			return true
		}
		l.cut()
	}
	return false
}

// find reports whether the end of the next line, blank or not, has been read.
func (l *Lines) find() bool {
	if l.newline < 0 {
		if i := bytes.IndexByte(l.buf[l.searched:l.end], '\n'); i >= 0 {
			l.newline = l.searched + i
		} else {
			l.searched = l.end
		}
	}
	return l.newline >= 0
}

// Next returns the next line that is not blank, without its end, and valid until the next call. The last line needs no newline.
//
// Of a line over the limit, the rest is skipped and an ErrTooLarge is returned that says the limit; reading may go on. Every other
// error is the reader's and ends the stream: io.EOF at its end.
func (l *Lines) Next() ([]byte, error) {
	for {
		line, err := l.next()
		if err != nil {
			return nil, err
		}
		if line = bytes.Trim(line, " \t\r"); len(line) > 0 {
			return line, nil
		}
	}
}

func (l *Lines) next() ([]byte, error) {
	long := false
	for !l.find() {
		if l.end-l.start > l.max {
			long = true
			l.start, l.end, l.searched = 0, 0, 0
		}
		if l.err == nil {
			l.fill()
			continue
		}
		if errors.Is(l.err, io.EOF) && (long || l.start < l.end) {
			l.newline = l.end // the stream's end ends the last line
			break
		}
		return nil, l.err
	}
	line := l.cut()
	if long || len(line) > l.max {
		return nil, &nospim.InputError{
			Field: "line", Problem: "is longer than the limit of " + strconv.Itoa(l.max) + " bytes",
			Limit: l.max, TooLarge: true,
		}
	}
	return line, nil
}

// cut takes the next line, whose end is known, off what has been read.
func (l *Lines) cut() []byte {
	line := l.buf[l.start:l.newline]
	l.number++
	l.start = min(l.newline+1, l.end)
	l.searched = l.start
	l.newline = -1
	return line
}

// fill reads once, after making room.
func (l *Lines) fill() {
	switch {
	case l.start == l.end && cap(l.buf) > keepSize && (!l.eager || l.filled < keepSize):
		l.buf = make([]byte, readSize)
		l.start, l.end, l.searched = 0, 0, 0
	case l.start > 0:
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.searched -= l.start
		l.start = 0
	}
	if l.end == len(l.buf) || l.eager && l.full && len(l.buf) < eagerSize {
		grown := make([]byte, max(readSize, min(2*len(l.buf), l.max+readSize)))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	n, err := l.r.Read(l.buf[l.end:])
	l.end += n
	l.filled, l.full, l.err = n, l.end == len(l.buf), err
}
