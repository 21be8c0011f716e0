package payrollcmd

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/payroll"
)

const noReferences = "msisdn,amount\n+2250748710523,10000\n+2250748710524,20000\n"

// with takes the operator to a file of this name, with a journal of its own, and flags beside the usual ones.
func (o *operator) with(t *testing.T, name, file string, args ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	o.set = settingsOf(t, path, append([]string{"--yes", "--idle-timeout", "5m"}, args...)...)
	o.set.poll = time.Millisecond
}

// The second download of a file has another name, and may have it in another form of Unicode: neither pays anybody again.
func TestPay_A1_ANameOfAFileNamesNoRun(t *testing.T) {
	t.Parallel()
	o := newOperator(t, noReferences)
	for name, want := range map[string]string{
		"salaires.csv": `--run "salaires-20`, "salaires (1).csv": `--run "salaires-20`, "salaires - Copie.csv": `--run "salaires-20`,
		"Copie de paie 2026-07.csv": `--run "de-paie-2026-07"`, "de\u0301cembre.csv": `--run "d` + "\u00e9" + `cembre-20`, "(1).csv": `--run "1"`,
	} {
		o.with(t, name, noReferences)
		require.Equal(t, exit.Usage, o.run(t, ""), "%s: %s", name, o.out)
		require.Contains(t, o.out, want, name)
		require.NoFileExists(t, o.set.journal)
	}
	require.Empty(t, o.server.Transactions())

	o.with(t, "salaires.csv", noReferences, "--run", "d\u00e9cembre")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	o.with(t, "salaires (1).csv", noReferences, "--run", "de\u0301cembre")
	require.Equal(t, exit.Unresolved, o.run(t, ""), "its references are the same: %s", o.out)
	require.Contains(t, o.squeezed(), "2 of 2 payouts, 30 000 FCFA, were paid earlier under these references, and not now.")
	require.Len(t, o.server.Transactions(), 2)
}

// The same salaries under another name of a run are confirmed by that name, and by nothing that is typed by habit.
func TestPay_A2_TheSameSalariesUnderAnotherRun(t *testing.T) {
	t.Parallel()
	o := newOperator(t, noReferences)
	o.with(t, "salaires.csv", noReferences, "--run", "juin")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)

	o.with(t, "salaires.csv", noReferences, "--run", "juin bis")
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "Warning: 2 of these payouts, 30 000 FCFA, give a payee the same amount as a payment under another reference since ")
	require.Contains(t, o.out, "--yes does not confirm")
	require.NoFileExists(t, o.set.journal)
	o.set.yes = false
	for _, answer := range []string{"", "y\n", "yes\n", "oui\n", "juin\n", "\n"} {
		require.Equal(t, exit.Usage, o.run(t, answer), o.out)
		require.Contains(t, o.out, "type the name of the run (juin bis)")
		require.Contains(t, o.out, "nothing was sent: it was not confirmed")
	}
	require.Len(t, o.server.Transactions(), 2)
	require.Equal(t, exit.OK, o.run(t, " juin bis \n"), o.out)
	require.Len(t, o.server.Transactions(), 4)

	o.with(t, "salaires.csv", noReferences, "--run", "juin ter", "--allow-repeats")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Len(t, o.server.Transactions(), 6)
	o.with(t, "salaires.csv", strings.ReplaceAll(noReferences, "000\n", "001\n"), "--run", "july")
	require.Equal(t, exit.OK, o.run(t, ""), "other amounts: %s", o.out)
}

// The file was corrected after it was paid, and downloaded under another name: its journal is another one, too.
func TestPay_A1_ACorrectedCopyOfAFileThatWasPaid(t *testing.T) {
	t.Parallel()
	const file = "msisdn,amount\n+2250748710523,10000\n+2250748710524,20000\n"
	o := newOperator(t, file)
	o.with(t, "salaires.csv", file, "--run", "july")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)

	corrected := strings.Replace(file, "10000", "11000", 1)
	o.with(t, "salaires (1).csv", corrected, "--run", "july")
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "are for payees whom this run has paid for rows that were changed since")
	require.Contains(t, o.out, "rows of it were changed after they were paid, which --yes does not confirm")
	require.Len(t, o.server.Transactions(), 2)
	o.set.yes = false
	require.Equal(t, exit.Usage, o.run(t, "yes\n"), o.out)
	require.Contains(t, o.out, "type the name of the run (july)")
	require.Len(t, o.server.Transactions(), 2)

	o.with(t, "salaires (2).csv", file, "--run", "july", "--allow-repeats")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Len(t, o.server.Transactions(), 2, "the same file pays nothing")
	o.with(t, "salaires (3).csv", corrected, "--run", "july", "--allow-repeats")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Len(t, o.server.Transactions(), 3, "it was confirmed")
}

