package journaltest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/djamo/djamo-go/payroll"
)

// concurrentCases use a journal from many goroutines.
func concurrentCases() []testCase {
	return []testCase{
		{"OneOwnerWinsTheRace", func(s *subject) {
			const racers, rounds = 8, 5
			for range rounds {
				leases := make([]payroll.Lease, racers)
				errs := make([]error, racers)
				s.concurrently(racers, func(i int) {
					leases[i], errs[i] = s.Acquire(s.ctx(), fmt.Sprint("racer ", i), long)
				})
				var winner payroll.Lease
				for i, err := range errs {
					switch {
					case err != nil:
						s.fails(err, payroll.ErrLeaseHeld)
					case winner.Owner != "":
						s.Fatalf("%s and %s both got the run", winner.Owner, leases[i].Owner)
					default:
						winner = leases[i]
					}
				}
				s.held("late", winner.Owner)
				s.ok(s.Release(s.ctx(), winner))
			}
		}},
		{"ManyAdvanceDisjointPayouts", func(s *subject) {
			const callers, each = 40, 10
			lease := s.planned(callers * each)
			planned := s.all()
			s.concurrently(callers, func(i int) {
				for _, payout := range planned[i*each : (i+1)*each] {
					payout = s.walk(lease, payout, payroll.Submitting, payroll.Unknown, payroll.Submitted)
					payout.TransactionID = "of " + payout.Reference
					s.walk(lease, payout, payroll.Completed)
				}
			})
			for _, payout := range s.all() {
				equal(s, "state of "+payout.Reference, payout.State, payroll.Completed)
				equal(s, "transaction of "+payout.Reference, payout.TransactionID, "of "+payout.Reference)
			}
		}},
		{"OneOfManyAdvancesAPayout", func(s *subject) {
			const callers, payouts = 8, 20
			lease := s.planned(payouts)
			for id := int64(1); id <= payouts; id++ {
				var won atomic.Int64
				s.concurrently(callers, func(int) {
					switch err := s.Advance(s.ctx(), lease, stepOf(payoutOf(id), payroll.Submitting)); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, payroll.ErrLeaseLost):
						s.Errorf("payout %d: %v", id, err)
					}
				})
				equal(s, "callers who got the payout", won.Load(), 1)
			}
		}},
		{"AFailureIsItsCallersOwn", func(s *subject) {
			const callers = 30
			lease := s.planned(2 * callers)
			s.concurrently(callers, func(i int) {
				first, second := payoutOf(int64(2*i+1)), payoutOf(int64(2*i+2))
				bad := i%3 == 0
				if bad {
					second.Reference = "not its own"
				}
				err := s.Advance(s.ctx(), lease, stepOf(first, payroll.Submitting), stepOf(second, payroll.Submitting))
				if bad != errors.Is(err, payroll.ErrLeaseLost) || !bad && err != nil {
					s.Errorf("caller %d: %v", i, err)
				}
			})
			for i, payout := range s.all() {
				want := payroll.Submitting
				if i/2%3 == 0 {
					want = payroll.Planned
				}
				equal(s, "state of "+payout.Reference, payout.State, want)
			}
		}},
		{"ReadersSeeWholeCalls", readersSeeWholeCalls},
	}
}

// readersSeeWholeCalls adds payouts up while others move them in pairs.
func readersSeeWholeCalls(s *subject) {
	const callers = 10
	lease := s.planned(2 * callers)
	total := s.planOf(payoutsOf(2 * callers)...).PlanInfo
	var moving sync.WaitGroup
	for i := range callers {
		moving.Go(func() {
			one, two := payoutOf(int64(2*i+1)), payoutOf(int64(2*i+2))
			for _, to := range []payroll.State{payroll.Submitting, payroll.Planned, payroll.Submitting, payroll.Submitted} {
				if err := s.Advance(s.ctx(), lease, stepOf(one, to), stepOf(two, to)); err != nil {
					s.Errorf("advancing to %s: %v", to, err)
					return
				}
				one.State, two.State = to, to
			}
		})
	}
	s.concurrently(1, func(int) {
		for range 20 {
			sums, err := s.Sums(s.ctx())
			if err != nil {
				s.Errorf("adding up: %v", err)
				return
			}
			var count int64
			for state, sum := range sums {
				if count += sum.Count; sum.Count%2 != 0 {
					s.Errorf("%d payouts are %s: half a call was seen", sum.Count, state)
				}
			}
			if count != total.Count {
				s.Errorf("%d payouts in all", count)
			}
		}
	})
	moving.Wait()
	s.sums(map[payroll.State]payroll.Sum{payroll.Submitted: {Count: total.Count, Amount: total.Total}})
}

// walk takes a payout through states, one call each.
func (s *subject) walk(lease payroll.Lease, payout payroll.Payout, states ...payroll.State) payroll.Payout {
	for _, to := range states {
		change := stepOf(payout, to)
		if err := s.Advance(s.ctx(), lease, change); err != nil {
			s.Errorf("payout %d to %s: %v", payout.ID, to, err)
		}
		payout = change.Payout
	}
	return payout
}

// concurrently runs a function in many goroutines at once and ends the test if one of them failed.
func (s *subject) concurrently(callers int, do func(i int)) {
	s.Helper()
	var running sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		running.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	running.Wait()
	if s.Failed() {
		s.FailNow()
	}
}
