// Package books brings what was read from wallets and accounts to those who keep the books: each transaction is posted once
// to the ledger's HTTP endpoint, and statements are written as CSV and as ISO 20022 CAMT.053.001.08, with totals that add up
// to the last unit.
//
// An [Outbox] is a table beside the transactions. What is booked into it stays until the ledger has it: whatever is killed,
// it goes on, and repeats with the same key, by which the ledger must tell a repeat.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the
// shapes.
package books
