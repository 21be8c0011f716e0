// Command payroll pays a file of salaries, each exactly once, and reports what became of every one.
//
//	go run ./examples/payroll                    a sample file against an embedded API: no account, no money moves
//	go run ./examples/payroll -in salaries.csv   the real thing, with DJAMO_ACCESS_TOKEN and DJAMO_API_URL set
//
// The file, CSV or XLSX, has the columns msisdn, amount, reference and description, and is checked whole before anything
// is sent. What has been sent is kept in a journal beside the file, or where -journal says: stop the program, or kill it,
// and start it again with the same file, and it goes on where it stopped. Nobody is paid twice.
//
// It exits with 0 when every payout was completed, 3 when it finished and some were not, 2 when the input is bad and
// nothing was sent, and 1 after anything else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	_ "embed"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
)

//go:embed salaries.csv
var sample []byte

// What the program exits with.
const (
	exitOK         = 0
	exitFailed     = 1
	exitBadInput   = 2
	exitUnresolved = 3
)

func main() {
	debug.SetGCPercent(50) // a run takes as little memory as its machine may have; what it waits for is the network
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	code := run(ctx, os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// terminal is where the program talks to its operator.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// badInput is an error before which nothing was sent.
func badInput(err error) error { return &exitError{exitBadInput, err} }

func run(ctx context.Context, args []string, t terminal) (code int) {
	defer func() { // Go would exit with 2, which says that nothing was sent
		if reason := recover(); reason != nil {
			fmt.Fprintf(t.err, "the program failed, start it again: %s\n\n%s", printable(djamo.MaskPhones(fmt.Sprint(reason))), debug.Stack())
			code = exitFailed
		}
	}()
	set, err := parse(args, t.err)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	var complete bool
	switch {
	case err != nil:
	case set.demo:
		complete, err = demo(ctx, set, t)
	default:
		complete, err = pay(ctx, set, t)
	}
	if err != nil {
		fmt.Fprintln(t.err, printable(err.Error())) // numbers are masked by who made it
	}
	return exitCode(complete, err)
}

func exitCode(complete bool, err error) int {
	exit := (*exitError)(nil)
	switch {
	case errors.As(err, &exit):
		return exit.code
	case err != nil:
		return exitFailed
	case !complete:
		return exitUnresolved
	}
	return exitOK
}

// settings are what the flags say.
type settings struct {
	in, journal, report, runName, country string
	mode                                  string
	batchSize, concurrency                int
	least, most                           int64
	yes, dryRun, resumeOnly, allowShort   bool
	demo                                  bool // nothing was said of what to pay
	sendTimeout, quiet, lease, patience   time.Duration

	poll time.Duration // set by the demonstration, which has no time to lose
}

func parse(args []string, out io.Writer) (settings, error) {
	var set settings
	flags := flag.NewFlagSet("payroll", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&set.in, "in", "", "CSV or XLSX `file` to pay; without it a sample file is paid to an embedded API")
	flags.StringVar(&set.journal, "journal", "", "SQLite `file` or postgres:// address of the journal; default: the input file's name with .journal")
	flags.StringVar(&set.report, "report", "", "`file` to report to: .csv, .json or .html; it holds whole phone numbers")
	flags.StringVar(&set.runName, "run", "", "`name` of the run, from which missing references are made; default: the input file's name without its ending")
	flags.StringVar(&set.country, "country", "", "CI or SN: also take phone numbers in that country's national form")
	flags.StringVar(&set.mode, "mode", string(payroll.Batch), "single or batch: one request for each payout, or for many")
	flags.IntVar(&set.batchSize, "batch-size", 100, "payouts in one batch")
	flags.IntVar(&set.concurrency, "concurrency", 4, "requests at the same time")
	flags.Int64Var(&set.least, "min", 5_000, "refuse payouts below so many francs; 0 for no limit")
	flags.Int64Var(&set.most, "max", 500_000, "refuse payouts above so many francs; 0 for no limit")
	flags.BoolVar(&set.yes, "yes", false, "do not ask for confirmation, warnings included")
	flags.BoolVar(&set.dryRun, "dry-run", false, "check the file and say what would be paid; send nothing, write no journal")
	flags.BoolVar(&set.resumeOnly, "resume-only", false, "go on with the run in the journal, without reading a file")
	flags.BoolVar(&set.allowShort, "allow-short", false, "send although the balance does not cover the file")
	flags.DurationVar(&set.sendTimeout, "send-timeout", 20*time.Second, "how long one request may take")
	flags.DurationVar(&set.quiet, "quiet", 0, "how long a payout whose answer was lost is looked for before it is sent again; default: the send timeout and 10s")
	flags.DurationVar(&set.lease, "lease", 15*time.Second, "how long the run stays with a process that was killed, when the journal is in PostgreSQL")
	flags.DurationVar(&set.patience, "patience", 15*time.Minute, "how long to wait without any news before stopping")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return set, err
		}
		return set, badInput(err)
	}
	if set.in == "" && !set.resumeOnly {
		if err := onlyForShow(flags); err != nil {
			return set, err
		}
		set.demo = true
	}
	return set, set.check(flags.Args())
}

