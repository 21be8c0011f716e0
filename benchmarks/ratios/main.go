// Command ratios measures the SDK against clients written by hand, and its webhooks against those of other SDKs too, in
// interleaved rounds, and prints the ratios of the medians: machines drift, and rounds side by side drift together.
//
//	go run ./benchmarks/ratios -rounds 15
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/djamo/djamo-go/benchmarks/client"
)

func main() {
	testing.Init()
	rounds := flag.Int("rounds", 15, "rounds of every benchmark")
	each := flag.String("benchtime", "1000x", "length of one round, as for go test -benchtime")
	flag.Parse()
	if err := flag.Set("test.benchtime", *each); err != nil {
		log.Fatal(err)
	}
	if err := run(*rounds); err != nil {
		log.Fatal(err)
	}
}

func run(rounds int) error {
	server, err := client.StartServer()
	if err != nil {
		return err
	}
	defer server.Close()
	ours, err := client.SDK(server.URL)
	if err != nil {
		return err
	}
	bare, limited := client.HandWritten(server.URL, 0), client.HandWritten(server.URL, 30*time.Second)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "call\tagainst\ttime\tallocations\tbytes\tdjamo ns/op\tallocs/op\tB/op")
	for _, row := range []struct {
		name     string
		pick     func(client.Calls) func(context.Context) error
		parallel bool
	}{
		{"get", func(c client.Calls) func(context.Context) error { return c.Get }, false},
		{"create", func(c client.Calls) func(context.Context) error { return c.Create }, false},
		{"create, parallel", func(c client.Calls) func(context.Context) error { return c.Create }, true},
		{"list 1,000", func(c client.Calls) func(context.Context) error { return c.List }, false},
	} {
		results := make([][]testing.BenchmarkResult, 3)
		for range rounds {
			for i, c := range []client.Calls{ours, bare, limited} {
				results[i] = append(results[i], measure(row.pick(c), row.parallel))
			}
		}
		us := medians(results[0])
		for i, against := range []string{"by hand", "by hand, with a time limit"} {
			them := medians(results[i+1])
			fmt.Fprintf(table, "%s\t%s\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\n",
				row.name, against, us.time/them.time, us.allocs/them.allocs, us.bytes/them.bytes, us.time, us.allocs, us.bytes)
		}
	}
	if err := compareReceivers(rounds, table); err != nil {
		return err
	}
	return table.Flush()
}

func measure(call func(context.Context) error, parallel bool) testing.BenchmarkResult {
	return testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		if !parallel {
			for range b.N {
				if err := call(b.Context()); err != nil {
					log.Fatal(err)
				}
			}
			return
		}
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := call(b.Context()); err != nil {
					log.Fatal(err)
				}
			}
		})
	})
}

type figures struct{ time, allocs, bytes float64 }

func medians(results []testing.BenchmarkResult) figures {
	median := func(of func(testing.BenchmarkResult) float64) float64 {
		values := make([]float64, len(results))
		for i, r := range results {
			values[i] = of(r)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return figures{
		time:   median(func(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }),
		allocs: median(func(r testing.BenchmarkResult) float64 { return float64(r.MemAllocs) / float64(r.N) }),
		bytes:  median(func(r testing.BenchmarkResult) float64 { return float64(r.MemBytes) / float64(r.N) }),
	}
}
