// Command payroll pays a file of salaries and prints what became of each.
//
//	go run ./examples/payroll                    a sample file against an embedded API: no account, no money moves
//	go run ./examples/payroll -in salaries.csv   the real thing, with DJAMO_ACCESS_TOKEN and DJAMO_API_URL set
//
// The file has the columns msisdn, amount, reference and description. It is checked whole before anything is sent. The
// same file can be run again: what was paid before is found by its reference and not paid twice.
//
// It exits with 0 when every payout was completed, 3 when some were not, 2 when the input is bad and nothing was sent,
// and 1 after anything else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "embed"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

//go:embed salaries.csv
var sample string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	var exit exitError
	switch {
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(os.Stderr, exit.err)
		}
		os.Exit(exit.code)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string { return fmt.Sprint(e.err) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("payroll", flag.ContinueOnError)
	file := flags.String("in", "", "CSV file to pay; without it a sample file is paid to an embedded API")
	short := flags.Bool("allow-short", false, "send although the balance does not cover the file, as when most of it was paid before")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return exitError{2, err}
	}
	if *file == "" {
		return demo(ctx, out)
	}
	in, err := os.Open(*file)
	if err != nil {
		return exitError{2, err}
	}
	defer in.Close()
	client, err := djamo.NewClientFromEnv(djamo.WithAppInfo(djamo.AppInfo{Name: "djamo-payroll-example"}))
	if err != nil {
		return exitError{2, fmt.Errorf("%w (to see a demonstration, run without -in)", err)}
	}
	return payFile(ctx, client, in, out, settings{poll: time.Second, allowShort: *short})
}

type settings struct {
	poll       time.Duration // how soon a payout's status is asked for again
	allowShort bool
}

// demo pays the sample file to an API that lives in this process.
func demo(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "Demonstration: a sample file paid to an embedded Djamo API; no account is needed and no money moves.")
	server, err := djamotest.Start(djamotest.WithSettleAfter(300 * time.Millisecond))
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	if err != nil {
		return err
	}
	return payFile(ctx, client, strings.NewReader(sample), out, settings{poll: 100 * time.Millisecond})
}

func payFile(ctx context.Context, client *djamo.Client, in io.Reader, out io.Writer, set settings) error {
	payouts, err := readPayouts(in)
	if err != nil {
		return exitError{2, fmt.Errorf("nothing was sent:\n%w", err)}
	}
	if err := checkFunds(ctx, client, payouts, out, set.allowShort); err != nil {
		return err
	}
	outcomes := pay(ctx, client, payouts, set.poll, func(done int) {
		if done%10 == 0 || done == len(payouts) {
			fmt.Fprintf(out, "%d of %d\n", done, len(payouts))
		}
	})
	complete, err := report(out, outcomes)
	if err == nil && !complete {
		err = exitError{code: 3}
	}
	return err
}

// checkFunds refuses a run that the balance cannot cover. Fees come on top and are not known beforehand.
func checkFunds(ctx context.Context, client *djamo.Client, payouts []payout, out io.Writer, allowShort bool) error {
	amounts := make([]djamo.XOF, len(payouts))
	for i, p := range payouts {
		amounts[i] = p.Amount
	}
	total, err := djamo.SumXOF(amounts...)
	if err != nil {
		return exitError{2, err}
	}
	balance, err := client.Balance.Get(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d payouts, %s in all; the account holds %s.\n", len(payouts), total, balance.Balance)
	if balance.Balance < total && !allowShort {
		return exitError{2, errors.New("nothing was sent: the account does not cover the payouts (-allow-short sends all the same)")}
	}
	return nil
}
