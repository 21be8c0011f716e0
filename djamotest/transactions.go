package djamotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

// What a transfer's status can be.
const (
	StatusPending   = "pending"
	StatusCompleted = "completed"
	StatusFailed    = "failed"
)

// Transaction is one transfer as the server holds it. Amounts are whole francs.
type Transaction struct {
	Number         int64 // its place among all, counted from 1
	ID             string
	Reference      string
	MSISDN         string
	Description    string
	Amount         int64
	Fee            int64
	TotalAmount    int64 // Amount + Fee: what left the balance
	Status         string
	FailureReason  string // empty unless failed
	SubCompanyID   string // empty unless sent for one
	BatchID        string // empty unless born in a batch
	DjamoReference string // Djamo's own, there from the creation on
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Request        int64 // number of the request that created it
}

func (t *transaction) total() int64 { return t.amount + t.fee }

func (t *transaction) djamoReference() string {
	const digits = 12
	out := make([]byte, 0, 2+digits)
	out = append(out, "DJ"...)
	id := t.circumstances().id
	if id == "" {
		for i := range digits {
			out = append(out, "0123456789ABCDEF"[t.idHi>>(60-4*i)&0xf])
		}
	}
	for i := len(transferPrefix); i < len(id) && len(out) < cap(out); i++ { // of the id, hyphens left out, in upper case
		switch c := id[i]; {
		case c == '-':
		case c >= 'a':
			out = append(out, c-'a'+'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func (t *transaction) view() Transaction {
	v := Transaction{
		Number: int64(t.number), ID: t.id(), Reference: t.reference(), MSISDN: t.msisdn(), Description: t.description(), Amount: t.amount,
		Fee: t.fee, TotalAmount: t.total(), Status: t.status.String(), FailureReason: t.failureReason(),
		DjamoReference: t.djamoReference(), CreatedAt: moment(t.createdAt), UpdatedAt: moment(t.updatedAt), Request: t.request,
		SubCompanyID: t.subCompany().identifier(),
	}
	if b := t.batch(); b != nil {
		v.BatchID = b.id
	}
	return v
}

// wireTransaction is the object on the wire, in the order of the recorded payloads.
type wireTransaction struct {
	ID             string          `json:"id"`
	CreatedAt      string          `json:"createdAt"`
	UpdatedAt      string          `json:"updatedAt"`
	Amount         int64           `json:"amount"`
	Fee            int64           `json:"fee"`
	TotalAmount    int64           `json:"totalAmount"`
	Status         string          `json:"status"`
	MSISDN         string          `json:"msisdn"`
	Reference      string          `json:"reference"`
	FailureReason  json.RawMessage `json:"failureReason,omitempty"`
	Description    string          `json:"description,omitempty"`
	Type           string          `json:"type"`
	SubCompanyID   string          `json:"subCompanyId,omitempty"`
	BatchID        string          `json:"batchId,omitempty"`
	DjamoReference string          `json:"djamoTransactionReference,omitempty"`
}

// createdView is a transaction in the reply that creates it: the recorded ones hold neither failureReason nor batchId.
func (a *API) createdView(t *transaction) wireTransaction {
	return wireTransaction{
		ID: t.id(), CreatedAt: a.timestamp(t.createdAt), UpdatedAt: a.timestamp(t.updatedAt), Amount: t.amount, Fee: t.fee,
		TotalAmount: t.total(), Status: t.status.String(), MSISDN: t.msisdn(), Reference: t.reference(), Description: t.description(),
		Type: "transfer", SubCompanyID: t.subCompany().identifier(), DjamoReference: t.djamoReference(),
	}
}

var jsonNull = json.RawMessage("null")

// storedView is a transaction in every later reply.
func (a *API) storedView(t *transaction) wireTransaction {
	w := a.createdView(t)
	w.FailureReason = jsonNull
	if t.status == failed {
		w.FailureReason, _ = encode(t.failureReason()) // a string always encodes
	}
	if b := t.batch(); b != nil {
		w.BatchID = b.id
	}
	return w
}

// transfer is a validated request for one payment.
type transfer struct {
	attempt
	description string
	fee         int64 // asked for once: what is checked is what is taken
}

// readTransfer reads what single transfers and items of a batch have in common. description may be absent (assumption:
// the reference lists it, Djamo's older documentation did not).
func (a *API) readTransfer(f *fields, c *call) transfer {
	tr := transfer{
		attempt:     attempt{msisdn: f.msisdn("msisdn"), amount: f.amount("amount"), reference: f.str("reference", true)},
		description: f.str("description", false),
	}
	if tr.amount > 0 && tr.amount <= maxAmount {
		tr.fee = a.transferFee(tr.amount)
	}
	f.limits("amount", tr.amount, a.cfg.minTransfer, a.cfg.maxTransfer)
	c.attempts = append(c.attempts, tr.attempt)
	return tr
}

func (a *API) createTransaction(c *call) (reply, error) {
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	tr := a.readTransfer(f, c)
	if f.has("type") || !f.lenient("type is missing") {
		f.oneOf("type", "transfer")
	}
	subID := f.id("subCompanyId")
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	if err := a.checkReference(tr.reference); err != nil {
		return reply{}, err
	}
	sub, err := a.activeSubCompany(subID)
	if err != nil {
		return reply{}, err
	}
	if err := a.checkFunds(tr.cost()); err != nil {
		return reply{}, err
	}
	t := a.accept(c, tr, sub, nil, now)
	return reply{status: http.StatusCreated, body: a.createdView(t)}, nil
}

// transferFee is the configured fee, kept within what a balance can hold.
func (a *API) transferFee(amount int64) int64 { return min(max(a.cfg.fee(amount), 0), maxAmount) }

func (tr transfer) cost() int64 { return tr.amount + tr.fee }

func (a *API) checkReference(reference string) error {
	if a.withLatest(reference) != nil && !a.cfg.repeatedReferences {
		return refuse(http.StatusConflict, fmt.Sprintf("a transaction with reference %s already exists", reference))
	}
	return nil
}

func (a *API) checkFunds(cost int64) error {
	if cost > a.balance {
		return refuse(http.StatusUnprocessableEntity, "insufficient balance")
	}
	return nil
}

// accept makes a transaction out of a transfer that has passed every check, and takes its cost off the balance.
func (a *API) accept(c *call, tr transfer, sub *subCompany, b *batch, now int64) *transaction {
	t := a.newTransaction()
	*t = transaction{
		amount: tr.amount, fee: tr.fee, createdAt: now, updatedAt: now, request: c.number,
		about: a.share(circumstances{batch: b, subCompany: sub}),
	}
	t.idHi, t.idLo = a.randomUUID()
	t.setText(tr.reference, tr.description)
	t.setMSISDN(tr.msisdn)
	a.add(t)
	a.pending++
	if !a.manual {
		a.unsettled.push(t)
		if a.running {
			a.wake() // it may sleep past this moment if no endpoint listens to the start
		}
	}
	a.move(entry{at: now, kind: TransferAccepted, transaction: t, call: c.number, route: c.route}, -t.total())
	a.notifyTransaction(TopicTransactionsStarted, t)
	return t
}

func (a *API) getTransaction(c *call) (reply, error) {
	if problems := a.unknownQuery(c); len(problems) > 0 {
		return reply{}, invalid(problems)
	}
	a.lock()
	defer a.mu.Unlock()
	t := a.withID(c.id)
	if t == nil {
		return reply{}, refuse(http.StatusNotFound, "transaction not found")
	}
	return reply{status: http.StatusOK, body: a.storedView(t)}, nil
}

func (a *API) listTransactions(c *call) (reply, error) {
	q, err := a.pageQuery(c, "reference")
	if err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	if !c.query.Has("reference") {
		return listPage(q, visible(a.transactions, c, now, func(t *transaction) int64 { return t.createdAt }), a.storedView), nil
	}
	if c.query.Get("reference") == "" {
		return reply{}, invalid([]string{"reference should not be empty"})
	}
	found := a.lookUp(c.query.Get("reference"))
	return a.lookupReply(q, visible(found, c, now, func(t *transaction) int64 { return t.createdAt }))
}

// lookUp finds transactions by reference as the configured filter does, oldest first.
func (a *API) lookUp(reference string) []*transaction {
	switch a.cfg.filter {
	case LookupIgnored:
		return a.transactions
	case LookupPrefix, LookupContains:
		holds := strings.HasPrefix
		if a.cfg.filter == LookupContains {
			holds = strings.Contains
		}
		var found []*transaction
		for _, t := range a.transactions {
			if holds(t.reference(), reference) {
				found = append(found, t)
			}
		}
		return found
	}
	return a.withReference(reference)
}

// withReference is every transaction with a reference, oldest first.
func (a *API) withReference(reference string) []*transaction {
	var found []*transaction
	for t := a.withLatest(reference); t != nil; t = a.numbered(t.previous) {
		found = append(found, t)
	}
	slices.Reverse(found)
	return found
}

// visible leaves out what LookupLag hides: the newest of what is kept in order of creation.
func visible[T any](all []T, c *call, now int64, createdAt func(T) int64) []T {
	if c.plan.lag == 0 {
		return all
	}
	n := sort.Search(len(all), func(i int) bool { return createdAt(all[i]) > now-int64(c.plan.lag) })
	return all[:n]
}

// Transactions returns every transfer ever accepted, oldest first.
func (a *API) Transactions() []Transaction {
	a.lock()
	defer a.mu.Unlock()
	out := make([]Transaction, len(a.transactions))
	for i, t := range a.transactions {
		out[i] = t.view()
	}
	return out
}
