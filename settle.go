package djamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/djamo/djamo-go/internal/transport"
)

// keyed is a write that carries a key of the caller's, by which the API can be asked what became of it.
type keyed[T any] struct {
	client *Client
	at     endpoint
	in     any
	opts   []RequestOption
	key    string
	// keyOf is the key an object bears.
	keyOf func(*T) string
	// find looks the key up; ErrNotFound says that there is nothing under it.
	find func(context.Context) (*T, error)
	// differs names what in a found object is not what was sent, such as "amount"; "" when it is the same.
	differs func(*T) string
}

// send carries the write out at most once, and finds out what became of it when the answer is lost:
//
//  1. Look the key up. Found with the same content, it is the answer; found with another, the key was used before.
//  2. Absent: wait a quiet period, since the lost request may still be on its way, and look again.
//  3. Still absent: send again under the same key. A 409 then says that an earlier one has landed after all, and
//     only look-ups follow, because the index may lag.
//
// Whatever keeps it from an answer, such as the end of the context, comes back as an *OutcomeUnknownError.
func (k *keyed[T]) send(ctx context.Context) (*T, error) {
	r, err := k.client.newRequest(ctx, transport.Write, k.at, k.in, k.opts)
	if err != nil {
		return nil, err
	}
	sent, err := k.post(ctx, r)
	if err == nil || !errors.Is(err, ErrOutcomeUnknown) {
		return sent, err
	}
	if r.Single {
		return nil, k.unknown(err)
	}
	found, err := k.settle(ctx, err)
	if r.response != nil && err == nil {
		r.response.Settled = true
	}
	return found, err
}

// post sends once (again only what provably never left, or was turned away with 429).
func (k *keyed[T]) post(ctx context.Context, r *request) (*T, error) {
	sent := new(T)
	if err := k.client.do(ctx, r, sent); err != nil {
		return nil, err
	}
	if got := k.keyOf(sent); got != "" && got != k.key {
		return nil, &OutcomeUnknownError{Err: fmt.Errorf("djamo: %s %s: the answer bears another reference, %s: %w",
			k.at.method, k.at.template, quoted(got), ErrUnexpectedAnswer)}
	}
	return sent, nil
}

func (k *keyed[T]) settle(ctx context.Context, cause error) (*T, error) {
	collided := false
	for round := 0; ; round++ {
		found, err := k.lookUp(ctx, round)
		switch {
		case err == nil:
			return k.accept(found)
		case !errors.Is(err, ErrNotFound):
			return nil, k.unknown(cause, err)
		case round+1 >= k.client.settings.retry.MaxAttempts:
			return nil, k.unknown(cause)
		case collided:
			continue
		}
		r, err := k.client.newRequest(ctx, transport.Write, k.at, k.in, k.opts)
		if err != nil {
			return nil, k.unknown(cause, err)
		}
		sent, err := k.post(ctx, r)
		switch {
		case err == nil:
			return sent, nil
		case errors.Is(err, ErrOutcomeUnknown):
			cause = err
		case errors.Is(err, ErrDuplicateReference):
			cause, collided = err, true
		default:
			return k.refused(ctx, round+1, err)
		}
	}
}

// refused ends a settlement whose repeated request was turned away, say for want of funds: perhaps because the first
// one has landed late and taken them. Only when the key is still absent is the refusal the answer.
func (k *keyed[T]) refused(ctx context.Context, round int, refusal error) (*T, error) {
	found, err := k.lookUp(ctx, round)
	switch {
	case err == nil:
		return k.accept(found)
	case errors.Is(err, ErrNotFound):
		return nil, refusal
	}
	return nil, k.unknown(refusal, err)
}

// lookUp asks at once, and once more after the quiet period when there is nothing yet.
func (k *keyed[T]) lookUp(ctx context.Context, round int) (*T, error) {
	found, err := k.find(ctx)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	const most = 10 // doublings: far beyond any sensible policy, short of an overflow
	if err := transport.Sleep(ctx, k.client.settings.retry.QuietPeriod<<min(round, most)); err != nil {
		return nil, err
	}
	return k.find(ctx)
}

func (k *keyed[T]) accept(found *T) (*T, error) {
	if field := k.differs(found); field != "" {
		return nil, fmt.Errorf("djamo: %s %s: reference %s was used before with another %s: %w",
			k.at.method, k.at.template, quoted(k.key), field, ErrDuplicateReference)
	}
	return found, nil
}

// unknown gives up: first what lost the answer, then what kept it from being found again.
func (k *keyed[T]) unknown(cause error, then ...error) error {
	if inner := (*OutcomeUnknownError)(nil); errors.As(cause, &inner) {
		cause = inner.Err
	}
	for _, err := range then {
		cause = fmt.Errorf("%w; then %w", cause, err)
	}
	return &OutcomeUnknownError{References: []string{k.key}, Err: cause}
}

// findByKey asks a listing for a key. What comes back must bear the key that was asked for: a server that ignores
// the question would otherwise be taken for one that answers it.
func findByKey[T any](ctx context.Context, c *Client, e endpoint, key string, keyOf func(*T) string, opts []RequestOption) (one *T, next string, err error) {
	r, err := c.newRequest(ctx, transport.Read, e, nil, opts)
	if err != nil {
		return nil, "", err
	}
	r.verbatim = true
	var answer lookup[T]
	if err := c.do(ctx, r, &answer); err != nil {
		if page := (*Error)(nil); errors.As(err, &page) && page.StatusCode == http.StatusNotFound && isHTML(page.Body) {
			err = fmt.Errorf("%w: %s", ErrUnexpectedAnswer, err) // a proxy's page, which knows nothing of payments
		}
		return nil, "", err
	}
	for i := range answer.found {
		if keyOf(&answer.found[i]) == key {
			return &answer.found[i], "", nil
		}
	}
	notFound := fmt.Errorf("djamo: %s %s: nothing under %s: %w", e.method, e.template, quoted(key), ErrNotFound)
	if len(answer.found) > 0 {
		notFound = fmt.Errorf("djamo: %s %s: asked for %s: %w", e.method, e.template, quoted(key), errOthers)
	}
	return nil, answer.next, notFound
}

// errOthers is an answer about other keys than the one asked for. It is an ErrUnexpectedAnswer.
var errOthers = fmt.Errorf("the answer bears other references: %w", ErrUnexpectedAnswer)

// lookup decodes any shape the answer of a look-up may have.
type lookup[T any] struct {
	found []T
	next  string
}

// UnmarshalJSON makes lookup a decoding target like any other.
func (l *lookup[T]) UnmarshalJSON(body []byte) (err error) {
	l.found, l.next, err = decodeLookup[T](body)
	return err
}

// missingID is what every object with an id says of itself.
func missingID(id string) string {
	if id == "" {
		return "id"
	}
	return ""
}
