package link

import "strings"

// appHome knows the schemes that open a chat program (lower case). Home is the host of the program's web links, "" where the
// address names its own host, as in xmpp:ada@chat.example.
func appHome(scheme string) (home string, ok bool) {
	if len(scheme) < 2 || len(scheme) > longestScheme {
		return "", false
	}
	switch strings.ToLower(scheme) {
	case "xmpp", "irc", "ircs", "irc6": // RFC 5122, draft-butcher-irc-url
		return "", true
	case "matrix": // MSC2312
		return "matrix.to", true
	case "tg":
		return "t.me", true
	case "whatsapp":
		return "wa.me", true
	case "sgnl", "signal":
		return "signal.me", true
	case "discord":
		return "discord.com", true
	case "skype":
		return "join.skype.com", true
	case "viber":
		return "viber.com", true
	case "steam":
		return "steamcommunity.com", true
	case "slack":
		return "slack.com", true
	case "msteams":
		return "teams.microsoft.com", true
	case "fb":
		return "facebook.com", true
	case "kik":
		return "kik.me", true
	case "line":
		return "line.me", true
	case "weixin":
		return "weixin.qq.com", true
	case "aim", "ymsgr", "icq", "msnim", "gtalk", "tencent":
		return scheme + ".invalid", true // the programs are gone, and so are their hosts; each is counted under its own name
	}
	return "", false
}

// appHost reports whether a web host stands for a chat program: an invitation, a person, a bot.
func appHost(host string) bool {
	switch strings.TrimPrefix(host, "www.") {
	case "t.me", "telegram.me", "telegram.dog", "wa.me", "api.whatsapp.com", "chat.whatsapp.com", "discord.gg", "dsc.gg", "matrix.to",
		"signal.me", "signal.group", "m.me", "join.skype.com", "kik.me", "line.me", "lin.ee", "vb.me", "chats.viber.com", "invite.viber.com",
		"s.team", "join.slack.com", "zoom.us", "snapchat.com", "ig.me", "xmpp.link", "conversations.im", "threema.id", "weixin.qq.com",
		"icq.im", "u.wechat.com":
		return true
	}
	return false
}

// readApp reads an address of a chat program. Its path keeps everything behind the colon: what is before an @ or behind a #
// is the address itself here.
func readApp(scheme, home, rest string) (a address, ok bool) {
	a = address{scheme: strings.ToLower(scheme), path: rest, flags: App}
	if strings.Trim(rest, "/ ") == "" {
		return address{}, false
	}
	if home != "" {
		a.host = home
		return a, true
	}
	where := strings.TrimLeft(rest, "/")
	if a.scheme == "xmpp" && strings.HasPrefix(rest, "//") { // RFC 5122 §2.2: //authority/who, where authority is one's own account
		_, where, _ = strings.Cut(where, "/")
	}
	if i := strings.IndexAny(where, "/?#"); i >= 0 {
		where = where[:i]
	}
	host := address{scheme: a.scheme}
	if !host.authority(where) {
		return address{}, false
	}
	a.host, a.flags = host.host, a.flags|host.flags&^UserInfo
	return a, true
}
