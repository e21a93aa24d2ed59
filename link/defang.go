package link

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Defang writes a text, or a link alone, so that no program makes a link of it: hxxp for http and ftp, [.] for a dot inside a word,
// [:] after other schemes, as those write who share indicators. [Find] reads the hosts in it as what they stand for.
// Defanging again changes nothing. What else a terminal or a client may do with a stranger's text is not its business.
func Defang(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 16)
	from := 0 // of the text that is not written yet
	for i, r := range text {
		switch {
		case r == ':':
			scheme := schemeBefore(text[from:i])
			written, ok := defangScheme(scheme, text[i+1:])
			if !ok {
				continue
			}
			b.WriteString(text[from:i-len(scheme)] + written)
			from = i + 1
		case isDot(r) && insideWord(text, i, i+utf8.RuneLen(r)):
			b.WriteString(text[from:i] + "[.]")
			from = i + utf8.RuneLen(r)
		}
	}
	return b.String() + text[from:]
}

// isDot reports whether programs take a character for the dot of a host (UTS #46 §4).
func isDot(r rune) bool { return r == '.' || r == '。' || r == '．' || r == '｡' }

// insideWord reports whether text[from:to], a dot, may be that of a host: something stands on both sides, and it is not harmless yet.
func insideWord(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	if from == 0 || to == len(text) || unicode.IsSpace(before) || unicode.IsSpace(after) {
		return false
	}
	return before != '[' || after != ']'
}

// schemeBefore returns the scheme with which a text ends (RFC 3986 §3.1), empty where there is none.
func schemeBefore(text string) string {
	i := len(text)
	for i > 0 && (isSchemeByte(text[i-1])) {
		i--
	}
	return text[i:]
}

func isSchemeByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '-'
}

// defangScheme writes a scheme and its colon so that nothing follows them; ok is false where they are left as they are.
func defangScheme(scheme, rest string) (written string, ok bool) {
	switch strings.ToLower(scheme) {
	case "":
		return "", false
	case "hxxp", "hxxps":
		return "", false
	case "http", "ftp":
		return "hxxp:", true
	case "https", "ftps":
		return "hxxps:", true
	case "mailto", "tel", "sms", "smsto", "callto", "xmpp", "sip", "sips", "aim", "ymsgr", "msnim", "skype", "icq", "magnet", "bitcoin", "data", "javascript",
		"matrix", "geo", "market", "intent", "tg", "whatsapp", "facetime", "signal", "file", "urn":
		return scheme + "[:]", rest != "" && !unicode.IsSpace(rune(rest[0]))
	}
	return scheme + "[:]", strings.HasPrefix(rest, "//")
}
