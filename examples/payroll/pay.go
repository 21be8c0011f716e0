package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
)

// What became of a payout, beside the API's own completed, failed and pending.
const (
	refused  = "refused"  // the API would not take it: nothing was paid
	conflict = "conflict" // the reference was used before, for another payee or amount
	unknown  = "unknown"  // it may have been paid: look the reference up before anything else
	notSent  = "not sent" // the run was stopped before it
)

// outcome is one line of the report.
type outcome struct {
	payout

	status  string
	fee     djamo.XOF
	id      string
	reason  string
	earlier bool // an earlier run has paid it
}

// pay sends every payout, a few at a time, and waits until each is final.
func pay(ctx context.Context, client *djamo.Client, payouts []payout, poll time.Duration, progress func(done int)) []outcome {
	const workers = 4
	outcomes := make([]outcome, len(payouts))
	next := make(chan int)
	var group sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range workers {
		group.Go(func() {
			for i := range next {
				outcomes[i] = payOne(ctx, client, payouts[i], poll)
				mu.Lock()
				done++
				progress(done)
				mu.Unlock()
			}
		})
	}
	for i := range payouts {
		next <- i
	}
	close(next)
	group.Wait()
	return outcomes
}

// payOne sends one payout and waits for its final status.
func payOne(ctx context.Context, client *djamo.Client, p payout, poll time.Duration) outcome {
	o := outcome{payout: p}
	sent, err := o.send(ctx, client)
	switch {
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		o.status = unknown
	case errors.Is(err, errConflict):
		o.status = conflict
	case err != nil && ctx.Err() != nil:
		o.status = notSent
	case err != nil:
		o.status = refused
	default:
		o.take(sent)
		if sent, err = client.Transactions.Wait(ctx, sent.ID, djamo.WaitParams{MinInterval: poll}); err == nil {
			o.take(sent)
		}
	}
	if err != nil {
		o.reason = err.Error()
	}
	return o
}

var errConflict = errors.New("the reference was used before, for another payee or amount")

// send pays, or finds what an earlier run of the same file has paid.
func (o *outcome) send(ctx context.Context, client *djamo.Client) (*djamo.Transaction, error) {
	sent, err := client.Transactions.Create(ctx, o.TransactionParams)
	if !errors.Is(err, djamo.ErrDuplicateReference) {
		return sent, err
	}
	sent, err = client.Transactions.GetByReference(ctx, o.Reference)
	switch {
	case err != nil:
		return nil, &djamo.OutcomeUnknownError{References: []string{o.Reference}, Err: err}
	case !o.Matches(sent):
		return nil, errConflict
	}
	o.earlier = true
	return sent, nil
}

func (o *outcome) take(t *djamo.Transaction) {
	o.id, o.fee, o.status, o.reason = t.ID, t.Fee, string(t.Status), t.FailureReason
}
