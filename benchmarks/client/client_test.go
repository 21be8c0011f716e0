package client

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// both runs one call through the two clients. For ratios use go run ./benchmarks/ratios, which interleaves them.
func both(b *testing.B, run func(b *testing.B, c calls)) {
	b.Helper()
	s, err := startServer()
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.listener.Close() })
	ours, err := sdk(s.url)
	require.NoError(b, err)
	b.Run("client=djamo", func(b *testing.B) { run(b, ours) })
	b.Run("client=handwritten", func(b *testing.B) { run(b, handWritten(s.url)) })
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
	both(b, func(b *testing.B, c calls) { loop(b, c.get) })
}

func BenchmarkCreate(b *testing.B) {
	both(b, func(b *testing.B, c calls) { loop(b, c.create) })
}

func BenchmarkCreateParallel(b *testing.B) {
	both(b, func(b *testing.B, c calls) {
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := c.create(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func BenchmarkList1000(b *testing.B) {
	both(b, func(b *testing.B, c calls) { loop(b, c.list) })
}

// Both clients must do the work they are measured at.
func TestBothClientsMakeTheCalls(t *testing.T) {
	t.Parallel()
	s, err := startServer()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.listener.Close() })
	ours, err := sdk(s.url)
	require.NoError(t, err)
	for name, c := range map[string]calls{"djamo": ours, "handwritten": handWritten(s.url)} {
		require.NoError(t, c.get(t.Context()), name)
		require.NoError(t, c.create(t.Context()), name)
		require.NoError(t, c.list(t.Context()), name)
	}
}
