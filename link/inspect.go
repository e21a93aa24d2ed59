package link

import (
	_ "embed" // the lists
	"strings"
)

// The lists: one name a line, sorted by bytes, a newline at the end.
var (
	//go:embed lists/shorteners.txt
	shorteners string
	//go:embed lists/disposable.txt
	disposable string
)

// Inspect returns the flags of a link with what can be said of it without asking anybody: where it leads on to, and whose
// host it is on.
func Inspect(l Link) Flags {
	f := l.Flags
	if appHost(l.Host) {
		f |= App
	}
	if f.Has(IP) {
		return f | nestedFlag(l)
	}
	if listed(shorteners, strings.TrimPrefix(l.Host, "www.")) || moreShorteners(l.Domain) {
		f |= Shortener
	}
	if freeHost(l) {
		f |= FreeHosting
	}
	if listed(disposable, l.Domain) || l.Host != l.Domain && listed(disposable, l.Host) {
		f |= Disposable
	}
	return f | nestedFlag(l)
}

// moreShorteners are those that the list of 2017 does not have.
func moreShorteners(domain string) bool {
	switch domain {
	case "cutt.ly", "rb.gy", "shorturl.at", "s.id", "t.ly", "rebrand.ly", "short.io", "tiny.cc", "bl.ink", "lnkd.in", "shorte.st", "v.gd", "dub.sh",
		"qr.ae", "u.to", "clck.ru", "vk.cc", "n9.cl", "urlz.fr", "tny.im", "t2m.io", "linktr.ee", "shorturl.asia", "ln.run", "1l.ink", "grabify.link",
		"iplogger.org", "urlr.me", "surl.li", "goo.su", "is.gd", "t.co", "did.li", "2no.co", "yip.su", "ebx.sh", "reurl.cc", "lihi.cc", "tinyurl.com",
		"bitly.com", "b.link", "shrtco.de", "gg.gg", "shor.by", "zpr.io", "qrco.de", "onelink.me", "page.link", "app.link":
		return true
	}
	return false
}

// freeHost reports whether anybody gets a page on this host for nothing, beyond what the public suffix list knows.
func freeHost(l Link) bool {
	switch l.Host {
	case "sites.google.com", "forms.gle", "docs.google.com", "forms.office.com", "telegra.ph", "graph.org", "rentry.co", "rentry.org", "carrd.co",
		"ipfs.io", "gateway.pinata.cloud", "cloudflare-ipfs.com", "dweb.link":
		return l.Host != "docs.google.com" || strings.Contains(l.URL, "/forms/")
	}
	switch l.Domain {
	case "carrd.co", "000webhostapp.com", "weebly.com", "wixsite.com", "square.site", "jimdosite.com", "webnode.com", "strikingly.com",
		"ucoz.ru", "tilda.ws", "notion.site", "yolasite.com", "byethost.com", "duckdns.org", "ngrok.io", "loca.lt", "trycloudflare.com":
		return true
	}
	return false
}

// listed reports whether a name is a line of a sorted list, by halving.
func listed(list, name string) bool {
	for list != "" {
		start := strings.LastIndexByte(list[:len(list)/2], '\n') + 1
		end := start + strings.IndexByte(list[start:], '\n')
		switch line := list[start:end]; {
		case line == name:
			return true
		case line < name:
			list = list[end+1:]
		default:
			list = list[:start]
		}
	}
	return false
}
