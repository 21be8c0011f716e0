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

// story is a run as a journal sees it: a plan, and payouts that get on, some of them together. Its chapters are the
// calls that write. However it is interrupted, the journal must be between two chapters: the last that was answered, or
// the one after that.
type story struct {
	payouts int
	reason  string // long ones make the database grow
}

const owner = "the storyteller"

// tell opens the journal and goes through the chapters until one fails. It returns how many were answered.
func (s story) tell(ctx context.Context, db *sql.DB, dialect sqljournal.Dialect, plan *payroll.Plan) (answered int, err error) {
	journal, err := sqljournal.Open(ctx, db, dialect, "story")
	if err != nil {
		return 0, err
	}
	defer journal.Close()
	lease, err := journal.Acquire(ctx, owner, long)
	if err != nil {
		return 0, err
	}
	for chapter := range s.chapters() {
		if chapter == 0 {
			err = journal.Plan(ctx, lease, plan)
		} else {
			err = s.advance(ctx, journal, lease, chapter)
		}
		if err != nil {
			return chapter, err
		}
	}
	return s.chapters(), journal.Release(ctx, lease)
}

// chapters: the plan, and then each payout twice.
func (s story) chapters() int { return 1 + 2*s.payouts/2 }

// advance is a chapter after the plan: two payouts leave, or arrive.
func (s story) advance(ctx context.Context, journal payroll.Journal, lease payroll.Lease, chapter int) error {
	pair := int64(chapter-1) / 2 * 2
	payouts, err := journal.Payouts(ctx, pair, 2)
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
func (s story) states(chapters int) string {
	words := make([]string, s.payouts)
	for i := range words {
		words[i] = string(payroll.Planned)
		switch arrived := 2 + i/2*2 + 1; { // the plan, and two chapters for each pair
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

// check opens the journal, compares it with what was answered, and tells the story to its end.
func (s story) check(t testing.TB, db *sql.DB, dialect sqljournal.Dialect, plan *payroll.Plan, answered int) {
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
		at = min(answered+1, s.chapters())
	}
	require.Equal(t, s.states(at), found, "after %d chapters that were answered", answered)

	lease, err := journal.Acquire(t.Context(), owner, long)
	require.NoError(t, err)
	if at == 0 {
		require.NoError(t, journal.Plan(t.Context(), lease, plan))
	}
	for chapter := max(at, 1); chapter < s.chapters(); chapter++ {
		require.NoError(t, s.advance(t.Context(), journal, lease, chapter))
	}
	sums, err := journal.Sums(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[payroll.State]payroll.Sum{payroll.Failed: {Count: plan.Count, Amount: plan.Total}}, sums)
	require.NoError(t, journal.Close())
}
