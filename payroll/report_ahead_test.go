package payroll_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// stalling is a journal whose readings end only once they are told to, and that knows how many are under way.
type stalling struct {
	counted

	underWay *atomic.Int64
}

func (s stalling) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	s.underWay.Add(1)
	defer s.underWay.Add(-1)
	if after > 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.counted.Payouts(ctx, after, limit, states...)
}

// A journal may be closed once the report has ended, however it did.
func TestWriteReport_LeavesTheJournalAloneOnceItHasEnded(t *testing.T) {
	t.Parallel()
	for _, format := range []payroll.ReportFormat{payroll.ReportCSV, payroll.ReportJSON} {
		journal := stalling{counted{payouts: 5_000}, new(atomic.Int64)}
		_, err := payroll.WriteReport(t.Context(), &full{left: 1}, journal, format)
		require.ErrorIs(t, err, errFull)
		require.Zero(t, journal.underWay.Load())
	}
}
