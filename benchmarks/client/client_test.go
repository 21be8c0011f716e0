package client

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// each runs one call through every contender. For ratios use go run -C benchmarks ./compare, which interleaves them.
func each(b *testing.B, run func(b *testing.B, c Calls)) {
	b.Helper()
	s, err := StartServer()
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	for _, contender := range Contenders() {
		calls, err := contender.Calls(s.URL)
		require.NoError(b, err)
		b.Run("client="+contender.Name, func(b *testing.B) { run(b, calls) })
	}
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
	each(b, func(b *testing.B, c Calls) { loop(b, c.Get) })
}

func BenchmarkCreate(b *testing.B) {
	each(b, func(b *testing.B, c Calls) { loop(b, c.Create) })
}

func BenchmarkCreateParallel(b *testing.B) {
	each(b, func(b *testing.B, c Calls) {
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
	each(b, func(b *testing.B, c Calls) { loop(b, c.List) })
}

// All must do the work they are measured at.
func TestContendersMakeTheCalls(t *testing.T) {
	t.Parallel()
	s, err := StartServer()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	for _, contender := range Contenders() {
		t.Run(contender.Name, func(t *testing.T) {
			t.Parallel()
			calls, err := contender.Calls(s.URL)
			require.NoError(t, err)
			require.NoError(t, calls.Get(t.Context()))
			require.NoError(t, calls.Create(t.Context()))
			require.NoError(t, calls.List(t.Context()))
		})
	}
}

// What is measured of importing a contender is its program of one call; the variants by hand have none.
func TestContendersHavePrograms(t *testing.T) {
	t.Parallel()
	without := 0
	for _, contender := range Contenders() {
		if contender.Program == "" {
			without++
			continue
		}
		require.FileExists(t, filepath.Join("..", "programs", contender.Program, "main.go"))
	}
	require.Equal(t, 2, without)
}

// A contender that does not look at what it gets would take a wrong amount for the right one.
func TestContendersLookAtTheAnswers(t *testing.T) {
	t.Parallel()
	contenders := Contenders()
	for i := range contenders {
		contenders[i].replies.item = strings.Replace(contenders[i].replies.item, "50000", "50001", 1)
	}
	s, err := startServer(contenders)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	for _, contender := range contenders {
		t.Run(contender.Name, func(t *testing.T) {
			t.Parallel()
			calls, err := contender.Calls(s.URL)
			require.NoError(t, err)
			require.ErrorContains(t, calls.Get(t.Context()), "50001")
			err = calls.Create(t.Context())
			require.Error(t, err)
			require.Regexp(t, "50001|another amount", err.Error())
			require.ErrorContains(t, calls.List(t.Context()), "50001000")
		})
	}
}

// All are sent the same number of bytes, and JSON.
func TestRepliesHaveOneSize(t *testing.T) {
	t.Parallel()
	for _, contender := range Contenders() {
		require.Equal(t, []int{replySize, pageBytes}, contender.replies.sizes(), contender.Name)
		require.True(t, json.Valid([]byte(contender.replies.single())), contender.Name)
		page, _ := contender.replies.listing(pages)
		require.True(t, json.Valid([]byte(page)), contender.Name)
	}
}
