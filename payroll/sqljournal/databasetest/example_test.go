package databasetest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// A payroll.Runner makes these calls. The driver is the program's choice: here it imports modernc.org/sqlite.
func Example() {
	ctx := context.Background()
	directory, err := os.MkdirTemp("", "payroll")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(directory)

	db, err := sql.Open("sqlite", filepath.Join(directory, "salaries-2026-06.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	journal, err := sqljournal.Open(ctx, db, sqljournal.SQLite, "salaries-2026-06")
	if err != nil {
		log.Fatal(err)
	}
	defer journal.Close()

	lease, err := journal.Acquire(ctx, "laptop/4711", time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	_, err = journal.Acquire(ctx, "laptop/4712", time.Minute)
	fmt.Println("a second operator:", errors.Is(err, payroll.ErrLeaseHeld))

	plan, err := payroll.NewPlan(payroll.Rows(
		payroll.Payout{MSISDN: "+2250748710523", Amount: 150_000, Reference: "june/1"},
		payroll.Payout{MSISDN: "+2250748710524", Amount: 175_000, Reference: "june/2"},
	), payroll.PlanOptions{Run: "salaries-2026-06"})
	if err != nil {
		log.Fatal(err)
	}
	if err := journal.Plan(ctx, lease, plan); err != nil {
		log.Fatal(err)
	}

	payouts, err := journal.Payouts(ctx, 0, 1, payroll.Planned)
	if err != nil {
		log.Fatal(err)
	}
	leaving := payouts[0]
	leaving.State, leaving.Attempts, leaving.SentAt = payroll.Submitting, 1, time.Now()
	if err := journal.Advance(ctx, lease, payroll.Change{From: payroll.Planned, Payout: leaving}); err != nil {
		log.Fatal(err)
	}
	// It is on the disk now: the request may leave.

	sums, err := journal.Sums(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, state := range payroll.States() {
		if sum := sums[state]; sum.Count > 0 {
			fmt.Println(state, sum.Count, int64(sum.Amount))
		}
	}
	// Output:
	// a second operator: true
	// submitting 1 150000
	// planned 1 175000
}
