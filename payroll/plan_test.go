package payroll_test

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

func pay(msisdn djamo.MSISDN, amount djamo.XOF, reference, description string) payroll.Payout {
	return payroll.Payout{MSISDN: msisdn, Amount: amount, Reference: reference, Description: description}
}

// Both are stored, by journals and by the API: a change here would make every plan another one and pay derived references
// again.
func TestPlan_DigestAndDerivedReferencesNeverChange(t *testing.T) {
	t.Parallel()
	plan, err := payroll.NewPlan(payroll.Rows(pay("+2250748710523", 50_000, "", "Salaire de juin"), pay("+221771234567", 5_000, "a/2", "")), payroll.PlanOptions{Run: "salaries-2026-06"})
	require.NoError(t, err)
	require.Equal(t, "c91649edc8ac9534cbdd42408f832bb5bfe6c3773bd389331cdb2ba74538fdb9", plan.Digest)
	require.Equal(t, "salaries-2026-06/numwqnit7swjp23z", payoutsOf(t, plan)[0].Reference)
}

// A derived reference hangs on the run and on what is paid, not on where the row stands or how the file is written.
func TestPlan_DerivesReferencesFromContent(t *testing.T) {
	t.Parallel()
	referenceOf := func(run string, payouts ...payroll.Payout) string {
		plan, err := payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{Run: run})
		require.NoError(t, err)
		return payoutsOf(t, plan)[len(payouts)-1].Reference
	}
	row := pay("+2250748710523", 50_000, "", "Salaire")
	reference := referenceOf("june", row)
	require.Regexp(t, `^june/[a-z2-7]{16}$`, reference)
	require.Equal(t, reference, referenceOf("june", pay("+2250748710524", 5_000, "", ""), pay("+2250748710525", 5_000, "x", ""), row))
	for _, other := range []string{
		referenceOf("july", row),
		referenceOf("june", pay("+2250748710524", 50_000, "", "Salaire")),
		referenceOf("june", pay("+2250748710523", 50_001, "", "Salaire")),
		referenceOf("june", pay("+2250748710523", 50_000, "", "Salaire ")),
		referenceOf("june", pay("+2250748710523", 50_000, "", "")),
	} {
		require.NotEqual(t, reference, other)
	}
	fromFile, err := readCSV("amount;msisdn;description\n50.000;+225 07 48 71 05 23; Salaire \n", payroll.CSVOptions{Run: "june"})
	require.NoError(t, err)
	require.Equal(t, reference, payoutsOf(t, fromFile)[0].Reference)
}

func TestPlan_A1_NeedsANameToDeriveReferences(t *testing.T) {
	t.Parallel()
	_, err := readCSV(header+"+2250748710523,5000,a,x\n+2250748710524,5000,,x\n+2250748710525,5000,,x\n", payroll.CSVOptions{})
	problems := problemsOf(t, err)
	require.Len(t, problems, 1, "told once")
	require.EqualValues(t, 3, problems[0].Line)
	require.Contains(t, problems[0].Rule, "the run must be given a name")
	bad := (*payroll.PlanError)(nil)
	require.ErrorAs(t, err, &bad)
	require.True(t, bad.NeedsRun)
	_, err = readCSV(header+"+2250748710523,5,a,x\n", payroll.CSVOptions{})
	require.ErrorAs(t, err, &bad)
	require.False(t, bad.NeedsRun)

	for _, run := range []string{" june", "a\nb", "=june", strings.Repeat("r", 256), "\xff"} {
		_, err = readCSV(header+threeRows, payroll.CSVOptions{Run: run})
		require.ErrorIs(t, err, payroll.ErrBadPlan)
		require.ErrorContains(t, err, "the name of the run must")
	}
	_, err = readCSV(header+"+2250748710523,5000,,x\n", payroll.CSVOptions{Run: strings.Repeat("r", 239)})
	require.Contains(t, problemsOf(t, err)[0].Rule, "must be at most 255 bytes long")
	_, err = readCSV(header+"+2250748710523,5000,,x\n", payroll.CSVOptions{Run: strings.Repeat("r", 238)})
	require.NoError(t, err)
}

func TestPlan_RefusesEqualRowsWithoutReferences(t *testing.T) {
	t.Parallel()
	_, err := readCSV(header+"+2250748710523,5000,,x\n+2250748710524,5000,,x\n+225 07 48 71 05 23,5.000,, x\n", payroll.CSVOptions{Run: "june"})
	require.Equal(t, []payroll.Problem{{Line: 4, Column: "reference", Rule: "must be given here or on line 2, which is the same: references of their own or different descriptions tell the two apart"}}, problemsOf(t, err))
}

