// Command payroll shows how a program pays a file of salaries, each exactly once: it checks the file, keeps a journal,
// pays, and reports.
//
//	go run ./examples/payroll
//
// It runs against an embedded API: no account is needed and no money moves. To pay a file of your own, use
// go run ./cmd/djamo payroll run FILE.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	_ "embed"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

//go:embed salaries.csv
var sample []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx, os.Stdout); err != nil {
		log.Print(err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// demo pays the sample file to an API that lives in this process.
func demo(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "Demonstration: a sample file paid to an embedded Djamo API; no account is needed and no money moves.")
	server, err := djamotest.Start(djamotest.WithSettleAfter(300 * time.Millisecond))
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL)) // yours: djamo.NewClientFromEnv()
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "payroll")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(directory) }() // yours stays: the journal is what keeps a second start from paying again
	return pay(ctx, client, bytes.NewReader(sample), "salaries-2026-06", filepath.Join(directory, "salaries.journal"), out)
}

// pay pays each payout of a file exactly once. After a crash, or a lost answer, call it again with the same file and the
// same journal: it goes on where it stopped.
func pay(ctx context.Context, client *djamo.Client, file io.ReadSeeker, run, path string, out io.Writer) (err error) {
	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{Run: run}) // the whole file is checked before anything is sent
	if err != nil {
		return err
	}
	for _, warning := range plan.Warnings {
		fmt.Fprintln(out, "Warning:", warning.Text) // yours asks a person
	}
	fmt.Fprintf(out, "Run %q: %d payouts, %s in all.\n", plan.Run, plan.Count, plan.Total)

	journal, closeJournal, err := open(ctx, path, plan.Run)
	if err != nil {
		return err
	}
	defer closeJournal()
	recent, err := payroll.CompareRecent(ctx, client, journal, plan, payroll.RecentOptions{})
	if err != nil {
		return err
	}
	for _, warning := range recent.Warnings() {
		fmt.Fprintln(out, "Warning:", warning.Text)
	}
	if recent.MayPayAgain() { // yours asks a person, who types more than y
		return errors.New("payees of this run got the same amount lately, or rows were changed after they were paid: nothing was sent")
	}
	runner := payroll.Runner{Client: client, Journal: journal, PollMin: 100 * time.Millisecond}
	totals, err := runner.Run(ctx, plan)
	if totals.Planned.Count > 0 { // whatever ended the run, what it has done so far is worth reporting
		reporting, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if reportErr := report(reporting, journal, totals, out); reportErr != nil {
			return reportErr
		}
	}
	return err
}

// open opens the journal of a run in an SQLite file that its owner alone can read: it holds whole phone numbers.
func open(ctx context.Context, path, run string) (_ *sqljournal.Journal, done func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the caller names it
	if err != nil {
		return nil, nil, err
	}
	if err := file.Close(); err != nil {
		return nil, nil, err
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path))
	if err != nil {
		return nil, nil, err
	}
	journal, err := sqljournal.Open(ctx, db, sqljournal.SQLite, run)
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return journal, func() {
		_ = journal.Close()
		_ = db.Close()
	}, nil
}

// report prints what became of each payout, with masked phone numbers; payroll.WriteReportFile writes files.
func report(ctx context.Context, journal payroll.Journal, totals payroll.Totals, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nREFERENCE\tPAYEE\tAMOUNT\tFEE\tSTATUS\tNOTE")
	for after := int64(0); ; {
		payouts, err := journal.Payouts(ctx, after, 100)
		if err != nil {
			return err
		}
		if len(payouts) == 0 {
			break
		}
		for _, p := range payouts {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Reference, p.MSISDN, p.Amount, p.Fee, p.State, djamo.MaskPhones(p.Note()))
		}
		after = payouts[len(payouts)-1].ID
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d of %d payouts completed, %s in all, and %s of fees. %d failed, %d refused, %d without an outcome.\n",
		totals.Completed.Count, totals.Planned.Count, totals.Completed.Amount, totals.Fees,
		totals.Failed.Count, totals.Refused.Count+totals.Conflict.Count, totals.Open.Count+totals.Unknown.Count)
	return err
}
