package databasetest_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// scenario is a run as a journal sees it: a plan, and payouts that get on, some of them together. Its steps are the
// calls that write. However it is interrupted, the journal must be between two chapters: the last that was answered, or
// the one after that.
type scenario struct {
	payouts   int
	chunkSize int    // how many get on at a time; 2 when 0
	reason    string // long ones make the database grow
}

const owner = "the storyteller"

// tell opens the journal and goes through the chapters until one fails. It returns how many were answered.
func (s scenario) play(ctx context.Context, db *sql.DB, dialect sqljournal.Dialect, plan *payroll.Plan) (answered int, err error) {
	journal, err := sqljournal.Open(ctx, db, dialect, "story")
	if err != nil {
		return 0, err
	}
	defer journal.Close()
	lease, err := journal.Acquire(ctx, owner, long)
	if err != nil {
		return 0, err
	}
	for chapter := range s.steps() {
		if chapter == 0 {
			err = journal.Plan(ctx, lease, plan)
		} else {
			err = s.advance(ctx, journal, lease, chapter)
		}
		if err != nil {
			return chapter, err
		}
	}
	return s.steps(), journal.Release(ctx, lease)
}

// size is how many payouts get on at a time.
func (s scenario) size() int { return max(2, s.chunkSize) }

// chapters: the plan, and then each payout twice.
func (s scenario) steps() int { return 1 + 2*s.payouts/s.size() }

// advance is a chapter after the plan: some payouts leave, or arrive.
func (s scenario) advance(ctx context.Context, journal payroll.Journal, lease payroll.Lease, chapter int) error {
	payouts, err := journal.Payouts(ctx, int64((chapter-1)/2*s.size()), s.size())
	if err != nil {
		return err
	}
	changes := make([]payroll.Change, len(payouts))
	for i, payout := range payouts {
		changes[i] = payroll.Change{From: payroll.Planned, Payout: payout}
		changes[i].Payout.State = payroll.Submitting
		if chapter%2 == 0 {
			changes[i].From, changes[i].Payout.State, changes[i].Payout.Reason = payroll.Submitting, payroll.Failed, s.reason
		}
	}
	return journal.Advance(ctx, lease, changes...)
}

// states are those of the payouts after so many chapters, one word each; "" without a plan.
func (s scenario) states(chapters int) string {
	words := make([]string, s.payouts)
	for i := range words {
		words[i] = string(payroll.Planned)
		switch arrived := 2 + i/s.size()*2 + 1; { // the plan, and two chapters for those who go together
		case chapters >= arrived:
			words[i] = string(payroll.Failed)
		case chapters >= arrived-1:
			words[i] = string(payroll.Submitting)
		}
	}
	if chapters == 0 {
		return ""
	}
	return strings.Join(words, " ")
}

// check opens the journal, compares it with what was answered, and plays the scenario to its end.
func (s scenario) check(t testing.TB, db *sql.DB, dialect sqljournal.Dialect, plan *payroll.Plan, answered int) {
	t.Helper()
	journal, err := sqljournal.Open(t.Context(), db, dialect, "story")
	require.NoError(t, err)
	payouts, err := journal.Payouts(t.Context(), 0, s.payouts+1)
	require.NoError(t, err)
	words := make([]string, len(payouts))
	for i, payout := range payouts {
		words[i] = string(payout.State)
	}
	found := strings.Join(words, " ")
	at := answered
	if found != s.states(at) {
		at = min(answered+1, s.steps())
	}
	require.Equal(t, s.states(at), found, "after %d chapters that were answered", answered)

	lease, err := journal.Acquire(t.Context(), owner, long)
	require.NoError(t, err)
	if at == 0 {
		require.NoError(t, journal.Plan(t.Context(), lease, plan))
	}
	for chapter := max(at, 1); chapter < s.steps(); chapter++ {
		require.NoError(t, s.advance(t.Context(), journal, lease, chapter))
	}
	sums, err := journal.Sums(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[payroll.State]payroll.Sum{payroll.Failed: {Count: plan.Count, Amount: plan.Total}}, sums)
	require.NoError(t, journal.Close())
}
