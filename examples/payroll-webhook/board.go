package main

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
)

// board holds what is known of each payment, wherever it was learned. It goes by the reference: that is known before
// anything is sent, and a webhook can be faster than the answer that tells the id. In a program that may be restarted it
// is a table.
type board struct {
	mu       sync.Mutex
	payments map[string]*knowledge
}

type knowledge struct {
	payment djamo.Transaction
	event   *djamo.Event  // the payment, to compare with what is learned next
	source  string        // where the status was learned
	final   chan struct{} // closed when the status is
}

func newBoard(salaries []djamo.TransactionParams) *board {
	b := &board{payments: map[string]*knowledge{}}
	for _, salary := range salaries {
		b.payments[salary.Reference] = &knowledge{final: make(chan struct{})}
	}
	return b
}

// update takes in what was learned of a payment. Webhooks come late and in any order, and answers are overtaken by them:
// djamo.Event.Stale says which of two tells more, so an answer is put as the event that would have said it.
func (b *board) update(payment *djamo.Transaction, source string) error {
	event, err := eventOf(payment)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	k, ours := b.payments[payment.Reference]
	if !ours || event.Stale(k.event) {
		return nil
	}
	wasFinal := k.payment.Status.Terminal()
	k.payment, k.event, k.source = *payment, event, source
	if payment.Status.Terminal() && !wasFinal {
		close(k.final)
	}
	return nil
}

func eventOf(payment *djamo.Transaction) (*djamo.Event, error) {
	data, err := json.Marshal(payment)
	return &djamo.Event{Topic: djamo.TopicTransactionStarted, Data: data}, err
}

// wait returns when the payment is final. Each time a webhook has not come within the patience, it asks.
func (b *board) wait(ctx context.Context, client *djamo.Client, reference string, patience time.Duration) error {
	b.mu.Lock()
	final := b.payments[reference].final
	b.mu.Unlock()
	for {
		select {
		case <-final:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(patience):
		}
		payment, err := client.Transactions.GetByReference(ctx, reference)
		if err != nil {
			return err
		}
		if err := b.update(payment, "polling"); err != nil {
			return err
		}
	}
}

func (b *board) state(reference string) knowledge {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.payments[reference]
}
