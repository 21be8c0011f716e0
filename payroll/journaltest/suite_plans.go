package journaltest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// payoutOf is a planned payout like any other.
func payoutOf(id int64) payroll.Payout {
	return payroll.Payout{
		ID: id, Line: id + 1, State: payroll.Planned,
		MSISDN: djamo.MSISDN(fmt.Sprintf("+22507%08d", id)), Amount: djamo.XOF(1000 + id),
		Reference: fmt.Sprintf("june/%06d", id), Description: "Salaire de juin", Name: "Awa Koné",
	}
}

func payoutsOf(n int64) []payroll.Payout {
	payouts := make([]payroll.Payout, n)
	for i := range payouts {
		payouts[i] = payoutOf(int64(i) + 1)
	}
	return payouts
}

// stepOf is a change of a payout's state and of nothing else.
func stepOf(payout payroll.Payout, to payroll.State) payroll.Change {
	from := payout.State
	payout.State = to
	return payroll.Change{From: from, Payout: payout}
}

// planOf is a plan of these payouts.
func (s *subject) planOf(payouts ...payroll.Payout) *payroll.Plan {
	s.Helper()
	return s.planFrom(payroll.Rows(payouts...))
}

func (s *subject) planFrom(payouts iter.Seq2[payroll.Payout, error]) *payroll.Plan {
	s.Helper()
	plan, err := payroll.NewPlan(payouts, payroll.PlanOptions{Run: runName, Limits: &djamo.Limits{}})
	s.ok(err)
	return plan
}

// planThen is a plan whose source, once it was checked, gives other payouts and ends with an error if there is one.
func (s *subject) planThen(checked, later []payroll.Payout, err error) *payroll.Plan {
	s.Helper()
	again := false
	plan := s.planFrom(func(yield func(payroll.Payout, error) bool) {
		payouts := checked
		if again {
			payouts = later
		}
		for _, payout := range payouts {
			if !yield(payout, nil) {
				return
			}
		}
		if again && err != nil {
			yield(payroll.Payout{}, err)
		}
	})
	again = true
	return plan
}

// interrupted is a plan whose source, once it was checked, does something before one of its payouts.
func (s *subject) interrupted(payouts []payroll.Payout, at int64, do func()) *payroll.Plan {
	s.Helper()
	checked := false
	plan := s.planFrom(func(yield func(payroll.Payout, error) bool) {
		for _, payout := range payouts {
			if checked && payout.ID == at {
				do()
			}
			if !yield(payout, nil) {
				return
			}
		}
	})
	checked = true
	return plan
}

func planCases() []testCase {
	return []testCase{
		{"NoPlanAtFirst", func(s *subject) {
			_, err := s.Planned(s.ctx())
			s.fails(err, payroll.ErrNoPlan)
			s.holds(nil)
		}},
		{"PlanIsKept", func(s *subject) {
			plan := s.planOf(payoutsOf(2345)...)
			s.ok(s.Plan(s.ctx(), s.acquire("a"), plan))
			info, err := s.Planned(s.ctx())
			s.ok(err)
			equal(s, "plan", info, plan.PlanInfo)
			s.holds(payoutsOf(2345))
		}},
		{"PlanKeepsEveryField", planKeepsEveryField},
		{"PlanAgainDoesNothing", func(s *subject) {
			lease := s.planned(3)
			s.step(lease, 2, payroll.Submitting)
			before := s.all()
			s.ok(s.Plan(s.ctx(), lease, s.planOf(payoutsOf(3)...)))
			s.holds(before)
		}},
		{"OtherPlanIsRefused", func(s *subject) {
			lease := s.planned(3)
			s.fails(s.Plan(s.ctx(), lease, s.planOf(payoutsOf(4)...)), payroll.ErrPlanDiffers)
			s.holds(payoutsOf(3))
		}},
		{"PlanOfAnotherLeaseIsRefused", func(s *subject) {
			stale := s.acquire("a")
			s.ok(s.Release(s.ctx(), stale))
			s.acquire("b")
			s.fails(s.Plan(s.ctx(), stale, s.planOf(payoutsOf(3)...)), payroll.ErrLeaseLost)
			s.empty()
		}},
		{"PlanAfterTheLeaseIsRefused", func(s *subject) {
			lease := s.acquire("a")
			s.elapse(long)
			s.fails(s.Plan(s.ctx(), lease, s.planOf(payoutsOf(3)...)), payroll.ErrLeaseLost)
			s.empty()
		}},
		{"LeaseThatEndsWhilePlanning", func(s *subject) {
			lease := s.acquire("a")
			plan := s.interrupted(payoutsOf(2000), 1500, func() { s.elapse(long) })
			s.fails(s.Plan(s.ctx(), lease, plan), payroll.ErrLeaseLost)
			s.empty()
		}},
		{"LeaseIsRenewedWhilePlanning", func(s *subject) {
			lease := s.acquire("a")
			plan := s.interrupted(payoutsOf(2000), 1500, func() {
				s.elapse(long / 2)
				equal(s, "renewed", s.acquire("a"), lease)
				s.elapse(long / 2)
			})
			s.ok(s.Plan(s.ctx(), lease, plan))
			s.holds(payoutsOf(2000))
		}},
		{"SourceThatFailsLeavesNothing", func(s *subject) {
			lease, broken := s.acquire("a"), errors.New("the file has changed")
			for _, n := range []int64{0, 1, 1000, 1300} {
				s.fails(s.Plan(s.ctx(), lease, s.planThen(payoutsOf(1300), payoutsOf(n), broken)), broken)
				s.empty()
			}
			s.ok(s.Plan(s.ctx(), lease, s.planOf(payoutsOf(1300)...)))
			s.holds(payoutsOf(1300))
		}},
		{"PlanCancelledMidwayLeavesNothing", func(s *subject) {
			lease := s.acquire("a")
			ctx, cancel := context.WithCancel(s.ctx())
			defer cancel()
			s.fails(s.Plan(ctx, lease, s.interrupted(payoutsOf(3000), 1500, cancel)), context.Canceled)
			s.empty()
			s.ok(s.Plan(s.ctx(), lease, s.planOf(payoutsOf(3)...)))
		}},
		{"SourcesThatChangeAreRefused", sourcesThatChangeAreRefused},
		{"PlanOutlivesTheProcess", func(s *subject) {
			if s.harness.Reopen == nil {
				s.Skip("this journal forgets with its process")
			}
			lease := s.planned(1234)
			s.step(lease, 7, payroll.Submitting)
			want := s.all()
			s.Journal = s.harness.Reopen(s.T, s.Journal, runName)
			s.holds(want)
			info, err := s.Planned(s.ctx())
			s.ok(err)
			equal(s, "plan", info, s.planOf(payoutsOf(1234)...).PlanInfo)
		}},
	}
}

