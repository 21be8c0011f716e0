package databasetest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/racetest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// A run of many payouts, whose claims are rows of their own, loses its file at any statement. What the API was asked to pay is
// never planned there, and the next process pays everybody who is left, and nobody twice.
func TestRun_SQLiteDiesWhileItPays(t *testing.T) {
	t.Parallel()
	lives := 12
	if racetest.Enabled {
		lives = 3
	}
	for _, mode := range []payroll.Mode{payroll.Single, payroll.Batch} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(7, 0))
			statements := 0 // of a whole life
			for life := range lives {
				synctest.Test(t, func(t *testing.T) {
					run := newPaidRun(t, mode, life)
					w := &wire{}
					if life > 0 {
						w.dieAt(20+random.IntN(statements), random.IntN(2) == 0)
					}
					err := run.live(t, w)
					if life == 0 {
						require.NoError(t, err)
						statements = len(w.calls)
					}
					run.check(t, false)
					run.api.ClearFaults()
					require.NoError(t, run.live(t, &wire{}), "life %d", life)
					run.check(t, true)
				})
			}
		})
	}
}

// paidRun is a run in a file, and the API that pays it.
type paidRun struct {
	api    *djamotest.API
	file   string
	plan   *payroll.Plan
	runner payroll.Runner
}

func newPaidRun(t *testing.T, mode payroll.Mode, life int) *paidRun {
	t.Helper()
	api, err := djamotest.New(djamotest.WithSettleAfter(time.Duration(life%3)*400*time.Millisecond), djamotest.WithRepeatedReferences(),
		djamotest.WithBalance(1<<50), djamotest.WithSeed(uint64(life)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, api.Close()) })
	if life%2 == 1 {
		for _, fault := range []djamotest.Fault{
			djamotest.LoseReply(), djamotest.RateLimit(), djamotest.FailAfter(http.StatusInternalServerError), djamotest.RefuseConnection(),
		} {
			_, err := api.Inject(fault, djamotest.Probability(0.04))
			require.NoError(t, err)
		}
	}
	client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("https://simulation.example"),
		djamo.WithHTTPClient(&http.Client{Transport: api.Transport()}))
	require.NoError(t, err)
	return &paidRun{
		api: api, file: filepath.Join(t.TempDir(), "journal.db"), plan: planOf(t, 700),
		runner: payroll.Runner{
			Client: client, Mode: mode, BatchSize: 30, Concurrency: 3, SendTimeout: 2 * time.Second, QuietPeriod: 5 * time.Second,
			Lease: 4 * time.Second, IdleTimeout: 3 * time.Minute,
		},
	}
}

// live pays until the end, or until the wire dies.
func (r *paidRun) live(t *testing.T, w *wire) error {
	t.Helper()
	journal, err := sqljournal.Open(t.Context(), w.over(t, "sqlite", r.file), sqljournal.SQLite, "run")
	if err != nil {
		return err
	}
	runner := r.runner
	runner.Journal = journal
	_, err = runner.Run(t.Context(), r.plan)
	require.NoError(t, journal.Close())
	return err
}

// check compares what was paid with what the file says of it.
func (r *paidRun) check(t *testing.T, whole bool) {
	t.Helper()
	paid := map[string]int{}
	for _, tx := range r.api.Transactions() {
		paid[tx.Reference]++
	}
	journal, err := sqljournal.Open(t.Context(), opened(t, "sqlite", r.file), sqljournal.SQLite, "run")
	require.NoError(t, err)
	payouts, err := journal.Payouts(t.Context(), 0, int(r.plan.Count))
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	for _, p := range payouts {
		about := fmt.Sprintf("payout %d is %s", p.ID, p.State)
		require.LessOrEqual(t, paid[p.Reference], 1, about)
		switch {
		case whole:
			require.Equal(t, payroll.Completed, p.State, about)
			require.Equal(t, 1, paid[p.Reference], about)
		case p.State == payroll.Planned:
			require.Zero(t, paid[p.Reference], about)
		}
	}
	if whole {
		require.Len(t, paid, int(r.plan.Count))
	}
}
