package challenge

import (
	"bytes"
	"fmt"
	"image/jpeg"

	"github.com/dchest/captcha"

	"github.com/nospim/nospim"
)

// How many digits stand in a picture and are spoken, and how many a question asks for.
const (
	seen  = 6
	asked = 4
)

// quality keeps the picture, which goes through XMPP as bits of binary, below 8 KiB (XEP-0231 §7).
const quality = 60

// digits returns the digits that a proof is about, as numbers.
func (d *Desk) digits(t *nospim.Trial, p nospim.Proof) []byte {
	n := seen
	if p == nospim.ProofQuestion {
		n = asked
	} else {
		p = nospim.ProofPicture // what is seen is what is heard
	}
	s := d.secret("digits:"+string(p), t.ID)
	all := make([]byte, n)
	for i := range all {
		all[i] = s[i] % 10 // 0 to 5 come 4 % more often, which helps nobody
	}
	return all
}

// Digits returns the right answer to a picture, a sound or a question.
func (d *Desk) Digits(t *nospim.Trial, p nospim.Proof) string {
	all := d.digits(t, p)
	for i := range all {
		all[i] += '0'
	}
	return string(all)
}

// Picture returns a JPEG of nospim.PictureWidth by nospim.PictureHeight with the digits of a challenge in it.
func (d *Desk) Picture(t *nospim.Trial) ([]byte, error) {
	var b bytes.Buffer
	drawn := captcha.NewImage(t.ID, d.digits(t, nospim.ProofPicture), nospim.PictureWidth, nospim.PictureHeight)
	if err := jpeg.Encode(&b, drawn.Paletted, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("drawing a challenge: %w", err)
	}
	return b.Bytes(), nil
}

// Audio returns a WAV (8 kHz, 8 bits, about 100 kB) in which the digits of a challenge are spoken, in English (en), or in
// Japanese (ja), Portuguese (pt), Russian (ru) or Chinese (zh), with noise behind them.
func (d *Desk) Audio(t *nospim.Trial, lang string) ([]byte, error) {
	var b bytes.Buffer
	if _, err := captcha.NewAudio(t.ID, d.digits(t, nospim.ProofAudio), lang).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("speaking a challenge: %w", err)
	}
	return b.Bytes(), nil
}
