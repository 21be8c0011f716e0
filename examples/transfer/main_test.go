package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
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

// Whoever has the account of his business in the environment, and tries this program out, pays nobody.
func TestRun_PaysNoRealMoney(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, "at_x")
	ended, cancel := context.WithCancel(t.Context()) // nothing leaves, whatever happens
	cancel()
	for _, url := range []string{
		" " + djamo.ProductionCIV.BaseURL() + "/", djamo.ProductionSEN.BaseURL(), strings.ToUpper(djamo.ProductionCIV.BaseURL()),
		"https://gateway.example/djamo",
	} {
		t.Setenv(djamo.EnvAPIURL, url)
		require.ErrorContains(t, run(ended, io.Discard), "the payee is made up", url)
	}
	for _, url := range []string{djamo.StagingCIV.BaseURL(), djamo.StagingSEN.BaseURL(), "https://apibusiness.civ.staging.djam.ooo", "http://127.0.0.1:1"} {
		t.Setenv(djamo.EnvAPIURL, url)
		require.ErrorIs(t, run(ended, io.Discard), context.Canceled, url)
	}
}
