package databasetest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

func TestOpen_SQLiteIsDurable(t *testing.T) {
	t.Parallel()
	w := &wire{}
	file := filepath.Join(t.TempDir(), "journal.db")
	journal, err := sqljournal.Open(t.Context(), w.over(t, "sqlite", file+"?_pragma=synchronous(0)&_pragma=busy_timeout(60000)"), sqljournal.SQLite, "run")
	require.NoError(t, err)
	for pragma, want := range map[string]any{
		"journal_mode": "wal", "synchronous": int64(2), "locking_mode": "exclusive", "fullfsync": int64(1), "checkpoint_fullfsync": int64(1), "busy_timeout": int64(0),
	} {
		rows, err := w.latest.(driver.QueryerContext).QueryContext(t.Context(), "PRAGMA "+pragma, nil)
		require.NoError(t, err)
		got := make([]driver.Value, 1)
		require.NoError(t, rows.Next(got))
		require.ErrorIs(t, rows.Next(make([]driver.Value, 1)), io.EOF)
		require.NoError(t, rows.Close())
		require.Equal(t, want, got[0], pragma)
	}
	require.NoError(t, journal.Close())
}

// SQLite ignores settings it does not know or cannot follow, and says nothing.
func TestOpen_SQLiteThatIgnoresASettingIsRefused(t *testing.T) {
	t.Parallel()
	for _, pragma := range []string{"synchronous = FULL", "fullfsync = 1"} {
		t.Run(pragma, func(t *testing.T) {
			t.Parallel()
			w := &wire{deafTo: "PRAGMA " + pragma}
			db := w.over(t, "sqlite", filepath.Join(t.TempDir(), "journal.db")+"?_pragma=synchronous(1)")
			_, err := sqljournal.Open(t.Context(), db, sqljournal.SQLite, "run")
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, err, "cannot keep it safely")
		})
	}
}

func TestOpen_SQLiteFilesThatAreNoJournal(t *testing.T) {
	t.Parallel()
	sound := func(t *testing.T, file string) { // a journal with enough in it to damage
		journal := openSQLite(t, file, "run")
		planned(t, journal, 500)
		require.NoError(t, journal.Close())
	}
	for _, c := range []struct {
		name, query string // appended to the file's name
		make        func(t *testing.T, file string)
		want        string
	}{
		{"newer version", "", func(t *testing.T, file string) {
			sound(t, file)
			change(t, file, "PRAGMA user_version = 99")
		}, "newer version of this program (its tables have version 99, this program knows 5): update the program"},
		{"another program's database", "", func(t *testing.T, file string) {
			change(t, file, "CREATE TABLE contacts (name TEXT)")
		}, "database of another program"},
		{"another program's empty database", "", func(t *testing.T, file string) {
			change(t, file, "PRAGMA application_id = 7")
		}, "database of another program"},
		{"a text", "", func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("msisdn;amount\n", 1000)), 0o600))
		}, "no SQLite database"},
		{"half of a journal", "", func(t *testing.T, file string) {
			sound(t, file)
			require.NoError(t, os.Truncate(file, 20_000))
		}, "corrupt"},
		{"a damaged page", "", func(t *testing.T, file string) {
			sound(t, file)
			f, err := os.OpenFile(file, os.O_RDWR, 0)
			require.NoError(t, err)
			_, err = f.WriteAt([]byte(strings.Repeat("x", 4096)), 10*4096)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}, "corrupt"},
		{"tables that are missing", "", func(t *testing.T, file string) {
			sound(t, file)
			change(t, file, "DROP TABLE djamo_payroll_runs")
		}, "no such table"},
		{"read-only", "?mode=ro", sound, "may not be written to"},
		{"no directory", "", func(t *testing.T, file string) { require.NoError(t, os.Remove(filepath.Dir(file))) }, "cannot be opened"},
		{"memory", "?mode=memory", func(*testing.T, string) {}, "cannot keep it safely here: PRAGMA journal_mode"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "run", "journal.db")
			require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
			c.make(t, file)
			_, err := sqljournal.Open(t.Context(), opened(t, "sqlite", "file:"+file+c.query), sqljournal.SQLite, "run")
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A journal of before names were kept is read, and keeps them from then on.
func TestOpen_C10_SQLiteOfBeforeNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.db")
	journal := openSQLite(t, file, "run")
	planned(t, journal, 3)
	require.NoError(t, journal.Close())
	beforeClaims(t, file)
	change(t, file, "ALTER TABLE djamo_payroll_payouts DROP COLUMN name")
	change(t, file, "ALTER TABLE djamo_payroll_payouts DROP COLUMN transaction_at")
	change(t, file, "ALTER TABLE djamo_payroll_runs DROP COLUMN account")
	change(t, file, "DROP TABLE djamo_payroll_approvals")
	change(t, file, "PRAGMA user_version = 1")

	older := openSQLite(t, file, "run")
	payouts, err := older.Payouts(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, payouts, 3)
	require.Empty(t, payouts[0].Name)
}

