package databasetest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/drivertest"
)

var errDead = errors.New("the connection is dead")

// wire stands between database/sql and a driver. It counts statements, and may do something at each.
type wire struct {
	mu     sync.Mutex
	calls  []string // the statements so far
	before func(n int, query string) error
	after  func(n int, query string) error
	deafTo string      // a statement that is dropped
	latest driver.Conn // the connection used last
}

// over opens a database through the wire.
func (w *wire) over(t testing.TB, driverName, dsn string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(&drivertest.Connector{Name: driverName, Address: dsn, Around: w.pass})
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// dieAt makes everything fail from the nth statement on; that one is carried out all the same if the answer to it is
// what gets lost.
func (w *wire) dieAt(n int, answerIsLost bool) {
	w.before = func(i int, _ string) error {
		if i > n || i == n && !answerIsLost {
			return errDead
		}
		return nil
	}
	w.after = func(i int, _ string) error {
		if i >= n {
			return errDead
		}
		return nil
	}
}

// count tells how many statements began with a word.
func (w *wire) count(word string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	count := 0
	for _, query := range w.calls {
		if strings.HasPrefix(query, word) {
			count++
		}
	}
	return count
}

func (w *wire) pass(_ context.Context, conn driver.Conn, query string, carryOut func() error) error {
	query = strings.TrimSpace(query)
	w.mu.Lock()
	w.calls = append(w.calls, query)
	w.latest = conn
	n, before, after := len(w.calls), w.before, w.after
	w.mu.Unlock()
	if query == w.deafTo {
		return nil
	}
	if before != nil {
		if err := before(n, query); err != nil {
			return err
		}
	}
	if err := carryOut(); err != nil || after == nil {
		return err
	}
	return after(n, query)
}
