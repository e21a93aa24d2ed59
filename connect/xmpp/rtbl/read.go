package rtbl

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nospim/nospim"
)

// ReadItems reads the items of a document, as services publish them, wherever they stand in it. It calls fn with each, and with the
// line on which it stands, until fn wants no more. An error ends it.
func ReadItems(in io.Reader, fn func(id string, strangers bool, line int, err error) bool) {
	d := xml.NewDecoder(in)
	for {
		token, err := d.Token()
		line, _ := d.InputPos()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fn("", false, line, fmt.Errorf("reading XML: %w", err))
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "item" {
			continue
		}
		var w wireItem
		if err := d.DecodeElement(&w, &start); err != nil {
			fn("", false, line, fmt.Errorf("reading XML: %w", err))
			return
		}
		if id := strings.TrimSpace(w.ID); id != "" {
			err = nil
		} else {
			err = &nospim.InputError{Field: "id", Problem: "is empty"}
		}
		if !fn(strings.TrimSpace(w.ID), w.strangers(), line, err) {
			return
		}
	}
}
