package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// entry is one contender at one kind of call.
type entry struct {
	name    string
	call    func(context.Context) error
	calls   int // in a round
	abreast int // so many goroutines share them
}

// figures are per call: nanoseconds by the clock, nanoseconds of a processor, allocations, bytes.
type figures [4]float64

// compare prints the table of one kind of call. The first entry is what the others are compared with.
func compare(ctx context.Context, out io.Writer, title string, entries []entry, rounds int) error {
	measured := make([][]figures, len(entries))
	order := make([]int, len(entries))
	for i, e := range entries {
		order[i] = i
		var err error
		pprof.Do(ctx, pprof.Labels("contender", e.name), func(ctx context.Context) { err = e.call(ctx) })
		if err != nil { // connections open and caches fill before anything counts
			return fmt.Errorf("%s: %s: %w", title, e.name, err)
		}
	}
	for range rounds {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] }) //nolint:gosec // an order, not a secret
		for _, i := range order {
			var f figures
			var err error
			pprof.Do(ctx, pprof.Labels("contender", entries[i].name), func(ctx context.Context) { f, err = measure(ctx, entries[i]) })
			if err != nil {
				return fmt.Errorf("%s: %s: %w", title, entries[i].name, err)
			}
			measured[i] = append(measured[i], f)
		}
	}
	fmt.Fprintf(
		out,
		"\n### %s\n\n| | time | processor | allocations | bytes | µs/call | processor, µs | allocations/call | B/call |\n"+
			"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
		title,
	)
	for i, e := range entries {
		ratios := make([]figures, rounds)
		for r := range rounds {
			for k := range ratios[r] {
				ratios[r][k] = measured[i][r][k] / measured[0][r][k]
			}
		}
		fmt.Fprintf(out, "| %s | %.2f | %.2f | %.2f | %.2f | %.1f | %.1f | %.0f | %.0f |\n", e.name,
			median(ratios, 0), median(ratios, 1), median(ratios, 2), median(ratios, 3),
			median(measured[i], 0)/1000, median(measured[i], 1)/1000, median(measured[i], 2), median(measured[i], 3))
	}
	return nil
}

func median(of []figures, k int) float64 {
	values := make([]float64, len(of))
	for i, f := range of {
		values[i] = f[k]
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// measure makes the calls of one round, behind a collection, so that nobody pays for the garbage of another.
func measure(ctx context.Context, e entry) (figures, error) {
	var left atomic.Int64
	var workers sync.WaitGroup
	left.Store(int64(e.calls))
	failures := make([]error, e.abreast)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, busy := time.Now(), processorTime()
	for i := range e.abreast {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if err := e.call(ctx); err != nil {
					failures[i] = err
					return
				}
			}
		})
	}
	workers.Wait()
	took := time.Since(start)
	busy = processorTime() - busy
	runtime.ReadMemStats(&after)
	for _, err := range failures {
		if err != nil {
			return figures{}, err
		}
	}
	n := float64(e.calls)
	return figures{
		float64(took.Nanoseconds()) / n,
		float64(busy.Nanoseconds()) / n,
		float64(after.Mallocs-before.Mallocs) / n,
		float64(after.TotalAlloc-before.TotalAlloc) / n,
	}, nil
}
