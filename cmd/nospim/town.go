package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
	"github.com/nospim/nospim/simulate/town"
)

// newSimulateTown returns the command that plays a town: "community" has honest people alone, "attack" attacks and those who
// answer them, "mix" both.
func newSimulateTown(a *app, name, short string, community, attacks bool) *cobra.Command {
	var o town.Options
	hours := 24
	c := &cobra.Command{
		Use:   name,
		Short: short,
		Long: short + `, as labelled event JSON lines in the order of time.

Each line is an event (docs/protocols/line.md) with the truth beside its own fields, which nothing that judges reads: "label" (spam
or ham), "role" (the part that the sender plays), and of attacks "attack" (name/incident) and "variant" (how it goes about it). The
same options write the same bytes. People answer and go on as if everything had been delivered. docs/simulate.md has it all.`,
		Example: "  nospim simulate " + name + " --seed 7 --hours 24 --people 1000 | nospim replay --labels -",
		Args:    usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			o.Length, o.Quiet = time.Duration(hours)*time.Hour, !community
			if attacks && len(o.Attacks) == 0 {
				o.Attacks = town.Attacks()
			}
			return a.town(c.Context(), o)
		},
	}
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "what chance begins with; from 1000 on for reports, below for tuning")
	c.Flags().IntVar(&hours, "hours", hours, "how long it lasts")
	c.Flags().IntVar(&o.People, "people", 400, "how many people live there")
	c.Flags().StringVar(&o.Service, "service", "chat.example", "the protected `domain`")
	if attacks {
		c.Flags().StringSliceVar(&o.Attacks, "attack", nil, "only these `attacks`: "+strings.Join(town.Attacks(), ", "))
		c.Flags().IntVar(&o.Incidents, "incidents", 10, "how often each attack happens")
	}
	return c
}

// town writes what happens in a town.
func (a *app) town(ctx context.Context, o town.Options) error {
	t, err := town.New(o)
	if errors.Is(err, nospim.ErrInvalid) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	return a.writeEvents(ctx, t.Events())
}

// writeEvents writes labelled events as lines.
func (a *app) writeEvents(ctx context.Context, events iter.Seq2[*nospim.Event, town.Truth]) error {
	out := bufio.NewWriterSize(a.out, 256<<10)
	var buf []byte
	for e, truth := range events {
		buf = appendLabelled(buf[:0], e, truth)
		if _, err := out.Write(buf); err != nil {
			return fmt.Errorf("writing events: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	return nil
}

// newSimulateHonest returns the command that plays chats as they were.
func newSimulateHonest(a *app) *cobra.Command {
	var o town.Options
	var relation string
	hours := 7 * 24
	c := &cobra.Command{
		Use:   "honest FILE.jsonl…",
		Short: "Write real chats as they were, in their own times",
		Long: `Writes conversations, one JSON object a line as in testdata/README.md, as labelled event JSON lines in the order of time. All begin
within the hours; times between lines are the chats' own, or those that typing takes where none were kept. Rooms are rooms. Of
conversations of two, each has accounts of its own; who has ready-made replies is one of 20 members of staff. Everything is ham.`,
		Example: "  nospim simulate honest testdata/chat-*/conversations.jsonl | nospim replay --labels -",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, files []string) error {
			o.Length = time.Duration(hours) * time.Hour
			return a.honest(c.Context(), o, nospim.Relation(relation), files)
		},
	}
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "what chance begins with")
	c.Flags().IntVar(&hours, "hours", hours, "within how many hours they begin")
	c.Flags().StringVar(&o.Service, "service", "chat.example", "the protected `domain`")
	c.Flags().StringVar(&relation, "relation", string(nospim.RelationStranger), "how two stand to each other: stranger or contact")
	return c
}

// honest writes the chats of some files.
func (a *app) honest(ctx context.Context, o town.Options, relation nospim.Relation, files []string) error {
	if relation != nospim.RelationStranger && relation != nospim.RelationContact {
		return usageError{fmt.Errorf("relation %q: it may be stranger or contact", relation)}
	}
	var chats []town.Chat
	for _, name := range files {
		some, err := readChats(name)
		if err != nil {
			return err
		}
		chats = append(chats, some...)
	}
	events, err := town.Replay(o, chats, relation)
	if errors.Is(err, nospim.ErrInvalid) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	return a.writeEvents(ctx, events)
}

func readChats(name string) ([]town.Chat, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading chats: %w", err)
	}
	defer f.Close()
	chats, err := town.ReadChats(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return chats, nil
}

// appendLabelled writes an event and its truth as one line.
func appendLabelled(dst []byte, e *nospim.Event, truth town.Truth) []byte {
	dst = wire.AppendEvent(dst, e)
	dst = dst[:len(dst)-1] // the brace: the truth goes inside
	for _, f := range [...]struct{ name, value string }{
		{`,"label":`, truth.Label}, {`,"role":`, truth.Role}, {`,"attack":`, truth.Attack}, {`,"variant":`, truth.Variant},
	} {
		if f.value != "" {
			dst = wire.AppendString(append(dst, f.name...), f.value)
		}
	}
	return append(dst, '}', '\n')
}
