package main

import (
	"context"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/xmpp/door"
	"github.com/nospim/nospim/people"
)

// askable are orders of which those that ask an owner say how to answer: by a word to the door that carries them out.
type askable struct {
	nospim.Orders
	owners   *people.Owners
	language string
}

// Watch implements nospim.Orders.
func (a askable) Watch(ctx context.Context, service string, send func(nospim.Order) error) error {
	return a.Orders.Watch(ctx, service, func(o nospim.Order) error {
		if o.Do == nospim.OrderNotify && o.Sender != "" {
			// When the store fails, the owner is asked without: the operator can be told instead.
			if pending, err := a.owners.Pending(ctx, o.Service, o.Sender); err == nil && len(pending) > 0 {
				o.Text += "\n" + door.Ask(a.language)
			}
		}
		return send(o)
	})
}
