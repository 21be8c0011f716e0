package walletservice

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process of another user that /proc does not show is not taken for dead: two that read a wallet would exchange one token.
func TestLives_WhatIsHiddenMayLive(t *testing.T) {
	t.Parallel()
	stat, err := statOf(os.Getpid())
	if err != nil {
		t.Skip("there is no Linux that could tell which processes live")
	}
	hidden := func(int) ([]byte, error) { return nil, os.ErrNotExist }
	require.True(t, lives(os.Getpid(), startIn(stat), statOf))
	require.False(t, lives(os.Getpid(), "1", statOf), "another has its number")
	require.True(t, lives(os.Getpid(), startIn(stat), hidden))
	require.False(t, lives(999999999, "1", hidden), "there is no such process")
}