// Employee numbers come back each month: July pays nobody, and says so until somebody says that it was meant.
func TestPay_A3_ReferencesThatComeBack(t *testing.T) {
	t.Parallel()
	june := header + "+2250748710523,10000,E1,x\n+2250748710524,20000,E2,x\n"
	july := june + "+2250748710525,30000,E3,x\n"
	o := newOperator(t, june)
	o.with(t, "june.csv", june, "--run", "june")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.NotContains(t, o.out, "paid earlier")
	require.NoError(t, o.server.SetBalance(40_000))

	o.with(t, "july.csv", july, "--run", "july", "--report", filepath.Join(t.TempDir(), "july.html"))
	require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
	for _, part := range []string{
		"2 of these, 30 000 FCFA, were paid earlier under their references; 1, 30 000 FCFA, are to be sent. The account holds 40 000 FCFA; 10 000 FCFA will be left",
		"were paid earlier under these references and are not paid now, first line 2: E1 on 20",
		"completed 1 30 000 FCFA paid earlier under these references, not paid now 2 30 000 FCFA",
		"2 of 3 payouts, 30 000 FCFA, were paid earlier under these references, and not now.",
		"Each month's payouts need references of their own",
	} {
		require.Contains(t, o.squeezed(), part)
	}
	require.Len(t, o.server.Transactions(), 3)
	report, err := os.ReadFile(o.set.report)
	require.NoError(t, err)
	require.Contains(t, string(report), "<span>paid earlier · 2</span>")

	o.with(t, "july.csv", july, "--run", "july", "--allow-repeats")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "3 of 3 payouts, 60 000 FCFA, were paid earlier")
	require.Len(t, o.server.Transactions(), 3)
}

// A month in which nothing is new to send claims nothing of last month's for itself: neither what was paid nor the fees.
func TestPay_A3_NothingNewToSend(t *testing.T) {
	t.Parallel()
	file := header + "+2250748710523,10000,E1,x\n+2250748710524,20000,E2,x\n+2250748710525,30000,E3,x\n"
	o := newOperator(t, file)
	o.with(t, "june.csv", file, "--run", "june")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "completed 3 60 000 FCFA fees 600 FCFA")

	for _, ending := range []string{"html", "json", "csv"} {
		o.with(t, "july.csv", file, "--run", "july", "--report", filepath.Join(t.TempDir(), "july."+ending))
		require.Equal(t, exit.Unresolved, o.run(t, ""), o.out)
		said := o.squeezed()
		for _, part := range []string{
			"completed 0 0 FCFA paid earlier under these references, not paid now 3 60 000 FCFA fees 0 FCFA",
			"Nothing was paid now. 3 of 3 payouts, 60 000 FCFA, were paid earlier under these references, and not now.",
		} {
			require.Contains(t, said, part)
		}
		require.NotContains(t, said, "3 of 3 sent")
		require.NotContains(t, said, "3 completed")
		require.NotContains(t, said, "accepted 3")
		require.NotContains(t, said, "3 accepted")
		content, err := os.ReadFile(o.set.report)
		require.NoError(t, err)
		report := strings.Join(strings.Fields(strings.ReplaceAll(string(content), "\u202f", " ")), " ")
		switch ending {
		case "html":
			require.Contains(t, report, "<b>Nothing was paid now.</b> All 3 payments were made earlier, before this run.")
			require.Contains(t, report, `<b class="good">0 F</b><span>paid now · 0</span>`)
			require.Contains(t, report, `<b class="earlier">60 000 F</b><span>paid earlier · 3</span>`)
			require.Contains(t, report, `<b>0 F</b><span>Djamo’s fees</span>`)
			require.NotContains(t, report, "All 3 payments were made.")
		case "json":
			require.Contains(t, report, `"fees":0`)
			require.Contains(t, report, `"completed":{"count":0,"amount":0}`)
			require.Contains(t, report, `"paidEarlier":{"count":3,"amount":60000}`)
		case "csv":
			require.Equal(t, 3, strings.Count(report, ",true,"), report)
			require.NotContains(t, report, ",100,")
		}
	}
	require.Len(t, o.server.Transactions(), 3)
}

// A row was added to a file that was paid. The advice must pay nobody again.
func TestPay_A1_AChangedFileNamesWhoWasPaid(t *testing.T) {
	t.Parallel()
	o := newOperator(t, noReferences)
	o.with(t, "june.csv", noReferences, "--run", "june")
	require.Equal(t, exit.OK, o.run(t, ""), o.out)
	require.NoError(t, os.WriteFile(o.set.file.Path, []byte(noReferences+"+2250748710525,30000\n"), 0o600))
	require.Equal(t, exit.Usage, o.run(t, ""), o.out)
	require.Contains(t, o.squeezed(), "2 of these, 30 000 FCFA, were sent before (line 2, 3); 1, 30 000 FCFA, are not in it (line 4)")
	require.NotContains(t, o.out, "--run")
	require.NotContains(t, o.out, "--journal")
	require.Len(t, o.server.Transactions(), 2)
}

