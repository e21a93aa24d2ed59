// Package line speaks the line protocol: newline-delimited JSON over one TCP or Unix socket, pipelined, with orders. The protocol
// is docs/protocols/line.md. [Server] is nospim's end, [Client] is the other one and a [nospim.Judge].
package line

import (
	"context"
	"net"

	"github.com/nospim/nospim/connect/wire"
)

// Beginner is a Judge whose durable write can be waited for apart from the decision. A server uses it where its judge has it.
type Beginner = wire.Beginner

// Listen listens on "127.0.0.1:7746" or "unix:/path". It refuses an address that other machines can reach when secret is empty.
func Listen(ctx context.Context, addr, secret string) (net.Listener, error) {
	return wire.Listen(ctx, addr, secret)
}
