package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
)

// A file is checked whole, paid, and waited for. The journal here is one for tests: a program that pays people opens one
// with package sqljournal.
func ExampleRunner_Run() {
	server, err := djamotest.Start(djamotest.WithSettleAfter(0))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	if err != nil {
		log.Fatal(err)
	}
	journal := journaltest.NewMemory()
	ctx := context.Background()

	file := strings.NewReader(`msisdn,amount,reference,description
+2250748710523,150 000,june/1,Salaire de juin
+2250748710524,95 000,june/2,Salaire de juin
`)
	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{Run: "june"})
	if err != nil {
		log.Fatal(err) // every bad row of the file; nothing was sent
	}
	runner := payroll.Runner{Client: client, Journal: journal, PollMin: 10 * time.Millisecond}
	totals, err := runner.Run(ctx, plan)
	switch {
	case errors.Is(err, payroll.ErrInsufficientFunds):
		log.Fatal(err) // nothing was sent
	case err != nil:
		log.Fatal(err) // run it again: it goes on where it stopped
	}
	fmt.Println(totals.Completed.Count, "of", totals.Planned.Count, "completed,", int64(totals.Completed.Amount), "francs")
	// Output: 2 of 2 completed, 245000 francs
}
