// Command payroll-cluster shows how a program pays a file of salaries with workers on many machines, over one PostgreSQL
// database: it enqueues the file in a transaction of its own, and its workers pay it.
//
//	DJAMO_DATABASE_URL=postgres://user@host:5432/payroll go run ./examples/payroll-cluster
//
// It runs against an embedded API: no account is needed and no money moves. To pay a file of your own, use
// go run ./cmd/djamo payroll cluster.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "embed"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"github.com/riverqueue/rivercontrib/otelriver"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

//go:embed salaries.csv
var sample []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx, os.Getenv("DJAMO_DATABASE_URL"), os.Stdout); err != nil {
		log.Print(err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// demo pays the sample file to an API in this process, with two workers that could be on two machines.
func demo(ctx context.Context, database string, out io.Writer) error {
	if database == "" {
		return errors.New("set DJAMO_DATABASE_URL to a PostgreSQL database, postgres://user@host:port/database")
	}
	server, err := djamotest.Start(djamotest.WithSettleAfter(300 * time.Millisecond))
	if err != nil {
		return err
	}
	defer server.Close()
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return errors.New("DJAMO_DATABASE_URL cannot be read") // its text would show the password
	}
	defer pool.Close()
	if err := riverpayroll.Migrate(ctx, pool); err != nil { // once, and after each update
		return err
	}
	plan, err := payroll.ReadCSV(bytes.NewReader(sample), payroll.CSVOptions{Run: "salaries-2026-06"})
	if err != nil {
		return err
	}
	if err := enqueue(ctx, pool, plan); err != nil {
		return err
	}
	fmt.Fprintf(out, "Run %q is enqueued: %d payouts, %s in all.\n", plan.Run, plan.Count, plan.Total)
	for range 2 {
		worker, err := work(ctx, pool, server.Token, server.URL)
		if err != nil {
			return err
		}
		defer func() { _ = worker.Stop(context.WithoutCancel(ctx)) }() // lets the steps under way finish
	}
	return watch(ctx, pool, plan.Run, out)
}

// enqueue stores the payouts and their jobs in one transaction, together with whatever else must be true then. Enqueued
// twice, a plan is paid once.
func enqueue(ctx context.Context, pool *pgxpool.Pool, plan *payroll.Plan) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	if _, err := riverpayroll.Enqueue(ctx, tx, plan, riverpayroll.Options{}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// work starts a worker, which pays whatever is enqueued until it is stopped.
func work(ctx context.Context, pool *pgxpool.Pool, token, url string) (*river.Client[pgx.Tx], error) {
	throttle := riverpayroll.NewThrottle(pool, "djamo", nil) // one 429 slows all workers down together
	client, err := djamo.NewClient(token, djamo.WithBaseURL(url), djamo.WithHTTPClient(&http.Client{Transport: throttle}))
	if err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	if err := riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client}}); err != nil {
		return nil, err
	}
	config := riverpayroll.ClientConfig(workers, 2, 4)
	config.Logger = slog.New(slog.DiscardHandler) // yours logs
	config.Middleware = []rivertype.Middleware{otelriver.NewMiddleware(nil)}
	worker, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		return nil, err
	}
	return worker, worker.Start(context.WithoutCancel(ctx))
}

// watch says how far the run is until each payout has its outcome.
func watch(ctx context.Context, pool *pgxpool.Pool, run string, out io.Writer) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	journal, err := sqljournal.Open(ctx, db, sqljournal.PostgreSQL, run)
	if err != nil {
		return err
	}
	defer journal.Close()
	info, err := journal.Planned(ctx)
	if err != nil {
		return err
	}
	for {
		sums, err := journal.Sums(ctx)
		if err != nil {
			return err
		}
		totals, err := payroll.SumUp(info, sums)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d of %d payouts completed, %s in all.\n", totals.Completed.Count, totals.Planned.Count, totals.Completed.Amount)
		if totals.Open.Count+totals.Unknown.Count == 0 {
			return nil // payroll.WriteReportFile writes a report from the same journal
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted: start it again, and it goes on")
		case <-time.After(time.Second):
		}
	}
}
