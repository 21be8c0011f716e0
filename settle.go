package djamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/internal/wire"
)

// keyed is the body of a write that carries a caller-supplied key, used to look it up.
type keyed[T any] interface {
	key() string
	// find looks the key up; ErrNotFound says that there is nothing under it.
	find(context.Context, *Client, []RequestOption) (*T, error)
	// mismatch names a field of the found object that differs from what was sent, such as "amount"; "" when none does.
	mismatch(*T) string
	// comparable reports whether the found object shows enough to compare it with what was sent.
	comparable(*T) bool
}

// keyedWrite is one such write while it is being sent and settled.
type keyedWrite[T any] struct {
	client *Client
	at     wire.Endpoint
	body   keyed[T]
	keyOf  func(*T) string // the key of an object
	opts   []RequestOption
	// content is the body as it was first sent. A repeat sends the same bytes, even if the caller has changed its map meanwhile.
	content json.RawMessage
	// response is what WithResponse asked for; nil when it did not.
	response *Response
	// left is how many requests the write may still send, look-ups not counted.
	left int
	// sentSince is a moment before the write was first sent.
	sentSince time.Time
	// confirmed: the API itself reported success, but its answer cannot be read or does not match. Something was carried out, so
	// nothing is sent again: only look-ups follow.
	confirmed bool
}

// send carries the write out at most once. If the answer is lost, it finds out what happened:
//
//  1. Look the key up. If it is found with the same content, that is the answer. If the content differs, the key was used before.
//  2. If it is absent, wait a quiet period, since the lost request may still be on its way, and look again.
//  3. If it is still absent, send again under the same key. A 409 then means that an earlier request arrived after all, and only
//     look-ups follow, because the index may lag.
//
// A 422 is looked up in the same way, and is the answer when the key is absent: nothing is sent again.
//
// After a success of the API itself, even one that cannot be read, nothing is sent again: only look-ups follow. Anything that
// prevents an answer, such as the end of the context, is returned as an *OutcomeUnknownError.
func (w *keyedWrite[T]) send(ctx context.Context) (*T, error) {
	w.left = w.client.settings.retry.MaxAttempts
	r, err := w.client.newRequest(ctx, transport.Write, w.at, w.body, w.opts)
	if err != nil {
		return nil, err
	}
	w.response, w.content = r.response, r.Body
	w.sentSince = time.Now()
	sent, err := w.post(ctx, r)
	switch {
	case r.Single:
	case errors.Is(err, ErrOutcomeUnknown):
		return w.settle(ctx, err)
	case errors.Is(err, ErrUnprocessable):
		// "An error occurred during the process": the documentation does not promise that nothing was carried out.
		return w.refused(ctx, 0, err)
	}
	return sent, err
}

// post sends once, and again only after a 429 or if the request provably never left. An answer without the key, or with
// another amount or payee than was sent, does not count.
func (w *keyedWrite[T]) post(ctx context.Context, r *request) (*T, error) {
	sent := &single[T]{want: w.body.key(), keyOf: w.keyOf}
	r.Budget, r.Earlier = w.left, w.client.settings.retry.MaxAttempts-w.left
	err := w.client.do(ctx, r, sent)
	w.left -= r.Attempts
	if err != nil {
		w.confirmed = w.confirmed || r.confirmed
		return nil, withReferences(err, w.body.key())
	}
	if field := w.body.mismatch(&sent.value); field != "" {
		w.confirmed = true
		return nil, w.unknown(fmt.Errorf("djamo: %s %s: the answer has the reference that was sent, but another %s: %w",
			w.at.Method, w.at.Template, field, ErrUnexpectedAnswer))
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

// refused looks the key up before it believes a refusal: a 422, or any refusal of a repeated request. The repeat may have been
// refused for lack of funds because the first request arrived late and took them. Only if the key is absent is the refusal the
// answer. A 429, the page of a firewall or gateway, a redirect, or a failed connection is no verdict on the payment: the first
// request stays unknown.
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
	opts := slices.Concat(w.opts, []RequestOption{WithSentSince(w.sentSince)})
	found, err := w.body.find(ctx, w.client, opts)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	const maxDoublings = 10 // far beyond any sensible policy, and no overflow
	if err := clock.Sleep(ctx, w.client.settings.retry.QuietPeriod<<min(round, maxDoublings)); err != nil {
		return nil, err
	}
	return w.body.find(ctx, w.client, opts)
}

// accept returns the found object if it matches the request. An object without an amount proves neither a match nor that the key
// was used before.
func (w *keyedWrite[T]) accept(found *T, cause error) (*T, error) {
	switch field := w.body.mismatch(found); {
	case field != "" && w.confirmed:
		// The key was not used before: this call did something, whatever it was.
		return nil, w.unknown(cause, fmt.Errorf("djamo: %s %s: the object under %s has another %s: %w",
			w.at.Method, w.at.Template, quoted(w.body.key()), field, ErrUnexpectedAnswer))
	case field != "":
		return nil, fmt.Errorf("djamo: %s %s: reference %s was used before with another %s: %w",
			w.at.Method, w.at.Template, quoted(w.body.key()), field, ErrDuplicateReference)
	}
	if !w.body.comparable(found) {
		return nil, w.unknown(cause, fmt.Errorf("djamo: %s %s: the object under %s shows no amount: %w",
			w.at.Method, w.at.Template, quoted(w.body.key()), ErrUnexpectedAnswer))
	}
	if w.response != nil {
		w.response.Settled = true
	}
	return found, nil
}

// unknown returns an *OutcomeUnknownError: first the cause that lost the answer, then what prevented the look-up.
func (w *keyedWrite[T]) unknown(cause error, then ...error) error {
	if inner := (*OutcomeUnknownError)(nil); errors.As(cause, &inner) {
		cause = inner.Err
	}
	for _, err := range then {
		cause = fmt.Errorf("%w; then %w", cause, err)
	}
	return &OutcomeUnknownError{References: []string{w.body.key()}, Err: cause}
}
