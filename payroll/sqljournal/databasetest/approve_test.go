package databasetest_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

var (
	awa     = approvaltest.NewPerson("awa@example.ci")
	bintou  = approvaltest.NewPerson("bintou@example.ci")
	chantal = approvaltest.NewPerson("chantal@example.ci")
	payer   = djamo.Account{Host: "127.0.0.1:8080", CompanyID: "biz_1"}
)

// namedPlan is a plan of n payouts for the run "june".
func namedPlan(t testing.TB, n int) *payroll.Plan {
	t.Helper()
	plan, err := payroll.NewPlan(payoutsOf(n), payroll.PlanOptions{Run: "june"})
	require.NoError(t, err)
	return plan
}

// demand has a database demand approvals, by Awa and Bintou.
func demand(t testing.TB, db *sql.DB, of sqljournal.Dialect) {
	t.Helper()
	list, err := approvaltest.Appoint(time.Now(), awa, bintou)
	require.NoError(t, err)
	require.NoError(t, sqljournal.Appoint(t.Context(), db, of, list))
}

// ask has Awa ask for an approval.
func ask(t testing.TB, journal *sqljournal.Journal, plan *payroll.Plan) approval.Signed {
	t.Helper()
	request, err := approvaltest.Plan(awa, time.Now(), plan, payer)
	require.NoError(t, err)
	require.NoError(t, journal.Sign(t.Context(), approval.Plan, request))
	return request
}

// approve has Bintou approve a request, as of a while ago.
func approve(t testing.TB, journal *sqljournal.Journal, request approval.Signed, ago time.Duration) error {
	t.Helper()
	approved, err := approvaltest.Approve(bintou, time.Now().Add(-ago), request)
	require.NoError(t, err)
	return journal.Sign(t.Context(), approval.Approve, approved)
}

func refusedFor(t testing.TB, err error, reason approval.Reason) {
	t.Helper()
	require.ErrorIs(t, err, payroll.ErrNotApproved)
	refusal := (*approval.Refusal)(nil)
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, reason, refusal.Reason, err)
}

// Nothing of a plan is stored, and no payout claimed, before a second person has approved it, whatever client drives the journal.
func TestApproval_StandsWhereSendingStarts(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			db := opened(t, place.driver, place.dsn(t))
			demand(t, db, place.dialect)
			journal, err := sqljournal.Open(t.Context(), db, place.dialect, "june")
			require.NoError(t, err)
			defer journal.Close()
			lease, err := journal.Acquire(t.Context(), owner, long)
			require.NoError(t, err)
			plan, other := namedPlan(t, 3), namedPlan(t, 4)
			stored := func(reason approval.Reason) {
				refusedFor(t, journal.Plan(t.Context(), lease, plan), reason)
				refusedFor(t, journal.CheckApproval(t.Context(), plan.PlanInfo, payer), reason)
				_, err := journal.Planned(t.Context())
				require.ErrorIs(t, err, payroll.ErrNoPlan)
				payouts, err := journal.Payouts(t.Context(), 0, 10)
				require.NoError(t, err)
				require.Empty(t, payouts, "nothing is stored, not even half")
			}
			stored(approval.NotRequested)
			request := ask(t, journal, plan)
			stored(approval.NotApproved)

			own, err := approvaltest.Approve(awa, time.Now(), request)
			require.NoError(t, err)
			refusedFor(t, journal.Sign(t.Context(), approval.Approve, own), approval.SamePerson)
			strange, err := approvaltest.Approve(chantal, time.Now(), request)
			require.NoError(t, err)
			refusedFor(t, journal.Sign(t.Context(), approval.Approve, strange), approval.UnknownKey)
			refusedFor(t, approve(t, journal, request, -time.Hour), approval.ClockDisagrees)
			refusedFor(t, approve(t, journal, request, 25*time.Hour), approval.Expired)
			stored(approval.NotApproved)

			require.NoError(t, approve(t, journal, request, 0))
			refusedFor(t, journal.Plan(t.Context(), lease, other), approval.OtherPlan)
			refusedFor(t, journal.CheckApproval(t.Context(), plan.PlanInfo, djamo.Account{Host: payer.Host, CompanyID: "biz_2"}), approval.OtherAccount)
			require.NoError(t, journal.CheckApproval(t.Context(), plan.PlanInfo, payer))
			require.NoError(t, journal.Plan(t.Context(), lease, plan))
			payouts, err := journal.Payouts(t.Context(), 0, 10)
			require.NoError(t, err)
			require.NoError(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)))

			// Planned again since: the approval was for what stood there before.
			again, err := approvaltest.Plan(awa, time.Now().Add(time.Second), plan, payer)
			require.NoError(t, err)
			require.NoError(t, journal.Sign(t.Context(), approval.Plan, again))
			refusedFor(t, journal.Advance(t.Context(), lease, to(payouts[1], payroll.Submitting)), approval.OtherRequest)
			refusedFor(t, journal.Advance(t.Context(), lease, to(payouts[1], payroll.Submitting), to(payouts[2], payroll.Submitting)), approval.OtherRequest)
			payouts[0].State = payroll.Submitting
			require.NoError(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Completed)), "what was sent is settled")
			require.NoError(t, approve(t, journal, again, 0))
			require.NoError(t, journal.Advance(t.Context(), lease, to(payouts[1], payroll.Submitting)))
			standing, err := journal.Standing(t.Context())
			require.NoError(t, err)
			require.Equal(t, bintou.Name, standing.Approval.By)
			require.Equal(t, awa.Name, standing.Request.By)

			// A plan that is stored is the only one that can be asked for.
			wrong, err := approvaltest.Plan(awa, time.Now(), other, payer)
			require.NoError(t, err)
			refusedFor(t, journal.Sign(t.Context(), approval.Plan, wrong), approval.OtherPlan)
			// Another account than the one that is recorded.
			require.NoError(t, journal.RecordAccount(t.Context(), djamo.Account{Host: "127.0.0.1:9", CompanyID: "biz_1"}))
			refusedFor(t, journal.Advance(t.Context(), lease, to(payouts[2], payroll.Submitting)), approval.OtherAccount)
		})
	}
}

