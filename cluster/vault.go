package cluster

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/nospim/nospim"
)

// A frame on the wire is a magic, a version, who sent it (16 bytes), its number (8 bytes, big endian), and sealed: the node's name (its
// length in one byte before it) and the frame's content (see memory.Gather). All before the seal is authenticated, too.
const (
	frameMagic   = "NSF"
	wireVersion  = 1
	frameHead    = len(frameMagic) + 1 + len(incarnation{}) + 8
	maxNodeName  = 64
	mostKeys     = 256 // incarnations whose keys are kept; memory tells as many nodes apart
	labelFrames  = "frames"
	labelObjects = "snapshot"
)

// Why a frame is refused.
var (
	errForged  = errors.New("the frame was not sealed with this cluster's key, or was damaged")
	errVersion = errors.New("the frame is of another version")
)

// vault seals and opens with keys that are made of the cluster's: each incarnation has one of its own, in which a number is used
// once, so that no nonce ever is used twice (NIST SP 800-38D §8.2.1).
type vault struct {
	master []byte
	id     incarnation
	own    cipher.AEAD

	mu   sync.Mutex
	keys map[incarnation]cipher.AEAD
}

func newVault(key []byte, name string, id incarnation) (*vault, error) {
	v := &vault{master: derive(key, "nospim cluster 1 "+name, nil), id: id, keys: map[incarnation]cipher.AEAD{}}
	var err error
	v.own, err = v.aead(labelFrames, id[:])
	return v, err
}

func derive(key []byte, label string, of []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(label))
	h.Write([]byte{0})
	h.Write(of)
	return h.Sum(nil)
}

func (v *vault) aead(label string, of []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(derive(v.master, label, of))
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return cipher.NewGCM(block)
}

// nonce is the one of a number.
func nonce(number uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 4, 12), number) }

// seal makes a frame of the node's own.
func (v *vault) seal(seq uint64, node string, content []byte) []byte {
	node = node[:min(len(node), maxNodeName)]
	b := make([]byte, 0, frameHead+1+len(node)+len(content)+v.own.Overhead())
	b = append(b, frameMagic...)
	b = append(b, wireVersion)
	b = append(b, v.id[:]...)
	b = binary.BigEndian.AppendUint64(b, seq)
	head := len(b)
	b = append(b, byte(len(node)))
	b = append(b, node...)
	b = append(b, content...)
	return v.own.Seal(b[:head], nonce(seq), b[head:], b[:head])
}

// frame is one that was opened.
type frame struct {
	from    incarnation
	seq     uint64
	node    string
	content []byte
}

// open opens a frame in place.
func (v *vault) open(b []byte) (f frame, err error) {
	if len(b) < frameHead || string(b[:len(frameMagic)]) != frameMagic {
		return f, errForged
	}
	if b[len(frameMagic)] != wireVersion {
		return f, errVersion
	}
	f.from = incarnation(b[len(frameMagic)+1:])
	f.seq = binary.BigEndian.Uint64(b[frameHead-8:])
	key, err := v.keyOf(f.from)
	if err != nil {
		return f, err
	}
	plain, err := key.Open(b[frameHead:frameHead], nonce(f.seq), b[frameHead:], b[:frameHead])
	if err != nil || len(plain) == 0 || int(plain[0]) >= len(plain) {
		return f, errForged
	}
	v.remember(f.from, key)
	f.node, f.content = string(plain[1:1+plain[0]]), plain[1+plain[0]:]
	return f, nil
}

func (v *vault) keyOf(id incarnation) (cipher.AEAD, error) {
	v.mu.Lock()
	key, ok := v.keys[id]
	v.mu.Unlock()
	if ok {
		return key, nil
	}
	return v.aead(labelFrames, id[:])
}

// remember keeps the key of an incarnation that has proved that it knows the cluster's.
func (v *vault) remember(id incarnation, key cipher.AEAD) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.keys[id]; !ok {
		if len(v.keys) >= mostKeys {
			clear(v.keys)
		}
		v.keys[id] = key
	}
}

// refusedSnapshot says why a snapshot is not taken.
func refusedSnapshot(problem string) error {
	return &nospim.InputError{Field: "the cluster's snapshot", Problem: problem}
}
