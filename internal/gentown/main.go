// Command gentown writes the lines of people that the simulated town speaks with (simulate/town/data/*/lines.txt.gz) from the
// chats in testdata.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	root := flag.String("root", ".", "the module's `directory`")
	flag.Parse()
	for _, set := range sets() {
		if err := run(*root, set); err != nil {
			slog.Error("writing the lines of people", "set", set, "err", err)
			os.Exit(1)
		}
	}
}

// sets are the folders of testdata with chats of people.
func sets() []string { return []string{"chat-star", "chat-irc-ubuntu", "chat-casino", "chat-meena"} }

// most is how many lines of one set are taken: the busy channel alone has more.
const most = 7000

func run(root, set string) error {
	in, err := os.ReadFile(filepath.Join(root, "testdata", set, "conversations.jsonl"))
	if err != nil {
		return err
	}
	lines, err := read(in)
	if err != nil {
		return err
	}
	out, err := pack(lines)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "simulate", "town", "data", set, "lines.txt.gz"), out, 0o644) //nolint:gosec // for everybody
}

var (
	// unfit is what no line may have: links and hosts, addresses, names of other speakers, passwords, signs of templates.
	unfit = regexp.MustCompile(`(?i)https?:|www\.|://|\.(com|org|net|de|uk|edu|gov|info|io|ru)\b|@|\bu\d{3}\b|[\x00-\x1f{}]|password|passwd|credit card`)
	// spokenTo is the name of another speaker before a line.
	spokenTo = regexp.MustCompile(`^\s*u\d{3}\s*[,:]\s*`)
)

// fit reports whether a line may be used.
func fit(line string) bool { return len(line) >= 3 && len(line) <= 300 && !unfit.MatchString(line) }

// conversation is what is read of one.
type conversation struct {
	Label string
	Turns []struct{ Kind, Text string }
}

// read returns the lines that people typed, each once, as many as are wanted, chosen by chance that repeats.
func read(conversations []byte) ([]string, error) {
	var lines []string
	seen := map[string]bool{}
	scan := bufio.NewScanner(bytes.NewReader(conversations))
	scan.Buffer(nil, 4<<20)
	for scan.Scan() {
		var c conversation
		if err := json.Unmarshal(scan.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("reading a conversation: %w", err)
		}
		if c.Label != "ham" {
			continue
		}
		for _, t := range c.Turns {
			line := strings.Join(strings.Fields(spokenTo.ReplaceAllString(t.Text, "")), " ")
			if t.Kind == "typed" && fit(line) && !seen[strings.ToLower(line)] {
				seen[strings.ToLower(line)] = true
				lines = append(lines, line)
			}
		}
	}
	if err := scan.Err(); err != nil {
		return nil, err
	}
	if len(lines) > most {
		r := rand.New(rand.NewPCG(4, 0))
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		lines = lines[:most]
	}
	return lines, nil
}

// pack compresses the lines; the same lines give the same bytes.
func pack(lines []string) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
