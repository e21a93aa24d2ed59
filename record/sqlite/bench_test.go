package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/nospim/nospim"
	"github.com/nospim/nospim/record"
)

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "nospim.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkKeep: 64 goroutines, each waiting for its own record.
func BenchmarkKeep(b *testing.B) {
	for _, goroutines := range []int{1, 64} {
		for _, action := range []nospim.Action{nospim.Reject, nospim.Hold} {
			b.Run(fmt.Sprintf("%s/%d", action, goroutines), func(b *testing.B) {
				s := openBench(b)
				b.ReportAllocs()
				var wg sync.WaitGroup
				next := make(chan int, goroutines)
				for range goroutines {
					wg.Go(func() {
						for n := range next {
							r := chat(n)
							r.Verdict.Action = action
							r.Event.Body, r.Event.Raw = "hello there, are you in the lobby?", "<message/>"
							if _, err := s.Keep(r).Wait(context.Background()); err != nil {
								b.Error(err)
							}
						}
					})
				}
				before := s.Stats().Commits
				b.ResetTimer()
				for n := range b.N {
					next <- n
				}
				close(next)
				wg.Wait()
				b.ReportMetric(float64(b.N)/float64(s.Stats().Commits-before), "records/commit")
			})
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	s := openBench(b)
	records := make([]*nospim.Record, 1<<14)
	for n := range records {
		records[n] = chat(n)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		s.Append(records[n%len(records)])
	}
	b.StopTimer()
	if err := s.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(s.Stats().Chunks), "chunks")
}

func BenchmarkEncode(b *testing.B) {
	records := make([]*nospim.Record, 1<<14)
	for n := range records {
		records[n] = chat(n)
	}
	e := newEncoder()
	total := 0
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		e.record(records[n%len(records)])
		if len(e.buf) > flushSize {
			total += len(e.buf)
			e.reset()
		}
	}
	b.ReportMetric(float64(total+len(e.buf))/float64(b.N), "B/record")
}

func BenchmarkScan(b *testing.B) {
	const many = 50_000
	for _, action := range []nospim.Action{nospim.Allow, nospim.Reject} {
		b.Run(action.String(), func(b *testing.B) {
			s := openBench(b)
			var last interface {
				Wait(context.Context) (*nospim.Record, error)
			}
			for n := range many {
				r := chat(n)
				r.Verdict.Action = action
				if action == nospim.Allow {
					s.Append(r)
				} else {
					last = s.Keep(r)
				}
			}
			if last != nil {
				if _, err := last.Wait(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				if err := s.Scan(context.Background(), time.Time{}, func(*nospim.Record) error { n++; return nil }); err != nil || n != many {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*many), "ns/record")
		})
	}
}

func BenchmarkRevision(b *testing.B) {
	s := openBench(b)
	for b.Loop() {
		if _, err := s.Revision(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompress is why chunks are s2: zstd makes them a quarter smaller and takes five times as long.
func BenchmarkCompress(b *testing.B) {
	e := newEncoder()
	for n := 0; len(e.buf) < flushSize; n++ {
		e.record(chat(n))
	}
	fastest, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		pack func(dst, src []byte) []byte
	}{
		{"s2", func(dst, src []byte) []byte { return s2.Encode(dst[:cap(dst)], src) }},
		{"s2 better", func(dst, src []byte) []byte { return s2.EncodeBetter(dst[:cap(dst)], src) }},
		{"zstd fastest", func(dst, src []byte) []byte { return fastest.EncodeAll(src, dst[:0]) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(e.buf)))
			var dst []byte
			for b.Loop() {
				dst = c.pack(dst, e.buf)
			}
			b.ReportMetric(100*float64(len(dst))/float64(len(e.buf)), "%")
		})
	}
}

// BenchmarkFillFeed fills a feed with five million items (a hundredth with -short) and reports items a second and the most memory that
// the heap had.
func BenchmarkFillFeed(b *testing.B) {
	n := 5_000_000
	if testing.Short() {
		n /= 100
	}
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "nospim.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.PutFeed(b.Context(), record.Feed{Name: "f", Kind: nospim.ListDomain, Weight: 1, Origin: "file"}, "bench"); err != nil {
		b.Fatal(err)
	}
	most := uint64(0)
	for b.Loop() {
		got, err := s.FillFeed(b.Context(), "f", func(yield func(record.FeedItem, error) bool) {
			var m runtime.MemStats
			for i := range n {
				if i%100_000 == 0 {
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapInuse)
				}
				if !yield(record.FeedItem{Value: fmt.Sprintf("host-%07d.example", i*7919%n)}, nil) {
					return
				}
			}
		})
		if err != nil || got > int64(n) || got < int64(n)/2 {
			b.Fatalf("%d items of %d, %v", got, n, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(most)/(1<<20), "MB-heap")
}
