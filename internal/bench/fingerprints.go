package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/memory"
)

// askedTexts is how large the memory may become, in MB, whatever is sent: its limits say 80 for counters and verdicts, and 20 for texts.
const askedTexts = 100

// measureFingerprints floods a memory of the usual size with texts of which none is like another, each with the counters that are kept
// by a text.
func measureFingerprints(ctx context.Context, b *bench) ([]row, error) {
	const day = 24 * time.Hour
	m, random := memory.New(memory.Limits{}), rand.New(rand.NewPCG(3, 4))
	var (
		recalled memory.Recalled
		person   [1]uint64
		most     int64
	)
	at, begun := time.Now(), time.Now()
	for i := range b.size.Texts {
		if i%1000 == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			most = max(most, m.Stats().Bytes)
		}
		person[0] = random.Uint64()
		text, sender := random.Uint64(), random.Uint64()
		copied := memory.Copy{ID: nospim.NewCampaignID(random.Uint64()), Sender: sender, People: person[:], Cold: true}
		copied.Sketch.Sim, copied.Sketch.N = random.Uint64(), 20
		for j := range copied.Sketch.Min[:20] {
			copied.Sketch.Min[j] = uint16(1 + random.IntN(1<<16-1))
		}
		n := memory.Note{Event: memory.Hash{text, 1}, At: at.Add(time.Duration(i) * time.Millisecond), Copy: &copied, Verdict: &nospim.Verdict{}, Cells: []memory.Cell{
			{Key: text, Kind: memory.Distinct, Window: day, Value: person[0], Note: true}, {Key: text + 1<<32, Kind: memory.Distinct, Window: day, Value: sender, Note: true},
		}}
		m.Recall(&n, &recalled)
		m.Note(&n)
	}
	took, st := time.Since(begun), m.Stats()
	most = max(most, st.Bytes)
	const mega = 1 << 20
	return []row{{
		fmt.Sprintf("%s different texts, one after the other, of as many senders: the size of the memory", thousands(b.size.Texts)), fmt.Sprintf("<= %d MB", askedTexts),
		fmt.Sprintf("at most %d MB; %s texts and %s counters remembered, %.1f µs a text", most/mega, thousands(st.Texts), thousands(st.Cells), micros(took)/float64(b.size.Texts)),
		float64(most) / (askedTexts * mega), verdict(most <= askedTexts*mega),
	}}, nil
}
