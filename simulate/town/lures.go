package town

// What attackers say, and what people say to them. Everything in this file is made up, harmless, not explicit, and leads nowhere.

var luringNames = []string{"nina", "lena", "jess", "mia", "katy", "ella", "amy", "zoe", "vicky", "sandy", "tina", "lola", "deals", "promo", "bonus", "winner"}

var hostWords = []string{
	"deal", "offer", "mega", "best", "cam", "friends", "lucky", "prize", "cash", "easy", "quick", "super", "watch", "style", "pill", "coin",
	"invest", "profit", "clean", "speed", "boost", "gift", "card", "vip", "club", "date", "meet", "chat", "play", "win",
}

var buddyRequests = []string{
	"{hey|hi|heyy}, {saw|found|read} your profile {and you seem nice|and thought why not|here}, {add me|lets chat} {:)|;)|xx}",
	"{hi|hello} {stranger|you|there}, {new here|just moved here|bored tonight}, {add me|wanna talk|lets be friends}?",
	"{do you remember me|is it really you}? we {met|talked} {last week|at the party|last summer}, {add me back|add me}",
}

var buddyScripts = [][]string{
	{
		"{heyy|hey|hi|hello} {how r u|how are you|whats up} {doing today|today|tonight}?",
		"{nice|cool|good}. {im|i am} {age} f, {pretty|kinda|so} bored {tonight|right now} and {all alone|alone at home|home alone}, {you|u|and you}?",
		"{want to|wanna} see me on {my cam|cam|video}? its {free|totally free}",
		"{just make a login here|you only need a free login}, i am {waiting|online}: {link}",
		"it {only asks|just asks} for a card to {check|prove} that {ur|you are} over 18, it {will not|wont} charge {u|you}",
	},
	{
		"{hi|hello|hey} {dear|friend|you}, {nice to meet you|thanks for adding me}",
		"{where are you from|where do you live}? i am {bot}, i {work|trade} in {finance|gold|crypto} from home",
		"my uncle {showed|taught} me how to {earn|make} {300|500|800} a day with {coins|trading}, {no risk|very easy}",
		"{look at|see} my results {here|on this page}, {you can start today|register with my code}: {link}",
	},
	{
		"{hey|hi} {did you see|have you seen} the {new|summer} photos?",
		"{haha ok|cool|ok}, i {put|uploaded} them {yesterday|today}, {some are crazy|you will like them}",
		"{here they are|this is the album|look}: {link}",
		"you {must|have to|need to} {log in|make an account} to {see|open} them, {its quick|takes a minute}",
	},
	{
		"{hello|hi}, {sorry to bother you|excuse me}, are you {from the group|the one from the photo}?",
		"{oh|ah} {i thought so|ok never mind}, you {look|sound} {nice|kind} {anyway|though}",
		"{do you like|are you into} {music|films|games}? i {run|have} a {small|new} {channel|page} for {fans|friends}",
		"{it would mean a lot|please support me}, {one click|just follow}: {link}",
		"{did you open it|is it working for you}? {tell me|write me} {when you are in|what you think}",
	},
}

var adverts = []string{
	"{SUMMER|WINTER|BIG|FLASH} SALE! {Watches|Bags|Phones|Shoes} {up to|at} {60|70|80} % off, {this week|today} only, {free delivery|no postage}: {link}",
	"{Your computer|Your phone|Your device} {may be|is} slow because of {errors|junk files|old drivers}. {Download|Get|Install} the free {cleaner|booster} {that everybody uses|now}: {link}",
	"{Earn|Make|Get} {200|300|450} {a day|daily|every day} from home with {simple clicks|easy tasks}, no experience {needed|required}, {start|begin} {right now|today}: {link}",
	"{Congratulations|Well done} {name}! You {have been chosen|were selected} for a {gift card|new phone|cash prize}. {Claim it|Get it} {within 24 hours|today}: {link}",
	"{Hi|Hello} {name}, {lonely|bored|single}? {Thousands of|Many} {singles|people} near you {want to meet|are online}. {Join free|Free sign-up}: {link}",
	"{Double|Triple|Multiply} your {coins|bitcoin|savings} in {7|10|14} days, {guaranteed|no risk}. {Join|Enter} the {group|platform} {now|while it is open}: {link}",
	"{Cheap|Discount|Original} {pills|watches|medicine} without {prescription|waiting}, {discreet|fast} {shipping|delivery} {worldwide|everywhere}. {Order|See prices}: {link}",
	"{Best|Top} {casino|betting} bonus of the {week|month}: {100|200} free {spins|bets} for {new|all} players, {no deposit|instant payout}. {Play|Start} here: {link}",
	"{Free|Unlimited} {followers|likes|views} for your {page|channel|profile}, {instant|safe} and {cheap|free to try}: {link}",
	"We {are hiring|need} {20|50} people for {part-time|remote} work, {pay|salary} {weekly|daily}, {apply|write} {today|now}: {link}",
}

