package payrollcmd

import (
	"bytes"
	"crypto/ed25519"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

const twoSalaries = header + "+2250748710523,50000,a,Salaire\n+2250748710524,60000,b,Salaire\n"

// office is where Awa plans and Bintou approves; Chantal stands on no list.
type office struct {
	*operator

	awa, bintou, chantal approvaltest.Person
	keys                 map[string]string // the files of their keys, by their names
}

// newOffice is an operator whose journal demands approvals.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{operator: newOperator(t, twoSalaries), keys: map[string]string{}}
	o.set.file.Run = "july"
	for name, person := range map[string]*approvaltest.Person{"awa": &o.awa, "bintou": &o.bintou, "chantal": &o.chantal} {
		*person = approvaltest.NewPerson(name + "@example.ci")
		private := ed25519.NewKeyFromSeed(person.Seed())
		o.keys[name] = writeKey(t, &private, "")
	}
	list := filepath.Join(t.TempDir(), "allowed_signers")
	require.NoError(t, os.WriteFile(list, []byte(approvaltest.Signers(o.awa, o.bintou).String()), 0o600))
	code, text := execute(t, "approvers", "set", list, "--journal", o.set.journal, "--key", o.keys["awa"])
	require.Zero(t, code, text)
	require.Contains(t, text, "needs two people; an approval holds for 24h.")
	return o
}

// as has one of the three do something with their key, and returns the exit code.
func (o *office) as(t *testing.T, who string, do func(settings, terminal.Terminal) error) int {
	t.Helper()
	var out bytes.Buffer
	set := o.set
	set.key = o.keys[who]
	err := do(set, terminal.Terminal{In: strings.NewReader("y\n"), Out: &out, Err: &out, Interactive: true})
	o.out = out.String()
	if err != nil {
		o.out += err.Error()
	}
	return exit.Code(err)
}

func (o *office) plans(t *testing.T, who string) int {
	t.Helper()
	return o.as(t, who, func(set settings, term terminal.Terminal) error {
		set.requestApproval = true
		return planWith(t.Context(), o.client, set, term)
	})
}

func (o *office) approves(t *testing.T, who string) int {
	t.Helper()
	return o.as(t, who, func(set settings, term terminal.Terminal) error {
		set.journalMustExist = true
		return approve(t.Context(), set, "", term)
	})
}

// store writes something that was signed into the journal's table, as the program itself would refuse to.
func (o *office) store(t *testing.T, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(o.set.journal))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), query, args...)
	require.NoError(t, err)
}

func (o *office) storeSigned(t *testing.T, act approval.Act, signed approval.Signed) {
	t.Helper()
	o.store(t, `INSERT INTO djamo_payroll_approvals (run, act, at, text, signature) SELECT id, ?, 1, ?, ? FROM djamo_payroll_runs`,
		string(act), signed.Text, signed.Signature)
}

func (o *office) request(t *testing.T) approval.Signed {
	t.Helper()
	db, err := openDatabase(o.set)
	require.NoError(t, err)
	defer db.Close()
	record, err := sqljournal.ReadRecord(t.Context(), db.DB, db.dialect, "july")
	require.NoError(t, err)
	return record.Request
}

// Awa plans, Bintou approves, and the run is paid; report and papers name them both.
func TestApprove_TwoPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.Equal(t, exit.Usage, o.approves(t, "bintou"), o.out)
	require.Contains(t, o.out, `the run "july" needs the approval of a second person, and nobody has asked for it yet`)
	require.NotContains(t, o.out, "djamo payroll run FILE")
	require.Zero(t, o.plans(t, "awa"), o.out)
	require.Contains(t, o.out, "awa@example.ci asks for the approval of a second person, who types: djamo payroll approve ")
	require.Zero(t, o.approves(t, "bintou"), o.out)
	require.Contains(t, o.squeezed(), "+22507******23 50 000 FCFA Salaire")
	require.Contains(t, o.out, "Approved by bintou@example.ci, until ")
	require.Zero(t, o.run(t, ""), o.out)
	require.Len(t, o.server.Transactions(), 2)
	for _, ending := range []string{"csv", "xlsx", "json", "html"} {
		report := filepath.Join(t.TempDir(), "report."+ending)
		code, text := execute(t, "report", "--journal", o.set.journal, "--report", report)
		require.Zero(t, code, text)
		content, err := os.ReadFile(report)
		require.NoError(t, err)
		if ending == "csv" || ending == "json" {
			require.Contains(t, string(content), "bintou@example.ci")
		}
	}
}

