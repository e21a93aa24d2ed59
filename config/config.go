// Package config reads nospim's one configuration file.
//
// The file is YAML. Every key may be left out, and so may the file. A key that the program does not know is an error, with
// its place, and the program does not start: a limit or a secret that was mistyped must not be silently left open. Secrets
// are named by the path of a file, never written here, so that the configuration can be shown to anybody.
//
// The comments of the structs in this file are the documentation of the keys: [Describe], [Keys] and docs/config.md are made
// from them.
package config

// Config is the whole file.
type Config struct {
	// The directory of everything that the daemon keeps: the database, the snapshot of its memory, the policy when no other
	// is named. Left empty it is the usual place of the platform: `$XDG_DATA_HOME/nospim` or `~/.local/share/nospim`,
	// `/var/lib/nospim` for root, `~/Library/Application Support/nospim` on macOS, `%LocalAppData%\nospim` on Windows.
	Data string `yaml:"data"`

	// The policy file. Left empty it is `policy.yaml` in the data directory; the first start writes the default policy there,
	// to be read, changed and kept. It is loaded again when it changes; while it has an error the old one stays in force.
	Policy string `yaml:"policy"`

	// A file with more brands that links may imitate, beside the built-in ones: `KIND WORD[,WORD...] DOMAIN...` a line, such as
	// `bank examplebank examplebank.example`; `honest DOMAIN...` for what resembles one and is none. Read at the start.
	Brands string `yaml:"brands"`

	// Who may reach people who chose nothing themselves: `open`, `strangers_challenged`, `contacts_only` or `minor`. Accounts that
	// are known to be a child's are `minor` whatever this says.
	Profile string `yaml:"profile"`

	// Services whose word about their own accounts counts, with commas between: as what an account stands there, and since when (XEP-0489).
	// Name only servers whose operators you know, and that take out what their people write there themselves: those that advertise
	// `urn:xmpp:raa:0#embed-presence-sub` and `urn:xmpp:raa:0#embed-message`. Left empty nobody is believed.
	Vouching string `yaml:"vouching"`

	// Where people hear of what waits for them and decide, on an XMPP server.
	Door Door `yaml:"door"`

	// How strangers prove that they are people, where somebody wants that (profile `strangers_challenged`).
	Challenge Challenge `yaml:"challenge"`

	// What becomes of what people report.
	Reports Reports `yaml:"reports"`
	// Lists of others that are followed, and ours that others follow, by way of the door.
	Lists Lists `yaml:"lists"`

	// The line protocol, for adapters inside servers.
	Line Line `yaml:"line"`

	// The HTTP interface: judging, health, metrics.
	HTTP HTTP `yaml:"http"`

	// Bounds of what is remembered in memory. What is over a bound is forgotten, oldest first, and relearned.
	Memory Memory `yaml:"memory"`

	// What happens when more arrives than can be judged.
	Overload Overload `yaml:"overload"`

	// How much may wait for a decision at once. Above it a message is refused, and its sender told; what waits already stays.
	Waiting Waiting `yaml:"waiting"`

	// How long records stay on disk: `168h`, or `7d`, is a week. Everything that is kept expires.
	Keep Keep `yaml:"keep"`

	// The record store: the file of an embedded database, which the nodes of a cluster share. Left empty it is `nospim.db` in the data
	// directory.
	Record string `yaml:"record"`

	// Many nodes that share one memory, over NATS with JetStream.
	Cluster Cluster `yaml:"cluster"`

	// What the daemon writes to standard error. No message text, link or name is ever in it.
	Log Log `yaml:"log"`
}

// Door is nospim's own address on an XMPP server: a component (XEP-0114).
type Door struct {
	// Where the server takes components: `host:port`, `127.0.0.1:5347` as a rule. Left empty there is no door.
	Server string `yaml:"server"`

	// The component's domain, as the server's configuration names it: `nospim.chat.example`.
	Name string `yaml:"name"`

	// The domain whose people are told: `chat.example`.
	Service string `yaml:"service"`

	// A file with the component's secret; white space around it is ignored. At least 16 characters.
	SecretFile string `yaml:"secret_file"`

	// Who runs the service: addresses such as `ada@chat.example`, with commas between them. They are told what happens, and may run
	// commands at the door. Left empty nobody is and nobody may.
	Admins string `yaml:"admins"`

	// How many messages an admin gets in an hour at most; what happens together is told together.
	AdminMessages int `yaml:"admin_messages"`

	// The language of notices: `en`, `de`, `es` or `fr`. Answers are in the language of the question.
	Language string `yaml:"language"`
}

