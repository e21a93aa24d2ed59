// Package walls holds the import table of DESIGN §5. Its test reads the imports of every package and fails where one goes
// through a wall.
package walls

// Rooms says for each room which rooms it may import, besides its own subpackages, the standard library and outside modules.
// The empty room is the root package, which has the words. "*" means all. A room that is not in the table may not exist.
func Rooms() map[string][]string {
	return map[string][]string{
		"":         {},
		"text":     {},
		"link":     {"text"},
		"model":    {"text", "link"},
		"detect":   {"", "text", "link", "model"},
		"policy":   {""},
		"memory":   {""},
		"cluster":  {"", "memory"},
		"record":   {""},
		"people":   {"", "record"},
		"report":   {""},
		"engine":   {"", "text", "link", "model", "detect", "policy", "memory", "record"},
		"connect":  {"", "text", "link"},
		"simulate": {""},
		"config":   {},
		"cmd":      {"*"},
		"internal": {"*"},
	}
}

// NoNetwork are the rooms that must not reach the network: a link found in a message is never requested (DESIGN §8).
func NoNetwork() []string {
	return []string{"", "text", "link", "model", "detect", "policy", "memory", "engine", "report"}
}

// StdOnly are the rooms that import nothing but the standard library.
func StdOnly() []string { return []string{""} }
