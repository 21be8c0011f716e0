package clustercmd

import (
	"context"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

func workCommand(t terminal.Terminal, shared *options.Options) *cobra.Command {
	o := workOptions{shared: shared}
	command := &cobra.Command{
		Use:   "work",
		Short: "Pay what is enqueued until told to stop; on each machine, as a service",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.sending < 1 {
				return exit.BadUsage("--sending %d: must be at least 1", o.sending)
			}
			if o.settling < 1 {
				return exit.BadUsage("--settling %d: must be at least 1", o.settling)
			}
			if o.mode != string(payroll.Batch) && o.mode != string(payroll.Single) {
				return exit.BadUsage("--mode %q: must be single or batch", o.mode)
			}
			return withDatabase(c.Context(), t, func(p *program) error { return work(c.Context(), p, o) })
		},
	}
	o.addFlags(command.Flags())
	shared.AddProfile(command.Flags())
	shared.AddLive(command.Flags())
	return command
}

type workOptions struct {
	shared            *options.Options
	sending, settling int
	mode, health      string
	runner            payroll.Runner
}

func (o *workOptions) addFlags(flags *pflag.FlagSet) {
	flags.IntVar(&o.sending, "sending", 4, "parts that are sent at the same time")
	flags.IntVar(&o.settling, "settling", 8, "parts whose outcomes are asked for at the same time")
	flags.StringVar(&o.mode, "mode", string(payroll.Batch), "one request for each payout, or for many: `single|batch`")
	flags.IntVar(&o.runner.Concurrency, "concurrency", 4, "requests at the same time for one part")
	timeoutFlag(flags, &o.runner.SendTimeout)
	flags.DurationVar(
		&o.runner.QuietPeriod,
		"quiet-period",
		0,
		"how long a lost request may still arrive; default: the send timeout plus 10s",
	)
	flags.DurationVar(&o.runner.Lease, "lease", 10*time.Second, "how long a part stays with a worker that was killed")
	flags.DurationVar(&o.runner.PollMin, "poll", time.Second, "the first pause between questions")
	flags.StringVar(&o.runner.SubCompanyID, "sub-company", "", "the `id` of the sub-company that pays")
	flags.BoolVar(&o.runner.AllowShort, "allow-short", false, "send although the account does not cover a part")
	flags.StringVar(&o.health, "health", "", "answer GET /healthz at this `address`, such as 127.0.0.1:8482; default: nowhere")
}

// work pays what is enqueued until it is told to stop.
func work(ctx context.Context, p *program, o workOptions) error {
	runner := o.runner
	runner.Mode, runner.BatchSize, runner.Logger = payroll.Mode(o.mode), 100, p.log
	watched, err := startTelemetry(ctx, p.term)
	if err != nil {
		return err
	}
	if watched.end != nil {
		defer func() { //nolint:contextcheck // the worker's has ended
			ended, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if err := watched.end(ended); err != nil {
				p.log.Warn("the last spans and figures were not sent", "error", err)
			}
		}()
	}
	h := newHealth(func(ctx context.Context) error { return riverpayroll.Check(ctx, p.pool) })
	throttle := riverpayroll.NewThrottle(p.pool, "djamo", doorman{watched.connections(runner.SendTimeout), h})
	throttled := djamo.WithHTTPClient(&http.Client{Transport: throttle})
	if runner.Client, _, err = account.ForWriting(ctx, o.shared, p.term, djamo.WithTimeout(runner.SendTimeout), throttled); err != nil {
		return err
	}
	if err := riverpayroll.CheckClient(ctx, runner.Client); err != nil {
		return exit.OrInterrupted(ctx, exit.BadInput(err))
	}
	workers := river.NewWorkers()
	if err := riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: p.pool, Runner: runner}); err != nil {
		return exit.BadInput(err)
	}
	config := riverpayroll.ClientConfig(workers, o.sending, o.settling)
	config.Logger, config.Middleware = riverLogger(p.log), watched.middleware
	client, err := river.NewClient(riverpgxv5.New(p.pool), config)
	if err != nil {
		return err
	}
	if o.health != "" {
		if _, err := h.serve(ctx, o.health); err != nil {
			return err
		}
	}
	// A signal lets the jobs under way finish, and tells them to stop when they take too long.
	if err := client.Start(ctx); err != nil {
		return err
	}
	p.term.Tell("working")
	go h.watch(ctx, func(ctx context.Context) error { return riverpayroll.CheckClient(ctx, runner.Client) }, func(turnedAway error) {
		if turnedAway != nil {
			p.term.Tell("not working: %v", turnedAway)
			return
		}
		p.term.Tell("working")
	})
	<-client.Stopped()
	return nil
}
