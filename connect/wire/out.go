package wire

import "sync"

// FlushSize is how much a writer gathers before it flushes though more answers are at hand, in bytes.
const FlushSize = 32 << 10

// Out gathers answers and writes many of them at once. It may be used by several goroutines. Those that flush while another
// one's write is under way wait for it, so that a slow reader holds its writers up instead of filling the memory.
type Out struct {
	write func([]byte) error

	mu  sync.Mutex // guards buf
	buf []byte

	writing sync.Mutex // held during a write; guards the rest
	spare   []byte
	err     error
}

// NewOut writes through a function, which is never called twice at once and not again after it has erred.
func NewOut(write func([]byte) error) *Out { return &Out{write: write} }

// Reset begins with another peer, in the memory of the last one. Nobody may be using o; what was not flushed is dropped.
func (o *Out) Reset(write func([]byte) error) {
	o.write, o.buf, o.spare, o.err = write, o.buf[:0], o.spare[:0], nil
}

// Lock returns the buffer to append an answer to. Give it back with Unlock.
func (o *Out) Lock() []byte {
	o.mu.Lock()
	return o.buf
}

// Unlock takes the buffer back and reports whether it is time to flush.
func (o *Out) Unlock(buf []byte) (full bool) {
	o.buf = buf
	o.mu.Unlock()
	return len(buf) >= FlushSize
}

// Flush writes what was gathered, by this goroutine or another. After an error it drops it and returns the same error.
func (o *Out) Flush() error {
	o.writing.Lock()
	defer o.writing.Unlock()
	o.mu.Lock()
	if len(o.buf) == 0 {
		o.mu.Unlock()
		return o.err
	}
	gathered := o.buf
	o.buf = o.spare[:0]
	o.mu.Unlock()
	if o.err == nil {
		o.err = o.write(gathered)
	}
	if o.spare = gathered[:0]; cap(gathered) > 4*FlushSize {
		o.spare = nil
	}
	return o.err
}
