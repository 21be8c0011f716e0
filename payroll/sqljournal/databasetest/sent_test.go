package databasetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
)

// What was sent lately is what was claimed lately, and nothing that is only planned.
func TestJournal_SentSince(t *testing.T) {
	t.Parallel()
	for _, on := range databases() {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			journal := on.open(t, "june")
			lease, err := journal.Acquire(t.Context(), "test", long)
			require.NoError(t, err)
			require.NoError(t, journal.Plan(t.Context(), lease, planOf(t, 5)))
			payouts, err := journal.Payouts(t.Context(), 0, 3, payroll.Planned)
			require.NoError(t, err)
			at := time.Date(2026, 6, 30, 10, 0, 0, 0, time.UTC)
			changes := make([]payroll.Change, len(payouts))
			for i, p := range payouts {
				p.State, p.SentAt, p.Attempts = payroll.Submitting, at.Add(time.Duration(i)*time.Minute), 1
				changes[i] = payroll.Change{From: payroll.Planned, Payout: p}
			}
			require.NoError(t, journal.Advance(t.Context(), lease, changes...))
			counter := journal.(interface {
				SentSince(ctx context.Context, since time.Time) (int64, error)
			})
			for since, want := range map[time.Duration]int64{-time.Second: 3, 30 * time.Second: 2, time.Hour: 0} {
				got, err := counter.SentSince(t.Context(), at.Add(since))
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
		})
	}
}
