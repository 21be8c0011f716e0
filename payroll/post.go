package payroll

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clock"
)

// dispatch sends one chunk of payouts, unless the pass is over, and returns the outcome of each.
func (r *run) dispatch(ctx, inFlight context.Context, pass *sendPass, chunk []Payout) []Change {
	if len(chunk) > 1 {
		return r.dispatchBatch(ctx, inFlight, pass, chunk)
	}
	return []Change{r.dispatchOne(ctx, inFlight, pass, chunk[0])}
}

// maxCheckAge is how old the journal's permission to send may be when the request leaves.
const maxCheckAge = time.Second

// checkSend is asked right before each request. A process that was frozen past its lease must not send what it claimed
// before, since another may have it by now; nor may one whose run was cancelled meanwhile. The request must have left by the
// end of the context that it returns: one that is frozen right here, before its own time begins, must not send either.
func (r *run) checkSend(ctx, inFlight context.Context, pass *sendPass) (context.Context, context.CancelFunc, bool) {
	for !pass.isOver() && ctx.Err() == nil {
		asked := time.Now()
		err := r.askToSend(ctx)
		switch {
		case err == nil && clock.Elapsed(asked, time.Now()) < maxCheckAge:
			allowed, cancel := context.WithDeadline(inFlight, asked.Add(maxCheckAge+r.SendTimeout))
			return allowed, cancel, true
		case err == nil: // the process was frozen after it had asked: it asks again
		case ctx.Err() != nil:
			return nil, nil, false
		case errors.Is(err, ErrLeaseLost):
			pass.end(err, 0)
			r.stop(err)
		default: // what is under way may finish
			pass.end(err, 0)
		}
	}
	return nil, nil, false
}

// askToSend asks the journal, whose clock and memory all processes share, and then this process's own clocks.
func (r *run) askToSend(ctx context.Context) error {
	if !r.lease.Trusted() {
		if err := r.lease.Renew(ctx); err != nil || !r.lease.Trusted() {
			return errors.Join(ErrLeaseLost, err)
		}
	}
	asking, cancel := context.WithTimeout(ctx, max(r.Lease/4, time.Second))
	defer cancel()
	if err := r.Journal.CheckSend(asking, r.currentLease()); err != nil {
		return err
	}
	if !r.lease.Trusted() {
		return fmt.Errorf("%w: it ran out while the journal was asked", ErrLeaseLost)
	}
	return nil
}

// singleAttempt keeps the client from retrying and settling by itself: the journal must know of each request.
func (r *run) singleAttempt() []djamo.RequestOption {
	return []djamo.RequestOption{djamo.WithSingleAttempt(), djamo.WithRequestTimeout(r.SendTimeout)}
}

func (r *run) dispatchOne(ctx, inFlight context.Context, pass *sendPass, p Payout) Change {
	allowed, cancel, ok := r.checkSend(ctx, inFlight, pass)
	if !ok {
		return Change{From: Submitting, Payout: backToPlanned(p, "")}
	}
	defer cancel()
	p.SentAt = time.Now()
	params := p.Params()
	params.SubCompanyID = r.SubCompanyID
	sent, err := r.Client.Transactions.Create(allowed, params, r.singleAttempt()...)
	pass.recordOutcome(errors.Is(err, djamo.ErrOutcomeUnknown), r.Concurrency+2, r.PollMin)
	return Change{From: Submitting, Payout: r.classify(ctx, pass, p, sent, err)}
}

func (r *run) dispatchBatch(ctx, inFlight context.Context, pass *sendPass, chunk []Payout) []Change {
	allowed, cancel, ok := r.checkSend(ctx, inFlight, pass)
	if !ok {
		return rejectUnsent(chunk)
	}
	defer cancel()
	now := time.Now()
	params := djamo.BatchParams{SubCompanyID: r.SubCompanyID, Transactions: make([]djamo.TransactionParams, len(chunk))}
	for i := range chunk {
		chunk[i].SentAt = now
		params.Transactions[i] = chunk[i].Params()
	}
	batch, err := r.Client.Batches.Create(allowed, params, r.singleAttempt()...)
	pass.recordOutcome(errors.Is(err, djamo.ErrOutcomeUnknown), r.Concurrency+2, r.PollMin)
	changes := make([]Change, len(chunk))
	if refusesPayout(err) && !errors.Is(err, djamo.ErrOutcomeUnknown) {
		// It does not say which payout is at fault, nor whether the others were accepted: all are looked up, and what
		// the API does not know is sent again, each payout alone.
		err = &djamo.OutcomeUnknownError{Err: err}
	}
	accepted := map[string]*djamo.Transaction{}
	if err == nil {
		for i := range batch.Transactions {
			accepted[batch.Transactions[i].Reference] = &batch.Transactions[i]
		}
	}
	for i, p := range chunk {
		sent := accepted[p.Reference]
		if err == nil && sent == nil {
			changes[i] = Change{From: Submitting, Payout: r.markUnknown(p, "the answer to the batch does not name it")}
			continue
		}
		changes[i] = Change{From: Submitting, Payout: r.classify(ctx, pass, p, sent, err)}
	}
	return changes
}

