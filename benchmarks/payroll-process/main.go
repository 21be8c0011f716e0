// Command payroll-process measures the program djamo from outside, as an operator runs it: a whole `djamo payroll run`, with
// its start, plan, journal on disk, outcomes and report, beside a bare loop that posts each payout, reads it back, and keeps
// no journal. The API is a process of its own, a fresh one for each run, and so are the contenders. They take turns in
// shuffled rounds; a ratio is the median of the ratios to the bare loop within each round.
//
//	go run -C benchmarks ./payroll-process -payouts 100000 -rounds 5
//
// To compare two versions of the program, name their binaries: -program before=/tmp/djamo-before -program after=/tmp/djamo-after.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// settings are what is measured.
type settings struct {
	payouts, rounds, concurrency int
	programs                     programs
	journal                      string
}

// programs are binaries of djamo by the names they have in the table.
type programs []program

type program struct{ name, path string }

// String implements flag.Value.
func (p *programs) String() string { return fmt.Sprint([]program(*p)) }

// Set implements flag.Value.
func (p *programs) Set(text string) error {
	name, path, ok := strings.Cut(text, "=")
	if !ok || name == "" || path == "" {
		return fmt.Errorf("%q must be a name and a file, as before=/tmp/djamo", text)
	}
	*p = append(*p, program{name, path})
	return nil
}

func main() {
	var set settings
	flag.IntVar(&set.payouts, "payouts", 100_000, "payouts of each run")
	flag.IntVar(&set.rounds, "rounds", 5, "rounds, in each of which every contender runs once")
	flag.IntVar(&set.concurrency, "concurrency", 8, "requests at the same time")
	flag.Var(&set.programs, "program", "`name=file` of a binary of djamo, repeatable; default: build it from this tree")
	flag.StringVar(&set.journal, "journal", "", "postgres:// `address` for the journals; default: a SQLite file each")
	serve := flag.Bool("serve", false, "be the API: print its address and answer until standard input ends")
	bare := flag.String("bare", "", "be the bare loop: pay so many payouts to the API at this `address`")
	flag.Parse()
	var err error
	switch {
	case *serve:
		err = beServer(os.Stdin, os.Stdout)
	case *bare != "":
		err = payBare(context.Background(), *bare, os.Getenv(tokenVariable), set.payouts, set.concurrency)
	default:
		err = compareAll(context.Background(), os.Stdout, set)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// compareAll runs every contender in every round, and prints the table.
func compareAll(ctx context.Context, out io.Writer, set settings) error {
	if set.payouts < 1 || set.rounds < 1 || set.concurrency < 1 {
		return fmt.Errorf("-payouts %d, -rounds %d and -concurrency %d must be at least 1", set.payouts, set.rounds, set.concurrency)
	}
	directory, err := os.MkdirTemp("", "djamo-payroll-process-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	if len(set.programs) == 0 {
		built := program{"djamo", filepath.Join(directory, "djamo")}
		if err := build(ctx, built.path); err != nil {
			return err
		}
		set.programs = programs{built}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := comparison{settings: set, self: self, directory: directory, measured: map[string][]figures{}}
	if err := c.writePayouts(); err != nil {
		return err
	}
	if err := c.run(ctx); err != nil {
		return err
	}
	c.print(out)
	return nil
}

// build builds the program as a release does.
func build(ctx context.Context, path string) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/djamo/djamo-go").Output()
	if err != nil {
		return fmt.Errorf("finding the sources of djamo: %w", err)
	}
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "./cmd/djamo") //nolint:gosec // fixed
	command.Dir = strings.TrimSpace(string(root))
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	return command.Run()
}
