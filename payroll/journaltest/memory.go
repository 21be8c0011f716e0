package journaltest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// Memory is a payroll.Journal for tests and simulations: it keeps one run in memory and is as strict as one that keeps
// it on a disk. Leases are measured with time.Now, so in a bubble of testing/synctest they run on its clock. It forgets
// with the process: paying real people from it would pay them again after a crash.
type Memory struct {
	mu          sync.Mutex
	lease       payroll.Lease // of the latest holder; without an owner once it was released
	until       time.Time
	info        *payroll.PlanInfo
	payouts     []payroll.Payout // the one with ID n at n-1
	byReference map[string]int64
}

var _ payroll.Journal = (*Memory)(nil)

// NewMemory returns a journal that holds no plan and that nobody drives.
func NewMemory() *Memory { return &Memory{} }

// Acquire implements payroll.Journal. A lease that ran out is renewed under its old fence as long as nobody else has
// held the run since.
func (m *Memory) Acquire(ctx context.Context, owner string, lease time.Duration) (payroll.Lease, error) {
	now := time.Now()
	switch {
	case ctx.Err() != nil:
		return payroll.Lease{}, stopped(ctx, "acquiring the run")
	case owner == "":
		return payroll.Lease{}, errors.New("payroll: a lease needs an owner")
	case lease <= 0:
		return payroll.Lease{}, fmt.Errorf("payroll: a lease of %s has run out when it begins", lease)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lease.Owner != owner {
		if m.lease.Owner != "" && now.Before(m.until) {
			return payroll.Lease{}, &payroll.HeldError{Owner: m.lease.Owner, ExpiresIn: m.until.Sub(now)}
		}
		m.lease = payroll.Lease{Owner: owner, Fence: m.lease.Fence + 1}
	}
	m.until = now.Add(lease)
	return m.lease, nil
}

// Release implements payroll.Journal.
func (m *Memory) Release(ctx context.Context, lease payroll.Lease) error {
	if ctx.Err() != nil {
		return stopped(ctx, "releasing the run")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lease == lease {
		m.lease.Owner = ""
	}
	return nil
}

// Plan implements payroll.Journal.
func (m *Memory) Plan(ctx context.Context, lease payroll.Lease, plan *payroll.Plan) error {
	held, err := m.plannedBy(ctx, lease)
	switch {
	case err != nil:
		return err
	case held != nil:
		return same(*held, plan.PlanInfo)
	}
	// The journal is not locked meanwhile: whoever plans renews its lease at the same time.
	payouts, byReference, err := read(ctx, plan)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch err := m.current(lease); {
	case err != nil:
		return err
	case m.info != nil: // its owner planned twice at once
		return same(*m.info, plan.PlanInfo)
	}
	info := plan.PlanInfo
	m.info, m.payouts, m.byReference = &info, payouts, byReference
	return nil
}

// plannedBy returns the plan the journal holds, nil without one, to the holder of the run.
func (m *Memory) plannedBy(ctx context.Context, lease payroll.Lease) (*payroll.PlanInfo, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx, "storing the plan")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.info, m.current(lease)
}

// same accepts the plan that is held already and no other.
func same(held, given payroll.PlanInfo) error {
	if held == given {
		return nil
	}
	return fmt.Errorf("%w: it holds %s (%d payouts, %d F), not %s (%d payouts, %d F)", payroll.ErrPlanDiffers,
		held.Run, held.Count, held.Total, given.Run, given.Count, given.Total)
}

// read takes a plan's payouts from their source. The plan itself sees to it that they are what was checked; that no
// reference is there twice is left to the journal.
func read(ctx context.Context, plan *payroll.Plan) ([]payroll.Payout, map[string]int64, error) {
	var payouts []payroll.Payout
	byReference := map[string]int64{}
	for payout, err := range plan.Payouts() {
		switch first := byReference[payout.Reference]; {
		case err != nil:
			return nil, nil, fmt.Errorf("payroll: storing the plan: %w", err)
		case ctx.Err() != nil:
			return nil, nil, stopped(ctx, "storing the plan")
		case first != 0:
			return nil, nil, fmt.Errorf("%w: payouts %d and %d have the same reference", payroll.ErrBadPlan, first, payout.ID)
		}
		byReference[payout.Reference] = payout.ID
		payouts = append(payouts, payout)
	}
	return payouts, byReference, nil
}

// clean replaces what no database keeps as text.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}

// CheckApproval implements payroll.Journal: this journal demands none.
func (m *Memory) CheckApproval(ctx context.Context, _ payroll.PlanInfo, _ djamo.Account) error {
	if ctx.Err() != nil {
		return stopped(ctx, "looking for an approval")
	}
	return nil
}

// Planned implements payroll.Journal.
func (m *Memory) Planned(ctx context.Context) (payroll.PlanInfo, error) {
	if ctx.Err() != nil {
		return payroll.PlanInfo{}, stopped(ctx, "reading the plan")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.info == nil {
		return payroll.PlanInfo{}, payroll.ErrNoPlan
	}
	return *m.info, nil
}

// Payouts implements payroll.Journal.
func (m *Memory) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx, "reading payouts")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []payroll.Payout
	for i := max(after, 0); i < int64(len(m.payouts)) && len(found) < limit; i++ {
		if len(states) == 0 || slices.Contains(states, m.payouts[i].State) {
			found = append(found, m.payouts[i])
		}
	}
	return found, nil
}

