package model_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nospim/nospim/model"
)

func TestSynthetic(t *testing.T) {
	all, err := model.Synthetic(1, 4)
	if err != nil {
		t.Fatal(err)
	}
	again, err := model.Synthetic(1, 4)
	if err != nil || !reflect.DeepEqual(all, again) {
		t.Errorf("the same seed gave other texts (%v)", err)
	}
	seen := map[model.Category]int{}
	for _, s := range all {
		seen[s.Category]++
		if s.Spam != (s.Category != model.Uncategorised) {
			t.Errorf("spam %v with category %q: %s", s.Spam, s.Category, s.Text)
		}
		if strings.ContainsAny(s.Text, "{}|") || strings.TrimSpace(s.Text) == "" {
			t.Errorf("not expanded: %q", s.Text)
		}
		for w := range strings.FieldsSeq(s.Text) { // nobody's host is in a text that we made up
			if strings.Contains(w, "://") && !strings.Contains(w, ".example") {
				t.Errorf("a link outside .example: %q", w)
			}
		}
	}
	for c := model.Advert; c <= model.Job; c++ {
		if seen[c] < 8 {
			t.Errorf("only %d texts of category %q", seen[c], c)
		}
	}
	if seen[model.Uncategorised] < 300 {
		t.Errorf("only %d honest texts", seen[model.Uncategorised])
	}
}

// Whoever disguises spam that was caught must not get far: what the shipped model still catches of the phishing templates after
// letters were swapped by hand.
func TestDisguisesOfOneMessage(t *testing.T) {
	m := shipped(t)
	for name, text := range map[string]string{
		"plain":        "Royal Mail: your parcel is being held because of an unpaid shipping fee of £2.99. Please pay here: https://pay-parcel.example/a",
		"look-alikes":  "Rоyаl Mаil: yоur раrсel is being held beсаuse оf аn unраid shiррing fee оf £2.99. Рleаse раy here: https://pay-parcel.example/a",
		"zero-width":   "Royal Mail: your par\u200bcel is being he\u200bld because of an unp\u200baid ship\u200bping fee of £2.99. Please p\u200bay here: https://pay-parcel.example/a",
		"styled":       "Royal Mail: your 𝐩𝐚𝐫𝐜𝐞𝐥 is being 𝐡𝐞𝐥𝐝 because of an 𝐮𝐧𝐩𝐚𝐢𝐝 𝐬𝐡𝐢𝐩𝐩𝐢𝐧𝐠 𝐟𝐞𝐞 of £2.99. Please pay here: https://pay-parcel.example/a",
		"swapped":      "Royal Mial: yuor pacrel is beign held because of an upnaid shippng fee of £2.99. Plese pay here: https://pay-parcel.example/a",
		"honest words": "hi how was your weekend? Royal Mail: your parcel is being held because of an unpaid shipping fee of £2.99. Please pay here: https://pay-parcel.example/a see you on monday",
	} {
		if p := m.Score(text); p < m.Threshold() {
			t.Errorf("%s: score %.4f is below the threshold %.4f", name, p, m.Threshold())
		}
	}
}
