package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// A store in a file. The program imports the driver, such as modernc.org/sqlite, and an Engine of package walletsync fills the
// store; anybody may read what it holds.
func Example() { //nolint:testableexamples // the driver is another module's
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:wallets.db?_pragma=busy_timeout(5000)")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.Open(ctx, db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	changes, err := store.Changes(ctx, "wal_1", 0, 100)
	if err != nil {
		log.Fatal(err)
	}
	for _, change := range changes {
		fmt.Println(change.Seq, change.Kind, change.ID)
	}
}
