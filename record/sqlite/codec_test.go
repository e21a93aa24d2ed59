package sqlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nospim/nospim"
)

// chat returns the record of an allowed message as most of them are: many people, two services, a signal now and then.
func chat(n int) *nospim.Record {
	at := time.Date(2026, 3, 1, 18, 4, 5, 0, time.UTC).Add(time.Duration(n) * 1_234_567)
	r := &nospim.Record{
		Event: nospim.Event{
			ID: fmt.Sprintf("%016x", uint64(n)*0x9e3779b97f4a7c15), Kind: nospim.KindMessage, Time: at.Truncate(time.Millisecond), Protocol: "xmpp",
			Service: "chat.example", Direction: nospim.Local, Relation: nospim.RelationContact, Client: "Conversations 2.16", Addr: fmt.Sprintf("198.51.100.%d", n%250),
			Sender:     nospim.Account{ID: fmt.Sprintf("person%d@chat.example", n*7919%10000), Local: true, Created: at.Add(-1000 * time.Hour).Truncate(time.Second)},
			Recipients: []nospim.Account{{ID: fmt.Sprintf("person%d@chat.example", n*104729%10000), Local: true}},
		},
		Features: nospim.Features{Length: 30 + n%50, Letters: 25 + n%40, Words: 6 + n%9, Text: uint64(n) * 0xbf58476d1ce4e5b9},
		Verdict:  nospim.Verdict{Required: 8, Policy: "sha256:" + strings.Repeat("0123456789abcdef", 4), Signals: []nospim.Signal{}},
		Kept:     at.Add(time.Millisecond),
	}
	r.Verdict.EventID = r.Event.ID
	if n%3 == 0 {
		r.Features.Turn, r.Features.Language = uint32(n)*0x9e3779b9, "en"
	}
	if n%8 == 0 {
		r.Features.Disguise = nospim.Disguise{Mixed: uint16(n), Repeated: 1}
		r.Features.Parts = nospim.Parts{Money: 1, Wallet: uint16(n / 2)}
	}
	if n%4 == 0 {
		r.Features.Links = []nospim.Link{{Host: "www.x.example", Domain: "x.example"}}
		r.Verdict.Score = 1.5
		r.Verdict.Signals = []nospim.Signal{{Symbol: "STRANGER_LINK", Score: 1.5, Why: "a stranger's first message has a link", Entities: []nospim.Entity{{Kind: nospim.EntityDomain, ID: "x.example"}}}}
	}
	return r
}

// odd are records at the edges of what can be written.
func odd() []*nospim.Record {
	long := strings.Repeat("x", 70_000)
	return []*nospim.Record{
		{},
		{
			Event: nospim.Event{
				ID: long, Service: long, Sender: nospim.Account{ID: "\xff\x00", Created: time.Date(-5, 1, 1, 0, 0, 0, 1, time.UTC)}, Count: math.MinInt,
				Recipients: make([]nospim.Account, 1000), Can: nospim.Actions(), Files: []nospim.File{{Type: long, Size: math.MaxInt64}},
			},
			Features: nospim.Features{Length: -1, Letters: math.MaxInt, Text: math.MaxUint64},
			Verdict: nospim.Verdict{
				EventID: "another", Action: 255, Score: math.Inf(-1), Required: math.SmallestNonzeroFloat64,
				Labels: []nospim.Label{{Until: time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)}},
			},
			Kept: time.Unix(1<<40, 999_999_999).UTC(),
		},
		{Event: nospim.Event{ID: "a", Service: "a", Protocol: "a", Client: long[:256], Addr: long[:255], Room: long[:255]}},
		{Verdict: nospim.Verdict{Score: math.Copysign(0, -1)}},
		{Features: nospim.Features{Turn: math.MaxUint32}},
		{Features: nospim.Features{Decoy: true}},
		{Event: nospim.Event{WireID: long}},
		{Event: nospim.Event{InvitedBy: long}},
		{Features: nospim.Features{Copy: 1<<50 - 1}},
		{Features: nospim.Features{Language: long}},
		{Features: nospim.Features{Disguise: nospim.Disguise{Tags: math.MaxUint16}, Parts: nospim.Parts{Name: math.MaxUint16}}},
	}
}

