package djamotest

import (
	"errors"
)

// nextSettlement is the next transfer that settles by itself, and when.
func (a *API) nextSettlement() (*transaction, int64) {
	for t, ok := a.unsettled.head(); ok; t, ok = a.unsettled.head() {
		if t.status == StatusPending {
			return t, later(t.createdAt, a.cfg.settleAfter)
		}
		a.unsettled.pop()
	}
	return nil, 0
}

// settle ends a pending transfer as its recipient decides.
func (a *API) settle(t *transaction, at int64) {
	if reason, ok := a.failing[t.msisdn]; ok {
		a.fail(t, reason, at)
		return
	}
	if !a.hasAccount(t.msisdn) {
		a.fail(t, noAccount, at)
		return
	}
	a.setStatus(t, StatusCompleted, at)
	a.move(entry{at: at, kind: TransferCompleted, transaction: t}, 0)
}

// fail ends a pending transfer and gives amount and fee back.
func (a *API) fail(t *transaction, reason string, at int64) {
	t.failureReason = reason
	a.setStatus(t, StatusFailed, at)
	a.move(entry{at: at, kind: TransferFailed, transaction: t}, t.total())
}

func (a *API) setStatus(t *transaction, status string, at int64) {
	t.status, t.updatedAt = status, max(at, t.createdAt)
	topic := TopicTransactionsCompleted
	if status == StatusFailed {
		topic = TopicTransactionsFailed
	}
	a.tellTransaction(topic, t)
}

func (a *API) tellTransaction(topic string, t *transaction) {
	a.emit(topic, t.id, t.status, t.updatedAt, func() any { return a.stored(t) })
}

// find resolves a transaction id or a reference to its transactions.
func (a *API) find(key string) []*transaction {
	if t := a.byID[key]; t != nil {
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
		if tx.status == StatusPending {
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
		if t.status == StatusPending {
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
	if tx.status != StatusPending {
		return misuse(t, "Reject(%q): the transfer is %s already; reject it before it settles, for example under WithManualSettlement", name, tx.status)
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
	return nil
}

// Pay pays a charge as its customer would, named by id or externalId. An unknown charge and one that cannot be paid (any
// more) are misuse.
func (a *API) Pay(name string) error {
	t := a.test.tb()
	t.Helper()
	defer a.flush()
	now := a.lock()
	defer a.mu.Unlock()
	ch, err := a.findCharge(name)
	if err == nil {
		err = a.pay(ch, nil, now)
	}
	if err != nil {
		return misuse(t, "Pay(%q): %w", name, err)
	}
	return nil
}

// Expire drops an unpaid charge now instead of after its hour, named by id or externalId. An unknown charge and one that
// is not waiting to be paid are misuse.
func (a *API) Expire(name string) error {
	t := a.test.tb()
	t.Helper()
	defer a.flush()
	now := a.lock()
	defer a.mu.Unlock()
	ch, err := a.findCharge(name)
	if err != nil {
		return misuse(t, "Expire(%q): %w", name, err)
	}
	if ch.due() == 0 {
		return misuse(t, "Expire(%q): the charge is %s; only an unpaid one expires", name, ch.status)
	}
	a.drop(ch, now)
	return nil
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
