package xmpp

import (
	"slices"
	"strings"

	"github.com/nospim/nospim"
)

// asking are the words of challenges in one language. Formats name the person addressed, the page, the question.
type asking struct {
	waits, page, question, form string
	picture, audio              string
	passed, failed              string
}

// wordsIn returns the words of a language (RFC 5646; only the first subtag counts), English where there are none.
func wordsIn(tag string) *asking {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if w, ok := askings[primary]; ok {
		return w
	}
	return askings["en"]
}

// explain says in plain words why something waits and what to do, for clients that know nothing of forms.
func (a *Asker) explain(t *nospim.Trial, lang string) string {
	w := wordsIn(lang)
	parts := []string{strings.ReplaceAll(w.waits, "%s", t.Recipient)}
	if a.Page != "" {
		parts = append(parts, strings.ReplaceAll(w.page, "%s", a.Page+t.ID))
	}
	if slices.Contains(a.Kinds, nospim.ProofQuestion) && a.Answers <= 1 && len(a.Required) == 0 {
		parts = append(parts, strings.ReplaceAll(w.question, "%s", a.Desk.Question(t, lang)))
	}
	if len(parts) == 1 {
		parts = append(parts, w.form)
	}
	return strings.Join(parts, " ")
}

var askings = map[string]*asking{
	"en": {
		waits:    "Your message to %s is kept until you have shown that you are not a spamming machine.",
		page:     "Please open %s (it takes a moment, and asks for nothing else).",
		question: "You can also answer this message. %s",
		form:     "Your program can show you a form for that. You can also wait: the person has been told that something is there.",
		picture:  "Type the digits in the picture", audio: "Type the digits that you hear (in English)",
		passed: "Thank you. What you wrote is on its way.",
		failed: "That was not the answer, and it was not delivered. Please look again and answer once more.",
	},
	"de": {
		waits:    "Deine Nachricht an %s wird aufgehoben, bis du gezeigt hast, dass du keine Werbemaschine bist.",
		page:     "Bitte öffne %s (es dauert nur einen Moment, und sonst wird nichts gefragt).",
		question: "Du kannst auch auf diese Nachricht antworten. %s",
		form:     "Dein Programm kann dir dafür ein Formular zeigen. Du kannst auch warten: Die Person weiß, dass etwas da ist.",
		picture:  "Tippe die Ziffern im Bild ab", audio: "Tippe die Ziffern, die du hörst (auf Englisch)",
		passed: "Danke. Was du geschrieben hast, ist unterwegs.",
		failed: "Das war nicht die Antwort, und es wurde nicht zugestellt. Bitte sieh noch einmal nach und antworte erneut.",
	},
	"es": {
		waits:    "Tu mensaje a %s queda guardado hasta que demuestres que no eres una máquina de spam.",
		page:     "Abre %s (tarda un instante y no pide nada más).",
		question: "También puedes responder a este mensaje. %s",
		form:     "Tu programa puede mostrarte un formulario para eso. También puedes esperar: la persona sabe que hay algo.",
		picture:  "Escribe las cifras de la imagen", audio: "Escribe las cifras que oyes (en inglés)",
		passed: "Gracias. Lo que escribiste está en camino.",
		failed: "Esa no era la respuesta y no se ha entregado. Mira otra vez y vuelve a responder.",
	},
	"fr": {
		waits:    "Votre message à %s est gardé jusqu'à ce que vous ayez montré que vous n'êtes pas une machine à spam.",
		page:     "Ouvrez %s (cela prend un instant, et rien d'autre n'est demandé).",
		question: "Vous pouvez aussi répondre à ce message. %s",
		form:     "Votre logiciel peut vous montrer un formulaire. Vous pouvez aussi attendre : la personne sait que quelque chose est là.",
		picture:  "Tapez les chiffres de l'image", audio: "Tapez les chiffres que vous entendez (en anglais)",
		passed: "Merci. Ce que vous avez écrit est en route.",
		failed: "Ce n'était pas la réponse, et elle n'a pas été remise. Regardez encore et répondez de nouveau.",
	},
}
