package payroll

import (
	"fmt"
	"slices"
	"time"

	"github.com/djamo/djamo-go"
)

// State is where a payout stands. States are stored as they are written here and never renamed.
type State string

// The states of a payout.
const (
	// Planned: nothing was sent, or what was sent provably did nothing.
	Planned State = "planned"
	// Submitting: a request may be on its way. It is written before the first byte leaves, so after a crash every
	// payout in this state is looked up before anything is sent.
	Submitting State = "submitting"
	// Unknown: a request was sent and its answer was lost. It is looked up by its reference until the API tells.
	Unknown State = "unknown"
	// Submitted: the API has accepted it and its outcome is still open.
	Submitted State = "submitted"
	// Completed: the payee was paid. Final.
	Completed State = "completed"
	// Failed: the API had accepted it, and it failed: the payee was not paid. Final.
	Failed State = "failed"
	// Refused: the API would not take it, or it was taken out before it was sent: the payee was not paid. Final.
	Refused State = "refused"
	// Conflict: its reference was used before, for another payee or amount. Final, and for a person to look at.
	Conflict State = "conflict"
)

// States returns every state, in the order in which a report names them.
func States() []State {
	return []State{Completed, Failed, Refused, Conflict, Unknown, Submitted, Submitting, Planned}
}

// Final reports whether nothing can happen to the payout any more.
func (s State) Final() bool { return len(s.next()) == 0 }

// next are the states that may follow s.
func (s State) next() []State {
	switch s {
	case Planned:
		return []State{Submitting, Refused}
	case Submitting, Unknown:
		return []State{Planned, Unknown, Submitted, Completed, Failed, Refused, Conflict}
	case Submitted:
		return []State{Submitted, Completed, Failed}
	case Completed, Failed, Refused, Conflict:
	}
	return nil
}

// Payout is one row of a run: what is to be paid, and how far that is.
type Payout struct {
	ID   int64 // its place in the plan, counted from 1
	Line int64 // where it stands in the file; 0 when it came from none

	MSISDN      djamo.MSISDN // the payee, in E.164
	Amount      djamo.XOF    // whole francs
	Reference   string       // its key, fixed by the plan: the same however often it is sent
	Description string       // the payee sees it
	Name        string       // the payee's, for people to read; neither sent nor part of the plan's digest, and it may be empty

	State         State
	Attempts      int       // how many requests may have carried it
	SentAt        time.Time // when the latest of them was about to leave; zero before the first
	TransactionID string    // of the transaction it became; "" before it was accepted
	TransactionAt time.Time // when the API made that transaction, by its own clock; zero where it did not say
	Fee           djamo.XOF // what the API took for it, in whole francs
	Reason        string    // why it failed, was refused, or is unknown
	Earlier       bool      // it was found under its reference, whatever came of it, before this journal had sent it
}

// Params is the payment that the payout asks for.
func (p Payout) Params() djamo.TransactionParams {
	return djamo.TransactionParams{MSISDN: p.MSISDN, Amount: p.Amount, Reference: p.Reference, Description: p.Description}
}

// Change is one payout's step from a state to the next. Of the payout a journal stores State, Attempts, SentAt,
// TransactionID, TransactionAt, Fee, Reason and Earlier; what is to be paid never changes.
type Change struct {
	From   State
	Payout Payout
}

// Check refuses a step that no payout may take, such as out of a final state. Every journal calls it before it writes:
// a program that has lost its way stops rather than goes on wrong.
func (c Change) Check() error {
	if !slices.Contains(c.From.next(), c.Payout.State) {
		return fmt.Errorf("payroll: payout %d (%q): no step leads from %s to %s", c.Payout.ID, c.Payout.Reference, c.From, c.Payout.State)
	}
	return nil
}