// onlyForShow refuses flags that a demonstration has no use for: whoever gives one wants to pay, and would take its exit
// with 0 for a payment.
func onlyForShow(flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "report", "mode", "batch-size", "concurrency", "dry-run":
		default:
			err = badInput(fmt.Errorf("nothing was sent: -%s needs the file to pay, given with -in", f.Name))
		}
	})
	return err
}

func (s *settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return badInput(fmt.Errorf("%q is not understood: the file to pay is given with -in", rest[0]))
	case s.mode != string(payroll.Batch) && s.mode != string(payroll.Single):
		return badInput(fmt.Errorf("-mode %q must be single or batch", s.mode))
	case s.batchSize < 1, s.concurrency < 1:
		return badInput(errors.New("-batch-size and -concurrency must be at least 1"))
	case s.least < 0, s.most < 0, s.most != 0 && s.most < s.least:
		return badInput(errors.New("-min and -max must not be negative, nor -max below -min"))
	case s.sendTimeout <= 0, s.patience <= 0, s.lease <= 0, s.quiet != 0 && s.quiet <= s.sendTimeout:
		return badInput(errors.New("-send-timeout, -lease and -patience must be positive, and -quiet longer than -send-timeout"))
	case s.resumeOnly && s.dryRun:
		return badInput(errors.New("-resume-only and -dry-run exclude each other"))
	case s.resumeOnly && s.journal == "" && s.in == "":
		return badInput(errors.New("-resume-only needs -journal, or -in for the journal beside the file"))
	}
	if s.report != "" {
		if _, err := payroll.ReportFormatOf(s.report); err != nil {
			return badInput(err)
		}
	}
	if s.journal == "" && s.in != "" {
		s.journal = s.in + ".journal"
	}
	if s.runName == "" && s.in != "" {
		s.runName = strings.TrimSuffix(filepath.Base(s.in), filepath.Ext(s.in))
	}
	return nil
}

// demo pays the sample file to an API that lives in this process.
func demo(ctx context.Context, set settings, t terminal) (complete bool, err error) {
	fmt.Fprintln(t.out, "Demonstration: a sample file paid to an embedded Djamo API; no account is needed and no money moves.")
	server, err := djamotest.Start(djamotest.WithSettleAfter(300 * time.Millisecond))
	if err != nil {
		return false, err
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	if err != nil {
		return false, err
	}
	directory, err := os.MkdirTemp("", "payroll")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	set.in = filepath.Join(directory, "salaries.csv")
	if err := os.WriteFile(set.in, sample, 0o600); err != nil {
		return false, err
	}
	set.journal, set.yes, set.poll = set.in+".journal", true, 100*time.Millisecond
	set.runName = "salaries"
	if set.dryRun {
		return dryRun(ctx, client, set, t)
	}
	return payWith(ctx, client, set, t)
}