// beforeClaims makes a file what it was before claims of many payouts were written as one row.
func beforeClaims(t *testing.T, file string) {
	t.Helper()
	for _, statement := range []string{
		"DROP TABLE djamo_payroll_claims", "DROP INDEX djamo_payroll_payouts_open",
		"CREATE INDEX djamo_payroll_payouts_by_state ON djamo_payroll_payouts (run, state, id)", "PRAGMA user_version = 4",
	} {
		change(t, file, statement)
	}
}

// A journal of before claims were written as one row is read, and goes on.
func TestOpen_SQLiteOfBeforeClaims(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.db")
	journal := openSQLite(t, file, "run")
	payouts, lease := planned(t, journal, 60)
	want := map[payroll.State][]payroll.Payout{}
	states := []payroll.State{payroll.Planned, payroll.Submitting, payroll.Unknown, payroll.Submitted, payroll.Completed, payroll.Failed}
	for i := range payouts {
		for _, state := range []payroll.State{payroll.Submitting, states[i%len(states)]} {
			if p := payouts[i]; i%len(states) > 0 && p.State != state {
				p.State = state
				require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payouts[i].State, Payout: p}))
				payouts[i] = p
			}
		}
		want[payouts[i].State] = append(want[payouts[i].State], payouts[i])
	}
	require.NoError(t, journal.Close())
	beforeClaims(t, file)

	newer := openSQLite(t, file, "run")
	for _, state := range states {
		got, err := newer.Payouts(t.Context(), 0, 100, state)
		require.NoError(t, err)
		require.Equal(t, want[state], got, state)
	}
	lease, err := newer.Acquire(t.Context(), "newer", long)
	require.NoError(t, err)
	var claims []payroll.Change
	for _, p := range want[payroll.Planned] {
		claims = append(claims, to(p, payroll.Submitting))
	}
	require.NoError(t, newer.Advance(t.Context(), lease, claims...))
	require.Equal(t, int64(20), count(t, newer, payroll.Submitting))
}

// A claim of many payouts is there when the process is not, whatever became of some of them.
func TestOpen_SQLiteFindsClaims(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.db")
	journal := openSQLite(t, file, "run")
	payouts, lease := planned(t, journal, 60)
	at := time.Date(2026, 6, 28, 9, 0, 0, 0, time.UTC)
	var claims []payroll.Change
	for i := range payouts[:40] {
		payouts[i].State, payouts[i].Attempts, payouts[i].SentAt = payroll.Submitting, 1, at
		claims = append(claims, payroll.Change{From: payroll.Planned, Payout: payouts[i]})
	}
	require.NoError(t, journal.Advance(t.Context(), lease, claims[:25]...))
	require.NoError(t, journal.Advance(t.Context(), lease, claims[25:]...))
	for _, i := range []int{0, 7, 24, 39} {
		payouts[i].State, payouts[i].TransactionID, payouts[i].Fee = payroll.Completed, "made", 10
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Submitting, Payout: payouts[i]}))
	}
	require.NoError(t, journal.Close())

	other := openSQLite(t, file, "another run")
	require.NoError(t, other.Close())
	again := openSQLite(t, file, "run")
	found, err := again.Payouts(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Equal(t, payouts, found)
	require.NoError(t, again.Close())
	db := opened(t, "sqlite", file)
	left := 0
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM djamo_payroll_claims").Scan(&left))
	require.Zero(t, left, "what is in the rows is no claim any more")
}

// No payout that is open is looked for in the whole run, and the others need no index.
func TestPayouts_SQLiteFindsOpenOnesByTheirIndex(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.db")
	w := &wire{}
	journal, err := sqljournal.Open(t.Context(), w.over(t, "sqlite", file), sqljournal.SQLite, "run")
	require.NoError(t, err)
	planned(t, journal, 20)
	asked := len(w.calls)
	_, err = journal.Payouts(t.Context(), 0, 10, payroll.Submitting, payroll.Unknown, payroll.Submitted)
	require.NoError(t, err)
	query := w.calls[asked]
	require.NoError(t, journal.Close())
	rows, err := opened(t, "sqlite", file).QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, 1, "submitting", 0, 10, 1, "unknown", 0, 10, 1, "submitted", 0, 10, 10)
	require.NoError(t, err)
	defer rows.Close()
	used := 0
	var details []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		details = append(details, detail)
		if strings.Contains(detail, "INDEX djamo_payroll_payouts_open") {
			used++
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 3, used, "%v", details)
}

