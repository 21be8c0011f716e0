package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

func TestRun(t *testing.T) {
	leaktest.Check(t)
	t.Setenv(djamo.EnvAccessToken, "")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, part := range []string{"completed"} {
		require.Contains(t, out.String(), part)
	}
}
