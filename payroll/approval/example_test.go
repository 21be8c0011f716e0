package approval_test

import (
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
)

// Awa asks for a file to be paid, and Bintou approves it. Before that the run is refused. The people here have keys made of
// their names; yours sign with ssh-keygen.
func Example() {
	awa, bintou := approvaltest.NewPerson("awa@example.ci"), approvaltest.NewPerson("bintou@example.ci")
	from := djamo.Account{Host: "api.example", CompanyID: "company"}
	at := time.Date(2026, time.July, 28, 12, 0, 0, 0, time.UTC)
	plan, err := payroll.ReadCSV(strings.NewReader("msisdn,amount\n+2250748710523,150 000\n"), payroll.CSVOptions{Run: "july"})
	if err != nil {
		log.Fatal(err)
	}

	list, err := approvaltest.Appoint(at, awa, bintou) // who may sign
	if err != nil {
		log.Fatal(err)
	}
	request, err := approvaltest.Plan(awa, at, plan, from)
	if err != nil {
		log.Fatal(err)
	}
	record := approval.Record{Policies: []approval.Signed{list}, Request: request}
	standing, err := record.At(at)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("may be paid:", standing.Check("july", plan.Digest, from) == nil)

	record.Approval, err = approvaltest.Approve(bintou, at, request)
	if err != nil {
		log.Fatal(err)
	}
	standing, err = record.At(at)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("may be paid:", standing.Check("july", plan.Digest, from) == nil)
	// Output:
	// may be paid: false
	// may be paid: true
}
