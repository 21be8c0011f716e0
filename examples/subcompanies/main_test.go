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
	for _, part := range []string{"in the name of Chocolate Factory: pending", "Swiss Chocolate Factory, active: false"} {
		require.Contains(t, out.String(), part)
	}
}
