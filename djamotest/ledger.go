package djamotest

import (
	"errors"
	"math"
	"net/http"
	"time"
)

// EntryKind says what a ledger entry is about.
type EntryKind string

// The kinds of ledger entries. Transfers that fail and charges given back move money back.
const (
	TransferAccepted  EntryKind = "transfer accepted"
	TransferRefused   EntryKind = "transfer refused"
	TransferCompleted EntryKind = "transfer completed"
	TransferFailed    EntryKind = "transfer failed"
	ChargeAccepted    EntryKind = "charge accepted"
	ChargeRefused     EntryKind = "charge refused" // creating, paying or refunding one
	ChargeCollected   EntryKind = "charge paid"
	ChargeGivenBack   EntryKind = "charge refunded"
	ChargeExpired     EntryKind = "charge dropped"
	ChargeGivenUp     EntryKind = "charge cancelled"
	BalanceSet        EntryKind = "balance set"

	ChargePaymentFailed EntryKind = "charge payment failed"
)

// LedgerEntry is one line of the ledger: something that was accepted, refused or settled, what it did to the balance, and
// the request that caused it. Lines are only ever added. Amounts are whole francs.
type LedgerEntry struct {
	Number        int // counted from 1
	At            time.Time
	Kind          EntryKind
	Reference     string // the transfer's reference or the charge's externalId; empty where the request had none
	TransactionID string
	ChargeID      string
	MSISDN        string
	Amount        int64
	Fee           int64
	Delta         int64  // what it added to the balance; negative when money left
	Balance       int64  // the balance afterwards
	Reason        string // why it was refused or failed
	Status        int    // the HTTP status of a refusal
	Request       int64  // number of the request that caused it; 0 for the passing of time and for the test itself
	Method        string // of that request
	Path          string // of that request, with {id} for ids
	CorrelationID string // of that request
}

// entry is a line with what it is about.
type entry struct {
	at             int64
	kind           EntryKind
	transaction    *transaction
	charge         *charge
	refusal        *refusal
	call           int64
	route          *route
	delta, balance int64
}

type refusal struct {
	attempt
	verdict

	chargeID string
}

// by names the request that caused an entry; nil is the test.
func (e entry) by(c *call) entry {
	if c != nil {
		e.call, e.route = c.number, c.route
	}
	return e
}

// move is the only thing that touches the balance, and leaves a line for it.
func (a *API) move(e entry, delta int64) {
	if delta > 0 && a.balance > math.MaxInt64-delta { // at the end of int64; AssertBalanced reports it
		delta = math.MaxInt64 - a.balance
	}
	a.balance += delta
	e.delta, e.balance = delta, a.balance
	a.ledger = append(a.ledger, a.pack(e))
	a.changes.bump()
}

// recordRefusal leaves a line for every payment a refused request asked for, or one line if no payment could be read.
func (a *API) recordRefusal(c *call, err error) {
	attempts := c.attempts
	if len(attempts) == 0 {
		attempts = []attempt{{}}
	}
	why := verdictOf(err) // once: a batch can have as many problems as payments
	now := a.lock()
	defer a.mu.Unlock()
	for _, at := range attempts {
		a.refusal(c, at, why, now)
	}
}

// verdict is what was said of a refused payment.
type verdict struct {
	status int
	reason string
}

func verdictOf(err error) verdict {
	if refused, ok := errors.AsType[*apiError](err); ok {
		return verdict{refused.status, joinMessages(refused.messages)}
	}
	return verdict{http.StatusInternalServerError, err.Error()}
}

// refusal leaves the line for one payment.
func (a *API) refusal(c *call, at attempt, why verdict, now int64) {
	kind := TransferRefused
	if c.route.isCharge() {
		kind = ChargeRefused
	}
	a.move(entry{at: now, kind: kind, refusal: &refusal{attempt: at, verdict: why, chargeID: c.id}}.by(c), 0)
}

func (a *API) viewEntry(i int) LedgerEntry {
	e := a.entryAt(i)
	v := LedgerEntry{Number: i + 1, At: moment(e.at), Kind: e.kind, Delta: e.delta, Balance: e.balance, Request: e.call}
	if e.route != nil {
		v.Method, v.Path, v.CorrelationID = e.route.method, e.route.pattern, a.correlationID(e.call)
	}
	switch {
	case e.transaction != nil:
		t := e.transaction
		v.Reference, v.TransactionID, v.MSISDN, v.Amount, v.Fee = t.reference(), t.id(), t.msisdn(), t.amount, t.fee
		if e.kind == TransferFailed {
			v.Reason = t.failureReason()
		}
	case e.charge != nil:
		v.Reference, v.ChargeID, v.Amount = e.charge.externalID, e.charge.id, e.charge.amount
		switch e.kind {
		case ChargeCollected:
			v.Fee = e.charge.fees
		case ChargeGivenBack:
			v.Amount = -e.delta
		}
	case e.refusal != nil:
		r := e.refusal
		v.Reference, v.MSISDN, v.Amount, v.ChargeID = r.reference, r.msisdn, r.amount, r.chargeID
		v.Status, v.Reason = r.status, r.reason
	}
	return v
}

// Ledger returns every line of the ledger, oldest first.
func (a *API) Ledger() []LedgerEntry {
	a.lock()
	defer a.mu.Unlock()
	out := make([]LedgerEntry, len(a.ledger))
	for i := range a.ledger {
		out[i] = a.viewEntry(i)
	}
	return out
}
