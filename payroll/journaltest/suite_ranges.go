package journaltest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// rangeCases take many payouts at once through steps in random order: a journal may write what is alike in another way than
// one payout after the other, and must say the same.
func rangeCases() []testCase {
	cases := make([]testCase, 0, 6)
	for seed := range uint64(6) {
		cases = append(cases, testCase{fmt.Sprint("RangesInAnyOrder ", seed), func(s *subject) { newRanges(s, seed).run() }})
	}
	return cases
}

// ranges is a journal and what it must say.
type ranges struct {
	*subject

	random *rand.Rand
	lease  payroll.Lease
	want   []payroll.Payout
	at     time.Time
}

func newRanges(s *subject, seed uint64) *ranges {
	const payouts = 90
	return &ranges{
		subject: s, random: rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // a test, to be repeated
		lease: s.planned(payouts), want: payoutsOf(payouts), at: time.Date(2026, 6, 28, 9, 0, 0, 0, time.UTC),
	}
}

func (r *ranges) run() {
	for range 60 {
		switch r.random.IntN(7) {
		case 0, 1:
			r.claim()
		case 2, 3, 4:
			r.move()
		case 5:
			r.read()
		default:
			r.refuse()
		}
	}
	r.holds(r.want)
	if r.harness.Reopen != nil {
		r.Journal = r.harness.Reopen(r.T, r.Journal, runName)
		r.holds(r.want)
	}
}

// claim claims planned payouts that follow each other, which were read before or not.
func (r *ranges) claim() {
	first, most := r.random.IntN(len(r.want)), 1+r.random.IntN(40)
	if r.random.IntN(2) == 0 {
		_, err := r.Payouts(r.ctx(), int64(first), most, payroll.Planned)
		r.ok(err)
	}
	r.at = r.at.Add(time.Second)
	var changes []payroll.Change
	for _, p := range r.want[first:] {
		if p.State != payroll.Planned || len(changes) == most {
			break
		}
		p.State, p.SentAt, p.Reason = payroll.Submitting, r.at, ""
		p.Attempts++
		changes = append(changes, payroll.Change{From: payroll.Planned, Payout: p})
	}
	r.advance(changes)
}

// move takes some payouts a step further, in any order.
func (r *ranges) move() {
	states := []payroll.State{
		payroll.Planned, payroll.Unknown, payroll.Submitted, payroll.Completed, payroll.Completed, payroll.Completed, payroll.Failed,
	}
	from, to := []payroll.State{payroll.Submitting, payroll.Submitting, payroll.Unknown, payroll.Submitted}[r.random.IntN(4)],
		states[r.random.IntN(len(states))]
	alike := r.random.IntN(2) == 0
	first, most := r.random.IntN(len(r.want)), 1+r.random.IntN(30)
	var changes []payroll.Change
	for _, p := range r.want[first:] {
		next := to
		if !alike && r.random.IntN(4) == 0 {
			next = states[r.random.IntN(len(states))]
		}
		change := payroll.Change{From: from, Payout: p}
		change.Payout.State, change.Payout.Reason = next, ""
		if p.State != from || change.Check() != nil || len(changes) == most {
			continue
		}
		if !alike && next != payroll.Planned {
			change.Payout.TransactionID, change.Payout.TransactionAt = "of "+p.Reference, r.at.Add(time.Duration(p.ID))
		}
		if next == payroll.Completed {
			change.Payout.Fee = djamo.XOF(p.ID)
		}
		changes = append(changes, change)
	}
	if !alike {
		r.random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	}
	r.advance(changes)
}

func (r *ranges) advance(changes []payroll.Change) {
	r.ok(r.Advance(r.ctx(), r.lease, changes...))
	for _, c := range changes {
		r.want[c.Payout.ID-1] = c.Payout
	}
}

// refuse advances a payout that is not what its reader saw, among others that are.
func (r *ranges) refuse() {
	var changes []payroll.Change
	for _, p := range r.want {
		if p.State == payroll.Submitting && len(changes) < 20 {
			changes = append(changes, stepOf(p, payroll.Unknown))
		}
	}
	wrong := r.want[r.random.IntN(len(r.want))]
	if wrong.State == payroll.Planned || slices.ContainsFunc(changes, func(c payroll.Change) bool { return c.Payout.ID == wrong.ID }) {
		return
	}
	wrong.State = payroll.Submitting
	r.fails(r.Advance(r.ctx(), r.lease, append(changes, payroll.Change{From: payroll.Planned, Payout: wrong})...), payroll.ErrLeaseLost)
}

// read compares one of the ways to ask.
func (r *ranges) read() {
	states := payroll.States()
	r.random.Shuffle(len(states), func(i, j int) { states[i], states[j] = states[j], states[i] })
	states = states[:1+r.random.IntN(len(states)-1)]
	after := int64(r.random.IntN(len(r.want)))
	matching := slices.DeleteFunc(slices.Clone(r.want), func(p payroll.Payout) bool {
		return p.ID <= after || !slices.Contains(states, p.State)
	})
	switch r.random.IntN(4) {
	case 0:
		got, err := r.Payouts(r.ctx(), after, 1000, states...)
		r.ok(err)
		r.subject.same(got, matching)
	case 1:
		p := r.want[after]
		got, err := r.Find(r.ctx(), p.Reference)
		r.ok(err)
		r.subject.same(got, []payroll.Payout{p})
	case 2:
		want := map[payroll.State]payroll.Sum{}
		for _, p := range r.want {
			sum := want[p.State]
			sum.Count, sum.Amount, sum.Fees = sum.Count+1, sum.Amount+p.Amount, sum.Fees+p.Fee
			want[p.State] = sum
		}
		r.sums(want)
	default:
		if r.harness.Reopen != nil {
			r.ok(r.Release(r.ctx(), r.lease))
			r.Journal = r.harness.Reopen(r.T, r.Journal, runName)
			r.lease = r.acquire("planner")
		}
	}
}
