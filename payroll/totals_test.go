package payroll_test

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// everyState has a payout or more in each state, of amounts that tell them apart.
var everyState = map[payroll.State]payroll.Sum{
	payroll.Completed:  {Count: 1, Amount: 1, Fees: 7},
	payroll.Failed:     {Count: 2, Amount: 10, Fees: 5},
	payroll.Refused:    {Count: 3, Amount: 100},
	payroll.Conflict:   {Count: 4, Amount: 1_000},
	payroll.Unknown:    {Count: 5, Amount: 10_000},
	payroll.Submitted:  {Count: 6, Amount: 100_000, Fees: 3},
	payroll.Submitting: {Count: 7, Amount: 1_000_000},
	payroll.Planned:    {Count: 8, Amount: 10_000_000},
}

func TestSumUp_PutsEveryStateInItsPlace(t *testing.T) {
	t.Parallel()
	totals, err := payroll.SumUp(payroll.PlanInfo{Count: 36, Total: 11_111_111}, everyState)
	require.NoError(t, err)
	require.Equal(t, payroll.Totals{
		Planned:   payroll.Sum{Count: 36, Amount: 11_111_111, Fees: 15},
		Accepted:  payroll.Sum{Count: 9, Amount: 100_011, Fees: 15},
		Completed: payroll.Sum{Count: 1, Amount: 1, Fees: 7},
		Failed:    payroll.Sum{Count: 2, Amount: 10, Fees: 5},
		Refused:   payroll.Sum{Count: 3, Amount: 100},
		Conflict:  payroll.Sum{Count: 4, Amount: 1_000},
		Unknown:   payroll.Sum{Count: 5, Amount: 10_000},
		Open:      payroll.Sum{Count: 21, Amount: 11_100_000, Fees: 3},
		Unsent:    payroll.Sum{Count: 8, Amount: 10_000_000},
		Fees:      15,

		PaidNow: payroll.Sum{Count: 1, Amount: 1, Fees: 7}, AcceptedNow: payroll.Sum{Count: 9, Amount: 100_011, Fees: 15},
	}, totals)
	require.False(t, totals.AllCompleted())
}

func TestSumUp_A3_CountsWhatWasPaidEarlier(t *testing.T) {
	t.Parallel()
	totals, err := payroll.SumUp(payroll.PlanInfo{Count: 3, Total: 30}, map[payroll.State]payroll.Sum{
		payroll.Completed: {Count: 3, Amount: 30, Fees: 3, Earlier: 2, EarlierAmount: 20},
	})
	require.NoError(t, err)
	require.True(t, totals.AllCompleted())
	require.EqualValues(t, 2, totals.PaidEarlier.Count)
	require.EqualValues(t, 20, totals.PaidEarlier.Amount)
	require.Equal(t, payroll.Sum{Count: 1, Amount: 10, Fees: 3}, totals.PaidNow)
	require.Equal(t, payroll.Sum{Count: 1, Amount: 10, Fees: 3}, totals.AcceptedNow)
}

func TestSumUp_NamesTheDifference(t *testing.T) {
	t.Parallel()
	changed := func(state payroll.State, sum payroll.Sum) map[payroll.State]payroll.Sum {
		sums := maps.Clone(everyState)
		sums[state] = sum
		return sums
	}
	for name, row := range map[string]struct {
		sums map[payroll.State]payroll.Sum
		want string
	}{
		"none":              {nil, "the plan has 36 payouts of 11 111 111 FCFA in all, the journal 0 of 0 FCFA"},
		"a payout less":     {changed(payroll.Refused, payroll.Sum{Count: 2, Amount: 100}), "the journal 35 of 11 111 111 FCFA"},
		"a franc more":      {changed(payroll.Refused, payroll.Sum{Count: 3, Amount: 101}), "the journal 36 of 11 111 112 FCFA"},
		"an unknown state":  {changed("paused", payroll.Sum{Count: 1, Amount: 1}), `1 payouts are "paused"`},
		"a negative count":  {changed(payroll.Refused, payroll.Sum{Count: -1, Amount: 100}), "-1 payouts of 100 FCFA in all cannot be refused"},
		"a negative amount": {changed(payroll.Refused, payroll.Sum{Count: 3, Amount: -1}), "3 payouts of -1 FCFA"},
		"francs of nobody":  {changed(payroll.Refused, payroll.Sum{Amount: 100}), "0 payouts of 100 FCFA"},
		"more earlier":      {changed(payroll.Completed, payroll.Sum{Count: 1, Amount: 1, Fees: 7, Earlier: 2}), "2 of 1 payouts"},
		"earlier francs":    {changed(payroll.Completed, payroll.Sum{Count: 1, Amount: 1, Fees: 7, EarlierAmount: 2}), "cannot have been sent earlier"},
		"amounts overflow":  {changed(payroll.Refused, payroll.Sum{Count: 3, Amount: math.MaxInt64}), "overflow"},
		"fees overflow":     {changed(payroll.Failed, payroll.Sum{Count: 2, Amount: 10, Fees: math.MaxInt64}), "overflow"},
		"open overflows":    {changed(payroll.Planned, payroll.Sum{Count: 8, Amount: math.MaxInt64}), "overflow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := payroll.SumUp(payroll.PlanInfo{Count: 36, Total: 11_111_111}, row.sums)
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, errors.New(strings.ReplaceAll(err.Error(), "\u202f", " ")), row.want)
		})
	}
}

// However payouts are spread over the states, the parts are the whole, and one payout that moves without being counted
// is noticed.
func TestSumUp_PartsAreTheWhole(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 5))
	for range 1_000 {
		sums, info := map[payroll.State]payroll.Sum{}, payroll.PlanInfo{}
		states := payroll.States()
		for range 1 + random.IntN(50) {
			state := states[random.IntN(len(states))]
			sum, amount := sums[state], djamo.XOF(1+random.Int64N(1_000_000))
			sum.Count, sum.Amount, sum.Fees = sum.Count+1, sum.Amount+amount, sum.Fees+amount/100
			sums[state] = sum
			info.Count, info.Total = info.Count+1, info.Total+amount
		}
		totals, err := payroll.SumUp(info, sums)
		require.NoError(t, err)
		var parts payroll.Sum
		for _, part := range []payroll.Sum{totals.Completed, totals.Failed, totals.Refused, totals.Conflict, totals.Unknown, totals.Open} {
			parts.Count, parts.Amount, parts.Fees = parts.Count+part.Count, parts.Amount+part.Amount, parts.Fees+part.Fees
		}
		require.Equal(t, totals.Planned, parts)
		require.Equal(t, totals.Fees, parts.Fees)
		require.Equal(t, sums[payroll.Completed].Count == info.Count, totals.AllCompleted())
		for state, sum := range sums {
			sum.Count--
			sums[state] = sum
			_, err = payroll.SumUp(info, sums)
			require.ErrorIs(t, err, payroll.ErrJournal)
			break
		}
	}
}
