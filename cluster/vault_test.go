package cluster

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/nospim/nospim"
)

// benchVault is one of the tests' cluster.
func benchVault(tb testing.TB, id byte) *vault {
	tb.Helper()
	v, err := newVault([]byte("a key of the cluster in tests, 32"), "test", incarnation{id})
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// sealedSnapshot is a snapshot of several chunks as it is stored, and its content.
func sealedSnapshot(t *testing.T, v *vault) (stored, content []byte) {
	t.Helper()
	content = make([]byte, 2*chunkSize+100)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	in, err := v.sealer(snapshotHead{Node: "a", Seq: 7}, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if stored, err = io.ReadAll(in); err != nil {
		t.Fatal(err)
	}
	return stored, content
}

func readSnapshot(v *vault, stored []byte) ([]byte, error) {
	o := &opener{vault: v, from: bytes.NewReader(stored)}
	if _, err := o.begin(); err != nil {
		return nil, err
	}
	return io.ReadAll(o)
}

// TestSnapshotSealed: a snapshot comes back whole, or not at all: cut, damaged, with chunks in another order or of another cluster it is
// refused.
func TestSnapshotSealed(t *testing.T) {
	v := benchVault(t, 1)
	stored, content := sealedSnapshot(t, v)
	if got, err := readSnapshot(benchVault(t, 2), stored); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, %v; want %d", len(got), err, len(content))
	}
	stranger, err := newVault([]byte("a key of somebody else"), "test", incarnation{3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readSnapshot(stranger, stored); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("with another key: %v", err)
	}
	const chunk = 4 + chunkSize + 16
	head := len(stored) - 2*chunk - (4 + 100 + 16) - (4 + 16)
	swapped := bytes.Clone(stored)
	copy(swapped[head:], stored[head+chunk:head+2*chunk])
	copy(swapped[head+chunk:], stored[head:head+chunk])
	if _, err := readSnapshot(v, swapped); !errors.Is(err, nospim.ErrInvalid) {
		t.Errorf("chunks swapped: %v", err)
	}
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		n := r.IntN(len(stored))
		if _, err := readSnapshot(v, stored[:n]); !errors.Is(err, nospim.ErrInvalid) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		flipped := bytes.Clone(stored)
		flipped[n] ^= 1 << r.IntN(8)
		if _, err := readSnapshot(v, flipped); !errors.Is(err, nospim.ErrInvalid) {
			t.Fatalf("a bit of byte %d changed: %v", n, err)
		}
	}
}

// FuzzFrame opens anything as a frame: only what was sealed with the key is opened, and unchanged.
func FuzzFrame(f *testing.F) {
	sealed := benchVault(f, 1).seal(7, "a", []byte("content"))
	f.Add(sealed)
	f.Add([]byte(frameMagic))
	v := benchVault(f, 2)
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := b
		got, err := v.open(bytes.Clone(b)) // which it opens in place
		if (err == nil) != bytes.Equal(whole, sealed) {
			t.Fatalf("%x: %v", whole, err)
		}
		if err == nil && (got.seq != 7 || got.node != "a" || string(got.content) != "content" || got.from != (incarnation{1})) {
			t.Fatalf("%+v", got)
		}
	})
}