// Who may sign is changed by one who may, and a row that somebody has written into the table by hand switches nothing off.
func TestAppoint(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			dsn := place.dsn(t)
			db := opened(t, place.driver, dsn)
			record, err := sqljournal.ReadRecord(t.Context(), db, place.dialect, "")
			require.NoError(t, err)
			require.Empty(t, record.Policies)
			demand(t, db, place.dialect)
			record, err = sqljournal.ReadRecord(t.Context(), db, place.dialect, "no such run")
			require.NoError(t, err)
			require.Len(t, record.Policies, 1)

			off, err := approval.NewPolicy(approvaltest.Signers(awa, bintou), 0)
			require.NoError(t, err)
			off.Required = false
			list := func(by approvaltest.Person, at time.Time) approval.Signed {
				signed, err := approval.Sign(approval.Statement{
					Act: approval.Appoint, By: by.Name, At: at, Policy: &off, Follows: record.Policies[0].Digest(),
				}, by.Key, by.Sign)
				require.NoError(t, err)
				return signed
			}
			refusedFor(t, sqljournal.Appoint(t.Context(), db, place.dialect, list(chantal, time.Now())), approval.UnknownKey)
			refusedFor(t, sqljournal.Appoint(t.Context(), db, place.dialect, list(bintou, time.Now().Add(time.Hour))), approval.ClockDisagrees)

			forged := list(chantal, time.Now())
			query := "INSERT INTO djamo_payroll_approvals (run, act, at, text, signature) VALUES (0, 'appoint', 1, $1, $2)"
			_, err = db.ExecContext(t.Context(), query, forged.Text, forged.Signature)
			require.NoError(t, err)
			journal, err := sqljournal.Open(t.Context(), db, place.dialect, "june")
			require.NoError(t, err)
			lease, err := journal.Acquire(t.Context(), owner, long)
			require.NoError(t, err)
			refusedFor(t, journal.Plan(t.Context(), lease, namedPlan(t, 2)), approval.UnknownKey)
			require.NoError(t, journal.Close())

			_, err = db.ExecContext(t.Context(), "DELETE FROM djamo_payroll_approvals WHERE at = 1")
			require.NoError(t, err)
			end := list(bintou, time.Now())
			require.NoError(t, sqljournal.Appoint(t.Context(), db, place.dialect, end))
			require.NoError(t, sqljournal.Appoint(t.Context(), db, place.dialect, end), "safe to repeat")
			journal, err = sqljournal.Open(t.Context(), db, place.dialect, "june")
			require.NoError(t, err)
			defer journal.Close()
			lease, err = journal.Acquire(t.Context(), owner, long)
			require.NoError(t, err)
			require.NoError(t, journal.Plan(t.Context(), lease, namedPlan(t, 2)), "approvals are switched off, by one who may")
			refusedFor(t, journal.Sign(t.Context(), approval.Plan, approval.Signed{}), approval.ApprovalNotUsed)
		})
	}
}

