package text

import (
	"strings"
	"testing"
)

// partNames are the names of the parts in tests.
var partNames = [...]string{
	"money", "urgency", "credential", "signup", "webcam", "prize", "crypto", "gambling", "job", "contact", "click", "malware", "threat", "pharma",
	"doubt", "plea", "approach", "picture",
	"amount", "phone", "name", "wallet",
}

func TestParts(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"hello, how are you?", ""},
		// Lures, in several languages and disguised.
		{"come and see my webcam, hot girls", "webcam:webcam webcam:hot girls"},
		{"c0me and see my w e b c a m", "webcam:webcam"},
		{"make a free login, it only asks for a card", "signup:make a free signup:only asks for a card"},
		{"your account is locked: click here to verify your account", "threat:is locked click:click here credential:verify your account"},
		{"срочно! заработок от 500 рублей в день, пиши в лс", "urgency:срочно money:заработок amount:500 money:рублей money:в день contact:пиши contact:в лс"},
		{"i lost my wallet, can you lend me 200?", "plea:lost my wallet plea:lend me"},
		{"kannst du mir 200 Euro leihen? Karte ist gesperrt", "amount:200 money:euro plea:leihen threat:gesperrt"},
		{"можешь одолжить до зарплаты", "plea:одолжить money:до зарплаты plea:до зарплаты"},
		{"cüzdanımı kaybettim, borç verebilir misin", "plea:cüzdanımı kaybettim plea:borç verebilir"},
		{"dompetku hilang, bisa pinjam uang", "plea:dompetku hilang plea:pinjam uang"},
		{"you get a code by sms, please send me the code", "plea:get a code plea:send me the code"},
		{"мне нужна помощь, тебе придёт код, пришли его мне", "plea:придёт код plea:пришли его мне"},
		{"what is the code of the door?", ""},
		{"lol are these pics of you?", "picture:pics of you"},
		{"sind das Fotos von dir?", "picture:fotos von dir"},
		{"this is our little secret, don't tell your mom", "approach:little secret approach:don't tell your mom"},
		{"sag deiner Mama nichts, bist du allein?", "approach:sag deiner mama approach:bist du allein"},
		{"не говори маме, ты дома одна?", "approach:не говори маме approach:ты дома одна"},
		{"annene söyleme, bizim sırrımız", "approach:annene söyleme approach:bizim sırrımız"},
		{"tell your mom i said hi, how old is she?", ""},
		{"shall i lend a hand? i lost my pen", ""},
		{"Verdiene Geld von zu Hause, jetzt anmelden", "money:verdiene money:geld job:von zu hause signup:jetzt anmelden"},
		{"gagnez de l'argent, cliquez ici", "money:gagnez money:argent click:cliquez ici"},
		{"¡Has ganado un premio! haz clic", "prize:has ganado prize:premio click:haz clic"},
		{"has ganado, haga clic", "prize:has ganado click:haga clic"},
		{"hai vinto, clicca qui", "prize:hai vinto click:clicca qui"},
		{"você ganhou, clique aqui", "prize:você ganhou click:clique aqui"},
		{"wygrana za darmo, kliknij tutaj", "prize:wygrana prize:za darmo click:kliknij tutaj"},
		{"we-are-hiring, work from home", "job:we-are-hiring job:work from home"},
		{"buy viagra and cialis", "pharma:viagra pharma:cialis"},
		{"online casino, free spins", "gambling:casino gambling:free spins"},
		{"bitcoin airdrop", "crypto:bitcoin crypto:airdrop"},
		{"your computer is infected, download now", "malware:your computer is click:download now"},
		{"lol did you get hacked? what is this", "doubt:get hacked doubt:what is this"},
		{"I think you got hacked", "doubt:got hacked"},
		{"Bist das du? ist das ein Virus", "doubt:bist das du doubt:ist das ein virus"},
		{"is it you who sends me this? it asks for my password", "doubt:is it you doubt:asks for my password"},
		{"what is the plan for tonight, is it far?", ""},
		// Amounts.
		{"£500 or $1,000 or 50eur or 7 €", "amount:500 amount:1 amount:50 money:eur amount:7"},
		{"5 apples and 12.5 km", ""},
		// Telephone numbers.
		{"call +1 (415) 555-0100", "phone:1 (415) 555-0100"},
		{"ring 09061701461", "phone:09061701461"},
		{"ring 0049 151 5550100", "phone:0049 151 5550100"},
		{"at 10:30 on 2026-03-01, 192.0.2.1, v1.2.3, 1500000000", ""},
		// Names.
		{"write @nina_31", "name:nina_31"},
		{"meet @8 or a@b", ""},
		// Wallets, with a wrong checksum the second time.
		{"send to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "wallet:1BoatSLRHtKNngkdXEeobR76b53LETtpyT"},
		{"send to 1BoatSLRHtKNngkdXEeobR76b53LETtpyU", ""},
		{"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 ok", "wallet:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
		{"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5 no", ""},
		{"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "wallet:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
		{"0x52908400098527886E0F7030069857D2E4169EE7", "wallet:0x52908400098527886E0F7030069857D2E4169EE7"},
		{"commit 52908400098527886e0f7030069857d2e4169ee7", ""},
		{"TRX TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "wallet:TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"},
	} {
		var f Form
		f.Read(c.in)
		var got []string
		for _, s := range f.Spans {
			from := string(f.Folded)
			if s.Part == Wallet {
				from = c.in
			}
			got = append(got, partNames[s.Part]+":"+from[s.Start:s.End])
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%q has %q, want %q", c.in, g, c.want)
		}
		total := 0
		for _, n := range f.Parts {
			total += int(n)
		}
		if total != len(f.Spans) {
			t.Errorf("%q: %d parts counted, %d spans", c.in, total, len(f.Spans))
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Hello, are you coming to the party tonight? We are all waiting for you at the usual place.", "en"},
		{"Привет, ты придёшь сегодня вечером? Мы все ждём тебя на обычном месте.", "ru"},
		{"Kommst du heute Abend zur Feier? Wir warten alle an der üblichen Stelle auf dich.", "de"},
		{"Viens-tu à la fête ce soir ? Nous t'attendons tous à l'endroit habituel, comme toujours.", "fr"},
		{"こんにちは、今日の夜のパーティーには来られますか。みんな待っています。", "ja"},
		{"ok", ""},
		{"", ""},
	} {
		if got := Language(c.in); got != c.want {
			t.Errorf("Language(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFeatures(t *testing.T) {
	features := func(s string) map[uint32]bool {
		var f Form
		f.Read(s)
		m := map[uint32]bool{}
		for _, h := range f.AppendFeatures(nil) {
			m[h] = true
		}
		return m
	}
	shared := func(a, b string) (n int) {
		other := features(b)
		for h := range features(a) {
			if other[h] {
				n++
			}
		}
		return n
	}
	// free: the word, the pair from the beginning, 4 runs of three, 3 of four, 2 of five letters with the borders.
	if n := len(features("free")); n != 11 {
		t.Errorf("one word has %d features, want 11", n)
	}
	if a, b := shared("free cams", "fr33 c4ms"), len(features("free cams")); a != b {
		t.Errorf("a disguised text shares %d of %d features", a, b)
	}
	if n := shared("hello there", "привет 免费"); n != 0 {
		t.Errorf("texts without a common letter share %d features", n)
	}
	if a, b := shared("call 5 now http://a.example/x", "call 77 now http://b.example/y"), len(features("call 5 now http://a.example/x")); a != b {
		t.Errorf("other numbers and links leave %d of %d features", a, b)
	}
	for _, w := range worst {
		var f Form
		f.Read(strings.Repeat(w.piece, (64<<10)/len(w.piece)))
		if n := len(f.AppendFeatures(nil)); n > MostFeatures {
			t.Errorf("64 KiB of %s have %d features, at most %d may be", w.name, n, MostFeatures)
		}
	}
}
