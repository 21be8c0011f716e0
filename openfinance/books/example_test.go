package books_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// Everything new of a wallet is posted to the ledger, each transaction once.
func Example() { //nolint:testableexamples // the driver of the database is another module's
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:wallets.db?_pragma=busy_timeout(5000)") // import _ "modernc.org/sqlite"
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.Open(ctx, db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	outbox, err := books.Open(ctx, db, books.SQLite)
	if err != nil {
		log.Fatal(err)
	}

	postings, err := outbox.FollowWallet(ctx, time.Now(), store, "wal_1", money.XOF())
	if err != nil {
		log.Fatal(err) // safe to repeat
	}
	ledger := &books.Ledger{
		Outbox: outbox,
		URL:    "https://ledger.example/postings",
		Header: http.Header{"Authorization": {"Bearer " + os.Getenv("LEDGER_TOKEN")}},
	}
	result, err := ledger.Deliver(ctx)
	if err != nil {
		log.Fatal(err) // what is left stays in the outbox
	}
	fmt.Println(postings, result)
}
