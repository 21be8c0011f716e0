package databasetest_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver of PostgreSQL
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // driver of SQLite

	"github.com/djamo/djamo-go/internal/crashtest"
	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/mycac"
)

// database is one that a test opens as often as it likes.
type database struct {
	Driver, Address string
	Dialect         mycac.Dialect
}

func (d database) open(t testing.TB) *mycac.Journal {
	t.Helper()
	db, err := sql.Open(d.Driver, d.Address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	journal, err := mycac.OpenJournal(t.Context(), db, d.Dialect)
	require.NoError(t, err)
	t.Cleanup(journal.Close)
	return journal
}

// every says at which calls a process is killed: in full at each, else at every third in SQLite and every seventh in PostgreSQL,
// where the calls are the same.
func every(t *testing.T) int64 {
	switch {
	case os.Getenv("DJAMO_TEST_FULL") != "":
		return 1
	case strings.HasSuffix(t.Name(), "PostgreSQL"):
		return 7
	}
	return 3
}

func each(t *testing.T, test func(t *testing.T, fresh func(t *testing.T) database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, func(t *testing.T) database {
			return database{"sqlite", filepath.Join(t.TempDir(), "mycac.db"), mycac.SQLite}
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		pgtest.Address(t)
		test(t, func(t *testing.T) database { return database{"pgx", pgtest.Schema(t, "pgx"), mycac.PostgreSQL} })
	})
}

// killed is what a process that is killed on its way is told.
type killed struct {
	Database database
	Work     string
	Every    int64  // it is killed at every so many calls; 1: at each
	URL      string // of the gateway
	At       int64  // which call to the database or the gateway it ends at; 0: none
	After    bool   // it ends when the call has returned, and before anything is done with it; else before it is made
}

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	var k killed
	work := func() error { return k.work() } //nolint:gocritic // k.work would be bound before k is read
	os.Exit(crashtest.Main(&k, work, m.Run))
}

// work does what the process is for.
func (k killed) work() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	counted := &crashtest.Calls{At: k.At, After: k.After}
	db := counted.Open(k.Database.Driver, k.Database.Address)
	defer db.Close()
	journal, err := mycac.OpenJournal(ctx, db, k.Database.Dialect)
	if err != nil {
		return err
	}
	defer journal.Close()
	switch k.Work {
	case "salaries":
		return paySalaries(ctx, journal, k.URL, counted)
	case "settlement":
		return receiveAndSettle(ctx, journal, counted)
	}
	return fmt.Errorf("no such work: %s", k.Work)
}

// killedEverywhere kills a process at the calls that it makes, before and after, and hands the database to check each time, after
// another process has finished the work.
func killedEverywhere(t *testing.T, k killed, prepare func(t *testing.T, k killed) killed, check func(t *testing.T, k killed)) {
	t.Helper()
	points := 0
	for _, after := range []bool{false, true} {
		for at, died := int64(1), true; died; at += k.Every {
			t.Run(fmt.Sprintf("call %d, after %t", at, after), func(t *testing.T) {
				k := prepare(t, k)
				k.At, k.After = at, after
				if died = crashtest.Run(t, k); died {
					points++
					k.At = 0
					require.False(t, crashtest.Run(t, k))
				}
				check(t, k)
			})
			if t.Failed() {
				return
			}
		}
	}
	require.Greater(t, points, 20/int(k.Every), "it was killed on its way")
	t.Logf("killed at %d points", points)
}
