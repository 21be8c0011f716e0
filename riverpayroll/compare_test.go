package riverpayroll_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// payElsewhere pays the first payouts of a plan under other references, as another program would.
func payElsewhere(t testing.TB, server *djamotest.Server, plan *payroll.Plan, count int) {
	t.Helper()
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	for p, err := range plan.Payouts() {
		require.NoError(t, err)
		if count--; count < 0 {
			return
		}
		params := p.Params()
		params.Reference = fmt.Sprintf("elsewhere/%d", count)
		_, err := client.Transactions.Create(t.Context(), params)
		require.NoError(t, err)
	}
}

// held waits until a worker holds the run, and returns why.
func held(t testing.TB, pool *pgxpool.Pool) (info sqljournal.RunInfo) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := pool.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now() WHERE state = 'scheduled'") // nobody waits here
		require.NoError(t, err)
		infos, err := sqljournal.ListRuns(t.Context(), database(t, pool), sqljournal.PostgreSQL)
		require.NoError(t, err)
		info = infos[0]
		return !info.CancelledAt.IsZero() && running(t, pool) == 0
	}, soon, 20*time.Millisecond)
	return info
}

func resumeWith(t testing.TB, pool *pgxpool.Pool, options riverpayroll.Options) {
	t.Helper()
	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = riverpayroll.Resume(t.Context(), tx, run, options)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

// A run that was paid in another way between the moment it was enqueued and the one a worker takes it up at is held, and says
// why, until a person allows it.
func TestWorkers_HoldWhatWasPaidMeanwhile(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t)
	plan, references := planOf(t, 230)
	enqueue(t, pool, plan, 0)
	payElsewhere(t, server, plan, 3)
	work(t, pool, runnerFor(t, server, pool))
	info := held(t, pool)
	require.Contains(t, info.Held, "3 of these payouts, "+djamo.XOF(15_003).String()+", give a payee the same amount as a payment under another reference")
	require.NotContains(t, info.Held, "+22507000000", "phone numbers are masked")
	require.Len(t, server.Transactions(), 3, "nothing of the run was sent")

	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = riverpayroll.Enqueue(t.Context(), tx, plan, riverpayroll.Options{})
	require.ErrorIs(t, err, payroll.ErrCancelled)
	require.ErrorContains(t, err, "it was held at")
	require.ErrorContains(t, err, "3 of these payouts")
	require.NoError(t, tx.Rollback())

	resumeWith(t, pool, riverpayroll.Options{}) // allows nothing
	require.Contains(t, held(t, pool).Held, "3 of these payouts")
	require.Len(t, server.Transactions(), 3)

	resumeWith(t, pool, riverpayroll.Options{AllowRepeats: true})
	paid(t, pool)
	server.AssertPaidOnce(t, references...)
	require.Len(t, server.Transactions(), 3+len(references))
}

// What keeps a worker from sending may last, and the run be paid in another way meanwhile: an account without money, a token
// that was revoked.
func TestWorkers_CompareAgainAfterWaiting(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(t *testing.T, server *djamotest.Server) (end func()){
		"no money": func(t *testing.T, server *djamotest.Server) func() {
			t.Helper()
			require.NoError(t, server.SetBalance(0))
			return func() { require.NoError(t, server.SetBalance(1_000_000_000)) }
		},
		"turned away": func(t *testing.T, server *djamotest.Server) func() {
			t.Helper()
			fault, err := server.Inject(djamotest.FailBefore(http.StatusForbidden), djamotest.On("POST"))
			require.NoError(t, err)
			return fault.Remove
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, server := migrated(t), newServer(t)
			plan, _ := planOf(t, 30)
			end := wait(t, server)
			enqueue(t, pool, plan, 0)
			work(t, pool, patientRunner(t, server, pool))
			const rest = "UPDATE river_job SET scheduled_at = now() + interval '1 minute' WHERE kind = 'djamo_payroll_part' AND state = 'scheduled'"
			require.Eventually(t, func() bool {
				infos, err := sqljournal.ListRuns(t.Context(), database(t, pool), sqljournal.PostgreSQL)
				require.NoError(t, err)
				return infos[0].Trouble != "" && execute(t, pool, rest) == 1
			}, soon, 20*time.Millisecond)
			end()
			payElsewhere(t, server, plan, 2)
			require.Contains(t, held(t, pool).Held, "2 of these payouts")
			require.Len(t, server.Transactions(), 2)
		})
	}
}
