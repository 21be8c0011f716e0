package walletsync

import "time"

// Totals sums up all wallets of a store, for metrics. It names none of them and has no amount.
type Totals struct {
	Wallets     map[string]int64 // by Status.Condition
	Consents    map[string]int64 // by state, of those that some wallet is read under
	Items       int64            // that are current
	Expected    int64            // items that pushes announced and that have not come
	OldestPush  time.Time        // that told of one of them; zero: none
	Quarantined int64            // items
	Gaps        int64            // wallets whose balance is known and is not the sum of their items
	OldestRead  time.Time        // that went well last, of the wallets whose consent is live; zero: none was read
	NeverRead   int64            // wallets whose consent is live
}
