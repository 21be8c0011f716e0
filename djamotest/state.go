package djamotest

import (
	"hash/maphash"
	"time"
)

// state is what an API holds of its account: all that Reset empties and a snapshot carries. The API's mutex guards it.
type state struct {
	start        int64 // the balance it began with
	balance      int64
	manual       bool // transfers wait to be settled by hand
	settleAfter  time.Duration
	pending      int // transfers
	transactions []*transaction
	hashSeed     maphash.Seed
	byID         index
	byReference  index          // the newest one; older ones hang on it by previous
	spare        []transaction  // that are not used yet
	shared       *circumstances // the latest
	unsettled    queue[*transaction]
	batches      []*batch
	customers    map[string]bool // nil: everybody has an account
	failing      map[string]string
	subCompanies []*subCompany
	charges      []*charge
	byChargeID   map[string]*charge
	byExternalID map[string]*charge
	opening      queue[*charge] // created, about to be due
	unpaid       queue[*charge] // to be dropped after an hour
	endpoints    []*endpoint
	deliveries   []*delivery // the latest
	filed        int64       // deliveries there ever were
	deliveryBytes,
	enqueued int64 // counts what was put into lanes
	lanes        []*lane // of webhooks, one for each URL
	heldBack     bool    // something in a lane may be held
	acknowledged int     // webhooks, since the last call that steered
	ledger       []ledgerLine
	refusals     []refusal // that lines of the ledger are about
}

func newState(c *config) state {
	s := state{
		start: c.balance, balance: c.balance, manual: c.manualSettlement, settleAfter: c.settleAfter,
		failing:      make(map[string]string),
		hashSeed:     maphash.MakeSeed(),
		byChargeID:   make(map[string]*charge),
		byExternalID: make(map[string]*charge),
	}
	for _, m := range c.customers {
		s.addCustomer(m)
	}
	return s
}

// Reset puts the API back to how its options made it: no transfers, charges, sub-companies, webhook endpoints, deliveries,
// requests or faults, an empty ledger, the first balance, the clock of the options. Requests and ids go on counting, so
// nothing that is made afterwards bears an id of before.
func (a *API) Reset() {
	a.ClearFaults()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clock.offset, a.clock.last = 0, 0
	a.replace(newState(&a.cfg))
}

// addCharge makes a charge one of the account's, behind those that are there.
func (s *state) addCharge(ch *charge) {
	s.charges = append(s.charges, ch)
	ch.number = uint32(len(s.charges)) //nolint:gosec // memory ends before
	s.byChargeID[ch.id], s.byExternalID[ch.externalID] = ch, ch
}

// replace puts another state in the place of the API's. Webhooks on their way belong to nobody any more: their endpoints
// are gone, so they are not sent again.
func (a *API) replace(s state) {
	s.filed = max(s.filed, a.filed)
	a.state = s
	a.journal.forget()
	a.changes.bump()
	a.wake()
}

// forget empties the log; numbers go on.
func (l *requestLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.headers, l.base, l.whole, l.bytes = nil, nil, l.count, l.count, 0
}

// Settlement says whether transfers settle by themselves, and how long after they were accepted.
func (a *API) Settlement() (after time.Duration, automatic bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settleAfter, !a.manual
}

// SettleAutomatically makes transfers settle by themselves that long after they were accepted, on the server's clock, those
// that are pending already included. A negative duration is misuse.
func (a *API) SettleAutomatically(after time.Duration) error {
	t := a.test.tb()
	t.Helper()
	if after < 0 {
		return misuse(t, "SettleAutomatically(%s): the duration must not be negative; use SettleManually for never", after)
	}
	a.lock()
	a.manual, a.settleAfter = false, after
	a.queuePending()
	a.catchUp(a.clock.now())
	a.changes.bump()
	a.mu.Unlock()
	a.flush()
	return nil
}

// SettleManually keeps every transfer that is pending, or will be, until [API.Settle], [API.SettleAll] or [API.Reject] is
// called.
func (a *API) SettleManually() {
	a.lock()
	defer a.mu.Unlock()
	a.manual, a.unsettled = true, queue[*transaction]{}
	a.changes.bump()
}

// queuePending lines up what settles by the passing of time.
func (s *state) queuePending() {
	s.unsettled = queue[*transaction]{}
	for _, t := range s.transactions {
		if t.status == pending {
			s.unsettled.push(t)
		}
	}
}
