package payroll

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/djamo/djamo-go"
)

// post sends one unit of payouts, unless the round is over, and says what became of each.
func (r *run) post(ctx, inFlight context.Context, o *round, unit []Payout) []Change {
	if len(unit) > 1 {
		return r.postBatch(ctx, inFlight, o, unit)
	}
	return []Change{r.postOne(ctx, inFlight, o, unit[0])}
}

// mayLeave is asked right before each request. A process that was frozen past its lease must not send what it claimed
// before: another may have it by now.
func (r *run) mayLeave(ctx context.Context, o *round) bool {
	if o.isOver() || ctx.Err() != nil {
		return false
	}
	if r.hold.fresh() {
		return true
	}
	if err := r.hold.renew(ctx); err != nil || !r.hold.fresh() {
		err = errors.Join(ErrLost, err)
		o.end(err, 0)
		r.stop(err)
		return false
	}
	return true
}

// once keeps the client from retrying and settling by itself: the journal must know of each request.
func (r *run) once() []djamo.RequestOption {
	return []djamo.RequestOption{djamo.WithSingleAttempt(), djamo.WithRequestTimeout(r.SendTimeout)}
}

func (r *run) postOne(ctx, inFlight context.Context, o *round, p Payout) Change {
	if !r.mayLeave(ctx, o) {
		return Change{From: Submitting, Payout: backToPlanned(p, "")}
	}
	p.SentAt = time.Now()
	params := p.Params()
	params.SubCompanyID = r.SubCompanyID
	sent, err := r.Client.Transactions.Create(inFlight, params, r.once()...)
	o.hear(errors.Is(err, djamo.ErrOutcomeUnknown), r.Concurrency+2, r.PollMin)
	return Change{From: Submitting, Payout: r.judge(ctx, o, p, sent, err)}
}

func (r *run) postBatch(ctx, inFlight context.Context, o *round, unit []Payout) []Change {
	if !r.mayLeave(ctx, o) {
		return unsent(unit)
	}
	now := time.Now()
	params := djamo.BatchParams{SubCompanyID: r.SubCompanyID, Transactions: make([]djamo.TransactionParams, len(unit))}
	for i := range unit {
		unit[i].SentAt = now
		params.Transactions[i] = unit[i].Params()
	}
	batch, err := r.Client.Batches.Create(inFlight, params, r.once()...)
	o.hear(errors.Is(err, djamo.ErrOutcomeUnknown), r.Concurrency+2, r.PollMin)
	changes := make([]Change, len(unit))
	if refusesPayout(err) && !errors.Is(err, djamo.ErrOutcomeUnknown) {
		// Which payout is at fault it does not say, nor whether the others were accepted: all are looked up, and what
		// the API does not know goes out again, each by itself.
		err = &djamo.OutcomeUnknownError{Err: err}
	}
	accepted := map[string]*djamo.Transaction{}
	if err == nil {
		for i := range batch.Transactions {
			accepted[batch.Transactions[i].Reference] = &batch.Transactions[i]
		}
	}
	for i, p := range unit {
		sent := accepted[p.Reference]
		if err == nil && sent == nil {
			changes[i] = Change{From: Submitting, Payout: r.lose(p, "the answer to the batch does not name it")}
			continue
		}
		changes[i] = Change{From: Submitting, Payout: r.judge(ctx, o, p, sent, err)}
	}
	return changes
}

// judge says what a request did to a payout that it carried. The client vouches for the difference that matters: an
// error that is neither an unknown outcome nor an answer of the API is proof that nothing has left.
func (r *run) judge(ctx context.Context, o *round, p Payout, sent *djamo.Transaction, err error) Payout {
	var refusal *djamo.Error
	errors.As(err, &refusal)
	switch {
	case err == nil:
		adopted := adopt(p, sent)
		if adopted.State == Unknown || adopted.State == Conflict {
			return r.lose(p, adopted.Reason) // an answer to what was just sent cannot say that: a look-up decides
		}
		return adopted
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		return r.lose(p, err.Error())
	case errors.Is(err, djamo.ErrDuplicateReference):
		// Sent once and known already: somebody has sent it before this journal did.
		p.Earlier = p.Attempts == 1
		return r.lose(p, err.Error())
	case refusesPayout(err):
		switch short, known := r.ranOut(ctx, p); {
		case known && !short:
			p.State, p.Reason = Refused, err.Error()
			return p
		case known:
			r.mu.Lock()
			r.short = true
			r.mu.Unlock()
		}
		o.end(nil, r.PollMin)
	case errors.Is(err, djamo.ErrRateLimited):
		pause := r.PollMin
		if refusal != nil {
			pause = max(pause, refusal.RetryAfter)
		}
		const longest = time.Minute // an API that says "tomorrow" is asked again before
		o.end(nil, min(pause, longest))
	case refusal != nil:
		o.end(errors.Join(ErrStopped, err), 0)
	case ctx.Err() == nil:
		o.end(nil, r.PollMin) // no connection: it never left
	}
	r.Logger.WarnContext(ctx, "a payout was not sent", "reference", djamo.MaskPhones(p.Reference), "error", err)
	return backToPlanned(p, err.Error())
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

// lose marks a payout as one whose answer was lost just now. The quiet period counts from here and not from when the
// request began, since a client can hold it back for a while before it leaves.
func (r *run) lose(p Payout, reason string) Payout {
	now := time.Now()
	r.mu.Lock()
	r.lost = now
	r.mu.Unlock()
	p.State, p.Reason = Unknown, reason
	return p
}

// ranOut reports whether a payout may have been refused for want of funds, which says nothing against it: it stays
// planned. The API has no code for that and words prove nothing, so the balance decides, with room for a fee that nobody
// knows beforehand; as long as the balance is not known, neither is that.
func (r *run) ranOut(ctx context.Context, p Payout) (short, known bool) {
	balance, err := r.Client.Balance.Get(ctx)
	if err != nil {
		return false, false
	}
	need, err := p.Amount.Add(p.Amount/10 + 1_000)
	return err != nil || balance.Balance < need, true
}

// adopt makes a transaction's state the payout's own. Only a completed payout has cost a fee. An answer that leaves out
// what it takes to know the payment again is none.
func adopt(p Payout, t *djamo.Transaction) Payout {
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
		p.State, p.Reason = Conflict, "its reference was used for another payee or amount, transaction "+t.ID
		return p
	}
	p.TransactionID, p.Reason = t.ID, ""
	switch t.Status {
	case djamo.TransactionCompleted:
		p.State, p.Fee = Completed, t.Fee
	case djamo.TransactionFailed:
		p.State, p.Reason = Failed, t.FailureReason
	case djamo.TransactionPending, "":
		p.State = Submitted
	default:
		p.State, p.Reason = Submitted, fmt.Sprintf("the API calls it %q", t.Status)
	}
	return p
}