// classify decides what a request did to a payout that it carried. It relies on the client for the difference that
// matters: an error that is neither an unknown outcome nor an answer of the API proves that nothing has left.
func (r *run) classify(ctx context.Context, pass *sendPass, p Payout, sent *djamo.Transaction, err error) Payout {
	var refusal *djamo.Error
	errors.As(err, &refusal)
	switch {
	case err == nil:
		applied := applyTransaction(p, sent)
		if applied.State == Unknown || applied.State == Conflict {
			return r.markUnknown(p, applied.Reason) // an answer to what was just sent cannot say that: a look-up decides
		}
		return applied
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		r.reportHindered(err)
		return r.markUnknown(p, err.Error())
	case errors.Is(err, djamo.ErrDuplicateReference):
		// Sent once and known already: it was sent before this journal did.
		p.Earlier = p.Attempts == 1
		return r.markUnknown(p, err.Error())
	case refusesPayout(err):
		short, known := r.insufficientFunds(ctx, p)
		unproven := refusal != nil && refusal.StatusCode == http.StatusUnprocessableEntity
		switch {
		case known && !short && unproven:
			return r.markUnknown(p, refusedPrefix+err.Error())
		case known && !short:
			p.State, p.Reason = Refused, err.Error()
			return p
		case known:
			r.mu.Lock()
			r.insufficient = true
			r.mu.Unlock()
			err = fmt.Errorf("%w: %w", ErrInsufficientFunds, err)
		}
		pass.end(nil, r.PollMin)
		if unproven {
			r.reportHindered(err)
			return r.markUnknown(p, err.Error())
		}
	case errors.Is(err, djamo.ErrRateLimited):
		pause := r.PollMin
		if refusal != nil {
			pause = max(pause, refusal.RetryAfter)
		}
		const maxPause = time.Minute // an API that says "tomorrow" is asked again sooner
		pass.end(nil, min(pause, maxPause))
	case refusal != nil:
		pass.end(errors.Join(ErrStopped, err), 0)
	case ctx.Err() == nil:
		pass.end(nil, r.PollMin) // no connection: it never left
	}
	r.reportHindered(fmt.Errorf("a payout was not sent: %w", err))
	r.Logger.WarnContext(ctx, "a payout was not sent", "reference", djamo.MaskPhones(p.Reference), "error", err)
	return backToPlanned(p, err.Error())
}

// refusedPrefix begins the reason of an unknown payout that the API answered with 422. That status is no promise that
// nothing was carried out, so the payout is looked up, and refused once it is certain that there is nothing.
const refusedPrefix = "looked up before it counts as refused: "

// absent is a payout under whose reference there is nothing: it is planned again, or refused for good.
func absent(p Payout) Payout {
	if reason, ok := strings.CutPrefix(p.Reason, refusedPrefix); ok {
		p.State, p.Reason, p.Earlier = Refused, reason, false
		return p
	}
	p.State, p.Reason, p.Earlier = Planned, "", false
	return p
}

// refusesPayout reports whether the API, or the client before it, has refused what was to be paid, rather than who asks
// or how often.
func refusesPayout(err error) bool {
	if _, ok := errors.AsType[*djamo.ValidationError](err); ok {
		return true
	}
	refusal, ok := errors.AsType[*djamo.Error](err)
	if !ok || errors.Is(err, djamo.ErrOutcomeUnknown) {
		return false
	}
	switch refusal.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return true
	}
	return false
}

// markUnknown marks a payout as one whose answer was lost just now. The quiet period counts from here and not from when the
// request began, since a client can hold it back for a while before it leaves.
func (r *run) markUnknown(p Payout, reason string) Payout {
	now := time.Now()
	r.mu.Lock()
	r.lastLost = now
	r.mu.Unlock()
	p.State, p.Reason = Unknown, reason
	return p
}

// insufficientFunds reports whether a payout may have been refused for want of funds, which says nothing against it: it stays
// planned. The API has no code for that and words prove nothing, so the balance decides, with room for a fee that nobody
// knows beforehand; as long as the balance is not known, neither is that.
func (r *run) insufficientFunds(ctx context.Context, p Payout) (short, known bool) {
	balance, err := r.Client.Balance.Get(ctx)
	if err != nil {
		return false, false
	}
	need, err := p.Amount.Add(p.Amount/10 + 1_000)
	return err != nil || balance.Balance < need, true
}

// applyTransaction makes a transaction's state the payout's own. Only a completed payout has cost a fee. An answer that leaves out
// what it takes to know the payment again is none.
func applyTransaction(p Payout, t *djamo.Transaction) Payout {
	matches := p.Params().Matches(t)
	switch {
	case t.ID == "" || t.Amount == 0:
		if p.State != Submitted {
			p.State = Unknown
		}
		p.Reason = "the API's answer lacks the transaction's id or amount"
		return p
	case !matches && p.State == Submitted:
		p.Reason = "the API answers with another payment, transaction " + t.ID
		return p
	case !matches:
		p.State, p.Reason = Conflict, "its reference was used for another "+otherTransaction+t.ID
		return p
	}
	// A payment that is a day older than the only request that may have carried it is not that request's. Clocks differ by
	// less.
	const clocks = 24 * time.Hour
	if p.Attempts == 1 && !p.SentAt.IsZero() && !t.CreatedAt.IsZero() && t.CreatedAt.Before(p.SentAt.Add(-clocks)) {
		p.Earlier = true
	}
	p.TransactionID, p.Reason = t.ID, ""
	if at := t.CreatedAt.UTC().Round(0); at.Year() >= 2000 && at.Year() < 2200 { // what no journal can keep stops no payment
		p.TransactionAt = at
	}
	switch t.Status {
	case djamo.TransactionCompleted:
		p.State = Completed
		if !p.Earlier { // the fee of an earlier payment is not this run's
			p.Fee = t.Fee
		}
	case djamo.TransactionFailed:
		p.State, p.Reason = Failed, t.FailureReason
	case djamo.TransactionPending, "":
		p.State = Submitted
	default:
		p.State, p.Reason = Submitted, fmt.Sprintf("the API calls it %q", t.Status)
	}
	return p
}
