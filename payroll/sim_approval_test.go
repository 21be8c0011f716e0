package payroll_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
)

// approvedJournal is a journal that demands an approval as package sqljournal does.
type approvedJournal struct {
	payroll.Journal

	mu     sync.Mutex
	record approval.Record
}

func (j *approvedJournal) CheckApproval(_ context.Context, plan payroll.PlanInfo, account djamo.Account) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	standing, err := j.record.At(time.Now())
	if err != nil {
		return err
	}
	return standing.Check(plan.Run, plan.Digest, account)
}

func (j *approvedJournal) Plan(ctx context.Context, lease payroll.Lease, plan *payroll.Plan) error {
	if _, err := j.Planned(ctx); err != nil {
		if err := j.CheckApproval(ctx, plan.PlanInfo, djamo.Account{}); err != nil {
			return err
		}
	}
	return j.Journal.Plan(ctx, lease, plan)
}

func (j *approvedJournal) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	if slices.ContainsFunc(changes, func(c payroll.Change) bool { return c.From == payroll.Planned }) {
		info, err := j.Planned(ctx)
		if err == nil {
			err = j.CheckApproval(ctx, info, djamo.Account{})
		}
		if err != nil {
			return err
		}
	}
	return j.Journal.Advance(ctx, lease, changes...)
}

// approved is a world whose journal demands an approval, and has it.
func (w *world) approved(t testing.TB) *approvedJournal {
	t.Helper()
	journal := &approvedJournal{Journal: w.journal}
	w.journal = journal
	journal.sign(t, w)
	return journal
}

// sign has two people sign for the world's plan now.
func (j *approvedJournal) sign(t testing.TB, w *world) {
	t.Helper()
	awa, bintou := approvaltest.NewPerson("awa@example.ci"), approvaltest.NewPerson("bintou@example.ci")
	now := time.Now()
	list, err := approvaltest.Appoint(now, awa, bintou)
	require.NoError(t, err)
	request, err := approvaltest.Plan(awa, now, w.plan, djamo.Account{Host: "simulation.example"})
	require.NoError(t, err)
	approved, err := approvaltest.Approve(bintou, now, request)
	require.NoError(t, err)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.record = approval.Record{Policies: []approval.Signed{list}, Request: request, Approval: approved}
}

// TestSimulation_ApprovedAndCrashed kills the program at each step of a run that two people have approved. The next one comes after the
// approval has ended: it sends nothing, and goes on when it is approved again.
func TestSimulation_ApprovedAndCrashed(t *testing.T) {
	t.Parallel()
	steps := int64(0)
	for dieAt := int64(0); dieAt <= steps; dieAt++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 5, quick(payroll.Batch))
			defer w.api.Close()
			journal := w.approved(t)
			first := &process{dieAt: dieAt}
			totals, err := w.live(t, first)
			if dieAt == 0 {
				require.NoError(t, err)
				require.Equal(t, int64(5), totals.Completed.Count)
				steps = first.steps.Load()
				w.check(t)
				return
			}
			time.Sleep(25 * time.Hour) //nolint:forbidigo // the clock of the bubble
			sent := len(w.api.Transactions())
			_, err = w.live(t, &process{})
			require.Len(t, w.api.Transactions(), sent, "nothing is sent after the approval has ended (step %d)", dieAt)
			if err != nil {
				require.ErrorIs(t, err, payroll.ErrNotApproved)
			}
			journal.sign(t, w)
			totals, err = w.live(t, &process{})
			require.NoError(t, err, "after a crash at step %d", dieAt)
			require.Equal(t, int64(5), totals.Completed.Count)
			w.check(t)
		})
	}
	require.Greater(t, steps, int64(20))
}

// A run is not approved for a sub-company, or for another account, and nothing of it is stored.
func TestRunner_PaysFromTheApprovedAccountAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2, quick(payroll.Single))
		defer w.api.Close()
		journal := w.approved(t)
		w.runner.SubCompanyID = "sub_1"
		_, err := w.live(t, &process{})
		require.ErrorIs(t, err, payroll.ErrNotApproved)
		require.ErrorContains(t, err, "the approval is for the account simulation.example, and this is simulation.example, sub_1")
		require.Empty(t, w.api.Transactions())
		_, err = journal.Planned(t.Context())
		require.ErrorIs(t, err, payroll.ErrNoPlan)
	})
}
