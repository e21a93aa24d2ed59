package engine

import (
	"testing"

	"github.com/nospim/nospim/model"
	"github.com/nospim/nospim/record"
)

// word spreads a number over the hashes of words.
func word(n int) uint32 { return uint32(n) * 2654435761 }

// TestGate: three hundred texts that moderators refused have seven words in common, and these are what an old contact wrote. Without
// that sample the lesson makes spam of the seven words; with it, the lesson is not put in force.
func TestGate(t *testing.T) {
	const threshold = 0.98
	sample := record.Example{ID: 1, EventID: "sample", Source: record.FromSample, Base: -3}
	for n := range 7 {
		sample.Words = append(sample.Words, word(n))
	}
	var refused []record.Example
	for i := range 300 {
		e := record.Example{ID: int64(i + 2), EventID: "refused", Source: record.FromModerator, Spam: true, Base: -1}
		e.Words = append(e.Words, sample.Words...)
		for n := range 3 { // of its own
			e.Words = append(e.Words, word(100+3*i+n))
		}
		refused = append(refused, e)
	}
	free := learn(refused, threshold)
	if free.moderatedRefused || sample.Base+free.lessons.Shift(sample.Words) < model.Logit(threshold) {
		t.Fatal("the lesson makes no spam of the sample: this test tests nothing")
	}
	gated := learn(append([]record.Example{sample}, refused...), threshold)
	if !gated.moderatedRefused || gated.lessons != (model.Lessons{}) {
		t.Error("a lesson that makes spam of what an old contact wrote is put in force")
	}
}
