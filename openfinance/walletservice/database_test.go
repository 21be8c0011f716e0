package walletservice

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithinTime_BoundsTheConnectionUnlessTheAddressDoes(t *testing.T) {
	t.Setenv("PGCONNECT_TIMEOUT", "")
	require.Equal(t, "postgres://a@b/c?connect_timeout=15", withinTime("postgres://a@b/c"))
	require.Equal(t, "postgres://a@b/c?sslmode=disable&connect_timeout=15", withinTime("postgres://a@b/c?sslmode=disable"))
	require.Equal(t, "postgres://a@b/c?connect_timeout=3", withinTime("postgres://a@b/c?connect_timeout=3"))
	t.Setenv("PGCONNECT_TIMEOUT", "4")
	require.Equal(t, "postgres://a@b/c", withinTime("postgres://a@b/c"))
}
