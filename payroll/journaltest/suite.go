package journaltest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

// Harness is how the suite gets at the journals of one implementation.
type Harness struct {
	// Open returns a journal of a run that has no plan yet and that nobody drives, and closes it when the test ends.
	Open func(t testing.TB, run string) payroll.Journal
	// Planned returns such a journal of a run that has this plan, for journals whose plan is made elsewhere. It stands in
	// place of Open, and the cases about storing plans are left out.
	Planned func(t testing.TB, run string, plan *payroll.Plan) payroll.Journal
	// Reopen closes a journal that Open has returned and opens what it wrote once more, as a program does that was
	// started again. It is nil when the journal forgets with its process.
	Reopen func(t testing.TB, journal payroll.Journal, run string) payroll.Journal
	// Elapse lets time pass on the clock by which a journal measures leases. It is nil when that clock is time.Now: the
	// suite then runs in bubbles of testing/synctest.
	Elapse func(t testing.TB, journal payroll.Journal, d time.Duration)
}

// Run runs the suite: every rule of payroll.Journal, each as a subtest on a journal of its own.
func Run(t *testing.T, harness Harness) {
	t.Helper()
	groups := [][]testCase{leaseCases(), readCases(), advanceCases(), rangeCases(), sumCases(), concurrentCases()}
	if harness.Planned == nil {
		groups = append(groups, planCases())
	}
	for _, cases := range groups {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				if harness.Elapse != nil {
					c.run(newSubject(t, harness))
					return
				}
				synctest.Test(t, func(t *testing.T) { c.run(newSubject(t, harness)) })
			})
		}
	}
}

type testCase struct {
	name string
	run  func(*subject)
}

const (
	runName = "journaltest"
	long    = time.Hour // a lease that no test outlives by chance
)

// subject is the journal under test and the words in which the cases speak of it.
type subject struct {
	*testing.T
	payroll.Journal

	harness Harness
}

func newSubject(t *testing.T, harness Harness) *subject {
	t.Helper()
	s := &subject{T: t, harness: harness}
	if harness.Planned != nil {
		s.Journal = harness.Planned(t, runName, s.planOf(payoutsOf(1)...))
	} else {
		s.Journal = harness.Open(t, runName)
	}
	return s
}

// ctx is that of the test; it hides none of the methods of either embedded value.
func (s *subject) ctx() context.Context { return s.T.Context() }

// elapse lets time pass.
func (s *subject) elapse(d time.Duration) {
	s.Helper()
	if s.harness.Elapse == nil {
		time.Sleep(d) //nolint:forbidigo // in a synctest bubble
		return
	}
	s.harness.Elapse(s.T, s.Journal, d)
}

// ok ends the test on an error.
func (s *subject) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("unexpected error: %v", err)
	}
}

// fails ends the test unless an error matches a target.
func (s *subject) fails(err, target error) {
	s.Helper()
	if !errors.Is(err, target) {
		s.Fatalf("got error %v, want one that matches %q", err, target)
	}
}

// equal ends the test unless two values are the same.
func equal[T comparable](s *subject, what string, got, want T) {
	s.Helper()
	if got != want {
		s.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// acquire takes the run for an hour.
func (s *subject) acquire(owner string) payroll.Lease {
	s.Helper()
	lease, err := s.Acquire(s.ctx(), owner, long)
	s.ok(err)
	return lease
}

// planned takes the run and stores a plan of n payouts in it.
func (s *subject) planned(n int64) payroll.Lease {
	s.Helper()
	return s.plannedFor(payoutsOf(n)...)
}

// plannedFor is planned with these payouts.
func (s *subject) plannedFor(payouts ...payroll.Payout) payroll.Lease {
	s.Helper()
	plan := s.planOf(payouts...)
	if s.harness.Planned != nil {
		s.Journal = s.harness.Planned(s.T, runName, plan)
		return s.acquire("planner")
	}
	lease := s.acquire("planner")
	s.ok(s.Plan(s.ctx(), lease, plan))
	return lease
}

// all reads every payout.
func (s *subject) all() []payroll.Payout {
	s.Helper()
	var payouts []payroll.Payout
	for after := int64(0); ; after = payouts[len(payouts)-1].ID {
		page, err := s.Payouts(s.ctx(), after, 1000)
		s.ok(err)
		if payouts = append(payouts, page...); len(page) == 0 {
			return payouts
		}
	}
}

// one reads one payout.
func (s *subject) one(id int64) payroll.Payout {
	s.Helper()
	page, err := s.Payouts(s.ctx(), id-1, 1)
	s.ok(err)
	if len(page) != 1 || page[0].ID != id {
		s.Fatalf("payout %d is not there: got %d payouts", id, len(page))
	}
	return page[0]
}

// holds ends the test unless the journal holds exactly these payouts.
func (s *subject) holds(want []payroll.Payout) {
	s.Helper()
	s.same(s.all(), want)
}

// same ends the test unless two lists of payouts are the same, to the nanosecond and in UTC.
func (s *subject) same(got, want []payroll.Payout) {
	s.Helper()
	if len(got) != len(want) {
		s.Fatalf("got %d payouts, want %d", len(got), len(want))
	}
	for i, payout := range want {
		if got[i] != payout {
			s.Fatalf("payout at %d:\n got %#v\nwant %#v", i, got[i], payout)
		}
	}
}

// step takes one payout to the next state.
func (s *subject) step(lease payroll.Lease, id int64, to payroll.State) {
	s.Helper()
	s.ok(s.Advance(s.ctx(), lease, stepOf(s.one(id), to)))
}

// ids are those of payouts.
func ids(payouts []payroll.Payout) []int64 {
	list := make([]int64, len(payouts))
	for i, payout := range payouts {
		list[i] = payout.ID
	}
	return list
}

// sameIDs ends the test unless payouts have these IDs, in this order.
func (s *subject) sameIDs(payouts []payroll.Payout, want ...int64) {
	s.Helper()
	if got := ids(payouts); !slices.Equal(got, want) {
		s.Fatalf("got payouts %v, want %v", got, want)
	}
}
