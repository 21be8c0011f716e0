package payroll_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/journaltest"
	"github.com/stretchr/testify/require"
)

// derived is a plan whose references are all derived from the run's name.
func derived(t testing.TB, run string, payees ...int) *payroll.Plan {
	t.Helper()
	payouts := make([]payroll.Payout, len(payees))
	for i, payee := range payees {
		payouts[i] = payroll.Payout{MSISDN: djamo.MSISDN(fmt.Sprintf("+22507487%05d", payee)), Amount: djamo.XOF(10_000 + payee)}
	}
	plan, err := payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{Run: run})
	require.NoError(t, err)
	return plan
}

// A row was added to a file that was paid: nobody may be told to pay the others again.
func TestRunner_Run_A1_ChangedPlanSaysWhoWasPaid(t *testing.T) {
	t.Parallel()
	inBothModes(t, 1, func(t *testing.T, w *world) {
		w.plan = derived(t, "june", 1, 2, 3)
		_, err := w.run(t)
		require.NoError(t, err)

		w.plan = derived(t, "june", 4, 2, 3)
		_, err = w.run(t)
		require.ErrorIs(t, err, payroll.ErrPlanDiffers)
		differs := (*payroll.PlanDiffersError)(nil)
		require.ErrorAs(t, err, &differs)
		require.Equal(t, payroll.Sum{Count: 2, Amount: 20_005}, differs.Sent)
		require.Equal(t, payroll.Sum{Count: 1, Amount: 10_004}, differs.New)
		require.Equal(t, []int64{2, 3}, differs.SentLines)
		require.Equal(t, []int64{1}, differs.NewLines)
		require.EqualValues(t, 1, differs.Missing)
		text := strings.ReplaceAll(differs.Error(), "\u202f", " ")
		require.Contains(t, text, "2 of these, 20 005 FCFA, were sent before (line 2, 3)")
		require.Contains(t, text, "1, 10 004 FCFA, are not in it (line 1)")
		require.Contains(t, text, "put what it does not have, and nothing else, into a file and a run of its own")
		require.Len(t, w.api.Transactions(), 3, "nothing was sent")
	})
}

// Rows were corrected after they were paid: their references are others, and nobody may be told to pay them under another name.
func TestComparePlan_A1_CorrectedRowsArePaidAlready(t *testing.T) {
	t.Parallel()
	paid := []payroll.Payout{
		{MSISDN: "+2250748710001", Amount: 10_000, Description: "salaire"},
		{MSISDN: "+2250748710002", Amount: 20_000, Description: "salaire"},
		{MSISDN: "+2250748710003", Amount: 30_000, Description: "salaire"},
		{MSISDN: "+2250748710004", Amount: 40_000, Description: "salaire"},
	}
	states := []payroll.State{payroll.Completed, payroll.Unknown, payroll.Failed, payroll.Planned}
	planOf := func(change func(rows []payroll.Payout) []payroll.Payout) *payroll.Plan {
		plan, err := payroll.NewPlan(payroll.Rows(change(slices.Clone(paid))...), payroll.PlanOptions{Run: "june"})
		require.NoError(t, err)
		return plan
	}
	journal := journaltest.NewMemory()
	lease, err := journal.Acquire(t.Context(), "test", 1<<40)
	require.NoError(t, err)
	plan := planOf(func(rows []payroll.Payout) []payroll.Payout { return rows })
	require.NoError(t, journal.Plan(t.Context(), lease, plan))
	for p := range plan.Payouts() {
		if p.State = payroll.Submitting; states[p.ID-1] == payroll.Planned {
			continue
		}
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: p}))
		p.State = states[p.ID-1]
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Submitting, Payout: p}))
	}
	for _, test := range []struct {
		name   string
		change func(rows []payroll.Payout) []payroll.Payout
		again  payroll.Sum
		lines  []int64
	}{
		{"all descriptions", func(rows []payroll.Payout) []payroll.Payout {
			for i := range rows {
				rows[i].Description = "Salaire"
			}
			return rows
		}, payroll.Sum{Count: 2, Amount: 30_000}, []int64{1, 2}}, // one failed, and one was not sent
		{"one amount", func(rows []payroll.Payout) []payroll.Payout {
			rows[1].Amount = 25_000
			return rows
		}, payroll.Sum{Count: 1, Amount: 25_000}, []int64{2}},
		{"a payout more for a payee", func(rows []payroll.Payout) []payroll.Payout {
			return append(rows[:3], payroll.Payout{MSISDN: rows[0].MSISDN, Amount: 5_000, Description: "prime"})
		}, payroll.Sum{}, nil},
		{"another payee", func(rows []payroll.Payout) []payroll.Payout {
			rows[0].MSISDN = "+2250748710009"
			return rows
		}, payroll.Sum{}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			differs := (*payroll.PlanDiffersError)(nil)
			require.ErrorAs(t, payroll.ComparePlan(t.Context(), journal, planOf(test.change)), &differs)
			require.Equal(t, test.again, differs.Again)
			require.Equal(t, test.lines, differs.AgainLines)
			advice := "into a file and a run of its own"
			if test.again.Count == 0 {
				require.ErrorContains(t, differs, advice)
				return
			}
			require.NotContains(t, differs.Error(), advice)
			line := strconv.FormatInt(test.lines[0], 10)
			require.ErrorContains(t, differs, "for payees whom it has paid, or may have, under other references (line "+line)
			require.ErrorContains(t, differs, "A run of another name would pay these payees again")
		})
	}
}

