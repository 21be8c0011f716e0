package djamotest

import (
	"errors"
	"fmt"
)

// nextSettlement is the next transfer that settles by itself, and when.
func (a *API) nextSettlement() (*transaction, int64) {
	if a.manual {
		return nil, 0
	}
	for t, ok := a.unsettled.head(); ok; t, ok = a.unsettled.head() {
		if t.status == pending {
			return t, later(t.createdAt, a.settleAfter)
		}
		a.unsettled.pop()
	}
	return nil, 0
}

// settle ends a pending transfer as its recipient decides.
func (a *API) settle(t *transaction, at int64) {
	msisdn := t.msisdn()
	if reason, ok := a.failing[msisdn]; ok {
		a.fail(t, reason, at)
		return
	}
	if !a.hasAccount(msisdn) {
		a.fail(t, noAccount, at)
		return
	}
	a.setStatus(t, completed, at)
	a.move(entry{at: at, kind: TransferCompleted, transaction: t}, 0)
}

// fail ends a pending transfer and gives amount and fee back.
func (a *API) fail(t *transaction, reason string, at int64) {
	about := t.circumstances()
	about.failureReason = reason
	t.about = a.share(about)
	a.setStatus(t, failed, at)
	a.move(entry{at: at, kind: TransferFailed, transaction: t}, t.total())
}

func (a *API) setStatus(t *transaction, status transferStatus, at int64) {
	t.status, t.updatedAt = status, max(at, t.createdAt)
	a.pending--
	topic := TopicTransactionsCompleted
	if status == failed {
		topic = TopicTransactionsFailed
	}
	a.notifyTransaction(topic, t)
}

func (a *API) notifyTransaction(topic string, t *transaction) {
	if len(a.endpoints) == 0 { // nobody is to be told, so nothing needs its texts
		return
	}
	a.emit(topic, t.id(), t.status.String(), t.updatedAt, func() any { return a.storedView(t) })
}

// find resolves a transaction id or a reference to its transactions.
func (a *API) find(key string) []*transaction {
	if t := a.withID(key); t != nil {
		return []*transaction{t}
	}
	return a.withReference(key)
}

// Settle settles transfers now, named by reference or id: they complete, unless Fail or AddCustomer says otherwise.
// A transfer that is final already stays as it is. An unknown name is misuse.
func (a *API) Settle(names ...string) error {
	t := a.test.tb()
	t.Helper()
	if len(names) == 0 {
		return misuse(t, "Settle(): name at least one reference or transaction id, or call SettleAll")
	}
	defer a.flush()
	for _, name := range names {
		if err := a.settleOne(name); err != nil {
			return misuse(t, "Settle(%q): %w", name, err)
		}
	}
	return nil
}

var errUnknownTransfer = errors.New("no transfer with this reference or id was accepted; Ledger() shows what was")

func (a *API) settleOne(name string) error {
	now := a.lock()
	defer a.mu.Unlock()
	found := a.find(name)
	if len(found) == 0 {
		return errUnknownTransfer
	}
	for _, tx := range found {
		if tx.status == pending {
			a.settle(tx, now)
		}
	}
	return nil
}

// SettleAll settles every pending transfer now and says how many there were.
func (a *API) SettleAll() int {
	defer a.flush()
	now := a.lock()
	defer a.mu.Unlock()
	settled := 0
	for _, t := range a.transactions {
		if t.status == pending {
			a.settle(t, now)
			settled++
		}
	}
	return settled
}

// Reject fails one pending transfer now, named by reference or id, with the given failureReason. The money comes back.
// An unknown name, a final transfer and an empty reason are misuse.
func (a *API) Reject(name, reason string) error {
	t := a.test.tb()
	t.Helper()
	if reason == "" {
		return misuse(t, "Reject(%q): give the failureReason that the API shall report", name)
	}
	defer a.flush()
	now := a.lock()
	defer a.mu.Unlock()
	found := a.find(name)
	if len(found) == 0 {
		return misuse(t, "Reject(%q): %w", name, errUnknownTransfer)
	}
	tx := found[len(found)-1]
	if tx.status != pending {
		return misuse(t, "Reject(%q): the transfer is %s already; reject it before it settles, for example under WithManualSettlement",
			name, tx.status)
	}
	a.fail(tx, reason, now)
	return nil
}

