package approvaltest_test

import (
	"fmt"
	"log"
	"time"

	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
)

// A test has two people who may sign, and looks at what a journal holds of them.
func Example() {
	at := time.Date(2026, time.July, 28, 12, 0, 0, 0, time.UTC)
	awa, bintou := approvaltest.NewPerson("awa@example.ci"), approvaltest.NewPerson("bintou@example.ci")
	list, err := approvaltest.Appoint(at, awa, bintou)
	if err != nil {
		log.Fatal(err)
	}
	standing, err := approval.Record{Policies: []approval.Signed{list}}.At(at)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(standing.Signers), standing.Policy.Required)
	// Output: 2 true
}
