package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// words are the page in one language.
type words struct {
	AskTitle, AskText       string
	Working, Worked, Failed string // of the browser's work
	Ready                   string // when that is not enough
	Other, Picture, Alt     string
	Hear, Hint              string
	TheDigits, OrAnswer     string
	Send, NotRight          string
	PassedTitle, Passed     string
	OverTitle, Over         string
	BusyTitle, Busy         string
	Why, Because            string
	// Voices are the languages in which digits can be spoken, as they are called in this one.
	Voices map[string]string
}

// mostLanguages bounds what is read of Accept-Language.
const mostLanguages = 20

// negotiate returns which of the languages that there are a reader likes best (RFC 9110 §12.5.4), English where there is none.
func negotiate[V any](header string, there map[string]V) string {
	type wish struct {
		lang    string
		quality float64
	}
	var wishes []wish
	for i, one := range strings.Split(header, ",") {
		if i == mostLanguages {
			break
		}
		tag, parameter, _ := strings.Cut(one, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		w := wish{primary, 1}
		if q, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			w.quality, _ = strconv.ParseFloat(q, 64) // what is no number is not wished for
		}
		if _, ok := there[primary]; ok && w.quality > 0 {
			wishes = append(wishes, w)
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.quality, a.quality) })
	if len(wishes) == 0 {
		return "en"
	}
	return wishes[0].lang
}