func TestPlan_RefusesRepeatedReferences(t *testing.T) {
	t.Parallel()
	_, err := readCSV(header+"+2250748710523,5000,Paie +2250748710523,x\n+2250748710524,6000,b,x\n+2250748710525,7000,Paie +2250748710523,x\n+2250748710526,bad,Paie +2250748710523,x\n", payroll.CSVOptions{})
	require.Equal(t, "payroll: bad plan: 3 problems\n"+
		"line 4: reference: must differ from that of line 2, since it identifies a payout, got Paie +22507******23\n"+
		"line 5: amount: must be a whole number of francs, written in digits (understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000), got bad\n"+
		"line 5: reference: must differ from that of line 2, since it identifies a payout, got Paie +22507******23", err.Error())
}

func TestPlan_WarnsOfTheSamePaymentTwice(t *testing.T) {
	t.Parallel()
	plan, err := readCSV(header+"+2250748710523,50000,a,x\n+2250748710524,50000,b,x\n+2250748710523,50000,c,x\n+2250748710523,50001,d,x\n+2250748710523,50000,e,y\n", payroll.CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, []payroll.Warning{
		{Kind: payroll.WarnSameAmountTwice, Lines: []int64{2, 4}, Text: "+22507******23 gets 50\u202f000\u202fFCFA on line 2 as a and again on line 4 as c"},
		{Kind: payroll.WarnSameAmountTwice, Lines: []int64{2, 6}, Text: "+22507******23 gets 50\u202f000\u202fFCFA on line 2 as a and again on line 6 as e"},
	}, plan.Warnings)

	plan, err = readCSV(header+"+2250748710523,50000,a,x\n+2250748710523,50000,b,x\n+2250748710523,50000,c,x\n", payroll.CSVOptions{MaxProblems: 1})
	require.NoError(t, err)
	require.Len(t, plan.Warnings, 2)
	require.Equal(t, payroll.Warning{Kind: payroll.WarnSameAmountTwice, Text: "1 more payouts give a payee the same amount again"}, plan.Warnings[1])
}

func TestNewPlan_ChecksAPrograms(t *testing.T) {
	t.Parallel()
	given := pay("+2250748710523", 50_000, "a", "x")
	given.ID, given.Line, given.State, given.Fee, given.Attempts = 7, 70, payroll.Failed, 9, 3
	plan, err := payroll.NewPlan(payroll.Rows(given, pay("+2250748710524", 50_000, "b", "")), payroll.PlanOptions{})
	require.NoError(t, err)
	require.Equal(t, []payroll.Payout{
		{ID: 1, Line: 70, MSISDN: "+2250748710523", Amount: 50_000, Reference: "a", Description: "x", State: payroll.Planned},
		{ID: 2, MSISDN: "+2250748710524", Amount: 50_000, Reference: "b", State: payroll.Planned},
	}, payoutsOf(t, plan))
	for range plan.Payouts() {
		break // a reader may stop
	}

	_, err = payroll.NewPlan(payroll.Rows(pay("0748710523", 1, " a", "\xff"), pay("", 0, "b", "\x00"), pay("+2250748710524", 50_000, "b", "")), payroll.PlanOptions{})
	var found []string
	for _, problem := range problemsOf(t, err) {
		found = append(found, fmt.Sprintf("%d %s", problem.Line, problem.Column))
	}
	require.Equal(t, []string{"1 msisdn", "1 amount", "1 reference", "1 description", "2 msisdn", "2 amount", "2 description", "3 reference"}, found, "by their places")
	require.NotContains(t, err.Error(), "0748710523")

	_, err = payroll.NewPlan(payroll.Rows(), payroll.PlanOptions{})
	require.EqualError(t, err, "payroll: bad plan: there are no payouts in it")

	broken := errors.New("the database is gone")
	source := func(yield func(payroll.Payout, error) bool) {
		if yield(given, nil) {
			yield(payroll.Payout{}, broken)
		}
	}
	_, err = payroll.NewPlan(source, payroll.PlanOptions{})
	require.Equal(t, broken, err)
}

