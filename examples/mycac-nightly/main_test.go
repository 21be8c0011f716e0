package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/leaktest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	folder := filepath.Join(t.TempDir(), "night") // which is not there yet
	var out bytes.Buffer
	require.NoError(t, demo(t.Context(), &out, folder, 2026))
	for _, part := range []string{
		"the session is over", "a line of the statement is missing, or a balance is wrong: before line 5 (TX-",
		"payments: 3, 5,500 DJF; refunds: 1, 200 DJF; net: 5,300 DJF", "refund CP-5 of 901 DJF is not netted: above-original",
		"Salaries salaries-2026-05: 3 of 3 paid, 400,000 DJF.", "and planned -60,000 DJF make", "each once, and its totals are the gateway's", "Audit log verified: 3 rows of 3 accounts",
	} {
		require.Contains(t, strings.ReplaceAll(out.String(), "\u00a0", " "), part)
	}
	require.Equal(t, 3, bytes.Count(out.Bytes(), []byte("agrees")))
	for _, name := range []string{"DJ81-CAC-0001.csv", "DJ81-CAC-0003.camt053.xml", "settlement.csv", "settlement.html"} {
		info, err := os.Stat(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Positive(t, info.Size())
	}
}

// The totals are the gateway's, whatever happened: the demonstration compares them and fails when they are not.
func TestRun_AgreesInEverySeed(t *testing.T) {
	t.Parallel()
	leaktest.Check(t)
	seeds := uint64(8)
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		seeds = 500
	}
	for seed := range seeds {
		require.NoError(t, demo(t.Context(), io.Discard, "", seed), "seed %d", seed)
	}
}
