package simulate

// The names and texts that are made up. Bots' texts are harmless and link nowhere; they follow the logs of AIM and MSN bots that
// were published: a greeting, age and sex, "bored", "watch me", "make a free login", the link, "it asks for a card".

var peopleNames = []string{
	"ada", "ben", "carla", "dmitri", "elif", "farid", "greta", "hana", "ivan", "june", "kofi", "lotte", "marek", "noor", "otto", "priya",
	"quinn", "rosa", "sami", "tessa", "ugo", "vera", "wim", "xenia", "yusuf", "zora", "amir", "bodil", "chen", "dana", "emil", "fatou",
	"goran", "heidi", "ines", "jonas", "karin", "luis", "maja", "nils", "olga", "pavel", "ramona", "stefan", "tariq", "ulla", "viktor", "wanda",
}

var buddyNames = []string{"nina", "lena", "jess", "mia", "katy", "ella", "amy", "zoe", "vicky", "sandy", "tina", "lola"}

// buddyDecorations go around a name, so that no two accounts look alike.
var buddyDecorations = []string{"%s_%d", "sweet%s%d", "%s.online%d", "its%s%d", "%sx%d", "hey_%s%d", "just%s%d", "%s-chat%d", "miss.%s%d", "%s_is_here%d", "only%s%d", "%s4you%d"}

const (
	buddyRequest = "hey, saw your profile and you seem nice, add me and lets chat :)"
	buddyLink    = "its free just make a login here, i am waiting: http://%s.example/join?u=%s"
)

// buddyTurns is the conversation of the buddy bot; the one with %s takes host and code of the link.
var buddyTurns = []string{
	"heyy how r u doing today?",
	"nice. im 24 f, pretty bored tonight and all alone at home, you?",
	buddyLink,
	"it only asks for a card to check that ur over 18, it will not charge u",
}

// pendingTurns is which of the turns the bot sends to those who have not added it.
var pendingTurns = []int{0, 2}

var buddyHosts = []string{"livecam-friends", "mycamroom", "cam-tonight", "privatecam-club"}

var bulkAdverts = []string{
	"SUMMER SALE! Watches, bags and phones up to 80 %% off, this week only, free delivery: http://%s.example/now",
	"Your computer may be slow because of errors. Download the free cleaner that everybody uses: http://%s.example/get",
	"Earn 300 a day from home with simple clicks, no experience needed, start right now: http://%s.example/start",
}

var bulkHosts = []string{"dealz4all", "best-offers", "megasave"}

var stolenTexts = []string{
	"omg is this you in this video?? http://%s.example/watch?v=%s",
	"hey look what somebody posted about us lol http://%s.example/p?id=%s",
	"can you vote for me please, takes ten seconds http://%s.example/vote?c=%s",
}

var stolenHosts = []string{"clip-share", "photo-wall", "vote-now"}

// victimReplies are what people say to the buddy bot. Nobody in the bot reads them.
var victimReplies = []string{
	"hi, do I know you?", "hey :) sorry, who is this?", "fine thanks. how did you find me?", "are you a bot?", "what is the name of your cat?",
	"you did not answer my question", "say banana if you are a person", "hm, that is not what I asked", "I think you have the wrong person",
	"ok... where are you from?", "you type very fast", "which profile? I never made one", "do you always write in the same rhythm?",
	"I have to go in a minute, cooking", "so what do you do for a living?", "that sounds like an advert to be honest", "no thanks",
	"I asked you something", "what is 3 plus 4?", "is this recorded?", "not interested, sorry", "my sister got the same message from somebody else",
	"please take me off your list", "hello? anybody there?", "I am going to ask again: who are you?", "sure, and I am the king of Spain",
	"you wrote exactly that to my friend", "why would it need a card?", "haha right", "let me guess, there is a link coming",
}

// strangerAnswers are what people answer to a stranger's question.
var strangerAnswers = []string{
	"no idea, sorry, I am on a different version", "I had that once, a restart fixed it for me", "hi! ask in the forum, they were very helpful there",
	"not sure. what does the log say?", "yes, works fine here since last week", "let me look it up, I think my brother did that",
	"I gave up on that and took the other one", "good question, I would like to know too",
}

// introductions go with the requests of people who know each other.
var introductions = []string{
	"Hi, it's me from the chess club, here is my new account", "Hello, we met at the conference on Tuesday, may I add you?",
	"it's your cousin, finally on here too", "Hi, we sat next to each other in the Spanish course :)",
	"Hello neighbour from the third floor, it is about the bicycles", "you gave me your address at the concert, remember?",
}

// clients are what people use.
var clients = []string{"Gajim/1.8", "Conversations/2.12", "Dino/0.4", "Pidgin/2.14", "Profanity/0.13"}