func TestCodecRoundTrip(t *testing.T) {
	records := odd()
	for n := range 3000 { // more strings than the encoder remembers
		records = append(records, chat(n))
	}
	records = append(records, odd()...)
	e := newEncoder()
	for range 2 { // the second time in used memory
		e.reset()
		for _, r := range records {
			e.record(r)
		}
	}
	d, err := newDecoder(string(e.buf))
	if err != nil {
		t.Fatal(err)
	}
	var got nospim.Record
	for i, want := range records {
		if ok, err := d.next(&got); !ok || err != nil {
			t.Fatalf("record %d: %t, %v", i, ok, err)
		}
		if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("record %d (-want +got):\n%s", i, diff)
		}
	}
	if ok, err := d.next(&got); ok || err != nil {
		t.Errorf("after the last record: %t, %v", ok, err)
	}
}

// TestCodecKeepsNothing changes the memory that strings were made of after they were written.
func TestCodecForgets(t *testing.T) {
	e := newEncoder()
	r := chat(1)
	e.record(r)
	written := bytes.Clone(e.buf)
	*r = *chat(2)
	r.Event.Recipients = nil
	if !bytes.Equal(written, e.buf) {
		t.Error("what was written changes with the record")
	}
}

// TestDecodeDamaged cuts a chunk everywhere and changes every byte: an error or another record, never a crash.
func TestDecodeDamaged(t *testing.T) {
	e := newEncoder()
	for n := range 4 {
		e.record(chat(n))
	}
	for i := range e.buf {
		if n, err := decodeAll(string(e.buf[:i])); err == nil && n == 4 {
			t.Fatalf("%d of %d bytes are read as everything", i, len(e.buf))
		}
		damaged := bytes.Clone(e.buf)
		damaged[i] ^= 0xff
		_, _ = decodeAll(string(damaged))
	}
	for _, chunk := range []string{"\x00", "\x06", ""} {
		if _, err := newDecoder(chunk); !errors.Is(err, errChunk) {
			t.Errorf("form %q: %v", chunk, err)
		}
	}
}

// TestDecodeOlder reads a record that version 1 wrote: 2026-03-01, one link, one signal.
func TestDecodeOlder(t *testing.T) {
	r := chat(4)
	r.Features.Disguise, r.Features.Parts = nospim.Disguise{}, nospim.Parts{}
	e := newEncoder()
	e.record(r)
	e.buf[0] = 1 // without the new flags, the forms are the same
	d, err := newDecoder(string(e.buf))
	if err != nil {
		t.Fatal(err)
	}
	var got nospim.Record
	if ok, err := d.next(&got); !ok || err != nil {
		t.Fatalf("%t, %v", ok, err)
	}
	if diff := cmp.Diff(r, &got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("an older record is read otherwise (-want +got):\n%s", diff)
	}
}

func decodeAll(chunk string) (n int, err error) {
	d, err := newDecoder(chunk)
	if err != nil {
		return 0, err
	}
	for r := new(nospim.Record); ; n++ {
		if ok, err := d.next(r); !ok {
			return n, err
		}
	}
}

func FuzzDecode(f *testing.F) {
	e := newEncoder()
	f.Add(bytes.Clone(e.buf))
	e.record(chat(4))
	f.Add(bytes.Clone(e.buf))
	for _, r := range odd() {
		e.record(r)
	}
	f.Add(e.buf)
	f.Fuzz(func(t *testing.T, chunk []byte) {
		d, err := newDecoder(string(chunk))
		if err != nil {
			return
		}
		again := newEncoder()
		var list []string
		r := new(nospim.Record)
		for {
			ok, err := d.next(r)
			if err != nil || !ok {
				break
			}
			again.record(r)
			list = append(list, fmt.Sprintf("%+v", r))
		}
		// What could be read can be written and read to the same.
		if d, err = newDecoder(string(again.buf)); err != nil {
			t.Fatal(err)
		}
		for i, want := range list {
			if ok, err := d.next(r); !ok || err != nil {
				t.Fatalf("record %d: %t, %v", i, ok, err)
			}
			if got := fmt.Sprintf("%+v", r); got != want {
				t.Fatalf("record %d: %s, want %s", i, got, want)
			}
		}
	})
}

func TestSizeOfAllows(t *testing.T) {
	e := newEncoder()
	var plain int
	for n := range 3000 {
		r := chat(n)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		plain += len(b)
		e.record(r)
	}
	t.Logf("%d bytes a record as JSON, %d in a chunk", plain/3000, len(e.buf)/3000)
	if len(e.buf)*5 > plain {
		t.Errorf("3000 records take %d bytes in a chunk, %d as JSON: not a fifth", len(e.buf), plain)
	}
}

func TestAppendMakesNoGarbage(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "nospim.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r := chat(4)
	n := testing.AllocsPerRun(1000, func() { s.Append(r) })
	if n >= 1 {
		t.Errorf("%v allocations for each record, want none", n)
	}
}
