// Command compare measures this SDK beside the Go SDKs of others and clients written by hand, and prints Markdown tables.
// All make the same calls to one server, in a process of its own. They take turns in short shuffled rounds, since
// machines drift; a ratio is the median of the ratios to the bare client by hand within each round.
//
//	go run -C benchmarks ./compare -rounds 31 -calls 400 -import
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/benchmarks/client"
	"github.com/djamo/djamo-go/benchmarks/webhook"
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds of every comparison")
	calls := flag.Int("calls", 200, "calls of each contender in one round; a listing counts as 50")
	imports := flag.Bool("import", false, "measure what importing each one costs, which takes minutes")
	serve := flag.Bool("serve", false, "be the server: print its address and answer until standard input ends")
	tables := flag.String("tables", "", "only tables whose title contains this text")
	among := flag.String("among", "", "only contenders whose names contain one of these texts, with commas between them")
	profile := flag.String("cpuprofile", "", "write a profile of the processor to this file; its label \"contender\" tells whose call it was")
	flag.Parse()
	chosen := selection{tables: *tables, among: strings.FieldsFunc(*among, func(r rune) bool { return r == ',' })}
	stop := func() error { return nil }
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			log.Fatal(err)
		}
		if err = pprof.StartCPUProfile(file); err != nil {
			log.Fatal(err)
		}
		stop = func() error {
			pprof.StopCPUProfile()
			return file.Close()
		}
	}
	if err := errors.Join(run(*rounds, *calls, *imports, *serve, chosen), stop()); err != nil {
		log.Fatal(err)
	}
}

// selection is what is measured of it all.
type selection struct {
	tables string
	among  []string
}

func (s selection) table(title string) bool { return strings.Contains(title, s.tables) }

// entries keeps the first, which is what the others are compared with, and those that were chosen.
func (s selection) entries(all []entry) []entry {
	return slices.DeleteFunc(slices.Clone(all), func(e entry) bool {
		chosen := len(s.among) == 0 || e.name == all[0].name ||
			slices.ContainsFunc(s.among, func(text string) bool { return strings.Contains(e.name, text) })
		return !chosen
	})
}

func run(rounds, calls int, imports, serve bool, chosen selection) error {
	if serve {
		return beServer()
	}
	if rounds < 1 || calls < 1 {
		return fmt.Errorf("-rounds %d and -calls %d must be at least 1", rounds, calls)
	}
	ctx := context.Background()
	describe(os.Stdout)
	if err := compareClients(ctx, os.Stdout, rounds, calls, chosen); err != nil {
		return err
	}
	if err := compareReceivers(ctx, os.Stdout, rounds, calls, chosen); err != nil {
		return err
	}
	if imports {
		return compareImports(ctx, os.Stdout)
	}
	return nil
}

func compareClients(ctx context.Context, out io.Writer, rounds, calls int, chosen selection) error {
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
		{"Create, two at a time", func(c client.Calls) func(context.Context) error { return c.Create }, calls, 2},
		{"Create, 16 at a time", func(c client.Calls) func(context.Context) error { return c.Create }, calls, 16},
		{"List 1,000 over 10 pages", func(c client.Calls) func(context.Context) error { return c.List }, max(1, calls/50), 1},
	} {
		if !chosen.table(row.title) {
			continue
		}
		entries := make([]entry, len(contenders))
		for i, c := range contenders {
			entries[i] = entry{name: c.Name, call: row.pick(made[i]), calls: row.calls, abreast: row.abreast}
		}
		if err := compare(ctx, out, row.title, chosen.entries(entries), rounds); err != nil {
			return err
		}
	}
	return nil
}

// compareReceivers compares what it takes to verify and parse a delivery. One takes microseconds, so there are many.
func compareReceivers(ctx context.Context, out io.Writer, rounds, calls int, chosen selection) error {
	for _, row := range []struct {
		title string
		build func() ([]webhook.Receiver, error)
	}{
		{fmt.Sprintf("Verify and parse a webhook of %d bytes", webhook.Size), webhook.Receivers},
		{fmt.Sprintf("From the request of a webhook of %d bytes to the payment", webhook.Size), webhook.Payments},
	} {
		if !chosen.table(row.title) {
			continue
		}
		receivers, err := row.build()
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
		if err := compare(ctx, out, row.title, chosen.entries(entries), rounds); err != nil {
			return err
		}
	}
	return nil
}
