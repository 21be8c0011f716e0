package main

import (
	"bytes"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, part := range []string{"refunded_partially", "refunded:"} {
		require.Contains(t, out.String(), part)
	}
}
