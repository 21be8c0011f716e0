package sqldeduper_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/sqldeduper"
)

// One delivery reaches two machines, or one machine that restarted in between: the callback runs once.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "djamo")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "djamo.db")

	for _, machine := range []string{"first", "second"} {
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
		if err != nil {
			log.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		seen, err := sqldeduper.New(db, sqldeduper.SQLite)
		if err != nil {
			log.Fatal(err)
		}
		if err := seen.Create(ctx); err != nil {
			log.Fatal(err)
		}

		handler := &djamo.WebhookHandler{
			Secrets: []string{"whsec_example"},
			Seen:    seen,
			OnTransactionCompleted: func(_ context.Context, payment *djamo.Transaction) error {
				fmt.Println(machine, "machine: paid", payment.Reference)
				return nil
			},
		}
		fmt.Println(machine, "machine answers", receive(handler))
		if err := db.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// first machine: paid payroll-2026-06/0042
	// first machine answers 200
	// second machine answers 200
}

// Call Prune once a day.
func ExampleDeduper_Prune() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	seen, err := sqldeduper.New(db, sqldeduper.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	if err := seen.Create(ctx); err != nil {
		log.Fatal(err)
	}

	deleted, err := seen.Prune(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("handled longer than 30 days ago:", deleted)
	// Output: handled longer than 30 days ago: 0
}

// receive delivers what Djamo would and returns the status.
func receive(handler http.Handler) int {
	const body = `{"topic":"transactions/completed","data":{"id":"6ae4","status":"completed",` +
		`"reference":"payroll-2026-06/0042","amount":50000,"updatedAt":"2026-06-30T10:00:00.000Z"}}`
	r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), "whsec_example"))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer.Code
}