func TestComparePlan(t *testing.T) {
	t.Parallel()
	journal := journaltest.NewMemory()
	require.NoError(t, payroll.ComparePlan(t.Context(), journal, derived(t, "june", 1)), "it holds no plan yet")

	payees := make([]int, 1_300)
	for i := range payees {
		payees[i] = i
	}
	lease, err := journal.Acquire(t.Context(), "test", 1<<40)
	require.NoError(t, err)
	plan := derived(t, "june", payees...)
	require.NoError(t, journal.Plan(t.Context(), lease, plan))
	require.NoError(t, payroll.ComparePlan(t.Context(), journal, plan))
	for p := range plan.Payouts() {
		if p.ID > 20 {
			break
		}
		p.State, p.Attempts = payroll.Submitting, 1
		require.NoError(t, journal.Advance(t.Context(), lease, payroll.Change{From: payroll.Planned, Payout: p}))
	}
	differs := (*payroll.PlanDiffersError)(nil)
	require.ErrorAs(t, payroll.ComparePlan(t.Context(), journal, derived(t, "june", slices.Concat(payees, []int{2_000})...)), &differs)
	require.EqualValues(t, 20, differs.Sent.Count)
	require.EqualValues(t, 1, differs.New.Count)
	require.Zero(t, differs.Missing)
	require.Len(t, differs.SentLines, 10)
	require.ErrorContains(t, differs, "9, 10 and 10 more)")

	require.ErrorAs(t, payroll.ComparePlan(t.Context(), journal, derived(t, "july", 1, 2)), &differs)
	require.EqualValues(t, 2, differs.New.Count, "another run derives other references")
	require.EqualValues(t, 1_300, differs.Missing)
	require.ErrorContains(t, differs, `it is of the run "june", this one of "july"; none of these was sent by it`)
	require.Equal(t, payroll.Sum{Count: 2, Amount: 20_003}, differs.Again, "and would pay the same people again")

	require.ErrorIs(t, payroll.ComparePlan(t.Context(), journal, &payroll.Plan{}), payroll.ErrBadPlan)
	broken := errors.New("the disk is gone")
	for _, call := range []string{"Planned", "Find", "Payouts"} {
		failing := failingReads{journal, call, broken}
		require.ErrorIs(t, payroll.ComparePlan(t.Context(), failing, derived(t, "june", 1, 5_000)), broken, call)
	}
}

// failingReads is a journal of which one kind of read fails.
type failingReads struct {
	payroll.Journal

	call string
	err  error
}

func (f failingReads) Planned(ctx context.Context) (payroll.PlanInfo, error) {
	if f.call == "Planned" {
		return payroll.PlanInfo{}, f.err
	}
	return f.Journal.Planned(ctx)
}

func (f failingReads) Find(ctx context.Context, references ...string) ([]payroll.Payout, error) {
	if f.call == "Find" {
		return nil, f.err
	}
	return f.Journal.Find(ctx, references...)
}

func (f failingReads) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	if f.call == "Payouts" {
		return nil, f.err
	}
	return f.Journal.Payouts(ctx, after, limit, states...)
}
