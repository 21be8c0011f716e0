package payroll

import (
	"math/rand/v2"
	"slices"
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
	for _, k := range []*kind{&s.repeats.references, &s.repeats.payments} {
		k.candidates = []uint64{42}
		for row := range int64(3) {
			k.collect(42, row+1)
		}
		k.end()
	}
	warnings, err := s.checkRepeats()
	require.NoError(t, err)
	require.NoError(t, s.problems.err(false))
	require.Len(t, warnings, 1)
	require.Equal(t, []int64{1, 3}, warnings[0].Lines, "the one that is a repeat")
}

// The filter lets no repeat pass, in memory that does not grow, and takes few other hashes for one: none of a hundred thousand, and
// of a million so few that they are read once more and no oftener.
func TestKind_TellsHashesApart(t *testing.T) {
	t.Parallel()
	const million = roomForKeys * rowsPerKey
	for count, most := range map[int]int{10: 0, 4_000: 0, 5_000: 0, 100_000: 0, million: roomForKeys / 8} {
		random := rand.New(rand.NewPCG(1, 2))
		k := kind{room: roomForKeys}
		for range count {
			k.add(random.Uint64())
		}
		again := make([]uint64, min(count, 1_000))
		random = rand.New(rand.NewPCG(1, 2))
		for i := range again {
			again[i] = random.Uint64()
			k.add(again[i])
			k.add(again[i])
		}
		require.True(t, k.endFirst(), count)
		require.False(t, k.full, count)
		require.LessOrEqual(t, len(k.candidates), len(again)+most, count)
		require.LessOrEqual(t, 8*(cap(k.filter)+cap(k.candidates)+cap(k.few)), 2<<20, "bytes for %d", count)
		for _, hash := range again {
			require.True(t, slices.Contains(k.candidates, hash), count)
		}
	}
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
