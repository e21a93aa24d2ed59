package detect

import "github.com/nospim/nospim"

// Lures notices what a text asks for and with what it baits: several parts must come together, because each alone is in every
// honest chat. It reads no word itself: [nospim.Parts] has counted them.
type Lures struct{}

// lures are the baits: what each is called, what it weighs, and which parts make it.
var lures = [...]struct {
	symbol, description, why string
	weight                   float64
	bait                     func(*bait) bool
}{
	{
		"LURE_CREDENTIALS", "Something asks for a password, a code or card details, with a threat or in haste, and says where", "asks for a password, a code or card details under pressure", 3,
		func(b *bait) bool { return b.Credential > 0 && b.pressure > 0 && b.way },
	},
	{
		"LURE_WEBCAM", "An adult or webcam lure with a sign-up or a link", "baits with a webcam or adult show", 3,
		func(b *bait) bool {
			return b.Webcam > 0 && b.SignUp > 0 || b.Webcam > 1 && b.way && b.pressure+b.Contact > 0
		},
	},
	{
		"LURE_PRIZE", "A prize or a gift, in haste or by a click, and where to get it", "says that something was won or is free, and where to get it", 2,
		func(b *bait) bool { return b.Prize > 0 && b.pressure > 0 && b.way && (b.Prize > 1 || b.Amount > 0) },
	},
	{
		"LURE_MONEY", "Easy money: a job, coins, bets or a loan with a sum and a way to answer", "baits with easy money", 2,
		func(b *bait) bool { return b.Job+b.Crypto+b.Gambling > 0 && b.Money+b.Amount > 1 && b.way },
	},
	{
		"LURE_MALWARE", "A warning of viruses or a crack, with something to click or install", "wants something clicked or installed because of a virus or for a crack", 2,
		func(b *bait) bool { return b.Malware > 0 && b.Click > 0 && b.links && b.Malware+b.pressure > 2 },
	},
	{
		"LURE_THREAT", "An account, a parcel or a fine that needs a click or a call at once", "threatens with an account, a parcel or a fine, and says where to go", 2,
		func(b *bait) bool { return b.Threat > 1 && b.links || b.Threat > 0 && b.links && b.Click+b.Urgency > 0 },
	},
	{
		"LURE_PICTURE", "A link to a photo or video that is said to show whom it is sent to", "says that a link shows whom it is sent to", 3,
		func(b *bait) bool { return b.Picture > 0 && b.links },
	},
	{
		"LURE_ELSEWHERE", "The talk is to go on elsewhere: a name or number and a word such as WhatsApp or Telegram", "wants the talk to go on elsewhere", 1,
		func(b *bait) bool { return b.Contact > 0 && b.Name+b.Phone > 0 },
	},
	{
		"WALLET_ADDRESS", "An address of Bitcoin, Litecoin, Dogecoin, Tron or Ethereum", "has an address to send coins to", 1.5,
		func(b *bait) bool { return b.Wallet > 0 },
	},
}

// bait is what a text has to bait with.
type bait struct {
	nospim.Parts

	links    bool
	pressure uint16 // words that push: click, hurry, or else
	way      bool   // a link, a telephone number, a name or a word such as WhatsApp
}

// Symbols implements [Detector].
func (Lures) Symbols() []nospim.Symbol {
	var all []nospim.Symbol
	for _, d := range lures {
		all = append(all, nospim.Symbol{Name: d.symbol, Group: "lures", Weight: d.weight, Description: d.description + "."})
	}
	return all
}

// Counters implements [Detector].
func (Lures) Counters() []nospim.Counter { return nil }

// Look implements [Detector].
func (Lures) Look(l *nospim.Look) error {
	p := &l.Features.Parts
	if *p == (nospim.Parts{}) || l.Event.Encrypted || !contact(l) {
		return nil
	}
	b := bait{Parts: *p, links: len(l.Features.Links) > 0, pressure: p.Click + p.Urgency + p.Threat}
	b.way = b.links || p.Phone+p.Name+p.Contact > 0
	for i := range lures {
		if d := &lures[i]; d.bait(&b) {
			l.Raise(d.symbol, 1, d.why)
		}
	}
	return nil
}
