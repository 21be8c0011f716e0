package journaltest

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// mixed plans nine payouts and leaves them in three states, in turns: planned, submitting, submitted.
func (s *subject) mixed() payroll.Lease {
	s.Helper()
	lease := s.planned(9)
	for id := int64(1); id <= 9; id++ {
		if id%3 != 1 {
			s.step(lease, id, payroll.Submitting)
		}
		if id%3 == 0 {
			s.step(lease, id, payroll.Submitted)
		}
	}
	return lease
}

func readCases() []testCase {
	return []testCase{
		{"PayoutsByState", func(s *subject) {
			s.mixed()
			for _, c := range []struct {
				after  int64
				limit  int
				states []payroll.State
				want   []int64
			}{
				{0, 100, nil, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}},
				{0, 100, payroll.States(), []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}},
				{0, 100, []payroll.State{payroll.Planned}, []int64{1, 4, 7}},
				{0, 100, []payroll.State{payroll.Submitted, payroll.Planned}, []int64{1, 3, 4, 6, 7, 9}},
				{0, 100, []payroll.State{payroll.Planned, payroll.Planned}, []int64{1, 4, 7}},
				{0, 100, []payroll.State{payroll.Completed}, nil},
				{0, 100, []payroll.State{"no such state"}, nil},
				{0, 100, []payroll.State{"'; --", payroll.Planned}, []int64{1, 4, 7}},
				{0, 2, nil, []int64{1, 2}},
				{0, 0, nil, nil},
				{0, -1, nil, nil},
				{0, math.MaxInt, []payroll.State{payroll.Planned}, []int64{1, 4, 7}},
				{3, 2, nil, []int64{4, 5}},
				{4, 2, []payroll.State{payroll.Planned, payroll.Submitting}, []int64{5, 7}},
				{0, 3, []payroll.State{payroll.Submitted, payroll.Submitting}, []int64{2, 3, 5}},
				{8, 100, nil, []int64{9}},
				{9, 100, nil, nil},
				{math.MaxInt64, 100, nil, nil},
				{-5, 1, nil, []int64{1}},
			} {
				got, err := s.Payouts(s.ctx(), c.after, c.limit, c.states...)
				s.ok(err)
				s.sameIDs(got, c.want...)
			}
		}},
		{"FindByReference", func(s *subject) {
			s.mixed()
			found, err := s.Find(
				s.ctx(),
				payoutOf(7).Reference,
				"unknown",
				payoutOf(2).Reference,
				payoutOf(7).Reference,
				"",
				"june/\x00",
				"june/\xff",
				"'",
			)
			s.ok(err)
			s.sameIDs(found, 2, 7)
			s.same(found, []payroll.Payout{s.one(2), s.one(7)})
			for _, none := range [][]string{nil, {"unknown"}, {"JUNE/000001"}, {"june/000001 "}, {"june/00000_"}, {"june/%"}} {
				found, err = s.Find(s.ctx(), none...)
				s.ok(err)
				s.sameIDs(found)
			}
		}},
		{"FindThousands", func(s *subject) {
			const known, asked = 1500, 40_000 // more than SQLite takes parameters
			s.planned(known)
			references := make([]string, 0, asked)
			for id := int64(asked); id > 0; id-- {
				references = append(references, payoutOf(id).Reference)
			}
			found, err := s.Find(s.ctx(), references...)
			s.ok(err)
			s.same(found, payoutsOf(known))
		}},
		{"ReadsNeedNoLease", func(s *subject) {
			lease := s.mixed()
			s.ok(s.Release(s.ctx(), lease))
			equal(s, "payouts", len(s.all()), 9)
			_, err := s.Planned(s.ctx())
			s.ok(err)
			_, err = s.Sums(s.ctx())
			s.ok(err)
		}},
		{"EndedContexts", endedContexts},
	}
}

// endedContexts calls everything with a context that has ended: nothing may happen.
func endedContexts(s *subject) {
	lease := s.mixed()
	before := s.all()
	ended, cancel := context.WithCancel(s.ctx())
	cancel()
	_, err := s.Acquire(ended, lease.Owner, long)
	s.fails(err, context.Canceled)
	s.fails(s.Release(ended, lease), context.Canceled)
	s.fails(s.Plan(ended, lease, s.planOf(payoutsOf(9)...)), context.Canceled)
	s.fails(s.Advance(ended, lease, stepOf(before[0], payroll.Submitting)), context.Canceled)
	_, err = s.Planned(ended)
	s.fails(err, context.Canceled)
	_, err = s.Payouts(ended, 0, 1)
	s.fails(err, context.Canceled)
	_, err = s.Find(ended, before[0].Reference)
	s.fails(err, context.Canceled)
	_, err = s.Sums(ended)
	s.fails(err, context.Canceled)

	s.holds(before)
	s.held("another", lease.Owner)
	s.step(lease, 1, payroll.Submitting)
}