// The rows of a plan may be of any number: what does not fit the room for hashes is found part by part.
func TestPlan_FindsRepeatsInBoundedMemory(t *testing.T) {
	t.Parallel()
	const count, room, limit = 2_000, 16, 10
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 5 {
		payouts := make([]payroll.Payout, count)
		for i := range payouts {
			payouts[i] = pay(djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), 50_000, fmt.Sprint("r", i), "")
		}
		byReference, byPayment := map[string]int64{}, map[djamo.MSISDN]int64{}
		var wantProblems, wantWarnings []string
		for i := range payouts {
			if i > 0 && random.IntN(60) == 0 {
				payouts[i].Reference = payouts[random.IntN(i)].Reference
			}
			if i > 0 && (random.IntN(60) == 0 || round == 0) { // in round 0 everyone is the first
				payouts[i].MSISDN = payouts[random.IntN(i)].MSISDN
			}
			line := int64(i + 1)
			if first, ok := byReference[payouts[i].Reference]; ok {
				wantProblems = append(wantProblems, fmt.Sprintf("%d %d", first, line))
			} else {
				byReference[payouts[i].Reference] = line
			}
			if first, ok := byPayment[payouts[i].MSISDN]; ok {
				wantWarnings = append(wantWarnings, fmt.Sprintf("%d %d", first, line))
			} else {
				byPayment[payouts[i].MSISDN] = line
			}
		}
		var readings int
		source := func(yield func(payroll.Payout, error) bool) {
			readings++
			payroll.Rows(payouts...)(yield)
		}
		_, err := payroll.NewPlanIn(room, source, payroll.PlanOptions{MaxProblems: limit})
		bad := (*payroll.PlanError)(nil)
		require.ErrorAs(t, err, &bad)
		require.Greater(t, readings, 10, "part by part")
		var found []string
		for _, problem := range bad.Problems {
			var first int64
			_, scanned := fmt.Sscanf(problem.Rule, "must differ from that of line %d,", &first)
			require.NoError(t, scanned)
			found = append(found, fmt.Sprintf("%d %d", first, problem.Line))
		}
		require.Equal(t, wantProblems[:limit], found, "the first ones")
		require.Equal(t, len(wantProblems)-limit, bad.More)

		for i := range payouts {
			payouts[i].Reference = fmt.Sprint("r", i)
		}
		plan, err := payroll.NewPlanIn(room, source, payroll.PlanOptions{MaxProblems: limit})
		require.NoError(t, err)
		found = nil
		for _, warning := range plan.Warnings[:limit] {
			found = append(found, fmt.Sprintf("%d %d", warning.Lines[0], warning.Lines[1]))
		}
		require.Equal(t, wantWarnings[:limit], found)
		require.Contains(t, plan.Warnings[limit].Text, fmt.Sprint(len(wantWarnings)-limit))
	}
}

// A source in which nothing repeats is read once, as long as it is no larger than most: what a filter takes for a repeat costs
// another reading.
func TestPlan_ReadsASourceWithoutRepeatsOnce(t *testing.T) {
	t.Parallel()
	readings := 0
	source := func(yield func(payroll.Payout, error) bool) {
		readings++
		for i := range 20_000 {
			if !yield(pay(djamo.MSISDN(fmt.Sprintf("+22507%08d", i)), 50_000, fmt.Sprint("lot ", i), ""), nil) {
				return
			}
		}
	}
	_, err := payroll.NewPlan(source, payroll.PlanOptions{})
	require.NoError(t, err)
	require.Equal(t, 1, readings)
}

// A source that changes under the first reading is noticed when it is looked up again.
func TestNewPlan_NoticesASourceThatShrinks(t *testing.T) {
	t.Parallel()
	left := 2
	var source iter.Seq2[payroll.Payout, error] = func(yield func(payroll.Payout, error) bool) {
		for range left {
			if !yield(pay("+2250748710523", 50_000, "a", ""), nil) {
				return
			}
		}
		left--
	}
	_, err := payroll.NewPlan(source, payroll.PlanOptions{})
	require.ErrorIs(t, err, payroll.ErrBadPlan)
	require.ErrorContains(t, err, "changed while it was read")
}

// The name of a run is shown, stored and logged as it is.
func TestPlan_RefusesRunsNamedAsAPhoneNumber(t *testing.T) {
	t.Parallel()
	for _, run := range []string{"+2250748710523", "2250748710523", "00225 07 48 71 05 23", "0748710523", "salaire-+221771234567", "07.48.71.05.23"} {
		payout := payroll.Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: "a"}
		_, err := payroll.NewPlan(payroll.Rows(payout), payroll.PlanOptions{Run: run})
		require.ErrorIs(t, err, payroll.ErrBadPlan, run)
		require.ErrorContains(t, err, "the name of the run must not hold a phone number, got ", run)
		require.NotContains(t, err.Error(), run)
	}
	for _, run := range []string{"paie-2026-07", "20260715", "paie 2026-07-15 12:00", "site-2250"} {
		_, err := payroll.NewPlan(payroll.Rows(payroll.Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: "a"}), payroll.PlanOptions{Run: run})
		require.NoError(t, err, run)
	}
}
