package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/connect/wire"
)

// TestOverloadIsTold: while more arrives on the line than can be judged, everybody who looks is told; reports are judged.
func TestOverloadIsTold(t *testing.T) {
	d := startDaemon(t, newData(t), daemonOptions{})
	nc, err := net.Dial("tcp", d.LineAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	go func() { _, _ = io.Copy(io.Discard, nc) }()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // more than any machine judges in a tenth of a second, again and again
		var b []byte
		for n := 0; ; n++ {
			b = wire.AppendEventLine(b, int64(n), message(fmt.Sprint("flood-", n), "bob@chat.example", nospim.RelationContact, "hello"))
			if len(b) < 64<<10 {
				continue
			}
			if _, err := nc.Write(b); err != nil {
				return
			}
			select {
			case <-stop:
				return
			default:
				b = b[:0]
			}
		}
	}()
	become(t, "/healthz says that events are shed", func() bool { // the gate counts what it shed when it has no more work at hand
		return strings.Contains(get(t, "http://"+d.HTTPAddr+"/healthz"), `"degraded":["overload"]`)
	})
	metrics := get(t, "http://"+d.HTTPAddr+"/metrics")
	for _, name := range []string{"nospim_overloaded 1\n", `nospim_shed_total{action="allow"} `, `nospim_degraded_reasons_total{reason="overload"} `} {
		if at := strings.Index(metrics, "\n"+name); at < 0 || strings.HasPrefix(metrics[at+1+len(name):], "0\n") {
			t.Errorf("the metrics do not say %s", name)
		}
	}
	var w wellness
	if all := w.look(d, time.Now()); len(all) != 1 || all[0].action != "nospim.overload" {
		t.Errorf("the journal would have %+v, want the overload alone", all)
	}
	report := message("report", "ada@chat.example", nospim.RelationContact, "")
	report.Kind = nospim.KindReport
	if !d.spared(report) || d.spared(message("m", "ada@chat.example", nospim.RelationContact, "")) {
		t.Error("reports are not spared, or messages are")
	}
}
