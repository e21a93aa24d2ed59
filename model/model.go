package model

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the shipped weights
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/nospim/nospim/text"
)

// Model is what was learned. It never changes and may be used from many goroutines at once.
type Model struct {
	views     [views]linear
	stack     stack
	head      head
	suffixes  bool // see Options.Suffixes
	threshold float64
	hash      string
	readers   sync.Pool
}

// Score returns the probability that a text is spim, 0 to 1. Of a text over 64 KiB, the head and the tail are read.
func (m *Model) Score(body string) float64 { return m.ScoreForm(nil, body) }

// ScoreForm is Score for whoever has read the body already: f is the form of exactly this body, all of which is then judged;
// with nil it is Score. Neither is kept or changed.
func (m *Model) ScoreForm(f *text.Form, body string) float64 {
	r := m.reader()
	defer m.readers.Put(r)
	r.read(f, body)
	margins := m.margins(r)
	return sigmoid(m.stack.logit(&margins))
}

// Threshold is the score from which the model calls a text spim: at it, of the honest texts of sources that were left out of
// training, no more was called spim than the model card says.
func (m *Model) Threshold() float64 { return m.threshold }

// Category returns the kind of spim that a text looks most like. It is for texts that Score calls spim; asked of an honest text
// it still names one.
func (m *Model) Category(body string) Category { return m.CategoryForm(nil, body) }

// CategoryForm is to Category what ScoreForm is to Score.
func (m *Model) CategoryForm(f *text.Form, body string) Category {
	r := m.reader()
	defer m.readers.Put(r)
	r.read(f, body)
	return m.head.best(r.words.grams)
}

// Hash names the model: "sha256:" and the hash of its file.
func (m *Model) Hash() string { return m.hash }

func (m *Model) reader() *reader {
	if r, ok := m.readers.Get().(*reader); ok {
		return r
	}
	return newReader(m.suffixes, &m.views)
}

func (m *Model) margins(r *reader) (out [views]float64) {
	out[viewWord] = m.views[viewWord].margin(r.words.grams)
	out[viewChar] = m.views[viewChar].total(r.chars.sum, r.chars.square)
	out[viewShape] = m.views[viewShape].margin(r.shapes.grams)
	return out
}

// The file: magic, version, then fixed-size numbers in little-endian order, then the SHA-256 of all that.
const (
	magic   = "nospim model\n"
	version = 2
)

// ErrFile says that a model file cannot be used.
var ErrFile = errors.New("not a usable model file")

// file is everything of a model in the order of the file, as pointers to fixed-size values and slices.
func (m *Model) file() []any {
	parts := []any{&m.suffixes, &m.threshold, &m.stack.bias, &m.stack.weights}
	for v := range m.views {
		l := &m.views[v]
		if l.cells == nil {
			l.cells = make([]cell, 1<<viewBits[v])
		}
		parts = append(parts, &l.unit, &l.bias, l.cells)
	}
	for c := Advert; c < categories; c++ {
		if m.head.weights[c] == nil {
			m.head.weights[c] = make([]int8, 1<<headBits)
		}
		parts = append(parts, &m.head.unit[c], &m.head.bias[c], m.head.weights[c])
	}
	return parts
}

// encode returns the model's file.
func (m *Model) encode() []byte {
	b := append([]byte(magic), version)
	for _, p := range m.file() {
		// Only values of fixed size stand in file: Append cannot fail.
		b, _ = binary.Append(b, binary.LittleEndian, p)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// seal gives the model its name.
func (m *Model) seal() *Model {
	sum := sha256.Sum256(m.encode())
	m.hash = "sha256:" + hex.EncodeToString(sum[:])
	return m
}

// WriteTo writes the model's file.
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.encode())
	if err != nil {
		err = fmt.Errorf("writing a model: %w", err)
	}
	return int64(n), err
}

// Load reads a model's file. The error of a file that is cut short, changed or of another version is an [ErrFile] that names
// its hash.
func Load(b []byte) (*Model, error) {
	whole := sha256.Sum256(b)
	name := "sha256:" + hex.EncodeToString(whole[:])
	bad := func(problem string) (*Model, error) {
		return nil, fmt.Errorf("%w: %s (%d bytes, %s)", ErrFile, problem, len(b), name)
	}
	const start = len(magic) + 1
	switch {
	case len(b) < start+sha256.Size || string(b[:len(magic)]) != magic:
		return bad("it is no model")
	case b[len(magic)] != version:
		return bad(fmt.Sprintf("it has version %d, this program reads version %d", b[len(magic)], version))
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:], sum) {
		return bad("it is cut short or was changed: its own hash does not fit")
	}
	m := &Model{hash: name}
	rest := body[start:]
	for _, p := range m.file() {
		n := binary.Size(p)
		if n > len(rest) {
			return bad("it ends too early")
		}
		if _, err := binary.Decode(rest[:n], binary.LittleEndian, p); err != nil {
			return bad(err.Error())
		}
		rest = rest[n:]
	}
	if len(rest) != 0 {
		return bad("it goes on after its end")
	}
	if !(m.threshold > 0 && m.threshold <= 1) || math.IsNaN(m.stack.bias) {
		return bad("its numbers make no sense")
	}
	return m, nil
}

//go:embed weights.bin
var shipped []byte

// Shipped returns the model that the program comes with.
func Shipped() (*Model, error) { return Load(shipped) }