// empty ends the test if the journal holds anything.
func (s *subject) empty() {
	s.Helper()
	_, err := s.Planned(s.ctx())
	s.fails(err, payroll.ErrNoPlan)
	s.holds(nil)
	sums, err := s.Sums(s.ctx())
	s.ok(err)
	equal(s, "states", len(sums), 0)
}

func planKeepsEveryField(s *subject) {
	odd := []payroll.Payout{
		{MSISDN: "+2250700000001", Amount: 1, Reference: "a", Description: ""},
		{
			MSISDN:      "+2250700000002",
			Amount:      math.MaxInt64 - 10,
			Reference:   "A",
			Line:        math.MaxInt64,
			Description: "Prime d'été, 100 % 'cash' \"net\" \\ \t \n é e\u0301 💸 \u202f\ufffd",
		},
		{MSISDN: "+221771234567", Amount: 2, Reference: "a a", Description: strings.Repeat("é💸", 500)},
		{MSISDN: "+33612345678", Amount: 3, Reference: "ê", Description: "%s; DROP TABLE x; --"},
		{MSISDN: "+2250700000003", Amount: 4, Reference: "é", Description: "null"},
	}
	for i := range odd {
		odd[i].ID, odd[i].State = int64(i)+1, payroll.Planned
	}
	s.ok(s.Plan(s.ctx(), s.acquire("a"), s.planOf(odd...)))
	s.holds(odd)
	for _, payout := range odd {
		found, err := s.Find(s.ctx(), payout.Reference)
		s.ok(err)
		s.same(found, []payroll.Payout{payout})
	}
}

// sourcesThatChangeAreRefused plans from sources that are not what was checked any more: as from a file that somebody
// saves again at the wrong moment.
func sourcesThatChangeAreRefused(s *subject) {
	lease := s.acquire("a")
	checked := payoutsOf(1100)
	for name, spoil := range map[string]func([]payroll.Payout) []payroll.Payout{
		"a reference twice, far apart": func(p []payroll.Payout) []payroll.Payout { p[1050].Reference = p[3].Reference; return p },
		"a reference twice, together":  func(p []payroll.Payout) []payroll.Payout { p[4].Reference = p[3].Reference; return p },
		"another amount":               func(p []payroll.Payout) []payroll.Payout { p[4].Amount++; return p },
		"no reference":                 func(p []payroll.Payout) []payroll.Payout { p[9].Reference = ""; return p },
		"fewer payouts":                func(p []payroll.Payout) []payroll.Payout { return p[:1099] },
		"more payouts":                 func(p []payroll.Payout) []payroll.Payout { return append(p, payoutOf(1101)) },
	} {
		err := s.Plan(s.ctx(), lease, s.planThen(checked, spoil(slices.Clone(checked)), nil))
		if !errors.Is(err, payroll.ErrBadPlan) {
			s.Fatalf("%s: got error %v, want one that matches %q", name, err, payroll.ErrBadPlan)
		}
		s.empty()
	}
	s.fails(s.Plan(s.ctx(), lease, &payroll.Plan{}), payroll.ErrBadPlan)
	s.empty()
	s.ok(s.Plan(s.ctx(), lease, s.planOf(checked...)))
	s.holds(checked)
}
