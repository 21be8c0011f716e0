package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

const header = "msisdn,amount,reference,description\n"

var quick = settings{poll: time.Millisecond}

func newServer(t *testing.T) (*djamotest.Server, *djamo.Client) {
	t.Helper()
	server := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	return server, client
}

func exitCode(err error) int {
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.code
	}
	return 1
}

func TestDemo_PaysTheSampleFile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out))
	first, _, _ := strings.Cut(out.String(), "\n")
	require.Contains(t, first, "embedded")
	require.Equal(t, 25, strings.Count(out.String(), "salaire-2026-06/"))
	require.NotContains(t, out.String(), "failed")
}

func TestPayroll_SecondRunPaysNothingAgain(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	var references []string
	var file strings.Builder
	file.WriteString(header)
	for i := range 30 {
		references = append(references, fmt.Sprintf("run/%d", i))
		fmt.Fprintf(&file, "+22507487105%02d,10000,run/%d,Salaire\n", i, i)
	}
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, payFile(t.Context(), client, strings.NewReader(file.String()), &out, quick))
		require.Contains(t, strings.Join(strings.Fields(out.String()), " "), "completed 30 300")
	}
	server.AssertPaidOnce(t, references...)
	server.AssertBalanced(t)
}

func TestPayroll_ReportsWhatWasNotPaid(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Fail("+2250748710501", "account closed")
	_, err := client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250748710509", Amount: 7_000, Reference: "used", Description: "x"})
	require.NoError(t, err)
	var out bytes.Buffer
	err = payFile(t.Context(), client, strings.NewReader(header+
		"+2250748710500,10000,good,a\n+2250748710501,20000,closed,b\n+2250748710502,30000,used,c\n"), &out, quick)
	require.Equal(t, 3, exitCode(err))
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, part := range []string{"account closed", "conflict 1 30", "failed 1 20", "completed 1 10", "planned 3 60"} {
		require.Contains(t, text, part)
	}
	server.AssertPaidOnce(t, "good", "used")
	server.AssertNotPaid(t, "closed")
}

func TestPayroll_BadFileSendsNothing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		file string
		want []string
	}{
		"empty":             {"", []string{"header"}},
		"no rows":           {header, []string{"no payouts"}},
		"missing column":    {"msisdn,amount,reference\n", []string{"line 1", "description"}},
		"bad number":        {header + "+22507,1000,a,x\n", []string{"line 2: msisdn"}},
		"bad amount":        {header + "+2250748710523,50.5,a,x\n", []string{"line 2: amount", "50.5"}},
		"zero":              {header + "+2250748710523,0,a,x\n", []string{"line 2: amount", "positive"}},
		"no reference":      {header + "+2250748710523,1000,,x\n", []string{"line 2: reference"}},
		"twice":             {header + "+2250748710523,1000,a,x\n+2250748710524,1000,a,x\n", []string{"line 3", "line 2", `"a"`}},
		"every bad line":    {header + "x,1000,a,x\n+2250748710524,y,b,x\n", []string{"line 2: msisdn", "line 3: amount"}},
		"broken quote":      {header + "+2250748710523,1000,\"a,x\n", []string{"line"}},
		"wrong field count": {header + "+2250748710523,1000\n", []string{"line 2", "wrong number of fields"}},
		"overflow":          {header + "+2250748710523,9000000000000000000,a,x\n+2250748710524,9000000000000000000,b,x\n", []string{"overflow"}},
		"too much":          {header + "+2250748710523,100000001,a,x\n", []string{"does not cover"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := newServer(t)
			err := payFile(t.Context(), client, strings.NewReader(row.file), &bytes.Buffer{}, quick)
			require.Equal(t, 2, exitCode(err), "%v", err)
			for _, part := range row.want {
				require.ErrorContains(t, err, part)
			}
			require.NotContains(t, err.Error(), "0748710523", "numbers are masked")
			require.Empty(t, server.Transactions())
		})
	}
}

func TestPayroll_StoppedRunSaysWhatWasNotSent(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	payouts, err := readPayouts(strings.NewReader(header + "+2250748710523,1000,a,x\n+2250748710524,1000,b,x\n"))
	require.NoError(t, err)
	cancel()
	for _, o := range pay(ctx, client, payouts, time.Millisecond, func(int) {}) {
		require.Equal(t, notSent, o.status)
	}
	require.Empty(t, server.Transactions())
}

// This test sets the environment, so it is not parallel.
func TestRun_TakesTheRealAPIFromTheEnvironment(t *testing.T) {
	server, _ := newServer(t)
	file := filepath.Join(t.TempDir(), "salaries.csv")
	require.NoError(t, os.WriteFile(file, []byte("\uFEFFReference,MSISDN,Amount,Description\r\nr1,+225 07 48 71 05 23,50 000,Juin\r\n"), 0o600))
	t.Setenv(djamo.EnvAccessToken, "")
	require.Equal(t, 2, exitCode(run(t.Context(), []string{"-in", file}, &bytes.Buffer{})))
	t.Setenv(djamo.EnvAccessToken, server.Token)
	t.Setenv(djamo.EnvAPIURL, server.URL)
	require.NoError(t, run(t.Context(), []string{"-in", file}, &bytes.Buffer{}))
	server.AssertPaidOnce(t, "r1")
	require.EqualValues(t, 50_000, server.Transactions()[0].Amount)
	require.Equal(t, 2, exitCode(run(t.Context(), []string{"-in", "missing.csv"}, &bytes.Buffer{})))
	require.Equal(t, 2, exitCode(run(t.Context(), []string{"-what"}, &bytes.Buffer{})))
}
