package payroll_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// counted is a journal of so many completed payouts that are made up when they are asked for.
type counted struct {
	payroll.Journal

	payouts int64
}

func (c counted) Planned(context.Context) (payroll.PlanInfo, error) {
	return payroll.PlanInfo{Run: "june", Count: c.payouts, Total: djamo.XOF(5_000 * c.payouts)}, nil
}

func (c counted) Sums(context.Context) (map[payroll.State]payroll.Sum, error) {
	return map[payroll.State]payroll.Sum{payroll.Completed: {Count: c.payouts, Amount: djamo.XOF(5_000 * c.payouts)}}, nil
}

func (c counted) Payouts(_ context.Context, after int64, limit int, _ ...payroll.State) ([]payroll.Payout, error) {
	page := make([]payroll.Payout, 0, limit)
	for id := after + 1; id <= c.payouts && len(page) < limit; id++ {
		page = append(page, payroll.Payout{ID: id, Line: id + 1, MSISDN: "+2250748710523", Amount: 5_000, Reference: fmt.Sprint("june/", id), State: payroll.Completed, TransactionID: "txn"})
	}
	return page, nil
}

// BenchmarkWriteReport writes reports of a thousand to a hundred thousand payouts: the cost of a payout and the memory
// must not grow with their number.
func BenchmarkWriteReport(b *testing.B) {
	for _, format := range []payroll.ReportFormat{payroll.ReportCSV, payroll.ReportXLSX, payroll.ReportJSON, payroll.ReportHTML} {
		for _, payouts := range []int64{1_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", format, payouts), func(b *testing.B) {
				runtime.GC()
				before, stop := heapBytes(), make(chan struct{})
				peak := watchHeap(stop)
				for b.Loop() {
					_, err := payroll.WriteReport(b.Context(), io.Discard, counted{payouts: payouts}, format)
					require.NoError(b, err)
				}
				close(stop)
				b.ReportMetric(float64(payouts)*float64(b.N)/b.Elapsed().Seconds(), "payouts/s")
				b.ReportMetric(float64(<-peak-min(before, heapBytes()))/1e6, "peak-MB")
			})
		}
	}
}
