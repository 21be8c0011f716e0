package payroll

import (
	"context"
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
)

// Error is a kind of failure, for errors.Is.
type Error string

// Error returns its text.
func (e Error) Error() string { return "payroll: " + string(e) }

// What an error can be asked for with errors.Is.
const (
	// ErrBadPlan is a file or a list of payouts that cannot be paid as it stands. Nothing was sent.
	ErrBadPlan Error = "bad plan"
	// ErrPlanDiffers is a journal that holds another plan than the one it is given.
	ErrPlanDiffers Error = "the journal holds another plan"
	// ErrNoPlan is a journal that holds no plan yet.
	ErrNoPlan Error = "the journal holds no plan"
	// ErrHeld is a run that another process is driving; the error is a *HeldError.
	ErrHeld Error = "another process is driving this run"
	// ErrLost is a lease that has passed to another process, or a payout that is not in the state it was read in.
	// Whoever gets it must stop: nothing it knows of the run is true any more.
	ErrLost Error = "the lease of this run was lost"
	// ErrDivided is a run that was divided among many machines: the journals of its parts are driven, not its own.
	ErrDivided Error = "this run was divided into parts, which are paid one by one"
	// ErrJournal is a journal that cannot be used: corrupt, from a newer version, not durable.
	ErrJournal Error = "unusable journal"
)

// HeldError says who is driving a run. It matches ErrHeld.
type HeldError struct {
	Owner string        // the name it goes by
	For   time.Duration // how much longer its lease runs unless it is renewed
}

// Error names the owner.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%s: %s, for another %s unless it goes on", string(ErrHeld), e.Owner, e.For.Round(time.Millisecond))
}

// Is makes errors.Is(err, ErrHeld) work.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// Lease is the right to drive a run. Its fence grows each time the run changes hands, and every write is checked against
// it, so a process that slept through its lease can write nothing.
type Lease struct {
	Owner string
	Fence int64
}

// Sum is how many payouts are in a state, and their amounts and fees in whole francs.
type Sum struct {
	Count        int64
	Amount, Fees djamo.XOF
}

// Journal is the memory of one run. It must be durable: what a method has written when it returns survives the end of
// the process and of the machine. Package sqljournal implements it over SQLite and PostgreSQL, package journaltest in
// memory for tests, where the suite that each must pass is too.
//
// A Journal is safe for concurrent use.
type Journal interface {
	// Acquire gives the run to owner for so long, counted from before it is called, or renews it for the owner that has
	// it, whose fence then stays. While another holds it the error is a *HeldError.
	Acquire(ctx context.Context, owner string, lease time.Duration) (Lease, error)
	// Release gives the run up. It does nothing when the lease was lost.
	Release(ctx context.Context, lease Lease) error

	// Plan stores a plan's payouts, all or none of them. It does nothing when the journal holds this plan already, by
	// its digest, and fails with ErrPlanDiffers when it holds another. ErrLost as for Advance.
	Plan(ctx context.Context, lease Lease, plan *Plan) error
	// Planned tells which plan the journal holds; ErrNoPlan when there is none.
	Planned(ctx context.Context) (PlanInfo, error)

	// Payouts reads the payouts with an ID above after that are in one of the states, or in any when none is named, in
	// the order of their IDs and at most so many.
	Payouts(ctx context.Context, after int64, limit int, states ...State) ([]Payout, error)
	// Find reads the payouts that bear these references, in the order of their IDs; references that are not of this run
	// are left out.
	Find(ctx context.Context, references ...string) ([]Payout, error)
	// Advance takes payouts a step further, all of them or none, in one transaction. It fails with ErrLost when the
	// lease is not the current one or has run out, or when a payout is not in the state its change starts from or bears
	// another reference. No payout may come twice in one call; without changes only the lease is checked. Texts that
	// came from outside are stored with U+FFFD for what is not UTF-8 or is NUL, times in UTC to the nanosecond.
	Advance(ctx context.Context, lease Lease, changes ...Change) error
	// Sums adds the payouts up by state. States without payouts are left out.
	Sums(ctx context.Context) (map[State]Sum, error)
}
