package riverpayroll_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

var (
	planner  = approvaltest.NewPerson("awa@example.ci")
	approver = approvaltest.NewPerson("bintou@example.ci")
)

// demandApproval has the database demand approvals.
func demandApproval(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	list, err := approvaltest.Appoint(time.Now(), planner, approver)
	require.NoError(t, err)
	require.NoError(t, sqljournal.Appoint(t.Context(), database(t, pool), sqljournal.PostgreSQL, list))
}

// approveRun has two people sign for a plan that is paid through a server; the second did so a while ago.
func approveRun(t testing.TB, pool *pgxpool.Pool, server *djamotest.Server, plan *payroll.Plan, ago time.Duration) {
	t.Helper()
	journal, err := sqljournal.Open(t.Context(), database(t, pool), sqljournal.PostgreSQL, run)
	require.NoError(t, err)
	defer journal.Close()
	account := djamo.Account{Host: strings.TrimPrefix(server.URL, "http://")}
	request, err := approvaltest.Plan(planner, time.Now(), plan, account)
	require.NoError(t, err)
	require.NoError(t, journal.Sign(t.Context(), approval.Plan, request))
	approved, err := approvaltest.Approve(approver, time.Now().Add(-ago), request)
	require.NoError(t, err)
	require.NoError(t, journal.Sign(t.Context(), approval.Approve, approved))
}

// Nothing is enqueued without an approval; with one, each is paid once.
func TestApproval_EnqueuedAndPaid(t *testing.T) {
	t.Parallel()
	pool, server := migrated(t), newServer(t, djamotest.WithRepeatedReferences(), djamotest.WithSeed(7))
	_, err := server.Inject(djamotest.AnyOf(djamotest.LoseReply(), djamotest.CloseConnection()), djamotest.Probability(0.2))
	require.NoError(t, err)
	demandApproval(t, pool)
	plan, references := planOf(t, 60)
	tx, err := database(t, pool).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = riverpayroll.Enqueue(t.Context(), tx, plan, riverpayroll.Options{PartSize: 10})
	require.ErrorIs(t, err, payroll.ErrNotApproved)
	require.NoError(t, tx.Rollback())
	require.Equal(t, 0, jobs(t, pool))

	approveRun(t, pool, server, plan, 0)
	enqueue(t, pool, plan, 10)
	work(t, pool, runnerFor(t, server, pool))
	paid(t, pool)
	server.AssertPaidOnce(t, references...)
	server.AssertBalanced(t)
}

// Workers that come upon a run whose journal has come to demand an approval send nothing of it, say what it waits for, and go on by
// themselves once it is approved: of another account's approval they take no notice.
func TestApproval_WorkersWaitForIt(t *testing.T) {
	t.Parallel()
	pool, server, elsewhere := migrated(t), newServer(t), newServer(t)
	plan, references := planOf(t, 40)
	enqueue(t, pool, plan, 10)
	demandApproval(t, pool)
	runner := runnerFor(t, server, pool)
	work(t, pool, runner)
	waits := func(text string) {
		t.Helper()
		require.Eventually(t, func() bool {
			_, err := pool.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now() WHERE state = 'scheduled'") // nobody waits here
			require.NoError(t, err)
			infos, err := sqljournal.ListRuns(t.Context(), database(t, pool), sqljournal.PostgreSQL)
			require.NoError(t, err)
			return infos[0].Waiting == 4 && strings.Contains(infos[0].Trouble, text)
		}, soon, 20*time.Millisecond)
		require.Empty(t, server.Transactions())
	}
	waits("needs the approval of a second person")
	_, err := resume(t, pool)
	require.ErrorIs(t, err, payroll.ErrNotApproved)
	approveRun(t, pool, elsewhere, plan, 0)
	waits("the approval is for the account")
	approveRun(t, pool, server, plan, time.Minute)
	require.Eventually(t, func() bool {
		_, err := pool.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now() WHERE state = 'scheduled'")
		require.NoError(t, err)
		return totals(t, pool).AllCompleted()
	}, soon, 50*time.Millisecond)
	server.AssertPaidOnce(t, references...)
	require.Empty(t, elsewhere.Transactions())
}
