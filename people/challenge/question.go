package challenge

import (
	"strings"

	"github.com/nospim/nospim"
)

// questions ask for digits in words, by language: what has to be typed is the same in each.
var questions = map[string]struct {
	ask    string
	digits [10]string
}{
	"en": {"Write as digits: ", [10]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}},
	"de": {"Schreib als Ziffern: ", [10]string{"null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"}},
	"es": {"Escribe en cifras: ", [10]string{"cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"}},
	"fr": {"Écrivez en chiffres : ", [10]string{"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"}},
}

// Question returns the question of a challenge in a language (RFC 5646; only the first subtag counts), or in English.
func (d *Desk) Question(t *nospim.Trial, lang string) string {
	primary, _, _ := strings.Cut(strings.ToLower(lang), "-")
	q, ok := questions[primary]
	if !ok {
		q = questions["en"]
	}
	var words []string
	for _, n := range d.digits(t, nospim.ProofQuestion) {
		words = append(words, q.digits[n])
	}
	return q.ask + strings.Join(words, ", ")
}
