package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"github.com/riverqueue/rivercontrib/otelriver"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// work pays what is enqueued until it is told to stop.
func work(ctx context.Context, p *program, args []string) error {
	var runner payroll.Runner
	flags := flag.NewFlagSet("work", flag.ContinueOnError)
	flags.SetOutput(p.err)
	sending := flags.Int("sending", 4, "parts that are sent at the same time")
	settling := flags.Int("settling", 8, "parts whose outcomes are asked for at the same time")
	mode := flags.String("mode", string(payroll.Batch), "batch or single")
	flags.IntVar(&runner.Concurrency, "concurrency", 4, "requests at the same time for one part")
	flags.DurationVar(&runner.SendTimeout, "send-timeout", 20*time.Second, "how long one request may take")
	flags.DurationVar(&runner.Quiet, "quiet", 0, "how long a lost request may still arrive (default: send-timeout and 10s)")
	flags.DurationVar(&runner.Lease, "lease", 10*time.Second, "how long a part stays with a worker that was killed")
	flags.DurationVar(&runner.PollMin, "poll", time.Second, "the first pause between questions")
	flags.StringVar(&runner.SubCompanyID, "sub-company", "", "the sub-company that pays")
	flags.BoolVar(&runner.AllowShort, "allow-short", false, "send although the account does not cover a part")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 {
		return usage(p.err)
	}
	runner.Mode, runner.BatchSize, runner.Logger = payroll.Mode(*mode), 100, p.log
	throttle := riverpayroll.NewThrottle(p.pool, "djamo", nil)
	var err error
	if runner.Client, err = djamo.NewClientFromEnv(djamo.WithTimeout(runner.SendTimeout), djamo.WithHTTPClient(&http.Client{Transport: throttle})); err != nil {
		return badInputError{err}
	}
	workers := river.NewWorkers()
	if err := riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: p.pool, Runner: runner}); err != nil {
		return badInputError{err}
	}
	config := riverpayroll.ClientConfig(workers, *sending, *settling)
	config.Logger = p.log
	// Spans and metrics of every job, through the providers that OpenTelemetry's globals name.
	config.Middleware = []rivertype.Middleware{otelriver.NewMiddleware(nil)}
	client, err := river.NewClient(riverpgxv5.New(p.pool), config)
	if err != nil {
		return err
	}
	// A signal lets the jobs under way finish, and tells them to stop when they take too long.
	if err := client.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintln(p.out, "working")
	<-client.Stopped()
	return nil
}
