package sqldeduper_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/sqldeduper"
)

// calls are all that ask the database, and what their errors say.
func calls() map[string]func(ctx context.Context, d *sqldeduper.Deduper) error {
	return map[string]func(ctx context.Context, d *sqldeduper.Deduper) error{
		"claiming a delivery": func(ctx context.Context, d *sqldeduper.Deduper) error {
			answer, err := d.Claim(ctx, "key", "owner", time.Minute)
			if err != nil && answer != djamo.ClaimHeld {
				return errors.New("an error that grants something")
			}
			return err
		},
		"remembering a delivery": func(ctx context.Context, d *sqldeduper.Deduper) error { return d.Done(ctx, "key", "owner") },
		"releasing a delivery":   func(ctx context.Context, d *sqldeduper.Deduper) error { return d.Release(ctx, "key", "owner") },
		"pruning the table djamo_deliveries": func(ctx context.Context, d *sqldeduper.Deduper) error {
			_, err := d.Prune(ctx)
			return err
		},
		"creating the table djamo_deliveries": func(ctx context.Context, d *sqldeduper.Deduper) error { return d.Create(ctx) },
	}
}

func TestDeduper_OutageIsAnErrorAndNoGrant(t *testing.T) {
	t.Parallel()
	outage := errors.New("connection refused")
	for _, dialect := range []sqldeduper.Dialect{sqldeduper.PostgreSQL, sqldeduper.SQLite} {
		for doing, call := range calls() {
			// Each statement that the call makes fails in turn.
			for failing := 0; ; failing++ {
				asked := 0
				fake := &fakeDriver{fails: func(string) error {
					asked++
					if asked == failing+1 {
						return outage
					}
					return nil
				}}
				d, err := sqldeduper.New(fake.db(t), dialect)
				require.NoError(t, err)
				err = call(t.Context(), d)
				if asked <= failing {
					require.NoErrorf(t, err, "%s, %s: nothing failed", dialect, doing)
					require.Positivef(t, failing, "%s, %s asks the database", dialect, doing)
					break
				}
				require.ErrorIsf(t, err, outage, "%s, %s: statement %d failed", dialect, doing, failing+1)
				require.EqualError(t, err, "sqldeduper: "+doing+": connection refused")
			}
		}
	}
}

// What fails because others write at the same moment is asked for again.
func TestDeduper_AsksAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		dialect sqldeduper.Dialect
		busy    error
		again   bool
	}{
		{"SQLite is locked", sqldeduper.SQLite, errors.New("database is locked (5) (SQLITE_BUSY)"), true},
		{"a table of SQLite is locked", sqldeduper.SQLite, errors.New("database table is locked: djamo_deliveries"), true},
		{"SQLite's disk is full", sqldeduper.SQLite, errors.New("database or disk is full (13)"), false},
		{"PostgreSQL cannot serialize", sqldeduper.PostgreSQL, coded("40001"), true},
		{"PostgreSQL found a deadlock", sqldeduper.PostgreSQL, coded("40P01"), true},
		{"PostgreSQL has no such table", sqldeduper.PostgreSQL, coded("42P01"), false},
		{"PostgreSQL says something like SQLite", sqldeduper.PostgreSQL, errors.New("database is locked"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for doing, call := range calls() {
					failures := 0
					fake := &fakeDriver{fails: func(string) error {
						if failures++; failures <= 20 {
							return tt.busy
						}
						return nil
					}}
					d, err := sqldeduper.New(fake.db(t), tt.dialect)
					require.NoError(t, err)
					err = call(t.Context(), d)
					if tt.again {
						require.NoError(t, err, doing)
						require.Greater(t, failures, 20, doing)
					} else {
						require.ErrorIs(t, err, tt.busy, doing)
						require.Equal(t, 1, failures, doing)
					}
				}
			})
		})
	}
}

func TestDeduper_AsksAgainForTenSecondsAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := errors.New("database is locked")
		fake := &fakeDriver{fails: func(string) error { return busy }}
		d, err := sqldeduper.New(fake.db(t), sqldeduper.SQLite)
		require.NoError(t, err)

		started := time.Now()
		require.ErrorIs(t, d.Done(t.Context(), "key", "owner"), busy)
		require.InDelta(t, 10, time.Since(started).Seconds(), 0.1)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		started = time.Now()
		err = d.Done(ctx, "key", "owner")
		require.ErrorIs(t, err, busy)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err,
			"sqldeduper: remembering a delivery: context deadline exceeded while the database was busy: database is locked")
		require.Equal(t, time.Second, time.Since(started))
	})
}

