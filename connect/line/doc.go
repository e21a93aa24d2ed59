// Package line speaks the line protocol: newline-delimited JSON over one TCP or Unix socket, pipelined, with orders. The protocol
// is docs/protocols/line.md. [Server] is nospim's end, [Client] is the other one and a [nospim.Judge].
package line

import (
	"context"
	"net"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// Beginner is a Judge whose durable write can be waited for apart from the decision, so that one sync of the disk does not
// stop a pipelined connection. The engine is one.
type Beginner interface {
	nospim.Judge
	// Begin judges e. With wait nil, the verdict stands; otherwise the answer is wait's, and e must stay as it is until wait
	// returns. Wait must be called.
	Begin(ctx context.Context, e *nospim.Event) (v *nospim.Verdict, wait func() (*nospim.Verdict, error), err error)
}

// Listen listens on "127.0.0.1:7746" or "unix:/path". It refuses an address that other machines can reach when secret is empty.
func Listen(ctx context.Context, addr, secret string) (net.Listener, error) {
	return wire.Listen(ctx, addr, secret)
}
