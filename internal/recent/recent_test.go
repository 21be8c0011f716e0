package recent_test

import (
	"strconv"
	"testing"

	"github.com/djamo/djamo-go/internal/recent"
	"github.com/stretchr/testify/require"
)

func TestRing_DropsTheOldest(t *testing.T) {
	t.Parallel()
	for size := 1; size < 5; size++ {
		var ring recent.Ring[int]
		for i := range 20 {
			dropped, full := ring.Add(i, size)
			require.Equal(t, i >= size, full, "size %d, value %d", size, i)
			if full {
				require.Equal(t, i-size, dropped)
			}
		}
	}
}

func TestCycle_IsNoticedWhateverItsLength(t *testing.T) {
	t.Parallel()
	for before := range 20 {
		for length := 1; length < 20; length++ {
			var cycle recent.Cycle
			at := 0
			for ; at < 3*(before+length)+3; at++ {
				value := at
				if at >= before {
					value = before + (at-before)%length
				}
				if cycle.Repeats("cursor " + strconv.Itoa(value)) {
					break
				}
			}
			require.GreaterOrEqual(t, at, before+length, "%d before a cycle of %d: nothing had come back yet", before, length)
			require.LessOrEqual(t, at, 3*(before+length), "%d before a cycle of %d", before, length)
		}
	}
}

func TestCycle_TakesNoneForOne(t *testing.T) {
	t.Parallel()
	var cycle recent.Cycle
	for i := range 1_000 {
		require.False(t, cycle.Repeats(strconv.Itoa(i)))
		require.False(t, cycle.Repeats(""), "what has no cursor is no step")
	}
}
