package databasetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// What a part costs must not grow with its run. The database knows nothing of a table that was filled a moment ago, and no statement
// may go through all of it even so: each reads the rows that it is about, and those of its part at most.
func TestPart_ReadsNoMoreThanItsOwnRows(t *testing.T) {
	t.Parallel()
	const count, size = 3_000, 100
	address := schemaAddress(t)
	require.NoError(t, sqljournal.Migrate(t.Context(), opened(t, "pgx", address), sqljournal.PostgreSQL))
	divided(t, opened(t, "pgx", address), "run", planOf(t, count), size)
	db := opened(t, "pgx", address)
	db.SetMaxOpenConns(1) // whose statistics are told at once when it is asked to
	version := 0
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT CAST(current_setting('server_version_num') AS INTEGER)").Scan(&version))
	if version < 150_000 {
		t.Skip("this server tells its statistics when it likes to")
	}
	part, err := sqljournal.OpenPart(t.Context(), db, "run", 7)
	require.NoError(t, err)
	lease, err := part.Acquire(t.Context(), "worker", long)
	require.NoError(t, err)

	var all int64
	read := func() int64 {
		_, err := db.ExecContext(t.Context(), "SELECT pg_stat_force_next_flush()")
		require.NoError(t, err)
		before := all
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables
			WHERE relname = 'djamo_payroll_payouts' AND schemaname = current_schema()`).Scan(&all))
		return all - before
	}
	read()
	var payouts []payroll.Payout
	for _, step := range []struct {
		name string
		most int64 // rows that are read
		do   func() error
	}{
		{"the part", size, func() (err error) {
			payouts, err = part.Payouts(t.Context(), 0, size, payroll.Planned)
			return err
		}},
		{"a claim", 2 * size, func() error {
			changes := make([]payroll.Change, len(payouts))
			for i := range payouts {
				payouts[i].State = payroll.Submitting
				changes[i] = payroll.Change{From: payroll.Planned, Payout: payouts[i]}
			}
			return part.Advance(t.Context(), lease, changes...)
		}},
		{"references of the whole run", 3 * size, func() error {
			references := make([]string, count)
			for i := range references {
				references[i] = referenceOf(i)
			}
			found, err := part.Find(t.Context(), references...)
			require.Len(t, found, size)
			return err
		}},
		{"references that were found in the whole run", 20, func() error {
			found, err := part.WholeRun().Find(t.Context(), referenceOf(0), referenceOf(count-1), "unknown")
			require.Len(t, found, 2)
			return err
		}},
		{"a page of the whole run", 2 * size, func() error {
			page, err := part.WholeRun().Payouts(t.Context(), 0, size, payroll.Planned, payroll.Unknown)
			require.Len(t, page, size)
			return err
		}},
		{"the sums of the part", 3 * size, func() error {
			_, err := part.Sums(t.Context())
			return err
		}},
	} {
		require.NoError(t, step.do(), step.name)
		rows := read()
		require.LessOrEqual(t, rows, step.most, step.name)
		require.Positive(t, rows, step.name)
	}
}
