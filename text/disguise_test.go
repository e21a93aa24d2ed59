package text

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDisguises undoes each disguise and notices it, and nothing else.
func TestDisguises(t *testing.T) {
	for _, c := range []struct {
		in, folded string
		notice     Notice
	}{
		// Look-alike letters.
		{"frее саm", "free cam", Notice{Mixed: 2}},
		{"рауpаl", "paypal", Notice{Mixed: 1}},
		{"раураl аccоunt is ѕuspended", "paypal account is suspended", Notice{Mixed: 3}},
		{"сосо with english words around", "coco with english words around", Notice{Mixed: 1}},
		{"the ᏟᎪᎷ is on", "the cam is on", Notice{Mixed: 1}},
		{"ᖴᖇEE b\u0251nk ɡift", "free bank gift", Notice{Mixed: 3}},
		{"Ηellο girls Νοw οnline", "hello girls now online", Notice{Mixed: 3}},
		{"hellо", "hello", Notice{Mixed: 1}},
		{"пpивeт", "привет", Notice{Mixed: 1}},
		{"зapaбoтoк", "заработок", Notice{Mixed: 1}},
		{"Поддᴇᴧьнᴀя ʙᴀᴧюᴛᴀ ᴏᴛ нас", "поддельная валюта от нас", Notice{Mixed: 3, Styled: 2}},
		// Styled alphabets.
		{"𝐅𝐫𝐞𝐞 𝓬𝓪𝓶𝓼", "free cams", Notice{Styled: 2}},
		{"ⓕⓡⓔⓔ", "free", Notice{Styled: 1}},
		{"🅵🆁🅴🅴 🄲🄰🄼🅂", "free cams", Notice{Styled: 2}},
		{"ꜰʀᴇᴇ", "free", Notice{Styled: 1}},
		{"Ｆｒｅｅ", "free", Notice{Styled: 1}},
		{"🇫\u200b🇷\u200b🇪\u200b🇪", "free", Notice{Styled: 1, Hidden: 3}},
		{"🇫 🇷 🇪 🇪", "free", Notice{Spaced: 1}},
		{"⒡⒭⒠⒠", "(free)", Notice{Spaced: 1}},
		// Hidden characters.
		{"fr\u200bee", "free", Notice{Hidden: 1}},
		{"f\u200dr\u2060e\u034fe", "free", Notice{Hidden: 3}},
		{"f\u00adr\u00ade\u00ade", "free", Notice{Hidden: 4}},
		{"fr\u3164ee", "free", Notice{Hidden: 1}},
		{"免\u200b费", "免费", Notice{Hidden: 1}},
		{"ok😀\ufe0f\ufe01\ufe02", "ok😀", Notice{Hidden: 2}},
		{"\u202eeerf\u202c cams", "free cams", Notice{Bidi: 1}},
		{"fr\u200eee", "free", Notice{Bidi: 1}},
		{"hi\U000E0066\U000E0072 there", "hi there", Notice{Tags: 2}},
		// Marks.
		{"f̷̨̡r̴̢̛e̸̡̛e̵̛̛", "free", Notice{Piled: 1}},
		{"f\u0336r\u0336e\u0336e\u0336", "free", Notice{Piled: 1}},
		{"ก็็็็็็็", "ก็็็", Notice{Piled: 1}},
		{"fréè çâm nów plëåsé", "free cam now please", Notice{Accents: 8}},
		// Leet.
		{"fr33 c4m", "free cam", Notice{Leet: 2}},
		{"1nvest 0nline v1agra b1tc0in", "invest online viagra bitcoin", Notice{Leet: 4}},
		{"@dult s!te ca$h $ex", "adult site cash sex", Notice{Leet: 4}},
		{"п0др@ботка пр0фит", "подработка профит", Notice{Leet: 2}},
		// Taken apart.
		{"f r e e  c a m", "free cam", Notice{Spaced: 1}},
		{"f.r.e.e", "free", Notice{Spaced: 1}},
		{"f-r-e-e", "free", Notice{Spaced: 1}},
		{"f*r*e*e", "free", Notice{Spaced: 1}},
		{"f_r_e_e", "free", Notice{Spaced: 1}},
		{"з а р а б о т о к", "заработок", Notice{Spaced: 1}},
		{"cl ick on the pro file", "click on the pro file", Notice{Spaced: 1}},
		{"fr.ee mo*ney", "free money", Notice{Spaced: 2}},
		{"A Т Т Е N Т I О N", "attention", Notice{Spaced: 1, Mixed: 1}},
		// Repeated.
		{"freeeee", "free", Notice{Repeated: 1}},
		{"hotttt girls", "hot girls", Notice{Repeated: 1}},
		// Several at once.
		{"𝐅r\u200bее c4m f.r.e.e", "free cam free", Notice{Mixed: 1, Hidden: 1, Leet: 1, Spaced: 1}},
	} {
		var f Form
		f.Read(c.in)
		if got := string(f.Folded); got != c.folded {
			t.Errorf("Folded(%q) = %q, want %q", c.in, got, c.folded)
		}
		if diff := cmp.Diff(c.notice, f.Notice); diff != "" {
			t.Errorf("%q is noticed otherwise (-want +got):\n%s", c.in, diff)
		}
		for _, tok := range f.Tokens {
			if tok.Hash != hash(f.Bytes(&tok)) {
				t.Errorf("%q: the token %q has another's hash", c.in, f.Bytes(&tok))
			}
		}
	}
}