// Nothing is sent, stored or asked for before two people have signed exactly this, and each refusal is one sentence, in French too.
func TestPay_RefusedWithoutApproval(t *testing.T) {
	t.Parallel()
	approved := func(t *testing.T, o *office) {
		require.Zero(t, o.plans(t, "awa"), o.out)
		require.Zero(t, o.approves(t, "bintou"), o.out)
	}
	for name, row := range map[string]struct {
		begin  func(*testing.T, *office)
		reason string
	}{
		"nobody has asked": {func(*testing.T, *office) {}, `the run "july" needs the approval of a second person, and nobody has asked for it yet`},
		"nobody has approved": {func(t *testing.T, o *office) {
			require.Zero(t, o.plans(t, "awa"), o.out)
		}, `the run "july" waits for the approval of a second person: awa@example.ci asked for it on `},
		"the file was changed": {func(t *testing.T, o *office) {
			approved(t, o)
			changed := strings.Replace(twoSalaries, "50000", "50001", 1)
			require.NoError(t, os.WriteFile(o.set.file.Path, []byte(changed), 0o600))
		}, "another plan was approved: its digest is "},
		"the planner approves": {func(t *testing.T, o *office) {
			require.Zero(t, o.plans(t, "awa"), o.out)
			require.Equal(t, 64, o.approves(t, "awa"))
			require.Contains(t, o.out, "nothing was signed: payroll: awa@example.ci has planned the run: somebody else must approve it")
			own, err := approvaltest.Approve(o.awa, time.Now(), o.request(t))
			require.NoError(t, err)
			o.storeSigned(t, approval.Approve, own)
		}, "awa@example.ci has planned the run: somebody else must approve it"},
		"an unknown key": {func(t *testing.T, o *office) {
			require.Equal(t, 64, o.plans(t, "chantal"))
			require.Contains(t, o.out, "nothing was signed: payroll: the key SHA256:")
			require.Zero(t, o.plans(t, "awa"), o.out)
			require.Equal(t, 64, o.approves(t, "chantal"))
			require.Contains(t, o.out, "nothing was signed: payroll: the key SHA256:")
			strange, err := approvaltest.Approve(o.chantal, time.Now(), o.request(t))
			require.NoError(t, err)
			o.storeSigned(t, approval.Approve, strange)
		}, "is not on the list of those who may sign"},
		"it has ended": {func(t *testing.T, o *office) {
			require.Zero(t, o.plans(t, "awa"), o.out)
			old, err := approvaltest.Approve(o.bintou, time.Now().Add(-25*time.Hour), o.request(t))
			require.NoError(t, err)
			o.storeSigned(t, approval.Approve, old)
		}, "the approval by bintou@example.ci has ended on "},
		"a clock disagrees": {func(t *testing.T, o *office) {
			require.Zero(t, o.plans(t, "awa"), o.out)
			early, err := approvaltest.Approve(o.bintou, time.Now().Add(time.Hour), o.request(t))
			require.NoError(t, err)
			o.storeSigned(t, approval.Approve, early)
		}, "set the clock that is wrong, and sign again"},
		"planned again": {func(t *testing.T, o *office) {
			approved(t, o)
			terms := approval.TermsOf(o.planned(t), o.client.Account())
			again, err := approval.Sign(approval.Statement{
				Act: approval.Plan, By: o.awa.Name, At: time.Now().Add(time.Second), Terms: &terms,
			}, o.awa.Key, o.awa.Sign)
			require.NoError(t, err)
			o.storeSigned(t, approval.Plan, again)
		}, "bintou@example.ci has approved an earlier request"},
		"a signature was changed": {func(t *testing.T, o *office) {
			approved(t, o)
			o.store(t, "UPDATE djamo_payroll_approvals SET text = replace(text, '110000', '110001') WHERE act = 'approve'")
		}, "a signature does not hold: "},
		"another account": {func(t *testing.T, o *office) {
			approved(t, o)
			o.client = newOperator(t, twoSalaries).client
		}, "the approval is for the account 127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			row.begin(t, o)
			require.Equal(t, 64, o.run(t, "y\n"), o.out)
			require.Contains(t, o.out, "nothing was sent: ")
			require.Contains(t, o.out, row.reason)
			require.Equal(t, 1, strings.Count(strings.TrimSpace(o.out), "\n")+1, "one sentence: %s", o.out)
			require.NotContains(t, o.out, "%!")
			require.Empty(t, o.server.Transactions())
			db, err := openDatabase(o.set)
			require.NoError(t, err)
			defer db.Close()
			var payouts int
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM djamo_payroll_payouts").Scan(&payouts))
			require.Zero(t, payouts, "nothing was stored")
		})
	}
}

