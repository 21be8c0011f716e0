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
	// ErrLeaseHeld is a run that another process is driving; the error is a *HeldError.
	ErrLeaseHeld Error = "another process is driving this run"
	// ErrLeaseLost is a lease that has passed to another process, or a payout that is not in the state it was read in.
	// Whoever gets it must stop: nothing it knows of the run is true any more.
	ErrLeaseLost Error = "the lease of this run was lost"
	// ErrDivided is a run that was divided among many machines: the journals of its parts are driven, not its own.
	ErrDivided Error = "this run was divided into parts, which are paid one by one"
	// ErrCancelled is a run that an operator has cancelled: nothing of it is sent until it is resumed.
	ErrCancelled Error = "this run was cancelled: nothing is sent until it is resumed"
	// ErrOtherAccount is a run that another account pays: to go on with this one would pay from the wrong place.
	ErrOtherAccount Error = "another account pays this run"
	// ErrNotApproved is a run that needs the approval of a second person and does not have it; the error says why, and is an
	// *approval.Refusal where the journal is one of package sqljournal.
	ErrNotApproved Error = "this run is not approved"
	// ErrNoRun is a name that no run has; the error is a *NoRunError.
	ErrNoRun Error = "there is no such run"
	// ErrJournal is a journal that cannot be used: corrupt, from a newer version, not durable.
	ErrJournal Error = "unusable journal"
)

// HeldError says who is driving a run. It matches ErrLeaseHeld.
type HeldError struct {
	Owner     string        // the name it goes by
	ExpiresIn time.Duration // how much longer its lease runs unless it is renewed
}

// Error names the owner.
func (e *HeldError) Error() string {
	return fmt.Sprintf("%s: %s, for another %s unless it goes on", string(ErrLeaseHeld), e.Owner, e.ExpiresIn.Round(time.Millisecond))
}

// Is makes errors.Is(err, ErrLeaseHeld) work.
func (e *HeldError) Is(target error) bool { return target == ErrLeaseHeld }

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
	// Earlier and EarlierAmount are, of Count and Amount, what was paid earlier: Payout.PaidEarlier. They are zero in any
	// state but Completed.
	Earlier       int64
	EarlierAmount djamo.XOF
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
	// its digest, and fails with ErrPlanDiffers when it holds another. ErrLeaseLost as for Advance. A journal that demands
	// the approval of a second person stores no plan without it: ErrNotApproved.
	Plan(ctx context.Context, lease Lease, plan *Plan) error
	// Planned returns which plan the journal holds; ErrNoPlan when there is none.
	Planned(ctx context.Context) (PlanInfo, error)
	// CheckApproval fails with ErrNotApproved when the journal demands the approval of a second person and holds none under which
	// this account may pay this plan now, or when the payouts that it has stored are not those that were approved. It changes
	// nothing.
	CheckApproval(ctx context.Context, plan PlanInfo, account djamo.Account) error

	// Payouts reads the payouts with an ID above after that are in one of the states, or in any when none is named, in
	// the order of their IDs and at most so many.
	Payouts(ctx context.Context, after int64, limit int, states ...State) ([]Payout, error)
	// Find reads the payouts that bear these references, in the order of their IDs; references that are not of this run
	// are left out.
	Find(ctx context.Context, references ...string) ([]Payout, error)
	// Advance takes payouts a step further, all of them or none, in one transaction. It fails with ErrLeaseLost when the
	// lease is not the current one or has run out, or when a payout is not in the state its change starts from or bears
	// another reference. No payout may come twice in one call; without changes only the lease is checked. Texts that
	// came from outside are stored with U+FFFD for what is not UTF-8 or is NUL, times in UTC to the nanosecond.
	//
	// A claim, from Planned to Submitting, fails with ErrCancelled when the run was cancelled, and with ErrNotApproved when the
	// journal demands an approval and holds none for the plan that has not ended, or when the payout is not as it was approved.
	Advance(ctx context.Context, lease Lease, changes ...Change) error
	// CheckSend is asked right before each request that pays, and an error keeps it from leaving: ErrLeaseLost as for
	// Advance, ErrCancelled when the run was cancelled before CheckSend was called. It changes nothing.
	CheckSend(ctx context.Context, lease Lease) error
	// Sums adds the payouts up by state. States without payouts are left out.
	Sums(ctx context.Context) (map[State]Sum, error)
}
