package detect

import "github.com/nospim/nospim"

// Disguise notices text that is written so that people read it and programs do not. Room text undoes the tricks before anybody
// looks; that they were needed at all is what this detector says. Honest text in any script needs none.
type Disguise struct{}

// disguises are the tricks: what each is called, what it weighs, and how many of it make it count for more.
var disguises = [...]struct {
	symbol, description, why string
	weight                   float64
	count                    func(*nospim.Disguise) int
}{
	{
		"DISGUISE_MIXED", "Words have look-alike letters of another script", "words mix letters of several scripts that look alike", 2.5,
		func(d *nospim.Disguise) int { return int(d.Mixed) },
	},
	{
		"DISGUISE_HIDDEN", "Invisible characters stand inside words", "invisible characters stand inside words", 2.5,
		func(d *nospim.Disguise) int { return int(d.Hidden) + int(d.Tags) },
	},
	{
		"DISGUISE_BIDI", "The direction of writing is turned in a text that has one only", "the direction of writing is turned for no reason", 2,
		func(d *nospim.Disguise) int { return int(d.Bidi) },
	},
	{
		"DISGUISE_STYLED", "Words are written in mathematical, circled or other ornamental letters", "words are written in ornamental letters", 1.5,
		func(d *nospim.Disguise) int { return int(d.Styled) },
	},
	{
		"DISGUISE_PILED", "Words have combining marks that no spelling has", "marks are piled on letters", 1,
		func(d *nospim.Disguise) int { return int(d.Piled) },
	},
	{
		"DISGUISE_ACCENTS", "Letters have accents that no language has together", "letters have accents that no language has together", 1.5,
		func(d *nospim.Disguise) int { return int(d.Accents) / 2 },
	},
	{
		"DISGUISE_LEET", "Digits and signs stand for letters", "digits and signs stand for letters", 1,
		func(d *nospim.Disguise) int { return int(d.Leet) },
	},
	{
		"DISGUISE_SPACED", "Words are taken apart by spaces or signs", "words are taken apart by spaces or signs", 1.5,
		func(d *nospim.Disguise) int { return int(d.Spaced) },
	},
}

// Symbols implements [Detector].
func (Disguise) Symbols() []nospim.Symbol {
	var all []nospim.Symbol
	for _, d := range disguises {
		all = append(all, nospim.Symbol{Name: d.symbol, Group: "disguise", Weight: d.weight, Description: d.description + ". Factor 1.4 from three times on."})
	}
	return all
}

// Counters implements [Detector].
func (Disguise) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (Disguise) Look(l *nospim.Look) error {
	if l.Features.Disguise == (nospim.Disguise{}) || l.Event.Encrypted || !contact(l) {
		return nil
	}
	for i := range disguises {
		d := &disguises[i]
		if f := climb(float64(d.count(&l.Features.Disguise)), []step{{1, 1}, {3, 1.4}}); f > 0 {
			l.Raise(d.symbol, f, d.why)
		}
	}
	return nil
}
