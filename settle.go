package djamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/djamo/djamo-go/internal/transport"
)

// keyed is the body of a write that carries a key of the caller's, by which the API can be asked what became of it.
type keyed[T any] interface {
	key() string
	// find looks the key up; ErrNotFound says that there is nothing under it.
	find(context.Context, *Client, []RequestOption) (*T, error)
	// differs names what an object shows that is not what was sent, such as "amount"; "" when there is nothing.
	differs(*T) string
	// shown reports whether an object shows enough to be told from another under the same key.
	shown(*T) bool
}

// keyedWrite is one such write on its way.
type keyedWrite[T any] struct {
	client *Client
	at     endpoint
	body   keyed[T]
	keyOf  func(*T) string // the key an object bears
	opts   []RequestOption
	// content is the body as it was sent first. What is sent again is the same, whatever has become of the caller's map.
	content json.RawMessage
	// response is what WithResponse asked for; nil when it did not.
	response *Response
	// left is how many requests the write may still send, look-ups not counted.
	left int
	// confirmed: a success that can only be the API's has come, though not one that can be believed as it is. Something
	// was carried out, so nothing is sent again: only look-ups follow.
	confirmed bool
}

// send carries the write out at most once, and finds out what became of it when the answer is lost:
//
//  1. Look the key up. Found with the same content, it is the answer; found with another, the key was used before.
//  2. Absent: wait a quiet period, since the lost request may still be on its way, and look again.
//  3. Still absent: send again under the same key. A 409 then says that an earlier one has landed after all, and
//     only look-ups follow, because the index may lag.
//
// After a success of the API's own, even one that cannot be read or believed, nothing is sent again: only look-ups follow.
// Whatever keeps it from an answer, such as the end of the context, comes back as an *OutcomeUnknownError.
func (w *keyedWrite[T]) send(ctx context.Context) (*T, error) {
	w.left = w.client.settings.retry.MaxAttempts
	r, err := w.client.newRequest(ctx, transport.Write, w.at, w.body, w.opts)
	if err != nil {
		return nil, err
	}
	w.response, w.content = r.response, r.Body
	sent, err := w.post(ctx, r)
	if r.Single || !errors.Is(err, ErrOutcomeUnknown) {
		return sent, err
	}
	return w.settle(ctx, err)
}

// post sends once, and again only what provably never left or was turned away with 429. An answer without the key, or
// with another amount or payee than was sent, is no answer.
func (w *keyedWrite[T]) post(ctx context.Context, r *request) (*T, error) {
	sent := &single[T]{want: w.body.key(), keyOf: w.keyOf}
	r.Budget, r.Earlier = w.left, w.client.settings.retry.MaxAttempts-w.left
	err := w.client.do(ctx, r, sent)
	w.left -= r.Attempts
	if err != nil {
		w.confirmed = w.confirmed || r.told
		return nil, naming(err, w.body.key())
	}
	if field := w.body.differs(&sent.value); field != "" {
		w.confirmed = true
		return nil, w.unknown(fmt.Errorf("djamo: %s %s: the answer bears the reference, and another %s than was sent: %w",
			w.at.method, w.at.template, field, ErrUnexpectedAnswer))
	}
	return &sent.value, nil
}

func (w *keyedWrite[T]) settle(ctx context.Context, cause error) (*T, error) {
	collided := false
	for round := 0; ; round++ {
		found, err := w.lookUp(ctx, round)
		switch {
		case err == nil:
			return w.accept(found, cause)
		case !errors.Is(err, ErrNotFound):
			return nil, w.unknown(cause, err)
		case round+1 >= w.client.settings.retry.MaxAttempts, w.left <= 0 && !collided && !w.confirmed:
			return nil, w.unknown(cause)
		case collided, w.confirmed:
			continue
		}
		r, err := w.client.newRequest(ctx, transport.Write, w.at, w.content, w.opts)
		if err != nil {
			return nil, w.unknown(cause, err)
		}
		sent, err := w.post(ctx, r)
		switch {
		case err == nil:
			return sent, nil
		case errors.Is(err, ErrOutcomeUnknown):
			cause = err
		case errors.Is(err, ErrDuplicateReference):
			cause, collided = err, true
		default:
			return w.refused(ctx, round+1, err)
		}
	}
}

// refused ends a settlement whose repeated request was turned away, say for want of funds: perhaps because the first
// one has landed late and taken them. Only when the key is still absent is the refusal the answer. A 429, the page of a
// firewall or gateway, a redirect, or no connection at all, is no verdict on the payment, and leaves the first request as
// unknown as it was.
func (w *keyedWrite[T]) refused(ctx context.Context, round int, refusal error) (*T, error) {
	var answered Response // the refusal's own, before the look-ups write theirs over it
	if w.response != nil {
		answered = *w.response
	}
	found, err := w.lookUp(ctx, round)
	if err == nil {
		return w.accept(found, refusal)
	}
	if !errors.Is(err, ErrNotFound) {
		return nil, w.unknown(refusal, err)
	}
	if answer, ok := errors.AsType[*Error](refusal); ok && isVerdict(answer) {
		if w.response != nil {
			*w.response = answered
		}
		return nil, refusal
	}
	return nil, w.unknown(refusal)
}

// isVerdict reports whether a refusal is the API's own word on a payment.
func isVerdict(refusal *Error) bool {
	switch refusal.StatusCode {
	case http.StatusTooManyRequests, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return false
	case http.StatusNotFound:
		return saysNotFound(refusal)
	}
	return isObject(refusal.Body)
}

// lookUp asks at once, and once more after the quiet period when there is nothing yet.
func (w *keyedWrite[T]) lookUp(ctx context.Context, round int) (*T, error) {
	found, err := w.body.find(ctx, w.client, w.opts)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	const most = 10 // doublings: far beyond any sensible policy, short of an overflow
	if err := transport.Sleep(ctx, w.client.settings.retry.QuietPeriod<<min(round, most)); err != nil {
		return nil, err
	}
	return w.body.find(ctx, w.client, w.opts)
}

// accept takes what was found for the answer, when it is what was sent. What shows no amount proves neither that nor that
// the key was used before.
func (w *keyedWrite[T]) accept(found *T, cause error) (*T, error) {
	switch field := w.body.differs(found); {
	case field != "" && w.confirmed:
		// The key was not used before: this call did something, whatever it was.
		return nil, w.unknown(cause, fmt.Errorf("djamo: %s %s: what bears %s has another %s: %w",
			w.at.method, w.at.template, quoted(w.body.key()), field, ErrUnexpectedAnswer))
	case field != "":
		return nil, fmt.Errorf("djamo: %s %s: reference %s was used before with another %s: %w",
			w.at.method, w.at.template, quoted(w.body.key()), field, ErrDuplicateReference)
	}
	if !w.body.shown(found) {
		return nil, w.unknown(cause, fmt.Errorf("djamo: %s %s: what bears %s shows no amount: %w",
			w.at.method, w.at.template, quoted(w.body.key()), ErrUnexpectedAnswer))
	}
	if w.response != nil {
		w.response.Settled = true
	}
	return found, nil
}

// unknown gives up: first what lost the answer, then what kept it from being found again.
func (w *keyedWrite[T]) unknown(cause error, then ...error) error {
	if inner := (*OutcomeUnknownError)(nil); errors.As(cause, &inner) {
		cause = inner.Err
	}
	for _, err := range then {
		cause = fmt.Errorf("%w; then %w", cause, err)
	}
	return &OutcomeUnknownError{References: []string{w.body.key()}, Err: cause}
}
