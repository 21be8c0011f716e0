package review

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDistinct_CountsLikeASet(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 0))
	for _, numbers := range []int{0, 1, 2, maxLatest - 1, maxLatest, maxLatest + 1, 4*maxLatest + 7} {
		for _, among := range []uint64{1, 100, 300_000_000} {
			var d distinct
			set := map[uint64]bool{}
			for range numbers {
				number := 2_250_000_000_000*random.Uint64N(2) + random.Uint64N(among)
				d.add(number)
				set[number] = true
			}
			require.Equal(t, len(set), d.total(), "%d numbers among %d", numbers, among)
			require.Equal(t, len(set), d.total(), "asked again")
		}
	}
}

// A million payees must not show in the memory of a run.
func TestDistinct_TakesTwoBytesForEachOfAMillion(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 0))
	var d distinct
	for range 1_000_000 {
		d.add(2_250_700_000_000 + random.Uint64N(300_000_000))
	}
	require.Greater(t, d.total(), 990_000)
	require.LessOrEqual(t, len(d.steps), 2_100_000)
}