var spoken = map[string]*words{
	"en": {
		AskTitle: "One moment, please", AskText: "You wrote to somebody at %s who does not know you yet. Your message is kept. It is delivered as soon as this page has seen that you are not a spamming machine.",
		Working: "Your browser is working on it. You need not do anything.", Worked: "Done. Sending…", Ready: "Your browser has done its part. Please use one of the ways below, too.", Failed: "Your browser could not do it by itself. Please use one of the ways below.",
		Other: "Other ways", Picture: "Type the six digits", Alt: "A picture with six digits. You can hear them instead.", Hear: "Hear the digits (spoken in %s)", Hint: "In the picture, or as you hear them. Spaces do not matter, and there is no hurry.",
		TheDigits: "Digits", OrAnswer: "Or answer a question", Send: "Send", NotRight: "That was not right. Please try again.",
		PassedTitle: "Thank you", Passed: "Your message is on its way. You can close this page. From now on you can write to this person.",
		OverTitle: "Nothing to do here", Over: "This link is not valid, or it is over. If your message is important, write again tomorrow, or wait: the person has been told that something is there.",
		BusyTitle: "Please wait a moment", Busy: "That was a lot at once. Please load this page again in a minute.",
		Why: "Why this page?", Because: "People here can ask that strangers show this first. It is asked once. The page sets no cookies, asks no other site for anything, and does not show what you wrote.",
		Voices: map[string]string{"en": "English", "ja": "Japanese", "pt": "Portuguese", "ru": "Russian", "zh": "Chinese"},
	},
	"de": {
		AskTitle: "Einen Moment, bitte", AskText: "Du hast jemandem bei %s geschrieben, der dich noch nicht kennt. Deine Nachricht ist aufgehoben. Sie wird zugestellt, sobald diese Seite gesehen hat, dass du keine Werbemaschine bist.",
		Working: "Dein Browser arbeitet daran. Du musst nichts tun.", Worked: "Fertig. Wird gesendet …", Ready: "Dein Browser hat seinen Teil getan. Bitte nimm auch einen der Wege unten.", Failed: "Dein Browser konnte es nicht allein. Bitte nimm einen der Wege unten.",
		Other: "Andere Wege", Picture: "Tippe die sechs Ziffern ab", Alt: "Ein Bild mit sechs Ziffern. Du kannst sie auch anhören.", Hear: "Die Ziffern anhören (auf %s)", Hint: "Wie im Bild, oder wie du sie hörst. Leerzeichen sind egal, und es eilt nicht.",
		TheDigits: "Ziffern", OrAnswer: "Oder beantworte eine Frage", Send: "Senden", NotRight: "Das war nicht richtig. Bitte versuche es noch einmal.",
		PassedTitle: "Danke", Passed: "Deine Nachricht ist unterwegs. Du kannst diese Seite schließen. Ab jetzt kannst du dieser Person schreiben.",
		OverTitle: "Hier ist nichts zu tun", Over: "Dieser Link ist nicht gültig oder abgelaufen. Wenn deine Nachricht wichtig ist, schreib morgen noch einmal, oder warte: Die Person weiß, dass etwas da ist.",
		BusyTitle: "Bitte warte einen Moment", Busy: "Das war viel auf einmal. Bitte lade diese Seite in einer Minute neu.",
		Why: "Warum diese Seite?", Because: "Wer hier schreibt, kann darum bitten, dass Fremde das zuerst zeigen. Gefragt wird einmal. Die Seite setzt keine Cookies, fragt keine andere Seite und zeigt nicht, was du geschrieben hast.",
		Voices: map[string]string{"en": "Englisch", "ja": "Japanisch", "pt": "Portugiesisch", "ru": "Russisch", "zh": "Chinesisch"},
	},
	"es": {
		AskTitle: "Un instante, por favor", AskText: "Has escrito a alguien de %s que todavía no te conoce. Tu mensaje está guardado. Se entrega en cuanto esta página vea que no eres una máquina de spam.",
		Working: "Tu navegador se ocupa de ello. No tienes que hacer nada.", Worked: "Hecho. Enviando…", Ready: "Tu navegador ha hecho su parte. Usa también una de las formas de abajo.", Failed: "Tu navegador no ha podido solo. Usa una de las formas de abajo.",
		Other: "Otras formas", Picture: "Escribe las seis cifras", Alt: "Una imagen con seis cifras. También puedes oírlas.", Hear: "Oír las cifras (en %s)", Hint: "Las de la imagen, o las que oyes. Los espacios no importan, y no hay prisa.",
		TheDigits: "Cifras", OrAnswer: "O responde a una pregunta", Send: "Enviar", NotRight: "No era correcto. Inténtalo otra vez.",
		PassedTitle: "Gracias", Passed: "Tu mensaje está en camino. Puedes cerrar esta página. Desde ahora puedes escribir a esta persona.",
		OverTitle: "No hay nada que hacer aquí", Over: "Este enlace no es válido o ha caducado. Si tu mensaje es importante, escribe otra vez mañana, o espera: la persona sabe que hay algo.",
		BusyTitle: "Espera un instante", Busy: "Ha sido mucho de una vez. Vuelve a cargar esta página dentro de un minuto.",
		Why: "¿Por qué esta página?", Because: "Aquí cualquiera puede pedir que los desconocidos muestren esto primero. Se pide una vez. La página no pone cookies, no pide nada a otros sitios y no muestra lo que has escrito.",
		Voices: map[string]string{"en": "inglés", "ja": "japonés", "pt": "portugués", "ru": "ruso", "zh": "chino"},
	},
	"fr": {
		AskTitle: "Un instant, s'il vous plaît", AskText: "Vous avez écrit à quelqu'un de %s qui ne vous connaît pas encore. Votre message est gardé. Il sera remis dès que cette page aura vu que vous n'êtes pas une machine à spam.",
		Working: "Votre navigateur s'en occupe. Vous n'avez rien à faire.", Worked: "C'est fait. Envoi…", Ready: "Votre navigateur a fait sa part. Utilisez aussi l'un des moyens ci-dessous.", Failed: "Votre navigateur n'a pas pu le faire seul. Utilisez l'un des moyens ci-dessous.",
		Other: "Autres moyens", Picture: "Tapez les six chiffres", Alt: "Une image avec six chiffres. Vous pouvez aussi les écouter.", Hear: "Écouter les chiffres (en %s)", Hint: "Ceux de l'image, ou ceux que vous entendez. Les espaces ne comptent pas, et rien ne presse.",
		TheDigits: "Chiffres", OrAnswer: "Ou répondez à une question", Send: "Envoyer", NotRight: "Ce n'était pas juste. Essayez encore.",
		PassedTitle: "Merci", Passed: "Votre message est en route. Vous pouvez fermer cette page. Vous pouvez désormais écrire à cette personne.",
		OverTitle: "Il n'y a rien à faire ici", Over: "Ce lien n'est pas valable, ou il a expiré. Si votre message est important, écrivez de nouveau demain, ou attendez : la personne sait que quelque chose est là.",
		BusyTitle: "Veuillez patienter", Busy: "Cela faisait beaucoup à la fois. Rechargez cette page dans une minute.",
		Why: "Pourquoi cette page ?", Because: "Ici, chacun peut demander que les inconnus montrent cela d'abord. C'est demandé une seule fois. La page ne pose pas de cookies, ne demande rien à d'autres sites et ne montre pas ce que vous avez écrit.",
		Voices: map[string]string{"en": "anglais", "ja": "japonais", "pt": "portugais", "ru": "russe", "zh": "chinois"},
	},
}
