package djamotest

import (
	"fmt"
	"net/http"
)

// batch is what transactions born together point at.
type batch struct {
	id                    string
	createdAt             int64
	totalAmount, totalFee int64
	subCompany            *subCompany
}

type wireBatch struct {
	ID           string            `json:"id"`
	CreatedAt    string            `json:"createdAt"`
	UpdatedAt    string            `json:"updatedAt"`
	TotalAmount  int64             `json:"totalAmount"`
	Status       string            `json:"status"`
	TotalFee     int64             `json:"totalFee"`
	SubCompanyID string            `json:"subCompanyId,omitempty"`
	Transactions []wireTransaction `json:"transactions"`
}

// createBatch accepts a batch whole or refuses it whole (assumption: the reference does not say). totalAmount is the sum
// of the amounts, totalFee that of the fees.
func (a *API) createBatch(c *call) (reply, error) {
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	subID := f.id("subCompanyId")
	items := f.list("transactions")
	if a.cfg.maxBatch > 0 && len(items) > a.cfg.maxBatch {
		f.complain("transactions", fmt.Sprintf("must contain no more than %d elements", a.cfg.maxBatch))
	}
	transfers := make([]transfer, len(items))
	for i, item := range items {
		transfers[i] = a.readTransfer(item, c)
		item.rest()
	}
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	if !a.cfg.batchInParts {
		err = a.checkReferences(transfers)
	}
	if err != nil {
		return reply{}, err
	}
	sub, err := a.activeSubCompany(subID)
	if err != nil {
		return reply{}, err
	}
	if a.cfg.batchInParts {
		transfers, err = a.acceptable(c, transfers, now)
	} else {
		err = a.checkAllFunds(transfers)
	}
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: a.acceptBatch(c, transfers, sub, now)}, nil
}

// checkReferences refuses a batch that repeats a reference, its own or an earlier one.
func (a *API) checkReferences(transfers []transfer) error {
	seen := make(map[string]bool, len(transfers))
	for _, tr := range transfers {
		if err := a.checkReference(tr.reference); err != nil {
			return err
		}
		if seen[tr.reference] && !a.cfg.repeatedReferences {
			return refuse(http.StatusConflict, fmt.Sprintf("reference %s appears twice in the batch", tr.reference))
		}
		seen[tr.reference] = true
	}
	return nil
}

// acceptable keeps the transfers of a batch that can be accepted, and leaves a ledger line for each of the others. If none
// can, the whole batch is refused as the first one is.
func (a *API) acceptable(c *call, transfers []transfer, now int64) ([]transfer, error) {
	var good []transfer
	var refusals []error
	var bad []attempt
	seen := make(map[string]bool, len(transfers))
	var sum int64
	for _, tr := range transfers {
		err := a.checkReference(tr.reference)
		if err == nil && seen[tr.reference] && !a.cfg.repeatedReferences {
			err = refuse(http.StatusConflict, fmt.Sprintf("reference %s appears twice in the batch", tr.reference))
		}
		if err == nil {
			err = a.checkFunds(sum + tr.cost())
		}
		if err != nil {
			refusals, bad = append(refusals, err), append(bad, tr.attempt)
			continue
		}
		seen[tr.reference] = true
		sum += tr.cost()
		good = append(good, tr)
	}
	for i, err := range refusals {
		a.refusal(c, bad[i], verdictOf(err), now)
	}
	if len(good) == 0 {
		c.refusalsRecorded = true
		return nil, refusals[0]
	}
	return good, nil
}

// checkAllFunds stops adding once the balance is exceeded, so that the sum cannot overflow.
func (a *API) checkAllFunds(transfers []transfer) error {
	var sum int64
	for _, tr := range transfers {
		sum += tr.cost()
		if err := a.checkFunds(sum); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) acceptBatch(c *call, transfers []transfer, sub *subCompany, now int64) wireBatch {
	b := &batch{id: "bat_" + a.identifier(), createdAt: now, subCompany: sub}
	w := wireBatch{
		ID: b.id, CreatedAt: a.timestamp(now), UpdatedAt: a.timestamp(now), Status: "processing",
		Transactions: make([]wireTransaction, 0, len(transfers)),
	}
	if sub != nil {
		w.SubCompanyID = sub.id
	}
	for _, tr := range transfers {
		t := a.accept(c, tr, sub, b, now)
		b.totalAmount += t.amount
		b.totalFee += t.fee
		item := a.createdView(t)
		item.SubCompanyID = "" // the recorded reply names it once, on the batch
		w.Transactions = append(w.Transactions, item)
	}
	w.TotalAmount, w.TotalFee = b.totalAmount, b.totalFee
	a.batches = append(a.batches, b)
	return w
}
