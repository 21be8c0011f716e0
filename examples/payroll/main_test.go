package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/stretchr/testify/require"
)

const header = "msisdn,amount,reference,description\n"

// operator runs the program inside this process, against an API in memory.
type operator struct {
	server *djamotest.Server
	client *djamo.Client
	set    settings
	out    string // what the last run printed
}

func newOperator(t *testing.T, file string, opts ...djamotest.Option) *operator {
	t.Helper()
	leaktest.Check(t)
	server := djamotest.NewServer(t, append([]djamotest.Option{djamotest.WithSettleAfter(0)}, opts...)...)
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "salaries.csv")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	set, err := parse([]string{"-in", path, "-yes", "-quiet", "300ms", "-send-timeout", "200ms", "-patience", "5s"}, &bytes.Buffer{})
	require.NoError(t, err)
	set.poll = time.Millisecond
	return &operator{server: server, client: client, set: set}
}

// run answers with the exit code.
func (o *operator) run(t *testing.T, answer string) int {
	t.Helper()
	var out bytes.Buffer
	complete, err := payWith(t.Context(), o.client, o.set, terminal{in: strings.NewReader(answer), out: &out, err: &out})
	code := exitCode(complete, err)
	if err != nil {
		fmt.Fprintln(&out, err)
	}
	o.out = out.String()
	return code
}

// squeezed is what was printed, with single spaces.
func (o *operator) squeezed() string { return strings.Join(strings.Fields(o.out), " ") }

func TestDemo_PaysTheSampleFile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), nil, terminal{out: &out, err: &out}), out.String())
	first, _, _ := strings.Cut(out.String(), "\n")
	require.Contains(t, first, "embedded")
	require.Contains(t, strings.Join(strings.Fields(out.String()), " "), "completed 25")

	report := filepath.Join(t.TempDir(), "report.csv")
	require.Equal(t, exitOK, run(t.Context(), []string{"-report", report, "-mode", "single", "-concurrency", "8", "-batch-size", "1"}, terminal{out: &out, err: &out}), out.String())
	require.FileExists(t, report)
	out.Reset()
	require.Equal(t, exitOK, run(t.Context(), []string{"-dry-run"}, terminal{out: &out, err: &out}), out.String())
	require.Contains(t, out.String(), "nothing was sent")
}

func TestPay_SecondRunPaysNothingAgain(t *testing.T) {
	t.Parallel()
	var references []string
	var file strings.Builder
	file.WriteString(header)
	for i := range 30 {
		references = append(references, fmt.Sprintf("run/%d", i))
		fmt.Fprintf(&file, "+22507487105%02d,10000,run/%d,Salaire\n", i, i)
	}
	o := newOperator(t, file.String())
	for range 2 {
		require.Equal(t, exitOK, o.run(t, ""), o.out)
		require.Contains(t, o.squeezed(), "completed 30 300")
	}
	o.set.journal = filepath.Join(t.TempDir(), "fresh.journal")
	o.set.report = filepath.Join(t.TempDir(), "report.csv")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	o.server.AssertPaidOnce(t, references...)
	o.server.AssertBalanced(t)
	require.Len(t, o.server.Transactions(), 30)
	report, err := os.ReadFile(o.set.report)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(report), "reference,msisdn,amount,status,transaction_id,fee,failure_reason"))
	require.Equal(t, 31, strings.Count(string(report), "\n"))
}

func TestPay_ReportsWhatWasNotPaid(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710500,10000,good,a\n+2250748710501,20000,closed,b\n+2250748710502,30000,used,c\n")
	require.NoError(t, o.server.Fail("+2250748710501", "account closed"))
	_, err := o.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250748710509", Amount: 7_000, Reference: "used", Description: "x"})
	require.NoError(t, err)
	require.Equal(t, exitUnresolved, o.run(t, ""))
	for _, part := range []string{"account closed", "conflict 1 30", "failed 1 20", "completed 1 10", "planned 3 60", "+22507******01"} {
		require.Contains(t, o.squeezed(), part)
	}
	require.NotContains(t, o.out, "0748710501", "numbers are masked on the terminal")
	o.server.AssertPaidOnce(t, "good", "used")
	o.server.AssertNotPaid(t, "closed")
}

func TestPay_BadInputSendsNothing(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		file string
		want []string
	}{
		"empty":          {"", []string{"names its columns"}},
		"no rows":        {header, []string{"no payouts"}},
		"bad number":     {header + "+22507,10000,a,x\n", []string{"line 2: msisdn"}},
		"bad amount":     {header + "+2250748710523,50.5,a,x\n", []string{"line 2: amount", "50.5"}},
		"too small":      {header + "+2250748710523,4999,a,x\n", []string{"line 2: amount", "5000"}},
		"twice":          {header + "+2250748710523,10000,a,x\n+2250748710524,10000,a,x\n", []string{"line 3", "line 2"}},
		"every bad line": {header + "x,10000,a,x\n+2250748710524,y,b,x\n", []string{"line 2: msisdn", "line 3: amount"}},
		"too much":       {header + strings.Repeat("+2250748710523,500000,a,x\n", 1) + manyRows(300), []string{"does not cover"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, row.file)
			require.Equal(t, exitBadInput, o.run(t, ""), o.out)
			for _, part := range row.want {
				require.Contains(t, o.out, part)
			}
			require.NotContains(t, o.out, "0748710523", "numbers are masked")
			require.Empty(t, o.server.Transactions())
		})
	}
}

func manyRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "+22507488%05d,500000,many/%d,x\n", i, i)
	}
	return b.String()
}

func TestPay_AsksFirst(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n+2250748710523,10000,b,x\n")
	o.set.yes = false
	for _, answer := range []string{"", "n\n", "no\n", "yesterday\n"} {
		require.Equal(t, exitBadInput, o.run(t, answer), o.out)
		require.Contains(t, o.squeezed(), "2 payouts, 20 000 FCFA in all")
		require.Contains(t, o.out, "Warning: ", "one payee gets the same amount twice")
		require.Empty(t, o.server.Transactions())
		require.NoFileExists(t, o.set.journal)
	}
	require.Equal(t, exitOK, o.run(t, "oui\n"), o.out)
	o.server.AssertPaidOnce(t, "a", "b")
}

func TestPay_RefusesAnotherFileForTheSameJournal(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	require.NoError(t, os.WriteFile(o.set.in, []byte(header+"+2250748710523,10001,b,x\n"), 0o600))
	require.Equal(t, exitBadInput, o.run(t, ""))
	require.Contains(t, o.out, "another plan")
	o.server.AssertNotPaid(t, "b")
}

func TestPay_DerivesReferences(t *testing.T) {
	t.Parallel()
	o := newOperator(t, "amount;MSISDN\n10 000;+225 07 48 71 05 23\n20.000;+2250748710524\n")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	for range 2 { // a fresh journal finds the same references
		o.set.journal = filepath.Join(t.TempDir(), "fresh.journal")
		require.Equal(t, exitOK, o.run(t, ""), o.out)
	}
	require.Len(t, o.server.Transactions(), 2)
	require.True(t, strings.HasPrefix(o.server.Transactions()[0].Reference, "salaries/"))
}

func TestPay_JournalIsPrivateWhateverItsName(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	o.set.journal = filepath.Join(t.TempDir(), "juin? 100% #1&mode=ro.journal")
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	info, err := os.Stat(o.set.journal)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NotZero(t, info.Size())
	o.set.journal = filepath.Join(t.TempDir(), "no", "such", "directory.journal")
	require.Equal(t, exitBadInput, o.run(t, ""), o.out)
}

func TestPay_ResumesWithoutTheFile(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n", djamotest.WithManualSettlement())
	o.set.patience = 50 * time.Millisecond
	require.Equal(t, exitUnresolved, o.run(t, ""), o.out)
	require.NoError(t, os.Remove(o.set.in))
	o.server.SettleAll()
	journal := o.set.journal
	set, err := parse([]string{"-resume-only", "-journal", journal}, &bytes.Buffer{})
	require.NoError(t, err)
	set.poll = time.Millisecond
	o.set = set
	require.Equal(t, exitOK, o.run(t, ""), o.out)
	o.set.journal = filepath.Join(t.TempDir(), "none.journal")
	require.Equal(t, exitBadInput, o.run(t, ""), o.out)
	o.server.AssertPaidOnce(t, "a")
}

// These set the environment, so they are not parallel.
func TestRun_TakesTheRealAPIFromTheEnvironment(t *testing.T) {
	o := newOperator(t, "\uFEFFReference,MSISDN,Amount,Description\r\nr1,+225 07 48 71 05 23,50 000,Juin\r\n")
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"-in", o.set.in}, args...), terminal{in: strings.NewReader(""), out: &out, err: &out})
		return code, out.String()
	}
	t.Setenv(djamo.EnvAccessToken, "")
	code, out := run("-yes")
	require.Equal(t, exitBadInput, code, out)
	code, out = run("-dry-run")
	require.Equal(t, exitOK, code, out)
	require.Contains(t, out, "nothing was sent")

	t.Setenv(djamo.EnvAccessToken, o.server.Token)
	t.Setenv(djamo.EnvAPIURL, o.server.URL)
	code, out = run("-dry-run")
	require.Equal(t, exitOK, code, out)
	require.Empty(t, o.server.Transactions())
	require.NoFileExists(t, o.set.journal)
	code, out = run("-yes")
	require.Equal(t, exitOK, code, out)
	o.server.AssertPaidOnce(t, "r1")
	require.EqualValues(t, 50_000, o.server.Transactions()[0].Amount)
}

func TestRun_BadFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-what"}, {"-in", "missing.csv", "-yes", "-dry-run"}, {"file.csv"}, {"-mode", "fast"}, {"-batch-size", "0"}, {"-concurrency", "-1"}, {"-min", "9", "-max", "3"},
		{"-in", ""}, {"-in", "", "-journal", "j", "-yes"}, {"-journal", "j"}, {"-run", "june"}, {"-country", "CI"}, {"-yes"}, {"-allow-short"}, {"-min", "1"}, {"-max", "9000"}, {"-lease", "1s"},
		{"-resume-only"}, {"-resume-only", "-dry-run", "-journal", "j"}, {"-report", "r.pdf"}, {"-quiet", "1s"}, {"-patience", "0s"},
	} {
		var out bytes.Buffer
		require.Equal(t, exitBadInput, run(t.Context(), args, terminal{in: strings.NewReader(""), out: &out, err: &out}), "%v: %s", args, out.String())
		require.NotEmpty(t, out.String())
	}
	require.Equal(t, exitOK, run(t.Context(), []string{"-h"}, terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}}))
}
