package djamotest

import (
	"fmt"
	"slices"
	"strings"
)

func (l *loading) readCharges() error {
	l.last = 0
	for i, s := range l.Charges {
		what := fmt.Sprintf("charges[%d]", i)
		created, err := l.at(what+".createdAt", s.CreatedAt)
		if err == nil {
			err = l.id(what, s.ID)
		}
		if err == nil {
			err = l.checkCharge(what, s)
		}
		if err != nil {
			return err
		}
		ch := &charge{
			id: s.ID, externalID: s.ExternalID, status: s.Status, description: s.Description, onCompleted: s.OnCompleted,
			onCanceled: s.OnCanceled, amount: s.Amount, paid: s.Paid, refunded: s.Refunded, fees: s.Fees, metadata: s.Metadata,
			createdAt: created, updatedAt: s.UpdatedAt.UnixNano(), request: s.Request,
		}
		for _, p := range s.Payments {
			ch.payments = append(ch.payments, payment{p.ID, p.Kind, p.Status, p.Amount, p.At.UnixNano()})
		}
		l.addCharge(ch)
		if ch.due() > 0 {
			l.opening.push(ch)
			l.unpaid.push(ch)
		}
	}
	return nil
}

func (l *loading) checkCharge(what string, s snapshotCharge) error {
	known := []string{
		ChargeCreated, ChargeDue, ChargePaid, ChargeRefunded, ChargeRefundedPartially, ChargeDropped,
		ChargeCancelled, ChargeFailed,
	}
	var paid, refunded int64
	for _, p := range s.Payments {
		switch {
		case p.Kind == "payment" && p.Status == StatusFailed: // moved nothing
		case p.Status != "" && p.Status != StatusCompleted:
			return fmt.Errorf("%s.payments: the status %q is none that this program knows", what, p.Status)
		case p.Kind == "payment" && p.Amount > 0 && p.Amount <= s.Amount:
			paid += p.Amount
		case p.Kind == "refund" && p.Amount > 0 && p.Amount <= s.Amount:
			refunded += p.Amount
		default:
			return fmt.Errorf("%s.payments: want payments and refunds of at most the charge's amount", what)
		}
	}
	switch {
	case s.ExternalID == "":
		return fmt.Errorf("%s.externalId: must not be empty", what)
	case s.Amount < 1 || s.Amount > maxAmount:
		return fmt.Errorf("%s.amount: %d must be francs between 1 and %d", what, s.Amount, int64(maxAmount))
	case !slices.Contains(known, s.Status):
		return fmt.Errorf("%s.status: %q is none that this program knows", what, s.Status)
	case s.Paid != paid || s.Refunded != refunded || (paid != 0 && paid != s.Amount) || refunded > paid || s.Fees < 0 || s.Fees > paid:
		return fmt.Errorf("%s: paid, refunded and fees must agree with its payments", what)
	case len(s.Metadata) > 0 && !strings.HasPrefix(string(s.Metadata), "{"):
		return fmt.Errorf("%s.metadata: want an object", what)
	case s.UpdatedAt.Before(s.CreatedAt):
		return fmt.Errorf("%s.updatedAt: must not be before createdAt", what)
	case s.Request < 0 || s.Request > l.Requests:
		return fmt.Errorf("%s.request: there were %d requests", what, l.Requests)
	}
	return nil
}

func (l *loading) readLedger() error {
	l.last = 0
	for i, s := range l.Ledger {
		what := fmt.Sprintf("ledger[%d]", i)
		at, err := l.at(what+".at", s.At)
		if err != nil {
			return err
		}
		e := entry{at: at, kind: s.Kind, call: s.Request, delta: s.Delta, balance: s.Balance}
		if err := l.subject(what, s, &e); err != nil {
			return err
		}
		if s.Method != "" || s.Path != "" {
			route := slices.IndexFunc(l.table, func(rt route) bool { return rt.method == s.Method && rt.pattern == s.Path })
			if route < 0 || s.Request < 1 || s.Request > l.Requests {
				return fmt.Errorf("%s: %s %s, request %d: the API has no such call, or there were fewer requests", what, s.Method, s.Path, s.Request)
			}
			e.route = &l.table[route]
		}
		l.ledger = append(l.ledger, l.pack(e))
	}
	return nil
}

// subject finds what a line is about, which its kind decides.
func (l *loading) subject(what string, s snapshotEntry, e *entry) error {
	switch s.Kind {
	case TransferAccepted, TransferCompleted, TransferFailed:
		if e.transaction = l.withID(s.TransferID); e.transaction == nil || s.ChargeID != "" || s.Refusal != nil {
			return fmt.Errorf("%s: there is no transfer %q", what, s.TransferID)
		}
	case ChargeAccepted, ChargeCollected, ChargeGivenBack, ChargeExpired, ChargeGivenUp, ChargePaymentFailed:
		if e.charge = l.byChargeID[s.ChargeID]; e.charge == nil || s.TransferID != "" || s.Refusal != nil {
			return fmt.Errorf("%s: there is no charge %q", what, s.ChargeID)
		}
	case TransferRefused, ChargeRefused:
		if s.Refusal == nil || s.TransferID != "" || s.ChargeID != "" || s.Delta != 0 {
			return fmt.Errorf("%s: a refusal says what was refused and moves nothing", what)
		}
		r := s.Refusal
		e.refusal = &refusal{attempt{r.Reference, r.MSISDN, r.Amount}, verdict{r.Status, r.Reason}, r.ChargeID}
	case BalanceSet:
		if s.TransferID != "" || s.ChargeID != "" || s.Refusal != nil {
			return fmt.Errorf("%s: %q is about the balance alone", what, s.Kind)
		}
	default:
		return fmt.Errorf("%s.kind: %q is none that this program knows", what, s.Kind)
	}
	return nil
}