// A run that was divided is stored, claimed and resumed with an approval alone.
func TestApproval_OfARunThatIsDivided(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	plan := namedPlan(t, 4)
	divided(t, db, "june", plan, 2)
	demand(t, db, sqljournal.PostgreSQL)
	_, err := divide(t, db, "june", nil, 2)
	refusedFor(t, err, approval.NotRequested)
	part := openPart(t, db, "june", 1)
	lease, err := part.Acquire(t.Context(), owner, long)
	require.NoError(t, err)
	payouts, err := part.Payouts(t.Context(), 0, 10)
	require.NoError(t, err)
	refusedFor(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)), approval.NotRequested)
	refusedFor(t, part.CheckApproval(t.Context(), plan.PlanInfo, payer), approval.NotRequested)

	journal := openPostgres(t, db, "june")
	request := ask(t, journal.Journal, plan)
	refusedFor(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)), approval.NotApproved)
	require.NoError(t, approve(t, journal.Journal, request, 0))
	require.NoError(t, part.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)))
	_, err = divide(t, db, "june", nil, 2)
	require.NoError(t, err)

	other, err := payroll.NewPlan(payoutsOf(5), payroll.PlanOptions{Run: "july"})
	require.NoError(t, err)
	_, err = divide(t, db, "july", other, 2)
	refusedFor(t, err, approval.NotRequested)
	names, err := sqljournal.Runs(t.Context(), db, sqljournal.PostgreSQL)
	require.NoError(t, err)
	require.Equal(t, []string{"june"}, names, "nothing of it is left")
}

// A process of an older version that drives a run loses it when approvals are demanded for the first time.
func TestAppoint_TakesRunsFromOlderPrograms(t *testing.T) {
	t.Parallel()
	db := newSchema(t)
	journal := openPostgres(t, db, "june")
	payouts, lease := planned(t, journal, 2)
	demand(t, db, sqljournal.PostgreSQL)
	require.ErrorIs(t, journal.CheckSend(t.Context(), lease), payroll.ErrLeaseLost)
	require.ErrorIs(t, journal.Advance(t.Context(), lease, to(payouts[0], payroll.Submitting)), payroll.ErrLeaseLost)
}

// The connection dies at each statement between the request and the first claim: the run is paid with an approval or not at all, and
// what was stored is whole.
func TestApproval_DiesAtAnyStatement(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			for _, lost := range []bool{false, true} {
				died := true
				for n := 1; died; n++ {
					died = false // where it is skipped, for want of a database, there is no next statement
					require.True(t, t.Run(fmt.Sprintf("statement %d, lost %v", n, lost), func(t *testing.T) { died = diesAt(t, place, n, lost) }))
				}
			}
		})
	}
}

func diesAt(t *testing.T, place place, n int, lost bool) (died bool) {
	t.Helper()
	dsn := place.dsn(t)
	wire := &wire{}
	db := wire.over(t, place.driver, dsn)
	demand(t, db, place.dialect)
	plan := namedPlan(t, 2)
	request, err := approvaltest.Plan(awa, time.Now(), plan, payer)
	require.NoError(t, err)
	approved, err := approvaltest.Approve(bintou, time.Now(), request)
	require.NoError(t, err)
	pay := func(ctx context.Context, db *sql.DB) error {
		journal, err := sqljournal.Open(ctx, db, place.dialect, "june")
		if err != nil {
			return err
		}
		defer journal.Close()
		for act, signed := range []approval.Signed{request, approved} {
			if err := journal.Sign(ctx, []approval.Act{approval.Plan, approval.Approve}[act], signed); err != nil {
				return err
			}
		}
		lease, err := journal.Acquire(ctx, owner, long)
		if err != nil {
			return err
		}
		if err := journal.Plan(ctx, lease, plan); err != nil {
			return err
		}
		payouts, err := journal.Payouts(ctx, 0, 1, payroll.Planned)
		if err != nil || len(payouts) == 0 || payouts[0].ID == 2 {
			return err
		}
		return journal.Advance(ctx, lease, to(payouts[0], payroll.Submitting))
	}
	before := len(wire.calls)
	wire.dieAt(before+n, lost)
	died = pay(t.Context(), db) != nil
	require.Equal(t, died, len(wire.calls) >= before+n)
	require.NoError(t, db.Close())

	fresh := opened(t, place.driver, dsn)
	journal, err := sqljournal.Open(t.Context(), fresh, place.dialect, "june")
	require.NoError(t, err)
	record, err := journal.Record(t.Context())
	require.NoError(t, err)
	payouts, err := journal.Payouts(t.Context(), 0, 10)
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	if record.Approval.IsZero() {
		require.Empty(t, payouts, "statement %d, lost %v: stored without an approval", n, lost)
	} else {
		require.False(t, record.Request.IsZero())
	}
	require.Contains(t, []int{0, 2}, len(payouts), "statement %d: half a plan", n)
	require.NoError(t, pay(t.Context(), fresh), "statement %d", n)
	require.Less(t, n, 200, "it ends")
	return died
}
