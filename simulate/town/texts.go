package town

// What people, staff and programs say that is not spliced from chats. Everything in this file is made up.

var shortAnswers = []string{
	"ok", "Ok", "ok!", "yes", "no", "yep", "nope", "haha", "lol", "thanks", "thank you", "thx", "sure", "same", "really?", "oh no", "great",
	"cool", "nice", "good night", "see you", "brb", "one sec", "on my way", "👍", "😂", "ok see you there", "sounds good", "no idea",
	"me too", "hmm", "why?", "when?", "where?", "later", "love you", "miss you", "good morning", "congrats!", "happy birthday!",
}

var introductions = []string{
	"{hi|hey|hello}, {friend} gave me your {address|contact}, it's {name}", "{hi|hello}, we met at {friend}'s {place|party|birthday}",
	"it's {name} from {work|school|the course|the choir}", "{hey|hi}! {friend} said you {play chess|climb|cycle|sing}, too",
}

var reunions = []string{
	"{hi|hello}, are you the one from {school|university|my old street}? it's {name}", "is that you? {name} here, we {worked|studied} together",
	"{hello|hi there}, I think we are cousins, {name}",
}

var clubTexts = []string{
	"Hello from the {choir|chess club|parents' evening|running group}, I am collecting everybody's addresses for the list. {name}",
	"Hi all, {name} here, adding everybody of the {course|team|committee} so that we can plan the {trip|match|concert}",
}

var newHere = []string{
	"{hi|hey|hello}, it's {name}, finally on here too", "{name} here, this is my new account :)", "{hey|hi}! now I have this as well, {name}",
	"it's me, {name}! add me", "hello, {name} from the old messenger",
}

var announcements = []string{
	"We are getting married! {Saturday|Friday|Sunday} the {6th|13th|20th}, at {three|four|five}. Please tell me if you can come, {name}",
	"{Hi|Hello} everybody, I have a new number: {number}. The old one stops {on Friday|tomorrow|at the end of the month}.",
	"It's a {girl|boy}! {Both are well|Everybody is fine} and we are very tired. {name}",
	"{Party|Barbecue|Housewarming} at our place on {Saturday|Friday}, all about it here: {link}",
	"We have moved! New address: {12|14|31} {River|Mill|Garden} {Street|Lane}. Come and see us",
	"Collecting for {Anna|Tom|Sara}'s farewell present, who is in? The list is here: {list}",
	"I am giving a {concert|reading|talk} on {Tuesday|Thursday}, tickets: {link}",
	"Has anybody seen our cat? {Grey|Black|Red}, answers to {Momo|Felix|Minka}, missing since {Monday|yesterday}",
}

var newYear = []string{
	"happy new year!", "Happy New Year!!", "happy new year 🎉", "happy new year to you and your family", "Frohes neues Jahr!", "feliz año nuevo", "bonne année !", "с новым годом!", "all the best for the new year",
}

var greetingWords = [][]string{
	{"good morning!", "good morning ☀️", "morning :)"},
	{"happy friday!", "have a nice weekend", "happy weekend 🎉"},
	{"merry christmas!", "Merry Christmas to all of you", "frohe Weihnachten"},
	{"happy easter!", "happy easter 🐣"},
	{"eid mubarak", "Eid Mubarak to you and yours"},
}

var jokes = []string{
	"What do you call a bear with no teeth? A gummy bear.", "I told my computer that I needed a break, and now it won't stop sending me holiday adverts.",
	"Two fish in a tank. One says to the other: do you know how to drive this thing?", "Why did the scarecrow win a prize? He was outstanding in his field.",
	"My neighbour knocked at three in the morning. Luckily I was still up playing the drums.", "I would tell you a joke about UDP, but you might not get it.",
	"A man walks into a library and asks for fish and chips. This is a library! Sorry, he whispers, fish and chips please.",
	"Send this to ten friends who make you laugh, and see who sends it back 😄", "Tomorrow the clocks go forward, don't forget! Pass it on",
	"The school is closed tomorrow because of the storm, please tell the other parents", "You have to see this, I cried with laughter",
	"Petition for the playground in the park, please sign and pass it on", "The water will be turned off in our street on Wednesday from 8 to 12",
}

var forwards = []string{"lol", "haha look", "fwd:", "got this from my sister:", "😂😂", "for you:", "did you know?"}

const (
	cannedGreeting = "{Hello|Hello|Hi} {name}, thank you for contacting us. How can I help you today?"
	cannedFarewell = "Is there anything else that I can help you with? Your ticket number is {ticket}. Have a nice day!"
)

var cannedReplies = []string{
	"Could you please tell me the e-mail address of your order?", "Please restart the app and try again. If it still does not work, send us the log.",
	"Thank you for waiting. I am checking that for you now.", "I have forwarded your question to my colleagues, ticket {ticket}.",
	"You can find the steps in this article: https://help.example/article/{article}", "We will refund the amount within five working days.",
	"May I have your name, please?", "I am sorry for the trouble. This has been fixed in the latest version: https://help.example/download",
	"Your appointment has been moved. Does the new time suit you?", "Please confirm your postal code so that I can find your account.",
	"To set a new password, please use the settings in the app. We never ask for it here.", "I understand. Let me see what I can do.",
}

var botHelp = []string{
	"Commands: !help, !echo, !time, !roll. More: https://docs.example/bot", "I did not understand that. Try !help.",
	"See https://encyclopedia.example/{start|index|topics} and ask again if anything is unclear", "It is {12:00|15:30|18:45} in {Berlin|Lima|Osaka}.",
	"You rolled {1|2|3|4|5|6}.",
}

var reminders = []string{
	"Reminder: {dentist|hairdresser|parents' evening|yoga|doctor|bike repair} at {hour}", "Reminder: {pay the rent|water the plants|call mum|put the bins out|take the pills}",
	"In {10|30|60} minutes: {stand-up|review|lunch with the team|call with the office}",
}
