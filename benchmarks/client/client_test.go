package client

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// both runs one call through the two clients. For ratios use go run ./benchmarks/ratios, which interleaves them.
func both(b *testing.B, run func(b *testing.B, c Calls)) {
	b.Helper()
	s, err := StartServer()
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	ours, err := SDK(s.URL)
	require.NoError(b, err)
	b.Run("client=djamo", func(b *testing.B) { run(b, ours) })
	b.Run("client=handwritten", func(b *testing.B) { run(b, HandWritten(s.URL, 0)) })
	b.Run("client=handwritten-with-timeout", func(b *testing.B) { run(b, HandWritten(s.URL, 30*time.Second)) })
}

func loop(b *testing.B, call func(context.Context) error) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := call(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	both(b, func(b *testing.B, c Calls) { loop(b, c.Get) })
}

func BenchmarkCreate(b *testing.B) {
	both(b, func(b *testing.B, c Calls) { loop(b, c.Create) })
}

func BenchmarkCreateParallel(b *testing.B) {
	both(b, func(b *testing.B, c Calls) {
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := c.Create(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func BenchmarkList1000(b *testing.B) {
	both(b, func(b *testing.B, c Calls) { loop(b, c.List) })
}

// Both clients must do the work they are measured at.
func TestBothClientsMakeTheCalls(t *testing.T) {
	t.Parallel()
	s, err := StartServer()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	ours, err := SDK(s.URL)
	require.NoError(t, err)
	for name, c := range map[string]Calls{"djamo": ours, "handwritten": HandWritten(s.URL, 0)} {
		require.NoError(t, c.Get(t.Context()), name)
		require.NoError(t, c.Create(t.Context()), name)
		require.NoError(t, c.List(t.Context()), name)
	}
}
