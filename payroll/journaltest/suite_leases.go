package journaltest

import (
	"errors"
	"time"

	"github.com/djamo/djamo-go/payroll"
)

func leaseCases() []testCase {
	return []testCase{
		{"FirstLeaseHasAFence", func(s *subject) {
			lease := s.acquire("a")
			equal(s, "owner", lease.Owner, "a")
			if lease.Fence <= 0 {
				s.Fatalf("fence %d must be above zero, which stands for no lease", lease.Fence)
			}
		}},
		{"RenewingKeepsTheFence", func(s *subject) {
			first := s.acquire("a")
			s.elapse(long / 2)
			equal(s, "renewed lease", s.acquire("a"), first)
			s.elapse(long / 2) // the first lease would have ended here
			s.held("b", "a")
			s.sends(first)
		}},
		{"RenewingMayShorten", func(s *subject) {
			s.acquire("a")
			_, err := s.Acquire(s.ctx(), "a", long/4)
			s.ok(err)
			s.elapse(long / 2)
			s.acquire("b")
		}},
		{"HeldByAnother", func(s *subject) {
			s.acquire("a")
			s.elapse(long / 4)
			left := s.held("b", "a")
			if want := 3 * long / 4; left > want || left < want-long/8 {
				s.Fatalf("the lease runs for another %s, not %s", want, left)
			}
		}},
		{"TakenOverWhenItRanOut", func(s *subject) {
			first := s.acquire("a")
			s.elapse(long)
			second := s.acquire("b")
			s.grew(first, second)
			s.held("a", "b")
			s.lost(first)
		}},
		{"RenewedLateWhenNobodyTookIt", func(s *subject) {
			first := s.acquire("a")
			s.elapse(2 * long)
			s.lost(first)
			equal(s, "lease", s.acquire("a"), first)
			s.sends(first)
		}},
		{"ReleasedAtOnce", func(s *subject) {
			first := s.acquire("a")
			s.ok(s.Release(s.ctx(), first))
			s.lost(first)
			s.grew(first, s.acquire("b"))
		}},
		{"ReleasedAndTakenByTheSame", func(s *subject) {
			first := s.acquire("a")
			s.ok(s.Release(s.ctx(), first))
			s.grew(first, s.acquire("a"))
			s.lost(first)
		}},
		{"ReleaseOfALostLeaseDoesNothing", func(s *subject) {
			first := s.acquire("a")
			s.elapse(long)
			second := s.acquire("b")
			s.ok(s.Release(s.ctx(), first))
			s.ok(s.Release(s.ctx(), payroll.Lease{Owner: "b", Fence: first.Fence}))
			s.ok(s.Release(s.ctx(), payroll.Lease{}))
			s.held("a", "b")
			s.sends(second)
		}},
		{"LeasesThatAreNone", func(s *subject) {
			for owner, length := range map[string]time.Duration{"": long, "zero": 0, "negative": -long} {
				if lease, err := s.Acquire(s.ctx(), owner, length); err == nil {
					s.Fatalf("%q got the run for %s: %v", owner, length, lease)
				}
			}
			lease := s.acquire("a")
			for _, made := range []payroll.Lease{{}, {Owner: "a"}, {Owner: "b", Fence: lease.Fence}, {Owner: "a", Fence: lease.Fence + 1}} {
				s.lost(made)
			}
			s.ok(s.Release(s.ctx(), lease))
			s.lost(payroll.Lease{Fence: lease.Fence})
		}},
		{"FencesGrowForEver", func(s *subject) {
			latest := payroll.Lease{}
			for _, owner := range []string{"a", "b", "a", "é 💸 'x'", "b"} {
				lease := s.acquire(owner)
				s.grew(latest, lease)
				latest = lease
				s.ok(s.Release(s.ctx(), lease))
			}
			if s.harness.Reopen != nil {
				s.Journal = s.harness.Reopen(s.T, s.Journal, runName)
				s.grew(latest, s.acquire("b"))
			}
		}},
	}
}

// held ends the test unless a run is refused because of its holder. It returns for how much longer.
func (s *subject) held(asking, by string) time.Duration {
	s.Helper()
	_, err := s.Acquire(s.ctx(), asking, long)
	s.fails(err, payroll.ErrLeaseHeld)
	var held *payroll.HeldError
	if !errors.As(err, &held) {
		s.Fatalf("got %T, want a *HeldError", err)
	}
	equal(s, "holder", held.Owner, by)
	return held.ExpiresIn
}

// sends ends the test unless a lease may be written and sent under.
func (s *subject) sends(lease payroll.Lease) {
	s.Helper()
	s.ok(s.Advance(s.ctx(), lease))
	s.ok(s.CheckSend(s.ctx(), lease))
}

// lost ends the test unless nothing may be written or sent under a lease.
func (s *subject) lost(lease payroll.Lease) {
	s.Helper()
	s.fails(s.Advance(s.ctx(), lease), payroll.ErrLeaseLost)
	s.fails(s.CheckSend(s.ctx(), lease), payroll.ErrLeaseLost)
}

// grew ends the test unless a later lease has the higher fence.
func (s *subject) grew(earlier, later payroll.Lease) {
	s.Helper()
	if later.Fence <= earlier.Fence {
		s.Fatalf("the fence went from %d to %d: it must grow", earlier.Fence, later.Fence)
	}
}