func sumCases() []testCase {
	return []testCase{
		{"SumsByState", func(s *subject) {
			lease := s.mixed()
			paid := s.one(3)
			paid.State, paid.Fee = payroll.Completed, 77
			s.ok(s.Advance(s.ctx(), lease, payroll.Change{From: payroll.Submitted, Payout: paid}))
			s.sums(map[payroll.State]payroll.Sum{
				payroll.Planned:    {Count: 3, Amount: 3012},
				payroll.Submitting: {Count: 3, Amount: 3015},
				payroll.Submitted:  {Count: 2, Amount: 2015},
				payroll.Completed:  {Count: 1, Amount: 1003, Fees: 77},
			})
		}},
		{"SumsOfWhatWasPaidEarlier", func(s *subject) {
			lease := s.mixed()
			for id, state := range map[int64]payroll.State{2: payroll.Completed, 5: payroll.Failed, 8: payroll.Completed, 3: payroll.Completed} {
				payout := s.one(id)
				from := payout.State
				payout.State, payout.Earlier = state, id != 3
				s.ok(s.Advance(s.ctx(), lease, payroll.Change{From: from, Payout: payout}))
			}
			s.sums(map[payroll.State]payroll.Sum{
				payroll.Planned:   {Count: 3, Amount: 3012},
				payroll.Submitted: {Count: 2, Amount: 2015},
				payroll.Failed:    {Count: 1, Amount: 1005},
				payroll.Completed: {Count: 3, Amount: 3013, Earlier: 2, EarlierAmount: 2010},
			})
		}},
		{"SumsToTheLastFranc", func(s *subject) {
			payouts := payoutsOf(3)
			payouts[0].Amount, payouts[1].Amount, payouts[2].Amount = math.MaxInt64-3, 1, 2
			s.plannedFor(payouts...)
			s.sums(map[payroll.State]payroll.Sum{payroll.Planned: {Count: 3, Amount: math.MaxInt64}})
		}},
		{"SumsThatOverflow", func(s *subject) {
			lease := s.planned(2)
			for _, payout := range s.all() {
				s.step(lease, payout.ID, payroll.Submitting)
				payout.State, payout.Fee = payroll.Submitted, math.MaxInt64
				s.ok(s.Advance(s.ctx(), lease, payroll.Change{From: payroll.Submitting, Payout: payout}))
			}
			if sums, err := s.Sums(s.ctx()); err == nil {
				s.Fatalf("fees that no amount can hold add up to %v", sums)
			} else {
				s.fails(err, djamo.ErrOverflow)
			}
		}},
	}
}

// sums ends the test unless the payouts add up to this.
func (s *subject) sums(want map[payroll.State]payroll.Sum) {
	s.Helper()
	got, err := s.Sums(s.ctx())
	s.ok(err)
	equal(s, "states", len(got), len(want))
	for state, sum := range want {
		equal(s, string(state), got[state], sum)
	}
}

