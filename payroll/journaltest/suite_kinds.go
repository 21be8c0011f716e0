package journaltest

import (
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// advanceOfManyKinds takes many payouts further in one call, in no order, to several states, each with texts, fees and times
// of its own: however a journal groups them, each gets what is its own, and all or none are changed.
func advanceOfManyKinds(s *subject) {
	const count = 300
	lease := s.planned(count)
	want := s.all()
	claims := make([]payroll.Change, count)
	at := time.Date(2026, 6, 28, 9, 0, 0, 0, time.UTC)
	for i := range want {
		want[i].State, want[i].Attempts, want[i].SentAt = payroll.Submitting, 1, at
		claims[i] = payroll.Change{From: payroll.Planned, Payout: want[i]}
	}
	s.ok(s.Advance(s.ctx(), lease, claims...))
	s.holds(want)

	changes := make([]payroll.Change, 0, count)
	for i := range count {
		p := &want[i*7%count] // 7 has no factor of count, so each comes once
		switch id := p.ID; {
		case id%50 == 0:
			p.State, p.Reason = payroll.Refused, fmt.Sprint("refused ", id)
		case id%20 == 0:
			p.State, p.Earlier, p.Fee, p.TransactionID = payroll.Completed, true, 0, fmt.Sprint("earlier ", id)
		case id%3 == 0:
			p.State, p.Attempts, p.SentAt = payroll.Planned, 0, time.Time{}
		case id%7 == 0:
			p.State, p.Reason = payroll.Unknown, "lost"
		default:
			p.State, p.Fee, p.TransactionID = payroll.Completed, djamo.XOF(id), fmt.Sprint("made ", id)
			p.SentAt, p.TransactionAt = at.Add(time.Duration(id)), at.Add(time.Duration(2*id))
		}
		changes = append(changes, payroll.Change{From: payroll.Submitting, Payout: *p})
	}
	before := s.all()
	for _, wrong := range []int{0, count / 2, count - 1} {
		reference, from := changes[wrong].Payout.Reference, changes[wrong].From
		changes[wrong].Payout.Reference = changes[(wrong+1)%count].Payout.Reference
		s.fails(s.Advance(s.ctx(), lease, changes...), payroll.ErrLeaseLost)
		changes[wrong].Payout.Reference, changes[wrong].From = reference, payroll.Unknown
		s.fails(s.Advance(s.ctx(), lease, changes...), payroll.ErrLeaseLost)
		changes[wrong].From = from
		s.holds(before)
	}
	s.ok(s.Advance(s.ctx(), lease, changes...))
	s.holds(want)
}