// Challenge is what strangers are asked, and where the page is on which they can answer.
type Challenge struct {
	// What strangers may choose from, with commas between: `work` (their program computes for a moment), `picture` and `audio` (digits
	// to be seen or heard; the sound needs the page), `question` (digits in words, which every client can answer and every program
	// that was made for it: leave it out once there is a page). Left empty nobody is asked: strangers wait for the person.
	Kinds string `yaml:"kinds"`

	// How many of them have to be answered.
	Answers int `yaml:"answers"`

	// Those of them without which no answer counts, with commas between.
	Required string `yaml:"required"`

	// The work: a client tries 2^bits numbers on average, a browser half of that. 20 is about a second. 8 to 28.
	Bits int `yaml:"bits"`

	// Where the page listens: `host:port`, or `none`. It is plain HTTP: a web server in front of it adds TLS.
	Listen string `yaml:"listen"`

	// Under which address strangers reach the page: `https://chat.example/door/`.
	URL string `yaml:"url"`
}

// Reports says what becomes of what people report.
type Reports struct {
	// Whether reports whose authors agree to it (XEP-0377: `report-origin`, `third-party`) leave the house, through the door: `consent` or
	// `never`.
	Forward string `yaml:"forward"`

	// Who gets the reports whose authors agree that third parties get them: addresses with commas between them. Left empty nobody does.
	ThirdParties string `yaml:"third_parties"`

	// Whether what children report leaves the house, too, when they agree: `forward` or `keep`.
	Children string `yaml:"children"`

	// For how long what strangers write is remembered, in memory only, so that a report that is forwarded has the message with it: up to
	// `24h`. With `0s` only messages that wait at the door can be forwarded.
	Evidence Duration `yaml:"evidence"`

	// The account to which other services forward their reports: `abuse@chat.example`. What arrives there is read, and delivered all the
	// same. The door's own address takes them, too.
	Address string `yaml:"address"`
}

// Lists is which real-time block lists are followed, and what is published.
type Lists struct {
	// Services that publish block lists as xmppbl.org does, each `{address: rtbl.example}` or with more of the keys below.
	Services []ListService `yaml:"services"`

	// How many of the services that have a node must list something before it counts: `one`, `majority` or `all`.
	Quorum string `yaml:"quorum"`

	// How often all of each list is read again, beside what services tell at once: `1h`.
	Resync Duration `yaml:"resync"`

	// What of our own lists others may follow: entries of `nospim lists add --publish`.
	Publish Publish `yaml:"publish"`
}

// ListService is a service that publishes block lists.
type ListService struct {
	// The address of the service, `rtbl.example`. It alone is believed.
	Address string `yaml:"address"`

	// What its lists count for, above 0 to 1: at 1 they refuse a stranger, at 0.6 a stranger's message waits. Left out it is 0.6.
	Weight float64 `yaml:"weight"`

	// The node with hashes of accounts that send spam, or `none`. Left out it is `spam_source_jids_sha256`.
	Accounts string `yaml:"accounts"`

	// The node with hashes of accounts and domains that were banned from rooms, or `none`. Left out it is `muc_bans_sha256`.
	RoomBans string `yaml:"room_bans"`

	// The node with domains whose accounts send spam, or `none`. Left out it is `spam_source_domains`.
	Domains string `yaml:"domains"`

	// The node with IP addresses and ranges, or `none`. Left out it is `spam_source_ips`.
	Addrs string `yaml:"addrs"`
}

// Publish is what others may follow at the door's address.
type Publish struct {
	// Publishes domains and IP addresses in clear, too, and not only as hashes: `true` or `false`.
	Clear bool `yaml:"clear"`

	// How many subscriptions there may be.
	Subscribers int `yaml:"subscribers"`
}

// Line is where and how the line protocol listens.
type Line struct {
	// Where to listen: `host:port`, `unix:/path/to/socket`, or `none`. Port 0 takes any free one. Anything but loopback or a
	// Unix socket needs `secret_file`.
	Listen string `yaml:"listen"`

	// A file with the secret that connectors must say in their hello; white space around it is ignored. At least 16
	// characters.
	SecretFile string `yaml:"secret_file"`
}

