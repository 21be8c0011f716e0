package djamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/djamo/djamo-go/internal/delivery"
)

// WebhookHandler receives deliveries: an http.Handler that verifies, parses, drops repeats, and calls back. Secrets and
// the callbacks are all it needs; set the fields before the first request and leave them alone afterwards.
//
// # Callbacks
//
// A delivery goes to the callback of its topic, and to OnEvent where that is nil or the topic is another. What no
// callback takes is acknowledged. A callback that returns nil has handled the event, and no copy of it will come again;
// after an error or a panic Djamo is asked to deliver again. A callback runs in the goroutine of its request, to its end:
// its context ends after Timeout, not when the sender hangs up. It must return then; if it does not, a copy may run
// beside it once three times the Timeout have passed.
//
// Events can come in any order: see Event.Stale. And a process can die between the end of a callback and the mark that
// it is done, so a callback should do no harm when it runs twice, for instance by writing under the event's Key.
//
// # Answers
//
//	200  handled, a repeat, or a topic that no callback takes
//	400  signed, but not the JSON of an event, or cut off on the way
//	401  the signature is missing, malformed or wrong: the same answer to all, the reason is logged
//	405  not a POST
//	408  the body did not come in time
//	413  the body is longer than MaxBytes
//	500  the callback failed, Seen failed, or there is no secret or an empty one
//	503  another copy was being handled for as long as Timeout
//
// Nothing is parsed before it is verified. Neither bodies nor secrets nor whole phone numbers are logged.
type WebhookHandler struct {
	// Secrets are the webhook secrets a delivery may be signed with: two while one replaces the other. Without one, or
	// with an empty one among them, every delivery is answered 500.
	Secrets WebhookSecrets

	// The callbacks of the topics the documentation names.
	OnTransactionStarted   func(ctx context.Context, payment *Transaction) error
	OnTransactionCompleted func(ctx context.Context, payment *Transaction) error
	OnTransactionFailed    func(ctx context.Context, payment *Transaction) error
	OnCharge               func(ctx context.Context, charge *Charge) error
	// OnEvent takes every event that none of the others does.
	OnEvent func(ctx context.Context, event Event) error

	// Seen remembers what was handled; nil is a MemoryDeduper of the handler's own. Several machines need one they share.
	Seen Deduper
	// MaxBytes bounds a body: 1 MiB when it is 0 or less.
	MaxBytes int64
	// Timeout bounds a callback, and how long a copy waits for another that is being handled: 30 s when it is 0 or less,
	// a day at most. The body has as long, and at most 10 s, to come.
	Timeout time.Duration
	// Logger records what is refused and what fails; nil is silent.
	Logger *slog.Logger

	memory MemoryDeduper
}

const (
	defaultWebhookTimeout = 30 * time.Second
	maxWebhookTimeout     = 24 * time.Hour // a claim lasts three times as long, and no store minds that
)

func (h *WebhookHandler) timeout() time.Duration {
	if h.Timeout <= 0 {
		return defaultWebhookTimeout
	}
	return min(h.Timeout, maxWebhookTimeout)
}

func (h *WebhookHandler) maxBytes() int64 {
	if h.MaxBytes <= 0 {
		return maxWebhookBytes
	}
	return h.MaxBytes
}

// Format prints how many secrets there are, whatever the verb, and not which.
func (h *WebhookHandler) Format(state fmt.State, _ rune) {
	if h == nil {
		_, _ = io.WriteString(state, "djamo.WebhookHandler(nil)")
		return
	}
	_, _ = fmt.Fprintf(state, "djamo.WebhookHandler(%d secrets)", len(h.Secrets))
}

// receiver is the handler as package delivery has it.
func (h *WebhookHandler) receiver() *delivery.Receiver {
	receiver := webhookReceiver(h.maxBytes())
	receiver.Ready = func() error { return checkSecrets(h.Secrets) }
	receiver.Verify = func(body []byte, header http.Header) error { return verifyHeader(body, header, h.Secrets) }
	receiver.Timeout, receiver.Logger = h.timeout(), h.Logger
	receiver.Store = deduperStore{&h.memory}
	if h.Seen != nil {
		receiver.Store = deduperStore{h.Seen}
	}
	return receiver
}

// deduperStore is a Deduper as package delivery has it.
type deduperStore struct{ Deduper }

// Claim implements delivery.Store.
func (s deduperStore) Claim(ctx context.Context, key, owner string, lease time.Duration) (delivery.Claim, error) {
	claim, err := s.Deduper.Claim(ctx, key, owner, lease)
	switch claim {
	case ClaimHeld:
		return delivery.Held, err
	case ClaimGranted:
		return delivery.Granted, err
	case ClaimDone:
		return delivery.Done, err
	}
	return delivery.Claim(-1), err // no answer that grants anything
}

// ServeHTTP implements http.Handler.
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	receiver := h.receiver()
	body, ok := receiver.Body(w, r)
	if !ok {
		return
	}
	event, err := parseEvent(body)
	if err != nil {
		receiver.Refuse(w, r, http.StatusBadRequest, err)
		return
	}
	callback, err := h.callback(event)
	switch {
	case errors.Is(err, errNoCallback):
		receiver.Log(r.Context(), slog.LevelInfo, "webhook acknowledged, no callback takes it", event.attrs()...)
		receiver.Accept(w)
	case err != nil:
		receiver.Refuse(w, r, http.StatusBadRequest, err)
	default:
		receiver.Handle(w, r, delivery.Event{Key: event.Key(), Attrs: event.attrs, Callback: callback})
	}
}

type webhookCallback func(ctx context.Context) error

const errNoCallback ErrorCode = "no callback takes the topic"

// callback binds the event to the function that takes it.
func (h *WebhookHandler) callback(event *Event) (webhookCallback, error) {
	if on := h.onTransaction(event.Topic); on != nil {
		return bindCallback(on, event.Transaction)
	}
	if event.Topic == TopicCharge && h.OnCharge != nil {
		return bindCallback(h.OnCharge, event.Charge)
	}
	if h.OnEvent != nil {
		return func(ctx context.Context) error { return h.OnEvent(ctx, *event) }, nil
	}
	return nil, errNoCallback
}

func (h *WebhookHandler) onTransaction(topic Topic) func(context.Context, *Transaction) error {
	switch topic {
	case TopicTransactionStarted:
		return h.OnTransactionStarted
	case TopicTransactionCompleted:
		return h.OnTransactionCompleted
	case TopicTransactionFailed:
		return h.OnTransactionFailed
	}
	return nil
}

// bindCallback reads the data first: what cannot be read will not be when it is delivered again.
func bindCallback[T any](on func(context.Context, *T) error, read func() (*T, error)) (webhookCallback, error) {
	object, err := read()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return on(ctx, object) }, nil
}
