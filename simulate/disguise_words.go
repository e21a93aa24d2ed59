package simulate

// What disguises are made of. The tables are our own and smaller than what room text undoes: a red team that copied the defence
// would prove nothing.

var lookAlikes = map[rune]string{
	'a': "аα", 'c': "сϲ", 'e': "еҽ", 'i': "іι", 'j': "јϳ", 'o': "оο", 'p': "рρ", 's': "ѕ", 'x': "хχ", 'y': "уү", 'h': "һ", 'd': "ԁ", 'q': "ԛ", 'w': "ԝ", 'v': "ν", 'u': "υ",
	'A': "АΑ", 'B': "ВΒ", 'C': "СϹ", 'E': "ЕΕ", 'H': "НΗ", 'I': "ІΙ", 'J': "Ј", 'K': "КΚ", 'M': "МΜ", 'N': "Ν", 'O': "ОΟ", 'P': "РΡ", 'S': "Ѕ", 'T': "ТΤ", 'X': "ХΧ", 'Y': "УΥ", 'Z': "Ζ",
	'а': "a", 'е': "e", 'о': "o", 'р': "p", 'с': "c", 'у': "y", 'х': "x", 'А': "A", 'В': "B", 'Е': "E", 'К': "K", 'М': "M", 'Н': "H", 'О': "O", 'Р': "P", 'С': "C", 'Т': "T", 'Х': "X",
}

var leetSigns = map[rune]string{
	'a': "4@", 'e': "33", 'i': "1!", 'o': "00", 's': "5$", 't': "77", 'l': "11", 'b': "88", 'g': "99",
	'A': "4@", 'E': "33", 'I': "1!", 'O': "00", 'S': "5$", 'T': "77", 'L': "11", 'о': "00", 'з': "33", 'а': "@@",
}

var accented = map[rune]string{
	'a': "àáâãäåā", 'c': "çćč", 'd': "ďđ", 'e': "èéêëēęě", 'g': "ğģ", 'i': "ìíîïīį", 'l': "łľ", 'n': "ñńň", 'o': "òóôõöøō", 'r': "ŕř", 's': "śšş", 't': "ťţ", 'u': "ùúûüūů",
	'y': "ýÿ", 'z': "źżž", 'A': "ÀÁÂÃÄÅ", 'C': "ÇĆČ", 'E': "ÈÉÊË", 'I': "ÌÍÎÏ", 'N': "ÑŃ", 'O': "ÒÓÔÕÖØ", 'S': "ŚŠ", 'U': "ÙÚÛÜ", 'Y': "Ý", 'Z': "ŹŽ",
}

var honestSentences = []string{
	"I took the early train this morning and it was empty for once.", "My sister starts her new school on Monday.", "The tomatoes on the balcony are finally red.",
	"We should repair the garden door before the winter.", "Did you read the book that I lent you in spring?", "The dentist moved my appointment to Thursday afternoon.",
	"Grandma says thank you for the flowers.", "I cannot find my blue scarf anywhere.", "The choir meets again after the holidays.", "Our neighbour has two kittens now.",
	"It rained all day, so we stayed in and played chess.", "The printer at work is broken again.", "I will bring the cake on Saturday.", "The lake was warm enough to swim.",
	"Can you water the plants while we are away?", "The lecture was long but worth it.", "He forgot his umbrella in the bus.", "I am learning to play the accordion.",
	"The children built a hut out of branches.", "Dinner was late because the oven needed an hour.", "She sends her regards from the mountains.", "My bicycle has a flat tyre.",
	"The library closes at six today.", "We saw a heron by the river.", "I still owe you the recipe for the soup.", "The old clock in the hall stopped at noon.",
	"There is a market in the village every second Sunday.", "He painted the fence green in the end.", "I slept badly because of the wind.", "The meeting takes place in the small room.",
	"My brother passed his driving test.", "We need milk, bread and a few onions.", "The film was better than I thought.", "Thank you for the photos of the wedding.",
}

