package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/gatewaytest"
)

// erp is an ERP that is made up: it books what package books posts, as a real one must. Each key is booked once, and a repeat is
// answered as the first was; the same key with another content is refused, and parked by who posts.
type erp struct {
	mu      sync.Mutex
	booked  map[string]books.Posting // by key
	repeats int
}

// ServeHTTP implements http.Handler.
func (e *erp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var posting books.Posting
	const maxBody = 1 << 20
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&posting)
	if err != nil || posting.Key == "" || posting.Key != r.Header.Get("Idempotency-Key") {
		http.Error(w, "a posting needs its key in the header and in the body", http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.booked == nil {
		e.booked = map[string]books.Posting{}
	}
	switch before, repeated := e.booked[posting.Key]; {
	case repeated && before != posting:
		http.Error(w, "the key was used for another posting", http.StatusConflict)
	case repeated:
		e.repeats++
		w.WriteHeader(http.StatusOK)
	default:
		e.booked[posting.Key] = posting
		w.WriteHeader(http.StatusCreated)
	}
}

// sums are what an account's postings add up to. The latest version of a transaction counts.
func (e *erp) sums(account string) (lines int, minor int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	latest := map[string]books.Posting{}
	for _, posting := range e.booked {
		if posting.Account == account && posting.Version > latest[posting.TxID].Version {
			latest[posting.TxID] = posting
		}
	}
	for _, posting := range latest {
		if posting.Kind != books.Removed {
			lines++
			minor += posting.AmountMinor
		}
	}
	return lines, minor
}

// agrees compares the books with the gateway's ledger, account by account.
func (e *erp) agrees(gateway *gatewaytest.MyCAC, out io.Writer) error {
	total := 0
	for _, account := range accounts() {
		ledger := gateway.Ledger(account, "2026-05-01", "2026-05-09")
		lines, minor := e.sums(account)
		if lines != len(ledger.Lines) || minor != ledger.Movements {
			return fmt.Errorf("the books have %d lines of %s that make %d, and the gateway %d that make %d", lines, account, minor,
				len(ledger.Lines), ledger.Movements)
		}
		total += lines
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.booked) != total {
		return fmt.Errorf("the books have %d postings for %d lines", len(e.booked), total)
	}
	fmt.Fprintf(out, "\nThe ERP has booked %d lines, each once, and its totals are the gateway's.\n", total)
	return nil
}
