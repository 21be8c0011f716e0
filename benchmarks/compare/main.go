// Command compare measures this SDK beside the Go SDKs of others and clients written by hand, and prints Markdown tables.
// All make the same calls to one server, in a process of its own. They take turns in short shuffled rounds, since
// machines drift; a ratio is the median of the ratios to the bare client by hand within each round.
//
//	go run ./benchmarks/compare -rounds 31 -calls 400 -import
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/djamo/djamo-go/benchmarks/client"
	"github.com/djamo/djamo-go/benchmarks/webhook"
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds of every comparison")
	calls := flag.Int("calls", 200, "calls of each contender in one round; a listing counts as 50")
	imports := flag.Bool("import", false, "measure what importing each one costs, which takes minutes")
	serve := flag.Bool("serve", false, "be the server: print its address and answer until standard input ends")
	flag.Parse()
	if err := run(*rounds, *calls, *imports, *serve); err != nil {
		log.Fatal(err)
	}
}

func run(rounds, calls int, imports, serve bool) error {
	if serve {
		return beServer()
	}
	if rounds < 1 || calls < 1 {
		return fmt.Errorf("-rounds %d and -calls %d must be at least 1", rounds, calls)
	}
	ctx := context.Background()
	describe(os.Stdout)
	if err := compareClients(ctx, os.Stdout, rounds, calls); err != nil {
		return err
	}
	if err := compareReceivers(ctx, os.Stdout, rounds, calls); err != nil {
		return err
	}
	if imports {
		return compareImports(ctx, os.Stdout)
	}
	return nil
}

func compareClients(ctx context.Context, out io.Writer, rounds, calls int) error {
	url, stop, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	contenders := client.Contenders()
	made := make([]client.Calls, len(contenders))
	for i, c := range contenders {
		if made[i], err = c.Calls(url); err != nil {
			return err
		}
	}
	for _, row := range []struct {
		title   string
		pick    func(client.Calls) func(context.Context) error
		calls   int
		abreast int
	}{
		{"Get one", func(c client.Calls) func(context.Context) error { return c.Get }, calls, 1},
		{"Create one", func(c client.Calls) func(context.Context) error { return c.Create }, calls, 1},
		{"Create, 16 at a time", func(c client.Calls) func(context.Context) error { return c.Create }, calls, 16},
		{"List 1,000 over 10 pages", func(c client.Calls) func(context.Context) error { return c.List }, max(1, calls/50), 1},
	} {
		entries := make([]entry, len(contenders))
		for i, c := range contenders {
			entries[i] = entry{name: c.Name, call: row.pick(made[i]), calls: row.calls, abreast: row.abreast}
		}
		if err := compare(ctx, out, row.title, entries, rounds); err != nil {
			return err
		}
	}
	return nil
}

// compareReceivers compares what it takes to verify and parse a delivery. One takes microseconds, so there are many.
func compareReceivers(ctx context.Context, out io.Writer, rounds, calls int) error {
	receivers, err := webhook.Receivers()
	if err != nil {
		return err
	}
	entries := make([]entry, len(receivers))
	for i, receiver := range receivers {
		entries[i] = entry{name: receiver.Name, calls: calls * 10, abreast: 1, call: func(context.Context) error {
			_, err := receiver.Receive()
			return err
		}}
	}
	entries[0], entries[1] = entries[1], entries[0] // by hand is what the others are compared with
	return compare(ctx, out, fmt.Sprintf("Verify and parse a webhook of %d bytes", webhook.Size), entries, rounds)
}
