package djamotest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
)

// connect makes a client for a server, as a program under test would.
func connect(srv *djamotest.Server) *djamo.Client {
	client, err := djamo.NewClient(srv.Token, djamo.WithBaseURL(srv.URL), djamo.WithCompanyID(srv.CompanyID))
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// In tests, use NewServer(t) instead: it closes itself, and misuse fails the test.
func ExampleStart() {
	srv, err := djamotest.Start(djamotest.WithBalance(100_000))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := connect(srv)

	tx, err := client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250700000001", Amount: 50_000, Reference: "payroll-2026-06/0042", Description: "Salaire de juin",
	})
	fmt.Println(tx.Status, err)

	_ = srv.Settle("payroll-2026-06/0042")
	tx, err = client.Transactions.Get(context.Background(), tx.ID)
	fmt.Println(tx.Status, err)
	fmt.Println(srv.Balance(), "francs left")
	// Output:
	// pending <nil>
	// completed <nil>
	// 49500 francs left
}

// A transfer that fails is no error of the call: its status says so, and the money comes back.
func ExampleAPI_Fail() {
	srv, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := connect(srv)

	_ = srv.Fail("+2250700000002", "the recipient's account is blocked")
	tx, err := client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250700000002", Amount: 5_000, Reference: "ref-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = srv.Advance(time.Minute)
	tx, err = client.Transactions.Get(context.Background(), tx.ID)
	fmt.Println(tx.Status, tx.FailureReason, err)
	fmt.Println(srv.Balance() == djamotest.DefaultBalance)
	// Output:
	// failed the recipient's account is blocked <nil>
	// true
}

// The answer to a payment gets lost on the way. The client settles it by its reference, and pays once.
func ExampleAPI_Inject() {
	srv, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := connect(srv)

	_, _ = srv.Inject(djamotest.LoseReply(), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
	tx, err := client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250700000001", Amount: 5_000, Reference: "ref-1",
	})
	fmt.Println(tx.Reference, err)
	for _, r := range srv.Requests() {
		fmt.Println(r.Method, r.Path, r.Query, r.Faults)
	}
	fmt.Println(len(srv.Transactions()), "payment")
	// Output:
	// ref-1 <nil>
	// POST /v1/transactions  [reply lost]
	// GET /v1/transactions reference=ref-1 []
	// 1 payment
}

// Refusals are the API's own, in its words.
func ExampleAPI_SetBalance() {
	srv, err := djamotest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := connect(srv)

	_ = srv.SetBalance(5_000)
	_, err = client.Transactions.Create(context.Background(), djamo.TransactionParams{
		MSISDN: "+2250700000001", Amount: 5_000, Reference: "ref-1",
	})
	var refused *djamo.Error
	fmt.Println(errors.As(err, &refused), refused.StatusCode, refused.Messages)
	// Output:
	// true 422 [insufficient balance]
}

// The ledger says what became of the money, line by line.
func ExampleAPI_Ledger() {
	srv, err := djamotest.Start(djamotest.WithBalance(100_000))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client := connect(srv)

	for _, reference := range []string{"a", "b", "a"} {
		_, _ = client.Transactions.Create(context.Background(), djamo.TransactionParams{
			MSISDN: "+2250700000001", Amount: 10_000, Reference: reference,
		})
	}
	_ = srv.Reject("b", "limit reached")
	for _, e := range srv.Ledger() {
		fmt.Printf("%s %q: %+d, balance %d\n", e.Kind, e.Reference, e.Delta, e.Balance)
	}
	// Output:
	// transfer accepted "a": -10100, balance 89900
	// transfer accepted "b": -10100, balance 79800
	// transfer refused "a": +0, balance 79800
	// transfer failed "b": +10100, balance 89900
}

// Exchanges with the real API are recorded once, then replayed without it.
func ExampleReplay() {
	client, err := djamo.NewClient("at_anything", djamo.WithBaseURL("https://apibusiness-staging-civ.djamo.io"),
		djamo.WithHTTPClient(&http.Client{Transport: djamotest.Replay("testdata/recording")}))
	if err != nil {
		log.Fatal(err)
	}
	balance, err := client.Balance.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(int64(balance.Balance), balance.Currency)
	// Output:
	// 1000 XOF
}

// A gateway with paths of its own is recorded with a table of its routes.
func ExampleRoutes() {
	dir, err := os.MkdirTemp("", "recording")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	recorder := djamotest.Record(dir, djamotest.Routes{
		Calls: []djamotest.Route{{
			Method: "GET", Pattern: "/accounts/{id}/movements",
			Closed: map[string][]string{"items.rail": {"orange_money", "mtn_momo", "moov_money", "wave"}},
		}},
		Private: []string{"holder"},
	})
	recorder.Next = answering("application/json", `{"holder": "Awa", "items": [{"rail": "wave"}]}`)
	client := &http.Client{Transport: recorder}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://gateway.test/accounts/a-17/movements", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	fmt.Println(filepath.Base(names[0]), err)
	// Output: GET_accounts_id_movements.001.json <nil>
}
