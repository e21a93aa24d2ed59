// Package http judges over HTTP: one event a request, or a stream of JSON lines. It serves
//
//	POST /v1/judge         one event, one verdict
//	POST /v1/judge/batch   events as JSON lines in; a line with a verdict or an error for each out, in their order, as they come
//	POST /v1/mongooseim    what MongooseIM's mod_external_filter asks, in GraphQL
//	GET  /healthz          whether verdicts are given
//	GET  /metrics          Prometheus
//	GET  /openapi.json     what this is, as OpenAPI 3.1
//
// Errors are {"error":{"code":…,"field":…,"limit":…,"message":…}}. Statuses: 400 invalid, 401 token missing or wrong, 404, 405, 413 too
// large, 415 not JSON, 503 not judged (let the message pass) with Retry-After.
package http

import (
	"context"
	"net"

	"github.com/nospim/nospim/connect/wire"
)

// Listen listens on "127.0.0.1:7747" or "unix:/path". It refuses an address that other machines can reach when token is empty.
func Listen(ctx context.Context, addr, token string) (net.Listener, error) {
	return wire.Listen(ctx, addr, token)
}

// Check refuses what Listen would refuse.
func Check(addr, token string) error { return wire.CheckAddr(addr, token) }