var synonyms = map[string][]string{
	"hi": {"hey", "hello", "good day"}, "hey": {"hi", "hello"}, "hello": {"hi", "hey there"}, "free": {"gratis", "at no cost", "for nothing"}, "win": {"get", "take home"},
	"won": {"got", "been picked for", "earned"}, "winner": {"lucky one", "chosen one"}, "prize": {"gift", "reward", "present"}, "claim": {"collect", "pick up", "redeem"},
	"call": {"ring", "phone", "dial"}, "text": {"send a message to", "write", "message"}, "now": {"today", "at once", "right away"}, "urgent": {"pressing", "important"},
	"click": {"tap", "press", "go to"}, "here": {"over here", "at this place"}, "link": {"address", "page"}, "account": {"profile", "membership"}, "password": {"pass word", "secret word", "access code"},
	"verify": {"confirm", "check", "prove"}, "money": {"cash", "funds", "dough"}, "earn": {"make", "gain", "bring in"}, "cash": {"money", "funds"}, "day": {"24 hours", "date"},
	"week": {"seven days", "fortnight"}, "home": {"your place", "the sofa"}, "work": {"labour", "job"}, "job": {"position", "task", "gig"}, "hot": {"attractive", "lovely"}, "girl": {"lady", "woman"},
	"girls": {"ladies", "women"}, "cam": {"camera", "video chat"}, "webcam": {"camera", "video chat"}, "watch": {"see", "look at", "view"}, "see": {"watch", "look at"}, "chat": {"talk", "speak"},
	"join": {"come in", "sign up", "enter"}, "login": {"sign-in", "entry"}, "card": {"bank card", "plastic"}, "buy": {"order", "get", "purchase"}, "cheap": {"low-cost", "affordable", "bargain"},
	"sale": {"clearance", "offer"}, "offer": {"deal", "chance"}, "offers": {"deals", "bargains"}, "best": {"top", "finest"}, "new": {"fresh", "brand-new"}, "you": {"u", "yourself"}, "your": {"ur", "the"},
	"please": {"kindly", "pls"}, "send": {"transfer", "forward"}, "receive": {"get", "be given"}, "get": {"receive", "grab"}, "mobile": {"phone", "handset"}, "phone": {"mobile", "handset"},
	"customer": {"client", "user"}, "service": {"support", "help"}, "stop": {"end", "quit"}, "reply": {"answer", "respond"}, "message": {"note", "text"}, "selected": {"picked", "chosen"},
	"guaranteed": {"certain", "sure"}, "bonus": {"extra", "add-on"}, "tonight": {"this evening", "later today"}, "bored": {"lonely", "idle"}, "video": {"clip", "film"}, "photo": {"picture", "snap"},
	"pics": {"pictures", "snaps"}, "invest": {"put money in", "place funds"}, "investment": {"placement", "deal"}, "profit": {"gain", "return"}, "bitcoin": {"btc", "coins"}, "wallet": {"purse", "vault"},
	"bank": {"financial house", "lender"}, "suspended": {"put on hold", "frozen", "paused"}, "locked": {"frozen", "closed"}, "security": {"safety", "protection"}, "parcel": {"packet", "shipment"},
	"delivery": {"shipping", "handover"}, "fee": {"charge", "cost"}, "download": {"load", "fetch", "install"}, "subscribe": {"follow", "sign up"}, "channel": {"page", "stream"}, "check": {"look at", "see"},
	"want": {"wish", "would like"}, "need": {"require", "must have"}, "today": {"this day", "now"}, "only": {"just", "merely"}, "every": {"each", "any"}, "easy": {"simple", "effortless"},
	"бесплатно": {"даром", "без оплаты"}, "заработок": {"доход", "прибыль"}, "доход": {"заработок", "прибыль"}, "работа": {"занятость", "дело"}, "пиши": {"напиши", "отпиши"}, "пишите": {"напишите", "отпишите"},
	"ищу": {"ищем", "нужны"}, "людей": {"партнёров", "ребят"}, "день": {"сутки", "смену"}, "деньги": {"средства", "наличные"}, "срочно": {"быстро", "прямо сейчас"}, "привет": {"здравствуйте", "добрый день"},
}
