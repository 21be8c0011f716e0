package payroll_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
)

// The journal here is one for tests; WriteReportFile writes the same to a file, as .csv, .xlsx, .json or .html.
func ExampleWriteReport() {
	ctx := context.Background()
	journal := journaltest.NewMemory()
	lease, err := journal.Acquire(ctx, "example", time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	plan, err := payroll.NewPlan(payroll.Rows(payroll.Payout{MSISDN: "+2250748710523", Amount: 50_000, Reference: "june/1"}), payroll.PlanOptions{Run: "june"})
	if err != nil {
		log.Fatal(err)
	}
	if err := journal.Plan(ctx, lease, plan); err != nil {
		log.Fatal(err)
	}

	var table strings.Builder
	totals, err := payroll.WriteReport(ctx, &table, journal, payroll.ReportCSV)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(strings.TrimPrefix(table.String(), "\uFEFF")) // the mark is for Excel
	fmt.Println(totals.Completed.Count, "of", totals.Planned.Count, "completed")
	// Output:
	// reference,msisdn,amount,status,transaction_id,fee,failure_reason,attempts,already_paid_earlier,sent_at,line,description,name,transaction_at,prepared_by,prepared_at,approved_by,approved_at
	// june/1,'+2250748710523,50000,planned,,0,,0,false,,0,,,,,,,
	// 0 of 1 completed
}
