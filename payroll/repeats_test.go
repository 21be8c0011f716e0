package payroll

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Two rows whose hashes meet by chance are compared as they are: neither is refused, and nobody is warned.
func TestRepeats_HashesThatMeetAreNoRepeats(t *testing.T) {
	t.Parallel()
	rules, err := newRules(PlanOptions{})
	require.NoError(t, err)
	read := rowsOf(Rows(
		Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: "a"},
		Payout{MSISDN: "+2250748710524", Amount: 6_000, Reference: "b"},
		Payout{MSISDN: "+2250748710523", Amount: 5_000, Reference: "c"},
	), rules)
	s := &survey{rules: rules, read: read, count: 3, problems: problemList{limit: 10}, repeats: newRepeats(10, 64)}
	for row := range int64(3) {
		s.repeats.references.add(42, row+1)
		s.repeats.payments.add(42, row+1)
	}
	warnings, err := s.judgeRepeats()
	require.NoError(t, err)
	require.NoError(t, s.problems.err())
	require.Len(t, warnings, 1)
	require.Equal(t, []int64{1, 3}, warnings[0].Lines, "the one that is a repeat")
}

func TestIsFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "june/1": false, "+225/1": false, "-": false, "-1+2": false, "a=1": false,
		"=": true, "@x": true, "+f(1)": true, "-1|x": true, "-1!A": true,
	} {
		require.Equal(t, want, isFormula(text), text)
	}
}
