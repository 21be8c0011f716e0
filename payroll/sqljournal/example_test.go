package sqljournal_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// The journal of a run in a file. A payroll.Runner with it goes on where an earlier process was killed.
func Example() { //nolint:testableexamples // the driver is another module's
	ctx := context.Background()
	db, err := sql.Open("sqlite", "salaries.csv.journal") // import _ "modernc.org/sqlite"
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	journal, err := sqljournal.Open(ctx, db, sqljournal.SQLite, "salaries-2026-06")
	if err != nil {
		log.Fatal(err) // matches payroll.ErrLeaseHeld while another process pays
	}
	defer journal.Close()
	fmt.Println(journal != nil)
}
