package payrollcmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/leaktest"
)

const header = "msisdn,amount,reference,description\n"

// hasten gives times that are short to an operator who has to wait for the quiet period.
func (o *operator) hasten() {
	o.set.sendTimeout, o.set.quietPeriod = time.Second, 1100*time.Millisecond
}

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
	set := settingsOf(t, path, "--yes", "--idle-timeout", "5m") // a busy machine takes its time
	set.poll = time.Millisecond
	return &operator{server: server, client: client, set: set}
}

// settingsOf reads the flags of djamo payroll run.
func settingsOf(t *testing.T, path string, args ...string) settings {
	t.Helper()
	set := settings{file: payoutfile.Options{Path: path}}
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	set.file.AddFlags(flags)
	set.addJournalFlags(flags)
	set.addReportFlags(flags)
	set.addSendFlags(flags)
	set.addTimeFlags(flags)
	set.addRecentFlags(flags)
	set.review.AddFlags(flags)
	set.review.AddConfirmFlag(flags)
	set.recipients.AddFlags(flags)
	flags.BoolVar(&set.yes, "yes", false, "")
	require.NoError(t, flags.Parse(args))
	require.NoError(t, firstOf(set.check, set.checkSending, set.checkTimes, set.checkReview))
	return set
}

// run answers with the exit code.
func (o *operator) run(t *testing.T, answer string) int {
	t.Helper()
	var out bytes.Buffer
	term := terminal.Terminal{In: strings.NewReader(answer), Out: &out, Err: &out, Interactive: true}
	pay := payWith
	if o.set.journalMustExist {
		pay = func(ctx context.Context, client *djamo.Client, set settings, t terminal.Terminal) (bool, error) {
			return goOnWith(ctx, client, set, t, resuming(set, t))
		}
	}
	complete, err := pay(t.Context(), o.client, o.set, term)
	code := exit.Code(ended(complete, err))
	if err != nil {
		fmt.Fprintln(&out, err)
	}
	o.out = out.String()
	return code
}

// squeezed is what was printed, with single spaces.
func (o *operator) squeezed() string { return strings.Join(strings.Fields(o.out), " ") }

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
		require.Equal(t, exit.OK, o.run(t, ""), o.out)
		require.Contains(t, o.squeezed(), "completed 30 300")
	}
	o.set.journal = filepath.Join(t.TempDir(), "fresh.journal")
	o.set.report = filepath.Join(t.TempDir(), "report.csv")
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	o.server.AssertPaidOnce(t, references...)
	o.server.AssertBalanced(t)
	require.Len(t, o.server.Transactions(), 30)
	report, err := os.ReadFile(o.set.report)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(report), "\ufeffreference,msisdn,amount,status,transaction_id,fee,failure_reason"))
	require.Equal(t, 31, strings.Count(string(report), "\n"))
}

