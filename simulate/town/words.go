package town

import "strconv"

// Everything in this file is made up.

// zones are hours ahead of UTC, as often as they are to occur.
var zones = []int{0, 1, 1, 1, 1, 2, 2, -5, -5, -6, -8, 8, 9, 3, 5, 10}

var (
	phones    = []string{"Conversations/2.12", "Conversations/2.13", "Cheogram/2.12", "Monal/6.0", "Siskin/7.3", "blabber/3.1"}
	laptops   = []string{"Gajim/1.8", "Gajim/1.9", "Dino/0.4", "Pidgin/2.14", "Profanity/0.13", "Psi+/1.5", "Converse/10.1"}
	elsewhere = []string{"im.example", "jabber.test", "talk.example", "post.invalid", "friends.test", "uni.example"}
	botKits   = []string{"libspim/0.1", "slixmpp/1.8", "Gajim/1.8", "Conversations/2.12", "Pidgin/2.14", "node-xmpp/3", "python-xmpp", ""}
)

// roleNames are the accounts of those who serve, by role.
var roleNames = map[string]string{"support": "support", "news_bot": "headlines", "reminder_bot": "reminder", "help_bot": "helpbot", "bridge": "bridge"}

var roomNames = []string{"lounge", "garden", "kitchen", "cycling", "chess", "linux", "books", "climbing", "parents", "students", "music", "films", "photo", "travel", "football", "homework"}

var smiles = []string{" :)", " :D", " haha", " lol", " 😀", " 😅", " ❤️", "!!", " ;)", " ^^", "..", " 👍"}

var firstNames = []string{
	"ada", "ben", "carla", "dmitri", "elif", "farid", "greta", "hana", "ivan", "june", "kofi", "lotte", "marek", "noor", "otto", "priya",
	"quinn", "rosa", "sami", "tessa", "ugo", "vera", "wim", "xenia", "yusuf", "zora", "amir", "bodil", "chen", "dana", "emil", "fatou",
	"goran", "heidi", "ines", "jonas", "karin", "luis", "maja", "nils", "olga", "pavel", "ramona", "stefan", "tariq", "ulla", "viktor",
	"wanda", "yara", "zeno", "arne", "bela", "clea", "dario", "enzo", "frida", "gus", "henk", "ilse", "jaro", "kaja", "leo", "mina",
}

var lastNames = []string{
	"keller", "novak", "silva", "okafor", "lind", "haas", "rossi", "dubois", "tanaka", "ivanov", "meyer", "costa", "berg", "kaya", "wolf",
	"nagy", "stone", "rivera", "park", "singh", "larsen", "popov", "vega", "baker", "moreau", "horvat", "klein", "adeyemi", "sato", "weber",
	"cruz", "young", "fischer", "hansen", "marin", "ortiz", "peters", "quist", "reyes", "schmid", "toth", "urban", "vogel", "walsh", "zhou",
	"brook", "dahl", "engel", "fuchs", "grant", "hill", "juarez", "koch", "lopez", "mann", "nolan", "olsen", "pratt", "ross", "stark", "turner",
}

// sites are the domains that people share links of, the ones that many share first.
var sites = []string{
	"videos.example", "photos.example", "news.example", "encyclopedia.example", "maps.example", "music.example", "docs.example",
	"code.example", "pics.test", "forum.example", "shop.example", "recipes.example", "weather.example", "events.example", "polls.example",
	"films.test", "daily-mail.test", "sports.example", "paste.test", "blog.example", "travel.example", "games.test", "radio.example",
	"books.example", "jobs.example", "school.example", "city.example", "trains.example", "tickets.test", "bikes.test", "garden.test",
	"science.example", "comics.test", "knitting.test", "chess.example", "hiking.test", "podcasts.example", "art.example", "cats.test",
	"local-paper.example", "tv.example", "museum.example", "health.example", "cooking.test", "diy.example", "linux.test", "distro.example",
	"weblog.invalid", "home.invalid", "family.test", "club.example", "choir.example", "theatre.example", "allotment.test", "flea-market.test",
}

var slugs = []string{
	"how", "why", "best", "ten", "new", "old", "little", "great", "summer", "winter", "city", "river", "night", "morning", "train", "bike",
	"soup", "bread", "garden", "school", "match", "final", "concert", "cat", "dog", "house", "street", "market", "photo", "story", "guide",
	"review", "trip", "lake", "mountain", "song", "goal", "weather", "storm", "kids", "club", "team", "vote", "council", "bridge", "festival",
}

// fullName is the n-th name of somebody; no two are the same.
func fullName(n int) string {
	f := n % len(firstNames)
	first, last := firstNames[f], lastNames[(n/len(firstNames)+5*f)%len(lastNames)] // neighbours are not all of one family
	name := first + [...]string{".", "_", "", "-"}[n%4] + last
	if n >= len(firstNames)*len(lastNames) || n%5 == 2 {
		name += strconv.Itoa(n)
	}
	return name
}
