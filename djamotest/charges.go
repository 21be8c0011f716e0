package djamotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What a charge's status can be here: an open set in the API.
const (
	ChargeCreated           = "created"
	ChargeDue               = "due"
	ChargePaid              = "paid"
	ChargeRefunded          = "refunded"
	ChargeRefundedPartially = "refunded_partially"
	ChargeDropped           = "dropped"
	ChargeCancelled         = "cancelled"
	ChargeFailed            = "failed"
)

// chargeLifetime is how long a charge can be paid.
const chargeLifetime = int64(time.Hour)

// Charge is money collected from a customer, as the server holds it. Amounts are whole francs.
type Charge struct {
	Number                              int64 // its place among all, counted from 1
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
	number                              uint32 // its place among all, counted from 1
}

// payment is one movement of a charge's money.
type payment struct {
	id, kind string
	status   string // completed when empty
	amount   int64
	at       int64
}

func (ch *charge) due() int64 {
	if ch.status == ChargeCreated || ch.status == ChargeDue {
		return ch.amount
	}
	return 0
}

// paymentURL is where the customer pays: a page of Djamo's, unless SetPaymentURL named another.
func (a *API) paymentURL(ch *charge) string {
	if a.payAt != nil {
		return a.payAt(ch.id)
	}
	return "https://p.djamo.com/payment-link/?type=payment_confirmation&chargeId=" + ch.id
}

// SetPaymentURL makes every charge's paymentUrl, also of those that exist, what the function returns for the charge's id:
// for a checkout page of your own. nil restores Djamo's form. The function must not call the API.
func (a *API) SetPaymentURL(link func(chargeID string) string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.payAt = link
}

// RedirectURL is where the customer's browser goes once the charge is final: the completed URL after a payment, the
// canceled URL otherwise, with the charge's id and a status of success or failure in the query. The parameters' names are
// an assumption. It is empty while the charge is due, and when its creator gave no URL.
func (c Charge) RedirectURL() string {
	link, status := c.OnCanceledRedirectionURL, "failure"
	switch c.Status {
	case ChargeCreated, ChargeDue:
		return ""
	case ChargePaid, ChargeRefunded, ChargeRefundedPartially:
		link, status = c.OnCompletedRedirectionURL, "success"
	}
	u, err := url.Parse(link)
	if err != nil || link == "" {
		return ""
	}
	query := u.Query()
	query.Set("status", status)
	query.Set("chargeId", c.ID)
	u.RawQuery = query.Encode()
	return u.String()
}

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
	UpdatedAt    string          `json:"updatedAt,omitempty"`
}

type wirePayment struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	Amount    int64  `json:"amount"`
	Charge    string `json:"charge,omitempty"`
	CreatedAt string `json:"createdAt"`
}

func (a *API) wireCharge(ch *charge) wireCharge {
	w := wireCharge{
		ID: ch.id, ExternalID: ch.externalID, Status: ch.status, Amount: ch.amount, Currency: "XOF", Due: ch.due(),
		Paid: ch.paid, Refunded: ch.refunded, Fees: ch.fees, PaymentURL: a.paymentURL(ch), Description: ch.description,
		Metadata: ch.metadata, Transactions: make([]wirePayment, 0, len(ch.payments)),
		CreatedAt: a.timestamp(ch.createdAt), UpdatedAt: a.timestamp(ch.updatedAt),
	}
	for _, p := range ch.payments {
		w.Transactions = append(w.Transactions, wirePayment{
			ID: p.id, Type: p.kind, Status: cmp.Or(p.status, StatusCompleted), Amount: p.amount, CreatedAt: a.timestamp(p.at),
		})
	}
	if a.cfg.documentedCharges {
		w.Description, w.UpdatedAt = "", ""
		for i := range w.Transactions {
			w.Transactions[i].Charge = ch.id
		}
	}
	if a.cfg.canceled && w.Status == ChargeCancelled {
		w.Status = "canceled"
	}
	return w
}

// createCharge needs an amount and an externalId; the rest may be absent (assumption).
func (a *API) createCharge(c *call) (reply, error) {
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	ch := &charge{
		amount: f.amount("amount"), externalID: f.str("externalId", true), description: f.str("description", false),
		onCompleted: f.link("onCompletedRedirectionUrl", false), onCanceled: f.link("onCanceledRedirectionUrl", false),
		metadata: f.object("metadata"), status: ChargeDue, request: c.number,
	}
	if _, given := f.take("currency"); given {
		f.oneOf("currency", "XOF")
	}
	f.limits("amount", ch.amount, a.cfg.minCharge, a.cfg.maxCharge)
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
	a.addCharge(ch)
	a.unpaid.push(ch)
	a.move(entry{at: now, kind: ChargeAccepted, charge: ch, call: c.number, route: c.route}, 0)
	if a.cfg.createdFirst {
		ch.status = ChargeCreated
		a.opening.push(ch)
		a.notifyCharge(ch, now)
	}
	return reply{status: http.StatusCreated, body: a.wireCharge(ch)}, nil
}

// nextChargeChange is the next charge that changes by the mere passing of time, and when: created becomes due at once,
// what is still unpaid after an hour is dropped.
func (a *API) nextChargeChange() (*charge, int64) {
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

// changeCharge makes the change that nextChargeChange returned.
func (a *API) changeCharge(ch *charge, at int64) {
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
	a.notifyCharge(ch, at)
}

func (a *API) notifyCharge(ch *charge, at int64) {
	a.emit(TopicChargeEvents, ch.id, ch.status, at, func() any { return a.wireCharge(ch) })
}

func (a *API) getCharge(c *call) (reply, error) {
	if problems := a.unknownQuery(c); len(problems) > 0 {
		return reply{}, invalid(problems)
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
	var filter []string
	if a.cfg.chargeFilter != "" {
		filter = []string{"externalId"}
	}
	q, err := a.pageQuery(c, filter...)
	if err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	found := a.filterCharges(c.query.Get("externalId"))
	return listPage(q, visible(found, c, now, func(ch *charge) int64 { return ch.createdAt }), a.wireCharge), nil
}

// filterCharges applies the configured externalId filter to the listing.
func (a *API) filterCharges(externalID string) []*charge {
	keep := func(*charge) bool { return true }
	switch {
	case externalID == "":
	case a.cfg.chargeFilter == ExternalIDExact:
		keep = func(ch *charge) bool { return ch.externalID == externalID }
	case a.cfg.chargeFilter == ExternalIDPrefix:
		keep = func(ch *charge) bool { return strings.HasPrefix(ch.externalID, externalID) }
	}
	var found []*charge
	for _, ch := range a.charges {
		if keep(ch) {
			found = append(found, ch)
		}
	}
	return found
}

// Charges returns every charge, oldest first.
func (a *API) Charges() []Charge {
	a.lock()
	defer a.mu.Unlock()
	out := make([]Charge, len(a.charges))
	for i, ch := range a.charges {
		out[i] = a.viewCharge(ch)
	}
	return out
}

func (a *API) viewCharge(ch *charge) Charge {
	return Charge{
		Number: int64(ch.number), ID: ch.id, ExternalID: ch.externalID, Status: ch.status, Description: ch.description, Amount: ch.amount,
		Due: ch.due(), Paid: ch.paid, Refunded: ch.refunded, Fees: ch.fees, PaymentURL: a.paymentURL(ch),
		OnCompletedRedirectionURL: ch.onCompleted, OnCanceledRedirectionURL: ch.onCanceled, Metadata: ch.metadata,
		CreatedAt: moment(ch.createdAt), UpdatedAt: moment(ch.updatedAt), Request: ch.request,
	}
}