func TestPay_ReportsWhatWasNotPaid(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710500,10000,good,a\n+2250748710501,20000,closed,b\n+2250748710502,30000,used,c\n")
	o.hasten()
	require.NoError(t, o.server.Fail("+2250748710501", "account closed"))
	_, err := o.client.Transactions.Create(t.Context(), djamo.TransactionParams{MSISDN: "+2250748710509", Amount: 7_000, Reference: "used", Description: "x"})
	require.NoError(t, err)
	require.Equal(t, exit.Unresolved, o.run(t, ""))
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
		"too small":      {header + "+2250748710523,4999,a,x\n", []string{"line 2: amount", "5\u202f000"}},
		"twice":          {header + "+2250748710523,10000,a,x\n+2250748710524,10000,a,x\n", []string{"line 3", "line 2"}},
		"every bad line": {header + "x,10000,a,x\n+2250748710524,y,b,x\n", []string{"line 2: msisdn", "line 3: amount"}},
		"too much":       {header + strings.Repeat("+2250748710523,500000,a,x\n", 1) + manyRows(300), []string{"does not cover"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, row.file)
			require.Equal(t, exit.Usage, o.run(t, ""), o.out)
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
	for _, answer := range []string{"", "n\n", "no\n", "yesterday\n", "oui\n", "oui\nn\n"} {
		require.Equal(t, exit.Usage, o.run(t, answer), o.out)
		require.Contains(t, o.squeezed(), "2 payouts, 20 000 FCFA in all")
		require.Contains(t, o.out, "Warning 1. Same amount twice to one payee: 1")
		require.Empty(t, o.server.Transactions())
		require.NoFileExists(t, o.set.journal)
	}
	require.Equal(t, exit.OK, o.run(t, "oui\noui\n"), o.out)
	o.server.AssertPaidOnce(t, "a", "b")
}

func TestPay_RefusesAnotherFileForTheSameJournal(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.NoError(t, os.WriteFile(o.set.file.Path, []byte(header+"+2250748710523,10001,b,x\n"), 0o600))
	require.Equal(t, exit.Usage, o.run(t, ""))
	require.Contains(t, o.out, "another plan")
	o.server.AssertNotPaid(t, "b")
}

func TestPay_DerivesReferences(t *testing.T) {
	t.Parallel()
	const file = "amount;MSISDN\n10 000;+225 07 48 71 05 23\n20.000;+2250748710524\n"
	o := newOperator(t, file)
	o.with(t, "salaries.csv", file, "--run", "salaries", "--allow-repeats")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	for range 2 { // a fresh journal finds the same references
		o.set.journal = filepath.Join(t.TempDir(), "fresh.journal")
		require.Equal(t, exit.OK, o.run(t, ""), o.out)
	}
	require.Len(t, o.server.Transactions(), 2)
	require.True(t, strings.HasPrefix(o.server.Transactions()[0].Reference, "salaries/"))
}

func TestPay_JournalIsPrivateWhateverItsName(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	o.set.journal = filepath.Join(t.TempDir(), "juin? 100% #1&mode=ro.journal")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	info, err := os.Stat(o.set.journal)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NotZero(t, info.Size())
	o.set.journal = filepath.Join(t.TempDir(), "no", "such", "directory.journal")
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
}

func TestPay_ResumesWithoutTheFile(t *testing.T) {
	t.Parallel()
	o := newOperator(t, header+"+2250748710523,10000,a,x\n", djamotest.WithManualSettlement())
	o.set.idleTimeout = 50 * time.Millisecond
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	require.NoError(t, os.Remove(o.set.file.Path))
	o.server.SettleAll()
	journal := o.set.journal
	set := o.set
	set.journalMustExist, set.file, set.journal, set.idleTimeout = true, payoutfile.Options{}, journal, 5*time.Minute
	o.set = set
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	o.set.journal = filepath.Join(t.TempDir(), "none.journal")
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	o.server.AssertPaidOnce(t, "a")
}

// These set the environment, so they are not parallel.
func TestRun_TakesTheRealAPIFromTheEnvironment(t *testing.T) {
	o := newOperator(t, "\uFEFFReference,MSISDN,Amount,Description\r\nr1,+225 07 48 71 05 23,50 000,Juin\r\n")
	run := func(command string, args ...string) (int, string) {
		return execute(t, append([]string{command, o.set.file.Path}, args...)...)
	}
	t.Setenv(djamo.EnvAccessToken, "")
	code, out := run("run", "--yes")
	require.Equal(t, exit.Usage, code, out)
	code, out = run("plan")
	require.Equal(t, exit.OK, code, out)
	require.Contains(t, out, "The balance was not checked")

	t.Setenv(djamo.EnvAccessToken, o.server.Token)
	t.Setenv(djamo.EnvAPIURL, o.server.URL)
	code, out = run("plan")
	require.Equal(t, exit.OK, code, out)
	require.Empty(t, o.server.Transactions())
	require.NoFileExists(t, o.set.journal)
	code, out = run("run", "--yes")
	require.Equal(t, exit.OK, code, out)
	o.server.AssertPaidOnce(t, "r1")
	require.EqualValues(t, 50_000, o.server.Transactions()[0].Amount)
}

// execute carries out a command without a terminal.
func execute(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	command := Command(terminal.Terminal{In: strings.NewReader("y\n"), Out: &out, Err: &out}, &options.Options{})
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetOut(&out)
	command.SetArgs(args)
	err := command.ExecuteContext(t.Context())
	if err != nil {
		fmt.Fprintln(&out, err)
	}
	return exit.Code(err), out.String()
}

// Every mistake names its flag and is made before anything is read or sent.
func TestRun_BadFlags(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"run"}, "FILE is missing"},
		{[]string{"run", ""}, `FILE ""`},
		{[]string{"run", "a.csv", "b.csv"}, `"b.csv" is one file too many`},
		{[]string{"plan"}, "FILE is missing"},
		{[]string{"run", "a.csv", "--mode", "fast"}, `--mode "fast": must be single or batch`},
		{[]string{"run", "a.csv", "--batch-size", "0"}, "--batch-size 0: must be at least 1"},
		{[]string{"run", "a.csv", "--concurrency", "-1"}, "--concurrency -1: must be at least 1"},
		{[]string{"run", "a.csv", "--min", "9", "--max", "3"}, "--max 3: must not be below --min 9"},
		{[]string{"run", "a.csv", "--min", "-1"}, "--min -1: must not be negative"},
		{[]string{"plan", "a.csv", "--max", "-1"}, "--max -1: must not be negative"},
		{[]string{"run", "a.csv", "--country", "FR"}, `--country "FR": must be CI or SN`},
		{[]string{"run", "a.csv", "--report", "r.pdf"}, `--report "r.pdf": must end in .csv, .xlsx, .json or .html`},
		{[]string{"run", "a.csv", "--quiet-period", "1s"}, "--quiet-period 1s: must be longer than --send-timeout 20s"},
		{[]string{"run", "a.csv", "--idle-timeout", "0s"}, "--idle-timeout 0s: must be positive"},
		{[]string{"run", "a.csv", "--lease", "0s"}, "--lease 0s: must be positive"},
		{[]string{"run", "a.csv", "--send-timeout", "-1s"}, "--send-timeout -1s: must be positive"},
		{[]string{"resume"}, "--journal: must name the journal"},
		{[]string{"reconcile"}, "--journal: must name the journal"},
		{[]string{"report"}, "--journal: must name the journal"},
		{[]string{"report", "a.csv", "--format", "pdf"}, `--format "pdf": must be table, csv, xlsx, json or html`},
		{[]string{"report", "--journal", "missing.journal"}, "does not exist: name it with --journal"},
		{[]string{"plan", "missing.csv"}, "no such file"},
	} {
		code, out := execute(t, row.args...)
		require.Equal(t, exit.Usage, code, "%v: %s", row.args, out)
		require.Contains(t, out, row.want, "%v", row.args)
	}
	code, out := execute(t, "run", "--help")
	require.Equal(t, exit.OK, code)
	require.Contains(t, out, "--quiet-period")
}
