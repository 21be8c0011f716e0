package djamotest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"
)

// What a charge's status can be here. The API knows more; see the reference.
const (
	ChargeCreated           = "created"
	ChargeDue               = "due"
	ChargePaid              = "paid"
	ChargeRefunded          = "refunded"
	ChargeRefundedPartially = "refunded_partially"
	ChargeDropped           = "dropped"
)

// chargeLifetime is how long a charge can be paid.
const chargeLifetime = int64(time.Hour)

// Charge is money collected from a customer, as the server holds it. Amounts are whole francs.
type Charge struct {
	ID, ExternalID, Status, Description string
	Amount, Due, Paid, Refunded, Fees   int64
	PaymentURL                          string
	OnCompletedRedirectionURL           string
	OnCanceledRedirectionURL            string
	Metadata                            json.RawMessage
	CreatedAt, UpdatedAt                time.Time
	Request                             int64 // number of the request that created it
}

type charge struct {
	id, externalID, status, description string
	onCompleted, onCanceled             string
	amount, paid, refunded, fees        int64
	metadata                            json.RawMessage
	payments                            []payment
	createdAt, updatedAt, request       int64
}

// payment is one movement of a charge's money.
type payment struct {
	id, kind string
	amount   int64
	at       int64
}

func (ch *charge) due() int64 {
	if ch.status == ChargeCreated || ch.status == ChargeDue {
		return ch.amount
	}
	return 0
}

func (ch *charge) paymentURL() string { return "https://pay.djamo.example/charges/" + ch.id }

type wireCharge struct {
	ID           string          `json:"id"`
	ExternalID   string          `json:"externalId"`
	Status       string          `json:"status"`
	Amount       int64           `json:"amount"`
	Currency     string          `json:"currency"`
	Due          int64           `json:"due"`
	Paid         int64           `json:"paid"`
	Refunded     int64           `json:"refunded"`
	Fees         int64           `json:"fees"`
	PaymentURL   string          `json:"paymentUrl"`
	Description  string          `json:"description,omitempty"`
	Metadata     json.RawMessage `json:"metadata,omitempty"`
	Transactions []wirePayment   `json:"transactions"`
	CreatedAt    string          `json:"createdAt"`
	UpdatedAt    string          `json:"updatedAt"`
}

type wirePayment struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	Amount    int64  `json:"amount"`
	CreatedAt string `json:"createdAt"`
}

// wireCharge writes timestamps in the compact form, as the reference's charge example does.
func (a *API) wireCharge(ch *charge) wireCharge {
	w := wireCharge{
		ID: ch.id, ExternalID: ch.externalID, Status: ch.status, Amount: ch.amount, Currency: "XOF", Due: ch.due(),
		Paid: ch.paid, Refunded: ch.refunded, Fees: ch.fees, PaymentURL: ch.paymentURL(), Description: ch.description,
		Metadata: ch.metadata, Transactions: make([]wirePayment, 0, len(ch.payments)),
		CreatedAt: a.chargeTimestamp(ch.createdAt), UpdatedAt: a.chargeTimestamp(ch.updatedAt),
	}
	for _, p := range ch.payments {
		w.Transactions = append(w.Transactions, wirePayment{
			ID: p.id, Type: p.kind, Status: StatusCompleted, Amount: p.amount, CreatedAt: a.chargeTimestamp(p.at),
		})
	}
	return w
}

// createCharge needs an amount and an externalId; the rest may be absent (assumption).
func (a *API) createCharge(c *call) (reply, error) {
	f, err := parseObject(c.body)
	if err != nil {
		return reply{}, err
	}
	ch := &charge{
		amount: f.amount("amount"), externalID: f.str("externalId", true), description: f.str("description", false),
		onCompleted: f.link("onCompletedRedirectionUrl", false), onCanceled: f.link("onCanceledRedirectionUrl", false),
		metadata: f.object("metadata"), status: ChargeCreated, request: c.number,
	}
	c.attempts = append(c.attempts, attempt{reference: ch.externalID, amount: ch.amount})
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	if a.byExternalID[ch.externalID] != nil && !a.cfg.repeatedReferences {
		return reply{}, refuse(http.StatusConflict, fmt.Sprintf("a charge with externalId %s already exists", ch.externalID))
	}
	ch.id, ch.createdAt, ch.updatedAt = a.identifier(), now, now
	a.charges = append(a.charges, ch)
	a.byChargeID[ch.id], a.byExternalID[ch.externalID] = ch, ch
	a.opening.push(ch)
	a.unpaid.push(ch)
	a.move(entry{at: now, kind: ChargeAccepted, charge: ch, call: c.number, route: c.route}, 0)
	a.tellCharge(ch, now)
	return reply{status: http.StatusCreated, body: a.wireCharge(ch)}, nil
}