// The driver's own words for a database that somebody else writes are understood, also without a busy timeout.
func TestDeduper_WaitsForSQLite(t *testing.T) {
	t.Parallel()
	s := sqliteStore(t)
	d := s.machine(t)
	other := s.db(t)
	_, err := other.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	impatient := s
	impatient.dsn, _, _ = strings.Cut(s.dsn, "?")
	waiting := impatient.uncreated(t)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	answer, err := waiting.Claim(ctx, "key", "a", time.Minute)
	require.Equal(t, djamo.ClaimHeld, answer)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	_, err = other.Exec("COMMIT")
	require.NoError(t, err)
	claims(t, waiting, "key", "b", djamo.ClaimGranted)
	claims(t, d, "key", "c", djamo.ClaimHeld)
}

func TestDeduper_ClosedDatabase(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			db, err := sql.Open(s.driver, s.dsn)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			d, err := sqldeduper.New(db, s.dialect)
			require.NoError(t, err)
			for doing, call := range calls() {
				require.ErrorContains(t, call(t.Context(), d), "database is closed", doing)
			}
		})
	}
}

func TestDeduper_MissingTableIsAnError(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t).uncreated(t)
			answer, err := d.Claim(t.Context(), "key", "owner", time.Minute)
			require.Error(t, err)
			require.Equal(t, djamo.ClaimHeld, answer)
			require.Contains(t, err.Error(), "djamo_test_", "the error names the table that is missing")
		})
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	db := (&fakeDriver{}).db(t)
	table := func(name string) []sqldeduper.Option { return []sqldeduper.Option{sqldeduper.WithTable(name)} }
	const names = "a table's name must be"

	tests := []struct {
		name    string
		db      *sql.DB
		dialect sqldeduper.Dialect
		options []sqldeduper.Option
		want    string // "" is fine
	}{
		{"defaults", db, sqldeduper.PostgreSQL, nil, ""},
		{"a nil option", db, sqldeduper.SQLite, []sqldeduper.Option{nil}, ""},
		{"no database", nil, sqldeduper.SQLite, nil, "database must not be nil"},
		{"no dialect", db, 0, nil, "must be PostgreSQL or SQLite, got Dialect(0)"},
		{"no such dialect", db, 3, nil, "must be PostgreSQL or SQLite, got Dialect(3)"},
		{"no retention", db, sqldeduper.SQLite, []sqldeduper.Option{sqldeduper.WithRetention(0)}, "must be positive, got 0s"},
		{"a retention too short", db, sqldeduper.SQLite, []sqldeduper.Option{sqldeduper.WithRetention(1)}, "must be positive, got 1ns"},
		{"a table", db, sqldeduper.SQLite, table("seen_2"), ""},
		{"a table that is a word of SQL", db, sqldeduper.SQLite, table("order"), ""},
		{"a table in a schema", db, sqldeduper.PostgreSQL, table("webhooks.seen"), ""},
		{"a table in a schema of SQLite", db, sqldeduper.SQLite, table("webhooks.seen"), names},
		{"a table in two schemas", db, sqldeduper.PostgreSQL, table("a.b.c"), names},
		{"a table without a name", db, sqldeduper.PostgreSQL, table(""), names},
		{"a table in a schema without a name", db, sqldeduper.PostgreSQL, table(".seen"), names},
		{"a table without a name in a schema", db, sqldeduper.PostgreSQL, table("webhooks."), names},
		{"a table with capitals", db, sqldeduper.PostgreSQL, table("Seen"), names},
		{"a table that starts with a digit", db, sqldeduper.PostgreSQL, table("2seen"), names},
		{"a table with a quote", db, sqldeduper.PostgreSQL, table(`seen"; DROP TABLE users; --`), names},
		{"a table with a space within", db, sqldeduper.PostgreSQL, table("a b"), names},
		{"a table with a letter beyond ASCII", db, sqldeduper.PostgreSQL, table("reçus"), names},
		{"a table of 50 bytes", db, sqldeduper.PostgreSQL, table(strings.Repeat("x", 50)), ""},
		{"a table of 51 bytes", db, sqldeduper.PostgreSQL, table(strings.Repeat("x", 51)), names},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := sqldeduper.New(tt.db, tt.dialect, tt.options...)
			if tt.want == "" {
				require.NoError(t, err)
				require.NotNil(t, d)
				return
			}
			require.ErrorContains(t, err, tt.want)
			require.True(t, strings.HasPrefix(err.Error(), "sqldeduper: "), err.Error())
			require.Nil(t, d)
		})
	}
}

func TestDialect_String(t *testing.T) {
	t.Parallel()
	require.Equal(t, "PostgreSQL", sqldeduper.PostgreSQL.String())
	require.Equal(t, "SQLite", sqldeduper.SQLite.String())
}