// Find implements payroll.Journal.
func (m *Memory) Find(ctx context.Context, references ...string) ([]payroll.Payout, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx, "looking payouts up")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := map[int64]struct{}{}
	for _, reference := range references {
		if id, ok := m.byReference[reference]; ok {
			ids[id] = struct{}{}
		}
	}
	found := make([]payroll.Payout, 0, len(ids))
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		found = append(found, m.payouts[id-1])
	}
	return found, nil
}

// Advance implements payroll.Journal. Without changes it only checks the lease.
func (m *Memory) Advance(ctx context.Context, lease payroll.Lease, changes ...payroll.Change) error {
	if ctx.Err() != nil {
		return stopped(ctx, "recording payouts")
	}
	touched := make(map[int64]struct{}, len(changes))
	for _, change := range changes {
		if err := change.Check(); err != nil {
			return err
		}
		touched[change.Payout.ID] = struct{}{}
	}
	if len(touched) != len(changes) {
		return errors.New("payroll: one payout is advanced twice at once")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.current(lease); err != nil {
		return err
	}
	for _, change := range changes {
		if err := m.check(change); err != nil {
			return err
		}
	}
	for _, change := range changes {
		m.apply(change.Payout)
	}
	return nil
}

// CheckSend implements payroll.Journal. Nobody can cancel a run that is in memory.
func (m *Memory) CheckSend(ctx context.Context, lease payroll.Lease) error {
	if ctx.Err() != nil {
		return stopped(ctx, "asking to send")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.current(lease)
}

// check refuses a change to a payout that is not what its reader saw.
func (m *Memory) check(change payroll.Change) error {
	id := change.Payout.ID
	if id < 1 || id > int64(len(m.payouts)) {
		return fmt.Errorf("%w: there is no payout %d", payroll.ErrLeaseLost, id)
	}
	switch stored := m.payouts[id-1]; {
	case stored.State != change.From:
		return fmt.Errorf("%w: payout %d is %s, not %s", payroll.ErrLeaseLost, id, stored.State, change.From)
	case stored.Reference != change.Payout.Reference:
		return fmt.Errorf("%w: payout %d has the reference %q, not %q", payroll.ErrLeaseLost, id, stored.Reference, change.Payout.Reference)
	}
	return nil
}

func (m *Memory) apply(changed payroll.Payout) {
	stored := &m.payouts[changed.ID-1]
	stored.State, stored.Attempts, stored.Earlier = changed.State, changed.Attempts, changed.Earlier
	stored.TransactionID, stored.Reason = clean(changed.TransactionID), clean(changed.Reason)
	stored.Fee = changed.Fee
	stored.SentAt, stored.TransactionAt = storedTime(changed.SentAt), storedTime(changed.TransactionAt)
}

// storedTime is a time as a database keeps it: without a zone or a monotonic reading.
func storedTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

// Sums implements payroll.Journal.
func (m *Memory) Sums(ctx context.Context) (map[payroll.State]payroll.Sum, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx, "adding payouts up")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	amounts, fees := map[payroll.State][]djamo.XOF{}, map[payroll.State][]djamo.XOF{}
	var earlier []djamo.XOF
	for _, payout := range m.payouts {
		if payout.PaidEarlier() {
			earlier = append(earlier, payout.Amount)
		}
		amounts[payout.State] = append(amounts[payout.State], payout.Amount)
		fees[payout.State] = append(fees[payout.State], payout.Fee)
	}
	sums := map[payroll.State]payroll.Sum{}
	for state := range amounts {
		amount, err := djamo.SumXOF(amounts[state]...)
		fee, feeErr := djamo.SumXOF(fees[state]...)
		if err := errors.Join(err, feeErr); err != nil {
			return nil, fmt.Errorf("payroll: adding up what is %s: %w", state, err)
		}
		sums[state] = payroll.Sum{Count: int64(len(amounts[state])), Amount: amount, Fees: fee}
	}
	if completed, ok := sums[payroll.Completed]; ok {
		completed.Earlier = int64(len(earlier))
		completed.EarlierAmount, _ = djamo.SumXOF(earlier...) // a part of what was added up above
		sums[payroll.Completed] = completed
	}
	return sums, nil
}

// current refuses a lease that has passed on or run out.
func (m *Memory) current(lease payroll.Lease) error {
	switch {
	case lease.Owner == "" || m.lease != lease:
		return fmt.Errorf("%w: it was %s's with fence %d, now the fence is %d", payroll.ErrLeaseLost, lease.Owner, lease.Fence, m.lease.Fence)
	case !time.Now().Before(m.until):
		return fmt.Errorf("%w: it ran out at %s", payroll.ErrLeaseLost, m.until.UTC().Format(time.RFC3339))
	}
	return nil
}

// stopped is the error of a call whose context ended before it wrote anything.
func stopped(ctx context.Context, doing string) error {
	return fmt.Errorf("payroll: %s: %w", doing, ctx.Err())
}