// planned is the plan of the office's file.
func (o *office) planned(t *testing.T) *payroll.Plan {
	t.Helper()
	plan, done, err := openPlan(t.Context(), o.set, terminal.Terminal{Err: &bytes.Buffer{}})
	require.NoError(t, err)
	t.Cleanup(done)
	return plan
}

// A salary that was altered in the journal's table, after both have signed and the plan was stored, is paid neither by run nor by
// resume; put back, the run is paid.
func TestPay_RefusesStoredPayoutsThatWereAltered(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	require.Zero(t, o.plans(t, "awa"), o.out)
	require.Zero(t, o.approves(t, "bintou"), o.out)
	journal, done, err := openJournal(t.Context(), o.set)
	require.NoError(t, err)
	_, err = (&payroll.Runner{Client: o.client, Journal: journal}).Prepare(t.Context(), o.planned(t))
	require.NoError(t, err)
	done()
	o.store(t, "UPDATE djamo_payroll_payouts SET msisdn = '+2250700000000' WHERE id = 1")
	refuses := func() {
		require.Equal(t, 64, o.run(t, "y\n"), o.out)
		require.Contains(t, o.out, "nothing was sent: payroll: the payouts in the journal were changed after they were approved: their digest is ")
		require.Empty(t, o.server.Transactions())
	}
	refuses()
	o.set.journalMustExist, o.set.sends = true, true
	refuses()
	o.store(t, "UPDATE djamo_payroll_payouts SET msisdn = '+2250748710523' WHERE id = 1")
	require.Zero(t, o.run(t, "y\n"), o.out)
	require.Len(t, o.server.Transactions(), 2)
}

// The list says who has signed for which run, and when.
func TestApprovers_Show(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	show := func() string {
		code, text := execute(t, "approvers", "show", "--journal", o.set.journal)
		require.Zero(t, code, text)
		return strings.Join(strings.Fields(text), " ")
	}
	require.Contains(t, show(), "bintou@example.ci SHA256:")
	require.NotContains(t, show(), "july")
	require.Zero(t, o.plans(t, "awa"), o.out)
	require.Regexp(t, `Run "july": planned by awa@example.ci on \d{4}-\S+ \S+ Run "july": .* waits for the approval of a second person`, show())
	require.Zero(t, o.approves(t, "bintou"), o.out)
	require.Regexp(t, `Run "july": planned by awa@example.ci on \S+ \S+ Run "july": approved by bintou@example.ci on \S+ \S+, until \S+ \S+$`, show())
}

// A refusal is said in French, too.
func TestRefusal_InFrench(t *testing.T) {
	t.Parallel()
	err := exit.NotSent(t.Context(), &approval.Refusal{Reason: approval.Altered, Args: []any{"1", "2"}})
	require.Equal(t, "rien n'a été envoyé : les paiements du journal ont été modifiés après leur approbation : leur empreinte est 1, et celle de "+
		"l'approbation 2", lang.French.Error(err))
}
