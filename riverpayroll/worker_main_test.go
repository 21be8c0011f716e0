package riverpayroll_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/riverpayroll"
)

// envWorker makes the test program a worker: what it pays from, to whom and how is in its environment.
const envWorker = "DJAMO_TEST_WORKER"

// beWorker is the worker, until it is told to stop.
func beWorker(mode string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	settings, err := pgxpool.ParseConfig(os.Getenv("DJAMO_DATABASE_URL") + "&pool_max_conns=8")
	if err != nil {
		return err
	}
	if point := os.Getenv(envStopAt); point != "" {
		if settings.ConnConfig.Tracer, err = newStopping(point); err != nil {
			return err
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return err
	}
	defer pool.Close()
	client, err := djamo.NewClientFromEnv(djamo.WithTimeout(400*time.Millisecond),
		djamo.WithHTTPClient(&http.Client{Transport: riverpayroll.NewThrottle(pool, "test", nil)}))
	if err != nil {
		return err
	}
	workers := river.NewWorkers()
	err = riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: payroll.Runner{
		Client: client, Mode: payroll.Mode(mode), BatchSize: batchSize(), Concurrency: 1, SendTimeout: 400 * time.Millisecond, QuietPeriod: 900 * time.Millisecond,
		Lease: lease(), PollMin: 20 * time.Millisecond, PollMax: 500 * time.Millisecond,
	}})
	if err != nil {
		return err
	}
	config := riverpayroll.ClientConfig(workers, 1, 4)
	config.Logger = slog.New(slog.DiscardHandler)
	machine, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return err
	}
	for err := machine.Start(context.WithoutCancel(ctx)); err != nil; err = machine.Start(context.WithoutCancel(ctx)) {
		if ctx.Err() != nil { // the database is away, and whoever runs the worker starts it again
			return fmt.Errorf("starting: %w", err)
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // as a supervisor does
	}
	<-ctx.Done()
	return machine.Stop(context.WithoutCancel(ctx))
}

// envLease is how long a part stays with a worker that was killed; 2 s when it is not set.
const envLease = "DJAMO_TEST_LEASE"

func lease() time.Duration {
	if lease, err := time.ParseDuration(os.Getenv(envLease)); err == nil {
		return lease
	}
	return 2 * time.Second
}

// envBatch is how many payouts go into one request; 5 when it is not set.
const envBatch = "DJAMO_TEST_BATCH"

func batchSize() int {
	if size, err := strconv.Atoi(os.Getenv(envBatch)); err == nil {
		return size
	}
	return 5
}
