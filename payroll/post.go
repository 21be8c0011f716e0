package payroll

import (
	"context"
	"errors"
	"net/http"
	"strings"
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
	if refusesPayout(err) {
		// Nothing of the batch was accepted, and which payout is at fault it does not say: each goes by itself.
		for i, p := range unit {
			changes[i] = r.postOne(ctx, inFlight, o, p)
		}
		return changes
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
			p.State, p.Reason = Unknown, "the answer to the batch does not name it"
			changes[i] = Change{From: Submitting, Payout: p}
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
		return adopt(p, sent)
	case errors.Is(err, djamo.ErrOutcomeUnknown):
		p.State, p.Reason = Unknown, err.Error()
		return p
	case errors.Is(err, djamo.ErrDuplicateReference):
		// Sent once and known already: somebody has sent it before this journal did.
		p.State, p.Reason, p.Earlier = Unknown, err.Error(), p.Attempts == 1
		return p
	case refusesPayout(err) && !r.ranOut(ctx, p, err):
		p.State, p.Reason = Refused, err.Error()
		return p
	case refusesPayout(err):
		r.mu.Lock()
		r.short = true
		r.mu.Unlock()
		o.end(nil, 0)
	case refusal != nil && refusal.StatusCode == http.StatusTooManyRequests:
		o.end(nil, max(refusal.RetryAfter, r.PollMin))
	case refusal != nil:
		o.end(errors.Join(ErrStopped, err), 0)
	case ctx.Err() == nil:
		o.end(nil, r.PollMin) // no connection: it never left
	}
	r.Logger.WarnContext(ctx, "a payout was not sent", "reference", p.Reference, "error", err)
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

// ranOut reports whether a payout was refused for want of funds, which says nothing against it: it stays planned. The
// API has no code for that, so the balance and the words decide; in doubt a payout that stays planned is the safe error.
func (r *run) ranOut(ctx context.Context, p Payout, err error) bool {
	if !errors.Is(err, djamo.ErrUnprocessable) && !errors.Is(err, djamo.ErrInvalidRequest) {
		return false
	}
	text := strings.ToLower(err.Error())
	for _, word := range []string{"balance", "funds", "solde", "fonds", "provision"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	balance, err := r.Client.Balance.Get(ctx)
	return err == nil && balance.Balance < p.Amount
}

// adopt makes a transaction's state the payout's own. Only a completed payout has cost a fee.
func adopt(p Payout, t *djamo.Transaction) Payout {
	switch matches := p.Params().Matches(t); {
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
	default:
		p.State = Submitted
	}
	return p
}
