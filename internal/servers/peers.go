package servers

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"golang.org/x/net/dns/dnsmessage"
)

// Federation lets a server speak with others (RFC 6120 §3), which it finds without asking anybody outside of this machine.
type Federation struct {
	// Addr is where the server listens for other servers: an address of loopback that [FreeAddr] returned.
	Addr string
	// Peers are such addresses of other servers, by domain.
	Peers map[string]string
	// Authority signs the server's certificate, and those that it trusts.
	Authority *Authority
}

// authority may be nil.
func (f *Federation) authority() *Authority {
	if f == nil {
		return nil
	}
	return f.Authority
}

// nameServer answers questions for SRV records of XMPP (RFC 6120 §3.2.1) from the peers, and says of everything else that it does
// not exist. It runs until it is closed.
func (f *Federation) nameServer(ctx context.Context) (net.PacketConn, error) {
	var lc net.ListenConfig
	conn, err := lc.ListenPacket(ctx, "udp", loopback+":0")
	if err != nil {
		return nil, fmt.Errorf("listening for questions about names: %w", err)
	}
	records := map[string]dnsmessage.SRVResource{}
	for domain, addr := range f.Peers {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, fmt.Errorf("the address of %s: %w", domain, err)
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("the port of %s: %w", domain, err)
		}
		target, err := dnsmessage.NewName(host + ".") // no name, but what resolvers take for one
		if err != nil {
			return nil, fmt.Errorf("the host of %s: %w", domain, err)
		}
		records["_xmpp-server._tcp."+domain+"."] = dnsmessage.SRVResource{Port: uint16(n), Target: target}
	}
	go answerNames(conn, records)
	return conn, nil
}

// answerNames serves until the connection is closed.
func answerNames(conn net.PacketConn, records map[string]dnsmessage.SRVResource) {
	const most = 512 // bytes of a question (RFC 1035 §4.2.1)
	buf := make([]byte, most)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer, err := answerName(buf[:n], records); err == nil {
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

func answerName(question []byte, records map[string]dnsmessage.SRVResource) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeNameError, nil
	if len(m.Questions) == 1 && m.Questions[0].Type == dnsmessage.TypeSRV {
		if r, ok := records[m.Questions[0].Name.String()]; ok {
			m.RCode = dnsmessage.RCodeSuccess
			header := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeSRV, Class: dnsmessage.ClassINET, TTL: 1}
			m.Answers = []dnsmessage.Resource{{Header: header, Body: &r}}
		}
	}
	return m.Pack()
}
