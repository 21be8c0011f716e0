package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrograms_AreNamed(t *testing.T) {
	t.Parallel()
	var named programs
	require.NoError(t, named.Set("before=/tmp/a=b"))
	require.Equal(t, programs{{"before", "/tmp/a=b"}}, named)
	for _, wrong := range []string{"", "before", "=x", "before="} {
		require.Error(t, named.Set(wrong), wrong)
	}
}

func TestServer_SaysWhatWasPaid(t *testing.T) {
	t.Parallel()
	in, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer in.Close()
	var out bytes.Buffer
	require.NoError(t, beServer(in, &out))
	lines := strings.Split(out.String(), "\n")
	require.Equal(t, paid(0, 0), lines[1])
}

func TestComparison_RatiosAreOfOneRound(t *testing.T) {
	t.Parallel()
	c := comparison{settings: settings{payouts: 10, rounds: 3}, order: []string{"bare loop", "djamo batch"}, measured: map[string][]figures{
		"bare loop":   {{wall: 10_000, cpu: 10_000}, {wall: 40_000, cpu: 10_000}, {wall: 20_000, cpu: 10_000}},
		"djamo batch": {{wall: 5_000, cpu: 50_000, peak: 2 << 20}, {wall: 20_000, cpu: 70_000, peak: 3 << 20}, {wall: 80_000, cpu: 60_000, peak: 9 << 20}},
	}}
	var out bytes.Buffer
	c.print(&out)
	require.Contains(t, out.String(), "| bare loop | 1.00 |")
	require.Contains(t, out.String(), "| djamo batch | 2.00 | 0.00 | 6 | 3 |")
}

func TestComparison_PayoutsAreDifferentPayees(t *testing.T) {
	t.Parallel()
	c := comparison{settings: settings{payouts: 3}, directory: t.TempDir()}
	require.NoError(t, c.writePayouts())
	written, err := os.ReadFile(filepath.Join(c.directory, "salaries.csv"))
	require.NoError(t, err)
	require.Equal(t, "msisdn,amount,reference,description\n+2250700000000,10000,run/0,Salaire\n+2250700000001,10000,run/1,Salaire\n"+
		"+2250700000002,10000,run/2,Salaire\n", string(written))
}