var elsewherePhrases = []string{"write to me at", "text me:", "contact", "more from"}

var brands = []string{"paypal", "icloud", "discord", "telegram", "whatsapp", "facebook", "instagram", "steam", "netflix", "amazon", "microsoft", "jabber"}

var lureWords = []string{"login", "verify", "secure", "account", "support", "update", "confirm", "help", "team", "service"}

var credentialLures = []string{
	"{Dear user|Hello {name}|Attention}, your {brand} account {will be closed|has been limited|is suspended} {today|within 24 hours}. {Confirm|Verify} your {login|password} {here|now}: {link}",
	"{brand} {security|support} {team|notice}: {unusual|suspicious} {login|sign-in} on your account. {Log in|Sign in} to {keep|secure} it: {link}",
	"{Hi|Hello} {name}, {we|the admins} are {moving|upgrading} the server. {To keep your contacts|To stay online} {enter|confirm} your {name and password|user name and password}: {link}",
	"{Someone|A friend} {blocked|deleted} you on {brand}! {See who|Find out who} with your {messenger|chat} login: {link}",
}

var replyPhrases = []string{"just reply with your user name and password", "send your login and password to this chat", "answer this message with your password and birthday"}

var stolenTexts = []string{
	"{omg|lol|wow} {is this you|is that you} in this {video|photo}?? {link}", "{hey|hi} look what {somebody|someone} posted about {us|you} {lol|haha} {link}",
	"can you vote for me {please|pls}, takes {ten|five} seconds {link}", "{haha|lol} {cant believe|look at} this {link}",
	"{name} {check this out|you have to see this} {link}", "{hey|hi} {name}, are you {there|busy}? {link}",
}

var urgentPleas = []string{
	"i lost my wallet, can you send me 200 until tomorrow? i will explain later", "can you buy me a gift card and send me the code, i pay you back tonight",
	"my phone broke, please text my new number 555-0142",
}

var friendDoubts = []string{
	"what is this?", "is that really you?", "did you mean to send me this?", "I think you got hacked", "haha no", "it asks for my password?", "???",
	"you never send links like that", "is this spam?", "what happened to your account", "can't open it",
}

var apologies = []string{
	"sorry everybody, my account was hacked, please don't open that link", "that wasn't me! I have changed my password, don't click on it",
	"My account was stolen this morning, sorry if you got something strange from me",
}

var roomLures = []string{
	"{name}, {join|come to} our {free|private} {room|group}: {signals|bonuses|prizes} {every day|daily}", "{Free|Exclusive} {coins|films|games} in this {group|room}, {come in|join now} {link}",
}

var baits = []string{"{hi|hello}, who are you?", "{hey|hi} do I know you?", "you wrote to me {yesterday|last week}?", "{hello|hi}, is this {the shop|support}?"}

var approaches = [][]string{
	{"{hi|hey} {name}, {how old are you|what grade are you in}?", "{cool|nice}, {do you have|are you on} another messenger? {its easier there|i am there more}", "{dont tell your parents|keep it between us} that we {write|talk}, ok?"},
	{"{hey|hi}, {saw you|you play} in the game, {i can give you|want} free {coins|skins}?", "{you only have to|just} send me a {photo|picture} of you, {so i know its really you|nothing special}", "{are you alone at home|is anybody with you} right now?"},
	{"{hello|hi} {name}, i {work for|am from} a {model|casting} {agency|team}, you {look great|would fit}", "{what school do you go to|where do you live}?", "{lets meet|we could meet} {this week|after school}, {just you|come alone}"},
}

// doubts are what people answer to strangers. Nobody on the other side reads it.
var doubts = []string{
	"hi, do I know you?", "hey :) sorry, who is this?", "fine thanks. how did you find me?", "are you a bot?", "what is the name of your cat?",
	"you did not answer my question", "say banana if you are a person", "hm, that is not what I asked", "I think you have the wrong person",
	"ok... where are you from?", "you type very fast", "which profile? I never made one", "I have to go in a minute, cooking",
	"so what do you do for a living?", "that sounds like an advert to be honest", "no thanks", "I asked you something", "not interested, sorry",
	"please take me off your list", "hello? anybody there?", "who gave you my address?", "stop writing to me", "no", "wrong number?",
	"why would it need a card?", "haha right", "let me guess, there is a link coming", "what?", "ok", "who?",
}
