package djamotest

import (
	"fmt"
	"math"
	"net/http"
	"time"
)

// Phone numbers that an integration pays charges with on staging: the first succeeds, the second fails.
const (
	PayerSucceeds = "+2250747000000"
	PayerFails    = "+2251212121205"
)

// payCharge plays the customer with a phone number, a plus before it or not. A number that fails leaves a failed charge,
// as the answer's status says (assumption: what a failed payment does to a charge is not documented).
func (a *API) payCharge(c *call) (reply, error) {
	payer, err := a.readPayer(c)
	if err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	ch := a.byChargeID[c.id]
	if ch == nil {
		return reply{}, errNoCharge
	}
	c.attempts = append(c.attempts, attempt{reference: ch.externalID, amount: ch.amount})
	_, fails := a.failing[payer]
	if fails || payer == PayerFails {
		err = a.failCharge(ch, c, now)
	} else {
		err = a.pay(ch, c, now)
	}
	if err != nil {
		return reply{}, err
	}
	return reply{status: a.actionStatus(), body: a.wireCharge(ch)}, nil
}

// readPayer reads the phone number that pays; without one it is somebody who can.
func (a *API) readPayer(c *call) (string, error) {
	if len(c.body) == 0 && !a.cfg.payerRequired {
		return "", nil
	}
	f, err := a.parseObject(c)
	if err != nil {
		return "", err
	}
	payer := ""
	if _, given := f.take("recipientMsisdn"); a.cfg.payerRequired || given {
		payer = f.payer("recipientMsisdn")
	}
	return payer, f.err()
}

// actionStatus is what paying and refunding a charge answer with.
func (a *API) actionStatus() int {
	if a.cfg.actionsCreate {
		return http.StatusCreated
	}
	return http.StatusOK
}

// failCharge ends an unpaid charge whose payment failed. c is nil when the test decides.
func (a *API) failCharge(ch *charge, c *call, now int64) error {
	if ch.due() == 0 {
		return refuse(http.StatusUnprocessableEntity, "charge cannot be paid: it is "+ch.status)
	}
	ch.payments = append(ch.payments, payment{id: a.identifier(), kind: "payment", status: StatusFailed, amount: ch.amount, at: now})
	a.setChargeStatus(ch, ChargeFailed, now)
	a.move(entry{at: now, kind: ChargePaymentFailed, charge: ch}.by(c), 0)
	return nil
}

// pay collects a charge: its amount less its fees lands on the balance. c is nil when the test pays.
func (a *API) pay(ch *charge, c *call, now int64) error {
	if ch.due() == 0 {
		return refuse(http.StatusUnprocessableEntity, "charge cannot be paid: it is "+ch.status)
	}
	fees := min(max(a.cfg.chargeFee(ch.amount), 0), ch.amount)
	if a.balance > math.MaxInt64-ch.amount {
		return refuse(http.StatusUnprocessableEntity, "charge cannot be paid: the balance would be too large")
	}
	ch.paid, ch.fees = ch.amount, fees
	ch.payments = append(ch.payments, payment{id: a.identifier(), kind: "payment", amount: ch.amount, at: now})
	a.setChargeStatus(ch, ChargePaid, now)
	a.move(entry{at: now, kind: ChargeCollected, charge: ch}.by(c), ch.amount-fees)
	return nil
}

// refundCharge gives back what {"amount": n} says, or with {} all that has not been given back yet. No body at all
// is read as {} (assumption).
func (a *API) refundCharge(c *call) (reply, error) {
	if len(c.body) == 0 {
		c.body = []byte("{}")
	}
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	var amount int64
	part := f.has("amount")
	if part {
		amount = f.amount("amount")
	}
	c.attempts = append(c.attempts, attempt{amount: amount})
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	ch := a.byChargeID[c.id]
	if ch == nil {
		return reply{}, errNoCharge
	}
	left := ch.paid - ch.refunded
	if !part {
		amount = left
	}
	c.attempts[0] = attempt{reference: ch.externalID, amount: amount}
	switch {
	case left == 0:
		return reply{}, refuse(http.StatusUnprocessableEntity, "charge cannot be refunded: it is "+ch.status)
	case amount > left:
		return reply{}, refuse(http.StatusUnprocessableEntity, fmt.Sprintf("refund exceeds what is left of the charge: %d", left))
	}
	if err := a.checkFunds(amount); err != nil {
		return reply{}, err
	}
	a.refund(c, ch, amount, now)
	return reply{status: a.actionStatus(), body: a.wireCharge(ch)}, nil
}

func (a *API) refund(c *call, ch *charge, amount, now int64) {
	ch.refunded += amount
	ch.payments = append(ch.payments, payment{id: a.identifier(), kind: "refund", amount: amount, at: now})
	status := ChargeRefundedPartially
	if ch.refunded == ch.paid {
		status = ChargeRefunded
	}
	a.setChargeStatus(ch, status, max(now, ch.updatedAt+int64(time.Millisecond))) // two refunds differ in updatedAt
	a.move(entry{at: now, kind: ChargeGivenBack, charge: ch}.by(c), -amount)
}
