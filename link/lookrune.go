package link

import "strings"

// looks are letters beyond ASCII that look like one of it, by what they look like (after Unicode's confusables, UTS #39, and
// the accents of Latin). Only letters that IDNA lets into a host are here.
var runeLooks = [...]struct {
	ascii byte
	like  string
}{
	{'a', "аɑαàáâãäåāăąǎạảấầẩẫậắằẳẵặȧ"},
	{'b', "Ьƅɓьƃ"},
	{'c', "сϲƈçćĉċčϛ"},
	{'d', "ԁɗđďḍ"},
	{'e', "еєҽèéêëēĕėęěẹẻẽếềểễệё"},
	{'f', "ƒϝ"},
	{'g', "ɡɢģğĝġǧց"},
	{'h', "һհħĥḥ"},
	{'l', "іıɩιìíîïĩīĭįǐịỉїӏǀլļľłĺɫḷ"},
	{'j', "јʝĵ"},
	{'k', "кκķƙḳ"},
	{'m', "мṃɱ"},
	{'n', "пոռńņňñŋṇ"},
	{'o', "оοσօòóôõöøōŏőǒọỏốồổỗộơớờởỡợ০०"},
	{'p', "рρƿṗ"},
	{'q', "ԛգզ"},
	{'r', "гŕŗřɾṛ"},
	{'s', "ѕśŝşšșṣʂ"},
	{'t', "тτţťŧțṭ"},
	{'u', "υսùúûüũūŭůűųǔụủưứừửữựμ"},
	{'v', "νѵṿ"},
	{'w', "ԝшѡωŵẁẃẅẉ"},
	{'x', "хχ×"},
	{'y', "уүγýÿŷỳỵỷỹӯў"},
	{'z', "źżžƶẓ"},
}

// appendLookRune appends what a letter beyond ASCII looks like, or itself. A combining mark is not seen.
func appendLookRune(dst []byte, r rune) []byte {
	if r >= 0x300 && r <= 0x36f {
		return dst
	}
	for _, l := range runeLooks {
		if strings.ContainsRune(l.like, r) {
			return append(dst, l.ascii)
		}
	}
	return append(dst, string(r)...)
}