// TestHonestStays reads honest text in many scripts: nothing is changed beyond the normal form, nothing is noticed.
func TestHonestStays(t *testing.T) {
	for _, s := range []string{
		// Russian, with Latin names, endings and units.
		"привет, ты придёшь сегодня вечером?", "в githubе лежит код, VPNщик знает", "купил iPhone 15 Pro, 256 ГБ", "SMS-ка от МТС в 10:30",
		"ОТВЕТЬ МНЕ СРОЧНО", "его зовут Ван", "за́мок и замо́к", "ого, оно само!", "сервер на Go и C++", "я б хотел, а ты?", "IT-шник пишет на Python3",
		// Ukrainian, Bulgarian, Serbian, Kazakh.
		"Привіт, як справи? Їжак і ґава", "Здравейте, как сте днес?", "Здраво, како си данас? Ђорђе и Љиљана", "Сәлеметсіз бе, қалыңыз қалай?",
		// Greek, and formulas with Greek letters.
		"Καλημέρα, πώς είσαι σήμερα;", "η τιμή είναι 5 μm και 3 kΩ", "Δt = λx + α, π ≈ 3.14", "αβγ-test",
		// Japanese, Chinese, Korean, with full-width and Latin letters.
		"こんにちは、今日は来られますか。", "ＯＫです、Ｔシャツは１０枚ｗｗｗ", "ﾊﾝｶｸｶﾀｶﾅ", "iPhone用のケース、USB-Cも", "你好，今天晚上有空吗？", "卡拉OK在三楼，T恤很便宜",
		"안녕하세요, 오늘 저녁에 시간 있어요?", "카톡으로 보내줘 OK",
		// Arabic and Persian, with joiners, points and marks of direction.
		"مرحبا، كيف حالك اليوم؟", "می\u200cخواهم به خانه بروم", "\u200fشكرا جزيلا (OK)\u200f", "سلام! iPhone را فروختم",
		// Hebrew, Yiddish.
		"שלום, מה שלומך היום?", "\u202bשלום Hello\u202c",
		// Thai, Hindi, Tamil, Bengali, Georgian, Armenian, Khmer.
		"สวัสดีครับ คืนนี้ว่างไหม", "नमस्ते, आज शाम को मिलते हैं?", "வணக்கம், எப்படி இருக்கிறீர்கள்?", "আমি তোমাকে ভালোবাসি", "გამარჯობა, როგორ ხარ?", "Բարեւ, ինչպե՞ս ես",
		"សួស្តី\u200bអ្នក\u200bសុខសប្បាយ\u200bទេ",
		// Accents.
		"Schöne Grüße aus Köln, heiße Würstchen für Jürgen", "Où étais-tu ? Ça m'a manqué, déjà l'été à Orléans", "¿Mañana por la mañana? ¡Qué ilusión, señor!",
		"Não, amanhã à tarde é melhor, coração", "Zażółć gęślą jaźń", "Příliš žluťoučký kůň úpěl ďábelské ódy", "Árvíztűrő tükörfúrógép", "Işığı ılık süt içtim, şöyle böyle",
		"På søndag får vi også ål, sånn er det bare", "Tôi yêu tiếng Việt, phở rất ngon", "Þetta er ágætt, æ ó", "wǒ hěn hǎo, nǐ ne?", "Łódź", "élève", "Größe",
		"Donau\u00addampf\u00adschiff", "E\u0301te\u0301 en de\u0301compose\u0301",
		// Emoji.
		"ok 😀👍🏽 👨\u200d👩\u200d👧 ❤\ufe0f", "🇩🇪🇫🇷 vs 🇯🇵", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "1\ufe0f\u20e3 2\ufe0f\u20e3", "🅰 or 🅱? 🅿 here",
		// English with numbers, names, signs, abbreviations.
		"mp3 2nd h264 i386 b2b 4k 1080p 3d ipv6 x86 utf8 sha256 l10n k8s sda5 php5 html5 eth0", "gr8 m8, c u l8r 2day b4 4", "r2d2 and c3po", "it's 5pm, 3rd of May, the 80s",
		"e.g. this, i.e. that, a.m. and p.m.", "the U.S.A. and the U.K.", "a b testing, plan b", "x.x.x.x is a pattern", "see /etc/fstab and main.go, README.md or node.js v1.2.3",
		"don't you think we're l'eau de rock'n'roll?", "I’d say it’s o’clock", "ha ha ha", "m², 20 °C, 5 ℃, №5, ½ l, 1ˢᵗ, Mᵐᵉ", "ＯＫ？はい", "\u202a+49 151 555\u202c", "\u202d+1 202 555\u202c",
		"\ufeffhello there\u200b", "\u2068Anna\u2069 joined", "50eur, 24h, 18yo, 10kg", "$path and $shell and !info", "wi-fi, e-mail, co-op", "[A[A[A[B",
	} {
		var f Form
		f.Read(s)
		if f.Notice.Any() {
			t.Errorf("honest %q is noticed: %+v", s, f.Notice)
		}
		if n, want := string(f.Folded), honest(string(f.Normal)); n != want {
			t.Errorf("honest %q reads as %q, want %q", s, n, want)
		}
	}
}
