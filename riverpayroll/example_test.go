package riverpayroll_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// A file is enqueued, and paid by workers. There may be any number of them, on any number of machines.
func Example() { //nolint:testableexamples // TestExample runs it where there is a database
	address := os.Getenv("DJAMO_DATABASE_URL")
	if address == "" {
		fmt.Println("DJAMO_DATABASE_URL names no PostgreSQL database to try this on.")
		return
	}
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		log.Fatal("DJAMO_DATABASE_URL cannot be read") // the error may show the password
	}
	defer pool.Close()
	if err := riverpayroll.Migrate(ctx, pool); err != nil { // in a command of its own; elsewhere riverpayroll.Check
		log.Fatal(err)
	}

	// On each machine that pays. The server stands in for the API.
	server, err := djamotest.Start(djamotest.WithSettleAfter(0))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	throttle := riverpayroll.NewThrottle(pool, "production", nil)
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithHTTPClient(&http.Client{Transport: throttle}))
	if err != nil {
		log.Fatal(err)
	}
	workers := river.NewWorkers()
	if err := riverpayroll.AddWorkers(workers, riverpayroll.Config{Pool: pool, Runner: payroll.Runner{Client: client}}); err != nil {
		log.Fatal(err)
	}
	machine, err := river.NewClient(riverpgxv5.New(pool), riverpayroll.ClientConfig(workers, 0, 0))
	if err != nil {
		log.Fatal(err)
	}
	if err := machine.Start(ctx); err != nil {
		log.Fatal(err)
	}
	defer machine.Stop(ctx)

	// Wherever the file comes from.
	file := strings.NewReader(`msisdn,amount,reference,description
+2250748710523,150 000,june/1,Salaire de juin
+2250748710524,95 000,june/2,Salaire de juin
`)
	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{Run: "june"})
	if err != nil {
		log.Fatal(err) // every bad row of the file; nothing was enqueued
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer tx.Rollback()
	enqueued, err := riverpayroll.Enqueue(ctx, tx, plan, riverpayroll.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(enqueued.Jobs, "part is on its way")

	// Whenever somebody asks.
	journal, err := sqljournal.Open(ctx, db, sqljournal.PostgreSQL, "june")
	if err != nil {
		log.Fatal(err)
	}
	defer journal.Close()
	for {
		sums, err := journal.Sums(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if completed := sums[payroll.Completed]; completed.Count == plan.Count {
			fmt.Println(completed.Count, "completed,", int64(completed.Amount), "francs")
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// An example with an expected output would need a database wherever the tests are run; this one is run where there is
// one, as a program of its own because it prints.
func TestExample(t *testing.T) {
	t.Parallel()
	if os.Getenv("DJAMO_EXAMPLE") != "" {
		Example()
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestExample$")
	command.Env = append(os.Environ(), "DJAMO_EXAMPLE=1", "DJAMO_DATABASE_URL="+newDatabase(t))
	var out bytes.Buffer
	command.Stdout = &out
	require.NoError(t, command.Run(), out.String())
	require.Contains(t, out.String(), "1 part is on its way\n2 completed, 245000 francs\n")
}