// nextChargeTurn is the next charge that changes by the mere passing of time, and when: created becomes due at once,
// what is still unpaid after an hour is dropped.
func (a *API) nextChargeTurn() (*charge, int64) {
	for ch, ok := a.opening.head(); ok; ch, ok = a.opening.head() {
		if ch.status == ChargeCreated {
			return ch, ch.createdAt
		}
		a.opening.pop()
	}
	for ch, ok := a.unpaid.head(); ok; ch, ok = a.unpaid.head() {
		if ch.status == ChargeDue {
			return ch, ch.createdAt + chargeLifetime
		}
		a.unpaid.pop()
	}
	return nil, 0
}

// turn makes the change nextChargeTurn announced.
func (a *API) turn(ch *charge, at int64) {
	if ch.status == ChargeCreated {
		a.setChargeStatus(ch, ChargeDue, at)
		return
	}
	a.drop(ch, at)
}

func (a *API) drop(ch *charge, at int64) {
	a.setChargeStatus(ch, ChargeDropped, at)
	a.move(entry{at: at, kind: ChargeExpired, charge: ch}, 0)
}

func (a *API) setChargeStatus(ch *charge, status string, at int64) {
	ch.status, ch.updatedAt = status, at
	a.tellCharge(ch, at)
}

func (a *API) tellCharge(ch *charge, at int64) {
	a.emit(TopicChargeEvents, ch.id, ch.status, at, func() any { return a.wireCharge(ch) })
}

func (a *API) getCharge(c *call) (reply, error) {
	if problems := c.unknownQuery(); len(problems) > 0 {
		return reply{}, refuse(http.StatusBadRequest, problems...)
	}
	a.lock()
	defer a.mu.Unlock()
	ch := a.byChargeID[c.id]
	if ch == nil {
		return reply{}, errNoCharge
	}
	return reply{status: http.StatusOK, body: a.wireCharge(ch)}, nil
}

var errNoCharge = refuse(http.StatusNotFound, "charge not found")

func (a *API) listCharges(c *call) (reply, error) {
	q, err := a.pageQuery(c)
	if err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	return listPage(q, visible(a.charges, c, now, func(ch *charge) int64 { return ch.createdAt }), a.wireCharge), nil
}

func (a *API) payCharge(c *call) (reply, error) {
	if len(c.body) > 0 {
		f, err := parseObject(c.body)
		if err != nil {
			return reply{}, err
		}
		if err := f.err(); err != nil {
			return reply{}, err
		}
	}
	now := a.lock()
	defer a.mu.Unlock()
	ch := a.byChargeID[c.id]
	if ch == nil {
		return reply{}, errNoCharge
	}
	c.attempts = append(c.attempts, attempt{reference: ch.externalID, amount: ch.amount})
	if err := a.pay(ch, c, now); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: a.wireCharge(ch)}, nil
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

// refundCharge gives back what {"amount": n} says, or with {} all that has not been given back yet. An empty body is
// refused: it is what a mangled redirect sends, and here it would move money.
func (a *API) refundCharge(c *call) (reply, error) {
	f, err := parseObject(c.body)
	if err != nil {
		return reply{}, err
	}
	var amount int64
	_, part := f.raw["amount"]
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
	return reply{status: http.StatusOK, body: a.wireCharge(ch)}, nil
}

func (a *API) refund(c *call, ch *charge, amount, now int64) {
	ch.refunded += amount
	ch.payments = append(ch.payments, payment{id: a.identifier(), kind: "refund", amount: amount, at: now})
	status := ChargeRefundedPartially
	if ch.refunded == ch.paid {
		status = ChargeRefunded
	}
	a.setChargeStatus(ch, status, max(now, ch.updatedAt+int64(time.Millisecond))) // two refunds are told apart by when they were
	a.move(entry{at: now, kind: ChargeGivenBack, charge: ch}.by(c), -amount)
}

// Charges returns every charge, oldest first.
func (a *API) Charges() []Charge {
	a.lock()
	defer a.mu.Unlock()
	out := make([]Charge, len(a.charges))
	for i, ch := range a.charges {
		out[i] = Charge{
			ID: ch.id, ExternalID: ch.externalID, Status: ch.status, Description: ch.description, Amount: ch.amount,
			Due: ch.due(), Paid: ch.paid, Refunded: ch.refunded, Fees: ch.fees, PaymentURL: ch.paymentURL(),
			OnCompletedRedirectionURL: ch.onCompleted, OnCanceledRedirectionURL: ch.onCanceled, Metadata: ch.metadata,
			CreatedAt: moment(ch.createdAt), UpdatedAt: moment(ch.updatedAt), Request: ch.request,
		}
	}
	return out
}
