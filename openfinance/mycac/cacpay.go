package mycac

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/delivery"
	"github.com/djamo/djamo-go/internal/signature"
	"github.com/djamo/djamo-go/openfinance/internal/claimstore"
)

// CACPAYRetention is how long a Deduper must remember what was handled, at least: the signature of a webhook has no time, so
// one that was recorded can be sent again at any time. It is what sqldeduper and redisdeduper keep by default.
const CACPAYRetention = 30 * 24 * time.Hour

// cacpaySkew is how far the clocks of the gateway and of this machine may be apart.
const cacpaySkew = time.Hour

// The errors of a webhook that was signed and cannot be used, for errors.Is.
var (
	// ErrCACPAYTooLarge is a body beyond CACPAYHandler.MaxBytes.
	ErrCACPAYTooLarge = errors.New("cacpay: the webhook is too large")
	// ErrCACPAYBody is a body that is no event, or an event with a field that cannot be.
	ErrCACPAYBody = errors.New("cacpay: the body is no event that can be used")
	// ErrCACPAYOld is an event older than a Deduper remembers, or from the future: nobody can say whether it is a repeat.
	ErrCACPAYOld = errors.New("cacpay: the event is too old to tell whether it was handled before")
)

// CACPAYHandler is an http.Handler for the webhooks of CACPAY, which carry X-Signature: hmac-sha256=<hex of HMAC-SHA256 of the
// body>. It answers 204 for what is handled, now or before, 401 for a signature that does not fit, 400 for a body that cannot
// be used when there is no Quarantine, and 5xx for what must come again.
type CACPAYHandler struct {
	Secrets []string // all of them are good: two while one replaces another
	// Handle stores the event. After an error the event comes again. The same event, by its ID, may come again when the machine
	// stopped between Handle and the mark that it is done, and comes again when its content was changed: a store that keeps each
	// ID once, such as sqlstore, counts it once and names the change.
	Handle func(ctx context.Context, event CACPAYEvent) error
	// Quarantine keeps what was signed and cannot be used, with the reason, for a person to look at. Such a webhook is then
	// acknowledged. Nil: it is answered 400, and its content is neither kept nor logged.
	Quarantine func(ctx context.Context, body []byte, reason error) error
	// Deduper remembers what was handled, for CACPAYRetention at least, also when this process ends. It is required: a
	// djamo.MemoryDeduper forgets with the process and is for tests.
	Deduper  djamo.Deduper
	Decoder  CACPAYDecoder
	Timeout  time.Duration    // bounds Handle; 0: 10 s
	MaxBytes int64            // of a body; 0: 64 KiB
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: silence
}

// ServeHTTP implements http.Handler.
func (h *CACPAYHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	receiver := h.receiver()
	body, ok := receiver.Body(w, r)
	if !ok {
		return
	}
	event, err := h.Decoder.Decode(body)
	if err == nil {
		err = h.checkAge(event)
	}
	switch {
	case err == nil:
		receiver.Handle(w, r, delivery.Event{
			Key:      event.Key(),
			Attrs:    func() []slog.Attr { return []slog.Attr{slog.Any("event", event)} },
			Callback: func(ctx context.Context) error { return h.Handle(ctx, event) },
		})
	case h.Quarantine == nil:
		receiver.Refuse(w, r, http.StatusBadRequest, err)
	default:
		receiver.Log(r.Context(), slog.LevelError, "webhook put aside: a person must look at it", slog.String("error", err.Error()))
		receiver.Handle(w, r, delivery.Event{
			Key:      cacpayKey("quarantine", digestOf(body)),
			Callback: func(ctx context.Context) error { return h.Quarantine(ctx, body, err) },
		})
	}
}

func (h *CACPAYHandler) receiver() *delivery.Receiver {
	timeout := h.Timeout
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	maxBytes := h.MaxBytes
	if maxBytes <= 0 {
		maxBytes = 64 << 10
	}
	return &delivery.Receiver{
		Name: "cacpay", TooLarge: ErrCACPAYTooLarge, MaxBytes: maxBytes, Timeout: timeout, Success: http.StatusNoContent,
		Store: claimstore.Store{Deduper: h.Deduper}, Logger: h.Logger,
		Verify: func(body []byte, header http.Header) error {
			return signature.Hex(body, strings.TrimSpace(header.Get("X-Signature")), "hmac-sha256=", h.Secrets...)
		},
		Ready: func() error {
			switch {
			case len(h.Secrets) == 0 || h.Handle == nil:
				return errors.New("cacpay: CACPAYHandler needs Secrets and Handle")
			case h.Deduper == nil:
				return errors.New("cacpay: CACPAYHandler needs a Deduper that remembers 30 days, such as those of sqldeduper and redisdeduper: " +
					"signatures have no time, so whoever recorded a webhook can send it again")
			}
			return nil
		},
	}
}

// checkAge refuses what a Deduper may have forgotten. An event of which nobody says when it happened is taken: it moves no
// money that this package counts.
func (h *CACPAYHandler) checkAge(event CACPAYEvent) error {
	now := time.Now
	if h.Now != nil {
		now = h.Now
	}
	switch age := now().Sub(event.At); {
	case event.At.IsZero():
		return nil
	case age > CACPAYRetention-cacpaySkew:
		return fmt.Errorf("%w: it happened at %s", ErrCACPAYOld, event.At.UTC().Format(time.RFC3339))
	case age < -cacpaySkew:
		return fmt.Errorf("%w: it is from the future, %s: is the clock of this machine right", ErrCACPAYOld, event.At.UTC().Format(time.RFC3339))
	}
	return nil
}

// cacpayKey makes one text of several so that no two lists make the same.
func cacpayKey(parts ...string) string {
	key, _ := json.Marshal(append([]string{"cacpay"}, parts...)) //nolint:errchkjson // texts always have a JSON form
	return string(key)
}

func digestOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
