package databasetest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
)

// Each call of Advance takes one payout a step further and returns when that is on the disk. One op is one step:
//
//	go test -run '^$' -bench Advance -benchtime 20000x
func BenchmarkAdvance(b *testing.B) {
	for _, database := range databases() {
		for _, callers := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/callers=%d", database.name, callers), func(b *testing.B) {
				journal := database.open(b, "bench")
				payouts, lease := planned(b, journal, callers)
				b.ResetTimer()
				var calling sync.WaitGroup
				for i := range callers {
					calling.Go(func() {
						for n := i; n < b.N; n += callers {
							change := payroll.Change{From: payouts[i].State, Payout: payouts[i]}
							change.Payout.State = payroll.Submitting
							if change.From == payroll.Submitting {
								change.Payout.State = payroll.Planned
							}
							if err := journal.Advance(b.Context(), lease, change); err != nil {
								b.Error(err)
								return
							}
							payouts[i] = change.Payout
						}
					})
				}
				calling.Wait()
				b.ReportMetric(perSecond(b), "steps/s")
			})
		}
	}
}

// One op is one payout that is claimed, with a hundred others in one call as batches are, in a run of so many. An approval is looked
// at for each call, and with the first one the whole run is read:
//
//	go test -run '^$' -bench Claim -benchtime 100000x
func BenchmarkClaim(b *testing.B) {
	for _, place := range places() {
		for _, approved := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/approved=%v", place.dialect, approved), func(b *testing.B) {
				db, plan := opened(b, place.driver, place.dsn(b)), namedPlan(b, b.N)
				journal, lease := storedRun(b, db, place.dialect, plan, approved)
				defer journal.Close()
				b.ResetTimer()
				for after := int64(0); after < int64(b.N); {
					payouts, err := journal.Payouts(b.Context(), after, 100, payroll.Planned)
					require.NoError(b, err)
					claims := make([]payroll.Change, len(payouts))
					for i, p := range payouts {
						claims[i] = to(p, payroll.Submitting)
					}
					require.NoError(b, journal.Advance(b.Context(), lease, claims...))
					after = payouts[len(payouts)-1].ID
				}
				b.ReportMetric(perSecond(b), "payouts/s")
			})
		}
	}
}

// One op is one payout of a plan:
//
//	go test -run '^$' -bench Plan -benchtime 1000000x
func BenchmarkPlan(b *testing.B) {
	for _, database := range databases() {
		b.Run(database.name, func(b *testing.B) {
			journal := database.open(b, "bench")
			plan := planOf(b, b.N)
			lease, err := journal.Acquire(b.Context(), "bench", long)
			require.NoError(b, err)
			b.ResetTimer()
			require.NoError(b, journal.Plan(b.Context(), lease, plan))
			b.ReportMetric(perSecond(b), "payouts/s")
		})
	}
}

// One op adds up a run of 100,000 payouts.
func BenchmarkSums(b *testing.B) {
	for _, database := range databases() {
		b.Run(database.name, func(b *testing.B) {
			journal := database.open(b, "bench")
			planned(b, journal, 100_000)
			for b.Loop() {
				_, err := journal.Sums(b.Context())
				require.NoError(b, err)
			}
		})
	}
}

func perSecond(b *testing.B) float64 { return float64(b.N) / b.Elapsed().Seconds() }