func advanceCases() []testCase {
	return []testCase{
		{"AdvanceKeepsEveryField", advanceKeepsEveryField},
		{"AdvanceOfManyKinds", advanceOfManyKinds},
		{"AdvanceChangesNothingElse", func(s *subject) {
			lease := s.planned(3)
			want := s.all()
			changed := want[1]
			changed.State = payroll.Submitting
			want[1] = changed
			changed.Amount, changed.MSISDN, changed.Description, changed.Line = 1, "+2250799999999", "other", 99
			s.ok(s.Advance(s.ctx(), lease, payroll.Change{From: payroll.Planned, Payout: changed}))
			s.holds(want)
		}},
		{"AdvanceTakesAllOrNone", func(s *subject) {
			const count = 1500
			lease := s.planned(count)
			s.step(lease, 700, payroll.Submitting)
			before := s.all()
			changes := make([]payroll.Change, count)
			for i, payout := range before {
				changes[i] = stepOf(payout, payroll.Submitting)
				changes[i].From = payroll.Planned
			}
			s.fails(s.Advance(s.ctx(), lease, changes...), payroll.ErrLeaseLost)
			s.holds(before)
			s.ok(s.Advance(s.ctx(), lease, slices.Delete(changes, 699, 700)...))
			s.sums(map[payroll.State]payroll.Sum{payroll.Submitting: {Count: count, Amount: s.planOf(payoutsOf(count)...).Total}})
		}},
		{"AdvanceOfAnotherPayout", func(s *subject) {
			lease := s.planned(3)
			unknown, renamed := stepOf(payoutOf(4), payroll.Submitting), stepOf(payoutOf(2), payroll.Submitting)
			renamed.Payout.Reference = payoutOf(3).Reference
			zero, negative := unknown, unknown
			zero.Payout.ID, negative.Payout.ID = 0, -1
			for _, change := range []payroll.Change{unknown, renamed, zero, negative} {
				s.fails(s.Advance(s.ctx(), lease, stepOf(payoutOf(1), payroll.Submitting), change), payroll.ErrLeaseLost)
			}
			s.holds(payoutsOf(3))
		}},
		{"IllegalStepsAreRefused", func(s *subject) {
			lease := s.mixed()
			before := s.all()
			final := before[2]
			final.State = payroll.Completed
			for _, change := range []payroll.Change{
				stepOf(before[0], payroll.Completed),
				stepOf(before[2], payroll.Planned),
				stepOf(before[1], payroll.Submitting),
				stepOf(before[1], "somewhere"),
				{From: "nowhere", Payout: before[1]},
				stepOf(final, payroll.Planned),
			} {
				want := change.Check()
				if err := s.Advance(s.ctx(), lease, stepOf(before[3], payroll.Submitting), change); want == nil || err == nil {
					s.Fatalf("a step from %s to %s was not refused", change.From, change.Payout.State)
				}
			}
			s.holds(before)
		}},
		{"OnePayoutTwiceAtOnce", func(s *subject) {
			lease := s.planned(2)
			first := stepOf(payoutOf(1), payroll.Submitting)
			if err := s.Advance(s.ctx(), lease, first, stepOf(first.Payout, payroll.Unknown)); err == nil {
				s.Fatal("one payout was advanced twice in one call")
			}
			s.holds(payoutsOf(2))
		}},
		{"StaleFenceWritesNothing", func(s *subject) {
			stale := s.planned(3)
			s.elapse(long)
			fresh := s.acquire("b")
			s.fails(s.Advance(s.ctx(), stale, stepOf(payoutOf(1), payroll.Submitting)), payroll.ErrLeaseLost)
			s.fails(s.Plan(s.ctx(), stale, s.planOf(payoutsOf(3)...)), payroll.ErrLeaseLost)
			s.holds(payoutsOf(3))
			s.step(fresh, 1, payroll.Submitting)
		}},
		{"NoLeaseWritesNothing", func(s *subject) {
			s.ok(s.Release(s.ctx(), s.planned(3)))
			s.fails(s.Advance(s.ctx(), payroll.Lease{}, stepOf(payoutOf(1), payroll.Submitting)), payroll.ErrLeaseLost)
			s.holds(payoutsOf(3))
		}},
		{"AdvanceOutlivesTheProcess", func(s *subject) {
			if s.harness.Reopen == nil {
				s.Skip("this journal forgets with its process")
			}
			first := s.mixed()
			want := s.all()
			s.Journal = s.harness.Reopen(s.T, s.Journal, runName)
			s.holds(want)
			s.elapse(2 * long)
			second := s.acquire("another process")
			s.grew(first, second)
			s.step(second, 1, payroll.Submitting)
		}},
	}
}

// advanceKeepsEveryField writes every field that a change has, in forms that are easily lost.
func advanceKeepsEveryField(s *subject) {
	lease := s.planned(5)
	for _, payout := range s.all() {
		s.step(lease, payout.ID, payroll.Submitting)
	}
	want := s.all()
	abidjan := time.FixedZone("east of Abidjan", 3*3600)
	for i, fields := range []payroll.Payout{
		{
			TransactionAt: time.Date(2026, 6, 29, 0, 0, 1, 5, abidjan),
			State:         payroll.Completed, Attempts: 1, SentAt: time.Date(2026, 6, 28, 23, 59, 59, 999_999_999, time.UTC),
			TransactionID: "b7a0-1", Fee: 25,
		},
		{
			State: payroll.Failed, Attempts: math.MaxInt32, SentAt: time.Date(2026, 6, 28, 9, 0, 0, 1, abidjan),
			Reason: "solde d'été \"dépassé\"\n\t💸 \\ \u202f \u0001",
		},
		{State: payroll.Refused, SentAt: time.Now(), Reason: strings.Repeat("Motif très long 💸 ", 20_000)},
		{State: payroll.Unknown, Attempts: 2, SentAt: time.Unix(0, 0), Reason: "a\x00b\xffc", TransactionID: "\xc3"},
		{State: payroll.Submitted, Earlier: true, Fee: math.MaxInt64, TransactionID: "null"},
	} {
		p := &want[i]
		p.State, p.Attempts, p.SentAt, p.TransactionID = fields.State, fields.Attempts, fields.SentAt, fields.TransactionID
		p.TransactionAt = fields.TransactionAt
		p.Fee, p.Reason, p.Earlier = fields.Fee, fields.Reason, fields.Earlier
		s.ok(s.Advance(s.ctx(), lease, payroll.Change{From: payroll.Submitting, Payout: *p}))
		if !p.TransactionAt.IsZero() {
			p.TransactionAt = p.TransactionAt.Round(0).UTC()
		}
		if !p.SentAt.IsZero() {
			p.SentAt = p.SentAt.Round(0).UTC()
		}
	}
	// What is no text in a database is replaced rather than refused: what happened must be written down.
	want[3].Reason, want[3].TransactionID = "a\ufffdb\ufffdc", "\ufffd"
	s.holds(want)

	// Everything can be taken back, to nothing as well.
	p := want[3]
	p.State, p.Attempts, p.SentAt, p.Reason, p.TransactionID = payroll.Planned, 0, time.Time{}, "", ""
	s.ok(s.Advance(s.ctx(), lease, payroll.Change{From: payroll.Unknown, Payout: p}))
	want[3] = p
	s.holds(want)
}
