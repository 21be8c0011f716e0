package journaltest_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
)

// A test pays a file to the API in memory, with a journal that forgets.
func Example() {
	server, err := djamotest.Start(djamotest.WithSettleAfter(0))
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL), djamo.WithCompanyID(server.CompanyID))
	if err != nil {
		log.Fatal(err)
	}
	plan, err := payroll.ReadCSV(strings.NewReader("msisdn,amount\n+2250748710523,150 000\n"), payroll.CSVOptions{Run: "june"})
	if err != nil {
		log.Fatal(err)
	}

	runner := payroll.Runner{Client: client, Journal: journaltest.NewMemory()}
	totals, err := runner.Run(context.Background(), plan)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(totals.Completed.Count, int64(totals.Completed.Amount))
	// Output: 1 150000
}