// change runs a statement on a file.
func change(t *testing.T, file, statement string) {
	t.Helper()
	db := opened(t, "sqlite", file)
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestOpen_SQLiteInUse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.db")
	db := opened(t, "sqlite", file)
	first, err := sqljournal.Open(t.Context(), db, sqljournal.SQLite, "first")
	require.NoError(t, err)

	_, err = sqljournal.Open(t.Context(), db, sqljournal.SQLite, "second")
	require.ErrorIs(t, err, payroll.ErrJournal, "it would wait for ever")
	_, err = sqljournal.Open(t.Context(), opened(t, "sqlite", file), sqljournal.SQLite, "second")
	require.ErrorIs(t, err, payroll.ErrLeaseHeld)

	require.NoError(t, first.Close())
	second, err := sqljournal.Open(t.Context(), db, sqljournal.SQLite, "second")
	require.NoError(t, err, "closing a journal frees its file and its sql.DB")
	require.NoError(t, second.Close())
}

func TestOpen_PostgreSQLThatIsNoJournal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, parameter string
		make            func(t *testing.T, db *sql.DB)
		want            string
	}{
		{"newer version", "", func(t *testing.T, db *sql.DB) {
			require.NoError(t, openPostgres(t, db, "run").Close())
			_, err := db.ExecContext(t.Context(), "UPDATE djamo_payroll_schema SET version = 99")
			require.NoError(t, err)
		}, "newer version of this program"},
		{"tables that are missing", "", func(t *testing.T, db *sql.DB) {
			require.NoError(t, openPostgres(t, db, "run").Close())
			_, err := db.ExecContext(t.Context(), "DROP TABLE djamo_payroll_runs")
			require.NoError(t, err)
		}, "djamo_payroll_runs"},
		{"forgetful", "&synchronous_commit=off", nil, "synchronous_commit"},
		{"read-only", "&default_transaction_read_only=on", nil, "may only read"},
		{"one connection", "", func(_ *testing.T, db *sql.DB) { db.SetMaxOpenConns(1) }, "two connections"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := opened(t, "pgx", schemaAddress(t)+c.parameter)
			if c.make != nil {
				c.make(t, db)
			}
			_, err := sqljournal.Open(t.Context(), db, sqljournal.PostgreSQL, "run")
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestOpen_Misuse(t *testing.T) {
	t.Parallel()
	db := opened(t, "sqlite", filepath.Join(t.TempDir(), "journal.db"))
	for _, run := range []string{"", "a\x00b", "\xff"} {
		_, err := sqljournal.Open(t.Context(), db, sqljournal.SQLite, run)
		require.ErrorContains(t, err, "name of a run")
	}
	_, err := sqljournal.Open(t.Context(), db, "Oracle", "run")
	require.ErrorContains(t, err, "dialect")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sqljournal.Open(ended, db, sqljournal.SQLite, "run")
	require.ErrorIs(t, err, context.Canceled)
}

func TestOpen_NobodyListens(t *testing.T) {
	t.Parallel()
	db := opened(t, "pgx", "postgres://postgres@127.0.0.1:1/test?sslmode=disable")
	_, err := sqljournal.Open(t.Context(), db, sqljournal.PostgreSQL, "run")
	require.ErrorIs(t, err, payroll.ErrJournal)
}

// Programs that start at the same time make the tables once.
func TestOpen_ManyAtOnceMakeTheTablesOnce(t *testing.T) {
	t.Parallel()
	address := schemaAddress(t)
	errs := make(chan error)
	const programs = 6
	for i := range programs {
		db := opened(t, "pgx", address)
		go func() {
			journal, err := sqljournal.Open(t.Context(), db, sqljournal.PostgreSQL, fmt.Sprint("run ", i%2))
			if err == nil {
				err = journal.Close()
			}
			errs <- err
		}()
	}
	for range programs {
		require.NoError(t, <-errs)
	}
}

func TestJournal_RunsAreApart(t *testing.T) {
	t.Parallel()
	for _, database := range databases() {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			june := database.open(t, "june")
			payouts, _ := planned(t, june, 3)
			july := database.again(t, june, "july")
			_, err := july.Planned(t.Context())
			require.ErrorIs(t, err, payroll.ErrNoPlan)
			found, err := july.Find(t.Context(), payouts[0].Reference)
			require.NoError(t, err)
			require.Empty(t, found)
			planned(t, july, 4)
			require.Equal(t, int64(4), count(t, july, payroll.Planned))

			august := database.again(t, july, "august")
			lease, err := august.Acquire(t.Context(), "a", long)
			require.NoError(t, err)
			named, err := payroll.NewPlan(payoutsOf(4), payroll.PlanOptions{Run: "june"})
			require.NoError(t, err)
			require.ErrorIs(t, august.Plan(t.Context(), lease, named), payroll.ErrPlanDiffers)

			again := database.again(t, august, "june")
			require.Equal(t, int64(3), count(t, again, payroll.Planned))
		})
	}
}