// Fail makes every transfer to a phone number fail with the given failureReason when it settles, pending ones included,
// until Succeed is called for it. An empty reason and a malformed number are misuse.
func (a *API) Fail(msisdn, reason string) error {
	t := a.test.tb()
	t.Helper()
	if !validMSISDN(msisdn) {
		return misuse(t, "Fail(%s): want a phone number in E.164 form, such as +2250700000001", maskMSISDN(msisdn))
	}
	if reason == "" {
		return misuse(t, "Fail(%s): give the failureReason that the API shall report", maskMSISDN(msisdn))
	}
	a.lock()
	defer a.mu.Unlock()
	a.failing[msisdn] = reason
	a.changes.bump()
	return nil
}

// Succeed undoes Fail for a phone number. One that Fail never named is misuse.
func (a *API) Succeed(msisdn string) error {
	t := a.test.tb()
	t.Helper()
	a.lock()
	defer a.mu.Unlock()
	if _, ok := a.failing[msisdn]; !ok {
		return misuse(t, "Succeed(%s): Fail was not called for this number", maskMSISDN(msisdn))
	}
	delete(a.failing, msisdn)
	a.changes.bump()
	return nil
}

// Pay pays a charge as its customer would, named by id or externalId. An unknown charge and one that cannot be paid (any
// more) are misuse.
func (a *API) Pay(name string) error {
	a.test.tb().Helper()
	return a.onCharge("Pay", name, func(ch *charge, now int64) error { return a.pay(ch, nil, now) })
}

// Expire drops an unpaid charge now instead of after its hour, named by id or externalId. An unknown charge and one that
// is not waiting to be paid are misuse.
func (a *API) Expire(name string) error {
	a.test.tb().Helper()
	return a.onCharge("Expire", name, func(ch *charge, now int64) error {
		if ch.due() == 0 {
			return fmt.Errorf("the charge is %s; only an unpaid one expires", ch.status)
		}
		a.drop(ch, now)
		return nil
	})
}

// FailCharge ends an unpaid charge now as failed, named by id or externalId, as when its customer's payment fails. An
// unknown charge and one that cannot be paid (any more) are misuse.
func (a *API) FailCharge(name string) error {
	a.test.tb().Helper()
	return a.onCharge("FailCharge", name, func(ch *charge, now int64) error { return a.failCharge(ch, nil, now) })
}

// CancelCharge ends an unpaid charge now as cancelled, named by id or externalId, as when its customer turns back. An
// unknown charge and one that is not waiting to be paid are misuse.
func (a *API) CancelCharge(name string) error {
	a.test.tb().Helper()
	return a.onCharge("CancelCharge", name, func(ch *charge, now int64) error {
		if ch.due() == 0 {
			return fmt.Errorf("the charge is %s; only an unpaid one is cancelled", ch.status)
		}
		a.setChargeStatus(ch, ChargeCancelled, now)
		a.move(entry{at: now, kind: ChargeGivenUp, charge: ch}, 0)
		return nil
	})
}

func (a *API) findCharge(name string) (*charge, error) {
	if ch := a.byChargeID[name]; ch != nil {
		return ch, nil
	}
	if ch := a.byExternalID[name]; ch != nil {
		return ch, nil
	}
	return nil, errors.New("no charge with this id or externalId was accepted; Charges() shows what was")
}

// onCharge does something to a charge that is named by id or externalId, and reports as misuse what cannot be.
func (a *API) onCharge(method, name string, do func(ch *charge, now int64) error) error {
	t := a.test.tb()
	t.Helper()
	defer a.flush()
	now := a.lock()
	defer a.mu.Unlock()
	ch, err := a.findCharge(name)
	if err == nil {
		err = do(ch, now)
	}
	if err != nil {
		return misuse(t, "%s(%q): %w", method, name, err)
	}
	return nil
}