// HTTP is where and how the HTTP interface listens.
type HTTP struct {
	// Where to listen: `host:port`, or `none`. Port 0 takes any free one. Anything but loopback needs `token_file`.
	Listen string `yaml:"listen"`

	// A file with the bearer token that callers must send; white space around it is ignored. At least 16 characters.
	TokenFile string `yaml:"token_file"`
}

// Memory bounds what the daemon remembers.
type Memory struct {
	// How many counters and labels are remembered at once; 0 leaves it to the program, which then stays under 150 MB.
	Cells int `yaml:"cells"`

	// How many judged events are remembered, so that the same event again gets the same verdict and counts once; 0 leaves it
	// to the program.
	Events int `yaml:"events"`

	// By how many different texts campaigns are found, about 600 bytes each; 0 leaves it to the program.
	Texts int `yaml:"texts"`
}

// Waiting bounds what waits for a decision. -1 is no bound.
type Waiting struct {
	// Messages for one recipient.
	Recipient int `yaml:"recipient"`

	// Messages of one sender.
	Sender int `yaml:"sender"`

	// Messages of one sender for one recipient.
	Pair int `yaml:"pair"`

	// Messages in the whole store.
	Total int `yaml:"total"`
}

// Overload says when more arrives than can be judged. What is too much is then answered at once without judging: it passes, but for what
// the operator's lists, closed doors and restricted accounts say against it, which has to wait; its verdict says `degraded: overload`.
type Overload struct {
	// How long messages that arrived together may take to judge, `2ms` for instance. When all do for longer than 100 ms, more arrives than
	// can be judged. `auto` leaves it to the program; `none` has everything judged, however late.
	Wait string `yaml:"wait"`
}

// Keep says how long records stay: `168h`, or `7d`, is a week.
type Keep struct {
	// Records of allowed events. They have neither text nor wire form.
	Allow Duration `yaml:"allow"`

	// Records of marked, held, rejected and otherwise enforced events.
	Enforced Duration `yaml:"enforced"`

	// How long a held message waits for a decision before it expires and its text is deleted.
	Hold Duration `yaml:"hold"`
}

// Cluster says which nodes share one memory, and how they reach each other.
type Cluster struct {
	// Where NATS is: `nats://host:4222`, or `tls://host:4222`; several with commas between them. Left empty the node is alone.
	URL string `yaml:"url"`

	// The cluster's name: 1 to 32 letters, digits, `-` and `_`. Clusters of different names can share a NATS.
	Name string `yaml:"name"`

	// What people call this node, in logs and metrics. Left empty it is the name of the host.
	Node string `yaml:"node"`

	// A file with a secret that the nodes share, beside the one that their record store has; white space around it is ignored. What
	// was not sealed with both is refused. At least 16 characters.
	SecretFile string `yaml:"secret_file"`

	// A file with what NATS asks of its clients: a `.creds` file of NATS, or one line, `user:password` or a token.
	CredentialsFile string `yaml:"credentials_file"`

	// A file with the certificates that NATS is believed by, as PEM. Left empty they are those of the system.
	CAFile string `yaml:"ca_file"`

	// Where NATS keeps what the nodes tell each other for a quarter of an hour: `memory`, or `file`, which survives its restart.
	Storage string `yaml:"storage"`
}

// Log says how much is logged, and how.
type Log struct {
	// The least level that is written: `debug`, `info`, `warn` or `error`.
	Level string `yaml:"level"`

	// `text` for people, `json` for programs.
	Format string `yaml:"format"`
}

// Default returns what holds when nothing is configured; a value left at zero means its default. Data and Policy are empty: [Config.Complete] fills them for this
// machine.
func Default() Config {
	return Config{
		Profile:  "open",
		Door:     Door{Language: "en", AdminMessages: 12},
		Reports:  Reports{Forward: "consent", Children: "keep"},
		Lists:    Lists{Quorum: "one", Resync: hours(1), Publish: Publish{Subscribers: 1000}},
		Line:     Line{Listen: "127.0.0.1:7746"},
		HTTP:     HTTP{Listen: "127.0.0.1:7747"},
		Overload: Overload{Wait: Auto},
		Waiting:  Waiting{Recipient: 200, Sender: 50, Pair: 20, Total: 100_000},
		Keep:     Keep{Allow: hours(168), Enforced: hours(2160), Hold: hours(336)},
		Log:      Log{Level: "info", Format: "text"},

		Challenge: Challenge{Kinds: "work, picture, audio, question", Answers: 1, Bits: 20, Listen: None},

		Cluster: Cluster{Name: "nospim", Storage: "memory"},
	}
}
