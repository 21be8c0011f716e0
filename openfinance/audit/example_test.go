package audit_test

import (
	"fmt"
	"time"

	"github.com/djamo/djamo-go/openfinance/audit"
)

// The records of a wallet are a chain: each row has the hash of the one before, so that none can be altered unseen.
func Example() {
	var chain audit.Head // where the chain stands; empty at first
	at := time.Date(2026, time.May, 28, 9, 30, 0, 0, time.UTC)
	rows := chain.Append("wal_1",
		audit.Record{At: at, Consent: "key of the consent", Action: "read", Scope: "transactions.read", Status: 200, Count: 3},
		audit.Record{At: at.Add(time.Minute), Consent: "key of the consent", Action: "read", Scope: "transactions.read", Status: 429})
	for _, row := range rows {
		fmt.Println(row.N, row.Status, len(row.Hash))
	}
	fmt.Println(chain.Hash == rows[1].Hash)
	// Output:
	// 1 200 64
	// 2 429 64
	// true
}
