package text

// linkKind says whether a word of the normal form is a link or an address; 0 when it is neither.
func linkKind(w []byte) Kind {
	if len(w) < 6 {
		return 0
	}
	if string(w[:4]) == "www." {
		return Link
	}
	dot, at := 0, 0
	for i, c := range w {
		switch c {
		case ':':
			if i > 0 && i+3 < len(w) && w[i+1] == '/' && w[i+2] == '/' {
				return Link
			}
		case '@':
			at = i
		case '.':
			if i > 0 {
				dot = i
			}
		case '/':
			if dot > 0 && i+1 < len(w) && i > dot+2 {
				return Link
			}
		}
	}
	switch {
	case dot == 0:
		return 0
	case at > 0 && dot > at+1:
		return Mail
	case bareHost(w):
		return Link
	}
	return 0
}

// bareHost reports whether a word is a host under a top-level domain that spam likes, and no file, abbreviation or number. It is a
// guess for the fingerprint, not for safety: what a link is decides room link.
func bareHost(w []byte) bool {
	for len(w) > 0 && (w[len(w)-1] < '0' || w[len(w)-1] > 'z') {
		w = w[:len(w)-1]
	}
	dot := -1
	for i, c := range w {
		switch {
		case c == '.':
			if i == dot+1 {
				return false
			}
			dot = i
		case c-'a' < 26, c-'0' < 10, c == '-':
		default:
			return false
		}
	}
	if dot < 3 {
		return false
	}
	switch string(w[dot+1:]) {
	case "com", "net", "org", "info", "biz", "ru", "su", "xyz", "top", "online", "site", "club", "shop", "store", "live", "cam", "icu", "vip", "win",
		"click", "link", "fun", "space", "website", "example", "test", "invalid", "de", "uk", "eu", "cc", "tk", "gq", "ml":
		return true
	}
	return false
}
