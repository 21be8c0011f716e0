package databasetest_test

import (
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

const long = time.Hour // a lease that no test outlives

// database is one that journals can be kept in.
type database struct {
	name string
	open func(t testing.TB, run string) payroll.Journal
	// again opens another run, or the same, where a journal is; the first need not be usable any more.
	again func(t testing.TB, journal payroll.Journal, run string) payroll.Journal
}

// databases lists those that journals are tested and measured on.
func databases() []database {
	return []database{
		{"SQLite", func(t testing.TB, run string) payroll.Journal {
			return openSQLite(t, filepath.Join(t.TempDir(), "journal.db"), run)
		}, func(t testing.TB, journal payroll.Journal, run string) payroll.Journal {
			require.NoError(t, journal.(*sqliteJournal).Close())
			return openSQLite(t, journal.(*sqliteJournal).file, run)
		}},
		{"PostgreSQL", func(t testing.TB, run string) payroll.Journal {
			return openPostgres(t, newSchema(t), run)
		}, func(t testing.TB, journal payroll.Journal, run string) payroll.Journal {
			return openPostgres(t, journal.(*postgresJournal).db, run)
		}},
	}
}

// place is where a database is, for tests that open it in ways of their own.
type place struct {
	dialect sqljournal.Dialect
	driver  string
	dsn     func(testing.TB) string // of an empty one
}

func places() []place {
	return []place{
		{sqljournal.SQLite, "sqlite", func(t testing.TB) string { return filepath.Join(t.TempDir(), "journal.db") }},
		{sqljournal.PostgreSQL, "pgx", schemaAddress},
	}
}

// planOf is a plan of n payouts whose references come in no order, as derived ones do.
func planOf(t testing.TB, n int) *payroll.Plan {
	t.Helper()
	plan, err := payroll.NewPlan(payoutsOf(n), payroll.PlanOptions{})
	require.NoError(t, err)
	return plan
}

func payoutsOf(n int) iter.Seq2[payroll.Payout, error] {
	return func(yield func(payroll.Payout, error) bool) {
		for i := range n {
			payout := payroll.Payout{
				MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), Amount: djamo.XOF(5000 + i%1000),
				Reference: referenceOf(i), Description: "Salaire de juin",
			}
			if !yield(payout, nil) {
				return
			}
		}
	}
}

func referenceOf(i int) string { return fmt.Sprintf("salaries-%016x", uint64(i)*0x9e3779b97f4a7c15) }

// planned stores a plan of n payouts and returns them, and the lease of the run.
func planned(t testing.TB, journal payroll.Journal, n int) ([]payroll.Payout, payroll.Lease) {
	t.Helper()
	lease, err := journal.Acquire(t.Context(), "planner", long)
	require.NoError(t, err)
	require.NoError(t, journal.Plan(t.Context(), lease, planOf(t, n)))
	payouts, err := journal.Payouts(t.Context(), 0, n)
	require.NoError(t, err)
	require.Len(t, payouts, n)
	return payouts, lease
}
