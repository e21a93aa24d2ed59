package policy

import (
	"testing"

	"github.com/nospim/nospim"
)

// detectors are the symbols that the default policy names, as room detect declares them.
var detectors = []nospim.Symbol{
	{Name: "FIRST_CONTACT_LINK", Group: "first", Weight: 4.5, Description: "a stranger's first message has a link"},
	{Name: "FAN_OUT", Group: "fan", Weight: 4, Description: "one sender, many strangers"},
	{Name: "FAN_OUT_LINK", Group: "fan", Weight: 5, Description: "one link domain to many people"},
	{Name: "BULK_TEXT", Group: "bulk", Weight: 5, Description: "the same text to many people"},
	{Name: "BULK_TEXT_SENDERS", Group: "bulk", Weight: 5, Description: "the same text by several senders"},
	{Name: "REQUEST_FLOOD", Group: "flood", Weight: 5, Description: "many requests by one sender"},
	{Name: "REQUEST_FLOOD_NETWORK", Group: "flood", Weight: 4, Description: "many requests from one network"},
	{Name: "REGISTRATION_FLOOD", Group: "flood", Weight: 6, Description: "many registrations from one network"},
	{Name: "REGISTRATION_TEMPLATE", Group: "flood", Weight: 4, Description: "many registrations with one pattern of names"},
	{Name: "OVERSIZE_BODY", Group: "oversize", Weight: 1, Description: "longer than what is judged whole"},
	{Name: "LIST_ALLOW", Group: "lists", Weight: 0, Description: "on the allow list"},
	{Name: "LIST_BLOCK_ACCOUNT", Group: "lists", Weight: 15, Description: "a blocked account"},
	{Name: "LIST_BLOCK_ADDR", Group: "lists", Weight: 15, Description: "a blocked address"},
	{Name: "LIST_BLOCK_DOMAIN", Group: "lists", Weight: 15, Description: "a blocked domain"},
	{Name: "LIST_BLOCK_LINK", Group: "lists", Weight: 15, Description: "a blocked link"},
	{Name: "LIST_BLOCK_TEXT", Group: "lists", Weight: 15, Description: "a blocked text"},
}

func TestDefaultLoads(t *testing.T) {
	p, err := Load(Default(), "policy.yaml", detectors)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Shadow("chat.example") {
		t.Error("a fresh install does not start in shadow")
	}
	for _, c := range p.Counters() {
		t.Log(c.Name)
	}
}
