package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
)

// operator is the program of somebody who has read the documentation, and whose day is bad. What it does after each error
// is what the error's documentation says: look up what is unknown, later send the same again under the same reference.
type operator struct {
	client *djamo.Client
	pause  time.Duration // before it looks or sends again: longer than anything may be late
	work   operatorsWork
}

// operatorsWork counts what the client left to the operator.
type operatorsWork struct{ unknown, refused, resent, found int }

const errGaveUp = djamo.ErrorCode("the operator has tried 100 times")

// again says whether what was turned away may be sent again unchanged. Everything else is an answer.
func again(err error) bool {
	for _, code := range []djamo.ErrorCode{djamo.ErrServer, djamo.ErrRateLimited, djamo.ErrBlocked} {
		if errors.Is(err, code) {
			return true
		}
	}
	answer := (*djamo.Error)(nil)
	return !errors.As(err, &answer) && !errors.Is(err, djamo.ErrInvalidRequest) // no answer at all: it never left
}

// persist does something until it is done, or refused for good.
func (o *operator) persist(do func() (done bool, err error)) error {
	for range 100 {
		done, err := do()
		switch {
		case err == nil && done:
			return nil
		case err != nil && !errors.Is(err, djamo.ErrOutcomeUnknown) && !again(err):
			return err
		case err != nil:
			o.work.refused++
		}
		time.Sleep(o.pause) //nolint:forbidigo // no real time in a bubble, and little over TCP
	}
	return errGaveUp
}

// read is a call that only reads: any trouble is a reason to ask again.
func (o *operator) read(call func() error) error {
	return o.persist(func() (bool, error) { return true, call() })
}

// pay pays once and waits for the end.
func (o *operator) pay(ctx context.Context, p djamo.TransactionParams) error {
	var sent *djamo.Transaction
	err := o.persist(func() (bool, error) {
		var err error
		sent, err = o.client.Transactions.Create(ctx, p)
		if errors.Is(err, djamo.ErrOutcomeUnknown) || errors.Is(err, djamo.ErrDuplicateReference) {
			o.work.unknown++
			sent, err = o.lookUp(ctx, p)
		}
		return sent != nil, err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.Reference, err)
	}
	return o.read(func() error {
		final, err := o.client.Transactions.Wait(ctx, sent.ID, djamo.WaitParams{MinInterval: o.pause / 4})
		if err == nil && (!p.Matches(final) || final.Status != djamo.TransactionCompleted) {
			return fmt.Errorf("%s ended as %s %s: %w", p.Reference, final.Reference, final.Status, djamo.ErrInvalidRequest)
		}
		return err
	})
}

// lookUp finds out whether something of unknown outcome was paid; nil without an error means that it was not.
func (o *operator) lookUp(ctx context.Context, p djamo.TransactionParams) (found *djamo.Transaction, err error) {
	time.Sleep(o.pause) //nolint:forbidigo // what is late, or lags, has arrived by then
	err = o.read(func() error {
		found, err = o.client.Transactions.GetByReference(ctx, p.Reference)
		if errors.Is(err, djamo.ErrNotFound) {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		o.work.resent++
	case !p.Matches(found):
		return nil, fmt.Errorf("%s was paid to somebody else: %w", p.Reference, djamo.ErrDuplicateReference)
	default:
		o.work.found++
	}
	return found, nil
}

// payBatch pays each of a batch once. A batch has no key: when its outcome is unknown, each payment is looked up, and
// what is missing is paid by itself.
func (o *operator) payBatch(ctx context.Context, batch djamo.BatchParams) error {
	return o.persist(func() (bool, error) {
		_, err := o.client.Batches.Create(ctx, batch)
		if !errors.Is(err, djamo.ErrOutcomeUnknown) && !errors.Is(err, djamo.ErrDuplicateReference) {
			return true, err
		}
		o.work.unknown++
		for _, p := range batch.Transactions {
			found, err := o.lookUp(ctx, p)
			if err == nil && found == nil {
				err = o.pay(ctx, p)
			}
			if err != nil {
				return false, fmt.Errorf("%s: %w", p.Reference, err)
			}
		}
		return true, nil
	})
}

// collect asks for money, plays the customer who pays, and gives a part back, each once.
func (o *operator) collect(ctx context.Context, p djamo.ChargeParams, refund djamo.XOF) error {
	var charge *djamo.Charge
	err := o.persist(func() (bool, error) {
		var err error
		charge, err = o.client.Charges.Create(ctx, p)
		if errors.Is(err, djamo.ErrOutcomeUnknown) || errors.Is(err, djamo.ErrDuplicateReference) {
			o.work.unknown++
			charge, err = o.findCharge(ctx, p.ExternalID)
		}
		return charge != nil, err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.ExternalID, err)
	}
	err = o.act(ctx, charge.ID, func() error { return clienttest.Second(o.client.Charges.Pay(ctx, charge.ID, djamo.ChargePayParams{})) },
		func(c *djamo.Charge) bool { return c.Paid == p.Amount })
	if err != nil {
		return err
	}
	return o.act(ctx, charge.ID, func() error { return clienttest.Second(o.client.Charges.RefundPart(ctx, charge.ID, refund)) },
		func(c *djamo.Charge) bool { return c.Refunded == refund })
}

// act does to a charge what carries no key: when its outcome is unknown, the charge tells.
func (o *operator) act(ctx context.Context, id string, call func() error, done func(*djamo.Charge) bool) error {
	return o.persist(func() (bool, error) {
		err := call()
		if !errors.Is(err, djamo.ErrOutcomeUnknown) {
			return true, err
		}
		o.work.unknown++
		time.Sleep(o.pause) //nolint:forbidigo // as above
		var charge *djamo.Charge
		err = o.read(func() error {
			charge, err = o.client.Charges.Get(ctx, id)
			return err
		})
		return err == nil && done(charge), err
	})
}

// findCharge walks the charges; nil without an error means that there is none.
func (o *operator) findCharge(ctx context.Context, externalID string) (found *djamo.Charge, err error) {
	time.Sleep(o.pause) //nolint:forbidigo // as above
	err = o.read(func() error {
		for charge, err := range o.client.Charges.List(ctx, djamo.ChargeListParams{}) {
			if err != nil {
				return err
			}
			if charge.ExternalID == externalID {
				found = charge
			}
		}
		return nil
	})
	return found, err
}
