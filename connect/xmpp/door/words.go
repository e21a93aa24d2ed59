package door

import (
	"strings"

	"github.com/nospim/nospim"
)

// verb is what a person can say to the door.
type verb string

const (
	sayShow    verb = "show"
	sayMore    verb = "more"
	sayHelp    verb = "help"
	sayProfile verb = "profile"
	sayWarn    verb = "warn"
	sayInvite  verb = "invite"
)

// words are the door's words in one language.
type words struct {
	// verbs are what people type, in lower case.
	verbs map[string]verb
	// notice is told once of each sender; the others answer.
	notice, nothing, waits, help, which, done, failed, profile, chosen, locked, unknown, thanks, warned, stranger, whom, invited string
	// senders heads the list; sender is one line of it: number, how many messages, since when.
	senders, sender string
	// more ends a list that goes on: how many more there are, and the number of the next page.
	more string
	// decided says what was done.
	decided map[nospim.Decision]string
	// profiles says what each profile means.
	profiles map[nospim.Profile]string
}

// language returns the words of a language (RFC 5646; only the first subtag counts), English where there are none.
func language(tag string) *words {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if w, ok := languages[primary]; ok {
		return w
	}
	return languages["en"]
}

var languages = map[string]*words{
	"en": {
		verbs: map[string]verb{
			"more": sayMore, "show": sayShow, "list": sayShow, "who": sayShow, "help": sayHelp, "?": sayHelp, "profile": sayProfile,
			"accept": verb(nospim.LetIn), "yes": verb(nospim.LetIn), "refuse": verb(nospim.Refuse), "no": verb(nospim.Refuse),
			"block": verb(nospim.ShutOut), "report": verb(nospim.Report), "warn": sayWarn, "invite": sayInvite,
		},
		notice:   "Somebody you do not know wrote to you. It waits until you decide. Answer \"show\" to see who it is, \"accept\", \"refuse\", \"block\" or \"report\". If you do nothing, nothing happens.",
		nothing:  "Nothing waits for you.",
		senders:  "This waits for you:",
		sender:   "%d: %s, %d message(s) since %s",
		more:     "… and %d more: say \"more %d\".",
		waits:    "From %s:\n%s\nAnswer \"accept\", \"refuse\", \"block\" or \"report\"%s.",
		help:     "I keep strangers at the door until you decide. You can say: show (who waits, or \"show 1\" for what they wrote), accept, refuse, block, report (with a number when several wait), profile (who may write to you, or \"profile contacts_only\"), warn (somebody who wrote to you: \"warn nina@chat.example\"), invite (a link for people you know).",
		which:    "Several people wait. Say which one, for example \"%s 1\".",
		done:     "Done.",
		failed:   "That did not work. Please try again.",
		profile:  "Your profile: %s. You can choose: %s. For example \"profile contacts_only\".",
		chosen:   "Your profile is now: %s.",
		locked:   "Your profile is locked. Ask your guardian or the operator.",
		unknown:  "I did not understand that.",
		thanks:   "Thank you for your report. It has arrived, and helps to decide what happens with messages like that.",
		warned:   "%s is warned: what they send may take longer. They are not told by whom.",
		stranger: "%s has not written to you, so you cannot warn them.",
		whom:     "Say whom you warn, for example \"warn nina@chat.example\".",
		invited:  "Give this to whom you know, until %s: %s\nWho comes with it need not wait here.",
		decided: map[nospim.Decision]string{
			nospim.LetIn: "%s may write to you. What waited is on its way.", nospim.Refuse: "What %s wrote is deleted. They are not told.",
			nospim.ShutOut: "%s cannot write to you any more.", nospim.Report: "Thank you. %s is reported, and cannot write to you any more.",
		},
		profiles: map[nospim.Profile]string{
			"": "default", nospim.ProfileOpen: "open", nospim.ProfileChallenged: "strangers_challenged (strangers prove themselves first)",
			nospim.ProfileContactsOnly: "contacts_only (strangers wait)", nospim.ProfileMinor: "minor (strangers wait)",
		},
	},
	"de": {
		verbs: map[string]verb{
			"mehr": sayMore, "zeigen": sayShow, "zeig": sayShow, "wer": sayShow, "hilfe": sayHelp, "profil": sayProfile,
			"annehmen": verb(nospim.LetIn), "ja": verb(nospim.LetIn), "ablehnen": verb(nospim.Refuse), "nein": verb(nospim.Refuse),
			"sperren": verb(nospim.ShutOut), "melden": verb(nospim.Report), "verwarnen": sayWarn, "einladen": sayInvite,
		},
		notice:   "Jemand, den du nicht kennst, hat dir geschrieben. Es wartet, bis du entscheidest. Antworte \"zeigen\", um zu sehen, wer es ist, \"annehmen\", \"ablehnen\", \"sperren\" oder \"melden\". Ohne Antwort passiert nichts.",
		nothing:  "Für dich wartet nichts.",
		senders:  "Für dich wartet:",
		sender:   "%d: %s, %d Nachricht(en) seit %s",
		more:     "… und %d weitere: sag \"mehr %d\".",
		waits:    "Von %s:\n%s\nAntworte \"annehmen\", \"ablehnen\", \"sperren\" oder \"melden\"%s.",
		help:     "Ich lasse Fremde vor der Tür warten, bis du entscheidest. Du kannst sagen: zeigen (wer wartet, oder \"zeigen 1\" für das, was geschrieben wurde), annehmen, ablehnen, sperren, melden (mit einer Nummer, wenn mehrere warten), profil (wer dir schreiben darf, oder \"profil contacts_only\"), verwarnen (jemanden, der dir geschrieben hat: \"verwarnen nina@chat.example\"), einladen (ein Link für Leute, die du kennst).",
		which:    "Es warten mehrere. Sag, wen du meinst, zum Beispiel \"%s 1\".",
		done:     "Erledigt.",
		failed:   "Das hat nicht geklappt. Bitte versuche es noch einmal.",
		profile:  "Dein Profil: %s. Du kannst wählen: %s. Zum Beispiel \"profil contacts_only\".",
		chosen:   "Dein Profil ist jetzt: %s.",
		locked:   "Dein Profil ist gesperrt. Frag deine Eltern oder den Betreiber.",
		unknown:  "Das habe ich nicht verstanden.",
		thanks:   "Danke für deine Meldung. Sie ist angekommen und hilft zu entscheiden, was mit solchen Nachrichten geschieht.",
		warned:   "%s ist verwarnt: Nachrichten von dort können länger brauchen. Von wem, wird nicht gesagt.",
		stranger: "%s hat dir nicht geschrieben und kann von dir nicht verwarnt werden.",
		whom:     "Sag, wen du verwarnst, zum Beispiel \"verwarnen nina@chat.example\".",
		invited:  "Gib das bis zum %s Leuten, die du kennst: %s\nWer damit kommt, muss hier nicht warten.",
		decided: map[nospim.Decision]string{
			nospim.LetIn: "%s darf dir schreiben. Was gewartet hat, kommt jetzt.", nospim.Refuse: "Was %s geschrieben hat, ist gelöscht. Es wird nichts mitgeteilt.",
			nospim.ShutOut: "%s kann dir nicht mehr schreiben.", nospim.Report: "Danke. %s ist gemeldet und kann dir nicht mehr schreiben.",
		},
		profiles: map[nospim.Profile]string{
			"": "Vorgabe", nospim.ProfileOpen: "open (offen)", nospim.ProfileChallenged: "strangers_challenged (Fremde müssen sich erst beweisen)",
			nospim.ProfileContactsOnly: "contacts_only (Fremde warten)", nospim.ProfileMinor: "minor (Fremde warten)",
		},
	},
	"es": {
		verbs: map[string]verb{
			"más": sayMore, "mas": sayMore, "mostrar": sayShow, "ver": sayShow, "ayuda": sayHelp, "perfil": sayProfile, "aceptar": verb(nospim.LetIn), "sí": verb(nospim.LetIn),
			"si": verb(nospim.LetIn), "rechazar": verb(nospim.Refuse), "bloquear": verb(nospim.ShutOut), "denunciar": verb(nospim.Report), "advertir": sayWarn, "invitar": sayInvite,
		},
		notice:   "Alguien que no conoces te ha escrito. Espera hasta que decidas. Responde \"mostrar\" para ver quién es, \"aceptar\", \"rechazar\", \"bloquear\" o \"denunciar\". Si no haces nada, no pasa nada.",
		nothing:  "No hay nada esperando.",
		senders:  "Esto te espera:",
		sender:   "%d: %s, %d mensaje(s) desde %s",
		more:     "… y %d más: di \"más %d\".",
		waits:    "De %s:\n%s\nResponde \"aceptar\", \"rechazar\", \"bloquear\" o \"denunciar\"%s.",
		help:     "Los desconocidos esperan en la puerta hasta que decidas. Puedes decir: mostrar (quién espera, o \"mostrar 1\" para ver lo que escribió), aceptar, rechazar, bloquear, denunciar (con un número si esperan varios), perfil (quién puede escribirte, o \"perfil contacts_only\"), advertir (a alguien que te escribió: \"advertir nina@chat.example\"), invitar (un enlace para gente que conoces).",
		which:    "Esperan varias personas. Di cuál, por ejemplo \"%s 1\".",
		done:     "Hecho.",
		failed:   "No ha funcionado. Inténtalo otra vez.",
		profile:  "Tu perfil: %s. Puedes elegir: %s. Por ejemplo \"perfil contacts_only\".",
		chosen:   "Tu perfil es ahora: %s.",
		locked:   "Tu perfil está bloqueado. Pregunta a tus padres o al operador.",
		unknown:  "No lo he entendido.",
		thanks:   "Gracias por tu denuncia. Ha llegado y ayuda a decidir qué pasa con mensajes como ese.",
		warned:   "%s queda advertido: lo que envíe puede tardar más. No se le dice por quién.",
		stranger: "%s no te ha escrito, así que no puedes advertirle.",
		whom:     "Di a quién adviertes, por ejemplo \"advertir nina@chat.example\".",
		invited:  "Dáselo a quien conozcas, hasta el %s: %s\nQuien venga con eso no tiene que esperar aquí.",
		decided: map[nospim.Decision]string{
			nospim.LetIn: "%s puede escribirte. Lo que esperaba está en camino.", nospim.Refuse: "Lo que escribió %s se ha borrado. No se le avisa.",
			nospim.ShutOut: "%s ya no puede escribirte.", nospim.Report: "Gracias. %s ha sido denunciado y ya no puede escribirte.",
		},
		profiles: map[nospim.Profile]string{
			"": "predeterminado", nospim.ProfileOpen: "open (abierto)", nospim.ProfileChallenged: "strangers_challenged (los desconocidos se acreditan antes)",
			nospim.ProfileContactsOnly: "contacts_only (los desconocidos esperan)", nospim.ProfileMinor: "minor (los desconocidos esperan)",
		},
	},
	"fr": {
		verbs: map[string]verb{
			"suite": sayMore, "montrer": sayShow, "montre": sayShow, "voir": sayShow, "qui": sayShow, "aide": sayHelp, "profil": sayProfile,
			"accepter": verb(nospim.LetIn), "oui": verb(nospim.LetIn), "refuser": verb(nospim.Refuse), "non": verb(nospim.Refuse),
			"bloquer": verb(nospim.ShutOut), "signaler": verb(nospim.Report), "avertir": sayWarn, "inviter": sayInvite,
		},
		notice:   "Quelqu'un que tu ne connais pas t'a écrit. Cela attend que tu décides. Réponds \"montrer\" pour voir qui c'est, \"accepter\", \"refuser\", \"bloquer\" ou \"signaler\". Si tu ne fais rien, il ne se passe rien.",
		nothing:  "Rien ne t'attend.",
		senders:  "Ceci t'attend :",
		sender:   "%d: %s, %d message(s) depuis le %s",
		more:     "… et %d de plus : dis \"suite %d\".",
		waits:    "De %s :\n%s\nRéponds \"accepter\", \"refuser\", \"bloquer\" ou \"signaler\"%s.",
		help:     "Je garde les inconnus à la porte jusqu'à ce que tu décides. Tu peux dire : montrer (qui attend, ou \"montrer 1\" pour ce qui a été écrit), accepter, refuser, bloquer, signaler (avec un numéro si plusieurs attendent), profil (qui peut t'écrire, ou \"profil contacts_only\"), avertir (quelqu'un qui t'a écrit : \"avertir nina@chat.example\"), inviter (un lien pour les gens que tu connais).",
		which:    "Plusieurs personnes attendent. Dis laquelle, par exemple \"%s 1\".",
		done:     "C'est fait.",
		failed:   "Cela n'a pas marché. Essaie encore une fois.",
		profile:  "Ton profil : %s. Tu peux choisir : %s. Par exemple \"profil contacts_only\".",
		chosen:   "Ton profil est maintenant : %s.",
		locked:   "Ton profil est verrouillé. Demande à tes parents ou à l'opérateur.",
		unknown:  "Je n'ai pas compris.",
		thanks:   "Merci pour ton signalement. Il est arrivé et aide à décider ce qu'il advient de tels messages.",
		warned:   "%s est averti : ce qui vient de là peut prendre plus de temps. On ne dit pas par qui.",
		stranger: "%s ne t'a pas écrit et ne peut pas être averti par toi.",
		whom:     "Dis qui tu avertis, par exemple \"avertir nina@chat.example\".",
		invited:  "Donne ceci à qui tu connais, jusqu'au %s : %s\nQui vient avec cela n'attend pas ici.",
		decided: map[nospim.Decision]string{
			nospim.LetIn: "%s peut t'écrire. Ce qui attendait arrive.", nospim.Refuse: "Ce que %s a écrit est effacé. Personne n'en est averti.",
			nospim.ShutOut: "%s ne peut plus t'écrire.", nospim.Report: "Merci. %s est signalé et ne peut plus t'écrire.",
		},
		profiles: map[nospim.Profile]string{
			"": "par défaut", nospim.ProfileOpen: "open (ouvert)", nospim.ProfileChallenged: "strangers_challenged (les inconnus font d'abord leurs preuves)",
			nospim.ProfileContactsOnly: "contacts_only (les inconnus attendent)", nospim.ProfileMinor: "minor (les inconnus attendent)",
		},
	},
}
