package claim_test

import (
	"testing"
	"time"

	"github.com/djamo/djamo-go/internal/claim"
	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	require.Nil(t, claim.Check("key", "owner", 1))
	for field, fault := range map[string]*claim.Fault{
		"key":   claim.Check("", "", 0),
		"owner": claim.Check("key", "", 0),
		"lease": claim.Check("key", "owner", -time.Second),
	} {
		require.NotNil(t, fault, field)
		require.Equal(t, field, fault.Field)
		require.NotEmpty(t, fault.Rule)
	}
	require.Equal(t, "-1s", claim.Check("key", "owner", -time.Second).Value)
	require.NotNil(t, claim.Check("key", "owner", 0), "a lease of no length")
}

func TestMilliseconds_RoundsUp(t *testing.T) {
	t.Parallel()
	for lease, want := range map[time.Duration]int64{
		1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Second - 1: 1_000, time.Hour: 3_600_000,
	} {
		require.Equal(t, want, claim.Milliseconds(lease), lease)
	}
}
