package link

import "strings"

// reserved are the top-level names of RFC 2606 and RFC 7686 that never stand in the public suffix list.
func reserved(tld string) bool {
	switch tld {
	case "example", "test", "invalid", "localhost", "onion":
		return true
	}
	return false
}

// program are top-level domains that are more often the ending of a file.
func program(tld string) bool {
	switch tld {
	case "md", "py", "sh", "rs", "pl", "so", "zip", "mov", "cc", "ps", "ml", "mm", "java", "pm", "mk", "ac", "ai", "gz", "bz", "js", "ms", "run":
		return true
	}
	return false
}

// everyday are top-level domains that are words, so that a missing blank after a full stop makes a host of two words.
func everyday(tld string) bool {
	switch tld {
	case "it", "is", "in", "me", "so", "no", "my", "to", "at", "do", "am", "as", "be", "by", "us", "st", "la", "how", "now", "one", "new", "here",
		"help", "win", "app", "page", "dev", "zone", "man", "men", "you", "read", "open", "free", "got", "best", "day", "today", "like":
		return true
	}
	return false
}

// ending reports whether the last label before the top-level domain is the ending of a file: x.conf.in.
func ending(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "conf", "am", "h", "c", "cpp", "sh", "tar", "gz", "txt", "xml", "desktop", "sources", "list", "html", "php", "py", "service", "e", "i":
		return true
	}
	return false
}

// common are top-level domains under which a host of two labels is believed. Others need a scheme, www or a path.
func common(tld string) bool {
	switch tld {
	case "com", "net", "org", "info", "biz", "edu", "gov", "mil", "int", "eu", "de", "uk", "fr", "nl", "ru", "su", "ua", "by", "kz", "cn", "jp", "kr",
		"tw", "hk", "br", "ar", "mx", "es", "pt", "ch", "se", "fi", "dk", "cz", "sk", "hu", "ro", "gr", "tr", "il", "za", "au", "nz", "ca",
		"xyz", "top", "online", "site", "club", "shop", "store", "live", "cam", "chat", "icu", "vip", "loan", "click", "link", "work", "fun",
		"space", "website", "tech", "pro", "mobi", "tk", "ga", "cf", "gq", "ly", "gl", "io", "co", "tv", "gg", "asia", "cfd", "sbs", "bond", "monster",
		"quest", "buzz", "cyou", "rest", "gifts", "gift", "dating", "sexy", "bet", "casino", "finance", "cash", "money", "host", "press", "cloud",
		"example", "test", "invalid":
		return true
	}
	return strings.HasPrefix(tld, "xn--")
}