// Who finds a run stopped may pay the rest of it in another way. Going on with it must pay nobody again.
func TestResume_A2_ComparesWhatIsLeftWithWhatWasPaidMeanwhile(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args   []string
		answer string
		code   int
		paid   int
	}{
		"not confirmed":     {[]string{"--yes"}, "", exit.Usage, 0},
		"by a plain yes":    {nil, "y\n", exit.Usage, 0},
		"by a flag":         {[]string{"--allow-repeats"}, "", exit.OK, 2},
		"by the run's name": {nil, "june\n", exit.OK, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, noReferences)
			o.with(t, "june.csv", noReferences, "--run", "june")
			plan, err := payroll.NewPlan(payroll.Rows(
				payroll.Payout{MSISDN: "+2250748710523", Amount: 10_000}, payroll.Payout{MSISDN: "+2250748710524", Amount: 20_000},
			), payroll.PlanOptions{Run: "june"})
			require.NoError(t, err)
			journal, done, err := openJournal(t.Context(), o.set)
			require.NoError(t, err)
			_, err = (&payroll.Runner{Client: o.client, Journal: journal}).Prepare(t.Context(), plan) // and there it stopped
			require.NoError(t, err)
			done()
			for payee, amount := range map[djamo.MSISDN]djamo.XOF{"+2250748710523": 9_000, "+2250748710524": 20_000} {
				_, err := o.client.Transactions.Create(t.Context(), djamo.TransactionParams{
					MSISDN: payee, Amount: amount, Reference: fmt.Sprintf("rest/%d", int64(amount)), Description: "x",
				})
				require.NoError(t, err)
			}
			o.set = settingsOf(t, o.set.file.Path, append(row.args, "--idle-timeout", "5m")...)
			o.set.file.Run, o.set.journalMustExist, o.set.poll = "", true, time.Millisecond
			require.Equal(t, row.code, o.run(t, row.answer), o.out)
			require.Contains(t, o.squeezed(),
				"Warning: 1 of these payouts, 20 000 FCFA, give a payee the same amount as a payment under another reference")
			require.Len(t, o.server.Transactions(), 2+row.paid)
		})
	}
}

func TestPay_A2_NothingIsSentWhenItCannotBeCompared(t *testing.T) {
	t.Parallel()
	o := newOperator(t, threeRows)
	_, err := o.server.Inject(djamotest.FailBefore(http.StatusInternalServerError), djamotest.On("GET /v1/transactions"))
	require.NoError(t, err)
	require.Equal(t, exit.Failed, o.run(t, ""), o.out)
	require.Contains(t, o.out, "nothing was sent: payroll: reading the account's latest payments")
	require.Empty(t, o.server.Transactions())
}

func TestSettings_A2_RecentDays(t *testing.T) {
	t.Parallel()
	for days, ok := range map[int]bool{1: true, 35: true, 3660: true, 0: false, -1: false, 3661: false} {
		set := settings{recentDays: days}
		require.Equal(t, ok, set.checkRecent() == nil, days)
	}
}

// The closing words are in the operator's language, like everything before them.
func TestPay_A3_ClosingWordsAreFrenchToo(t *testing.T) {
	t.Parallel()
	for _, closing := range []error{errNotAllPaid, errPaidEarlier} {
		require.NotEqual(t, closing.Error(), lang.French.Error(&exit.Error{Code: exit.Unresolved, Err: closing}))
	}
}

// answering pays somebody else's salaries while the operator reads, and answers then.
type answering struct {
	io.Reader

	pay func()
}

func (a *answering) Read(to []byte) (int, error) {
	if a.pay != nil {
		a.pay()
		a.pay = nil
	}
	return a.Reader.Read(to)
}

// Two people look at the same salaries, and both find that nobody was paid: the second answer comes after the first one's payments.
func TestPay_A2_SomebodyElsePaysWhileTheQuestionIsAsked(t *testing.T) {
	t.Parallel()
	for answers, want := range map[string]int{"y\n": 2, "y\ny\n": 2, "y\njuin\n": 4} {
		o := newOperator(t, noReferences)
		o.with(t, "salaires.csv", noReferences, "--run", "juin")
		o.set.yes = false
		var out bytes.Buffer
		in := &answering{strings.NewReader(answers), func() {
			for i, params := range []djamo.TransactionParams{
				{MSISDN: "+2250748710523", Amount: 10_000}, {MSISDN: "+2250748710524", Amount: 20_000},
			} {
				params.Reference = fmt.Sprint("paie/", i)
				_, err := o.client.Transactions.Create(t.Context(), params)
				require.NoError(t, err)
			}
		}}
		_, err := payWith(t.Context(), o.client, o.set, terminal.Terminal{In: in, Out: &out, Err: &out, Interactive: true})
		require.Len(t, o.server.Transactions(), want, answers)
		told := strings.Join(strings.Fields(out.String()), " ")
		require.Contains(t, told, "Pay? [y/N] While this was read, the account has paid payees of this run. Warning: 2 of these payouts, 30 000 FCFA, "+
			"give a payee the same amount as a payment under another reference since ")
		require.Contains(t, told, "others of the last moments may not be listed yet")
		require.Contains(t, told, "type the name of the run (juin)")
		if want == 4 {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, exit.Usage, exit.Code(err))
		require.ErrorContains(t, err, "the name of the run was not typed")
		require.NoFileExists(t, o.set.journal)
	}
}
