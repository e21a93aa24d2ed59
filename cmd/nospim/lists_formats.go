package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/rtbl"
	"github.com/nospim/nospim/detect"
	"github.com/nospim/nospim/record"
)

// The formats of lists in files.
const (
	formatPlain  = "plain"
	formatHashed = "hashed"
	formatJSONL  = "jsonl"
	formatXML    = "xml"
)

// mostLine bounds a line of a list, in bytes.
const mostLine = nospim.MaxBody + 4096

// formatOf tells a format by a file's name.
func formatOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jsonl", ".json", ".ndjson":
		return formatJSONL
	case ".xml":
		return formatXML
	default:
		return formatPlain
	}
}

// fileItem is an item and the line on which it stands.
type fileItem struct {
	record.FeedItem
	line int
}

// readItems reads a list of a format, item by item. An item that is none is a nospim.InputError, and reading goes on; any other error
// ends it.
func readItems(in io.Reader, format string, kind nospim.ListKind) iter.Seq2[fileItem, error] {
	switch format {
	case formatPlain, formatHashed:
		return readLinesOf(in, func(line []byte) (record.FeedItem, bool, error) { return plainItem(kind, string(line)) })
	case formatJSONL:
		return readLinesOf(in, func(line []byte) (record.FeedItem, bool, error) { return jsonItem(kind, line) })
	case formatXML:
		return func(yield func(fileItem, error) bool) {
			rtbl.ReadItems(in, func(id string, strangers bool, line int, err error) bool {
				item := record.FeedItem{Strangers: strangers}
				if err == nil {
					item.Value, err = idValue(kind, id)
				}
				return yield(fileItem{item, line}, err)
			})
		}
	default:
		return func(yield func(fileItem, error) bool) {
			yield(fileItem{}, usageError{fmt.Errorf("--format is %q; it may be plain, jsonl or xml", format)})
		}
	}
}

// readLinesOf reads items that stand on a line each. What parse says is none is passed over.
func readLinesOf(in io.Reader, parse func([]byte) (item record.FeedItem, is bool, err error)) iter.Seq2[fileItem, error] {
	return func(yield func(fileItem, error) bool) {
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 64<<10), mostLine)
		n := 0
		for lines.Scan() {
			n++
			item, is, err := parse(lines.Bytes())
			if (is || err != nil) && !yield(fileItem{item, n}, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("the line has more than %d bytes", mostLine)
			}
			yield(fileItem{line: n + 1}, err)
		}
	}
}

// plainItem reads a line of a plain list.
func plainItem(kind nospim.ListKind, line string) (record.FeedItem, bool, error) {
	line = strings.TrimPrefix(line, "\ufeff")
	if line = strings.TrimSpace(line); line == "" || line[0] == '#' || line[0] == ';' {
		return record.FeedItem{}, false, nil
	}
	if kind != nospim.ListText { // a text may have anything in it
		for _, mark := range []string{" #", "\t#", " ;", "\t;"} {
			line, _, _ = strings.Cut(line, mark)
		}
	}
	value, err := fileValue(kind, line)
	return record.FeedItem{Value: value}, err == nil, err
}

// jsonItem reads a line of JSON.
func jsonItem(kind nospim.ListKind, line []byte) (record.FeedItem, bool, error) {
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return record.FeedItem{}, false, nil
	}
	var e struct {
		Kind      nospim.ListKind `json:"kind"`
		Value     string          `json:"value"`
		Strangers bool            `json:"strangers"`
		Allow     *bool           `json:"allow"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return record.FeedItem{}, false, &nospim.InputError{Field: "line", Problem: "is no JSON object with a value"}
	}
	if e.Kind != "" && e.Kind != kind {
		return record.FeedItem{}, false, &nospim.InputError{Field: "kind", Problem: fmt.Sprintf("is %.20q, where %s is imported", e.Kind, kind)}
	}
	value, err := fileValue(kind, e.Value)
	return record.FeedItem{Value: value, Strangers: e.Strangers}, err == nil, err
}

// fileValue brings a value into the form in which feeds have it.
func fileValue(kind nospim.ListKind, value string) (string, error) {
	if hashable(kind) {
		digits := strings.ToLower(strings.TrimPrefix(value, record.HashPrefix))
		if sum, err := hex.DecodeString(digits); err == nil && len(sum) == 32 {
			return record.HashPrefix + digits, nil
		}
	}
	e, err := detect.ParseEntry(kind, value)
	if err != nil {
		return "", err
	}
	item := record.FeedItem{Value: e.Value}
	return e.Value, item.Validate()
}

// hashable reports whether values of a kind may be listed by their hash.
func hashable(kind nospim.ListKind) bool {
	return kind == nospim.ListAccount || kind == nospim.ListDomain
}

// idValue is fileValue for the id of an item as services publish it: of accounts, what has no @ is a domain.
func idValue(kind nospim.ListKind, id string) (string, error) {
	value, err := fileValue(kind, id)
	if err == nil && kind == nospim.ListAccount && !strings.Contains(value, "@") && !strings.HasPrefix(value, record.HashPrefix) {
		value = "*@" + value
	}
	return value, err
}
