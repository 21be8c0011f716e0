// Package delivery receives what another system pushes over HTTP: it bounds and verifies the body, claims each event so
// that no copy of it is handled twice, calls back, and answers. What an event is, how a body is verified and where claims
// are kept is handed in. It sends nothing by itself.
package delivery

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
)

// Receiver is what all deliveries to one address share. Name, Verify, TooLarge, MaxBytes, Timeout and Store must be set.
type Receiver struct {
	// Name is that of the product: error texts and log messages begin with it.
	Name string
	// Ready says why nothing can be verified, such as a missing secret: every delivery is then answered 500. Nil: it can.
	Ready func() error
	// Verify checks the raw bytes that came. Its error is logged and the delivery answered 401.
	Verify func(body []byte, header http.Header) error
	// TooLarge is what the error of a body longer than MaxBytes wraps.
	TooLarge error
	MaxBytes int64

	// Timeout bounds each callback, each wait for another copy that is being handled, and each mark that an event is done.
	// A claim lasts three times as long.
	Timeout time.Duration
	// Within is how long after Handle began its last callback must have ended, for senders that give up early. What is not
	// begun by then is answered 503 and must come again. 0 is no limit.
	Within time.Duration
	// Success is the status for a delivery that was handled; 0 means 200.
	Success int
	Store   Store
	Logger  *slog.Logger // nil: silence
}

// Event is one event of a delivery, which may hold several.
type Event struct {
	// Key is the same for every copy of the event, and for nothing else.
	Key string
	// Attrs name the event in log records; nil: nothing does.
	Attrs func() []slog.Attr
	// Callback handles the event. After an error or a panic it is called again when the event comes again.
	Callback func(context.Context) error
}

// Store remembers who handles an event and what is done. After an error nothing is known: the call may have been carried
// out, and it is safe to repeat with the same key and owner.
type Store interface {
	// Claim asks for the right to handle an event for as long as lease. Of all that ask, one is granted it.
	Claim(ctx context.Context, key, owner string, lease time.Duration) (Claim, error)
	// Done remembers the event as handled.
	Done(ctx context.Context, key, owner string) error
	// Release gives a claim up that the owner still has.
	Release(ctx context.Context, key, owner string) error
}

// Claim is the answer to Store.Claim.
type Claim int

// The answers to Store.Claim. What is none of them is answered like Held, at once.
const (
	Held    Claim = iota // another owner is handling the event
	Granted              // the owner that asked is to handle it
	Done                 // it was handled before
)

// Body returns the verified bytes of a delivery, or answers it and returns false.
func (rc *Receiver) Body(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		rc.Refuse(w, r, http.StatusMethodNotAllowed, errors.New(rc.Name+": a webhook is a POST"))
		return nil, false
	}
	body, status, err := rc.receive(w, r)
	if err != nil {
		rc.Refuse(w, r, status, err)
		return nil, false
	}
	return body, true
}

func (rc *Receiver) receive(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	if rc.Ready != nil {
		if err := rc.Ready(); err != nil {
			return nil, http.StatusInternalServerError, err
		}
	}
	body, err = rc.readWithin(w, r) // first, so that a sender can read the answer whatever it is
	if err != nil {
		return nil, rc.statusOf(err), err
	}
	if err := rc.Verify(body, r.Header); err != nil {
		return nil, http.StatusUnauthorized, err
	}
	// net/http goes on reading, to notice when the sender hangs up, and would take a late deadline for that.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // fails where the sender has: the delivery is here all the same
	return body, 0, nil
}

// statusOf answers a body that could not be read.
func (rc *Receiver) statusOf(err error) int {
	var timeout net.Error
	switch {
	case errors.Is(err, rc.TooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return http.StatusRequestTimeout
	case errors.Is(err, errNoBody):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Refuse answers a delivery with nothing but the status, and logs the reason.
func (rc *Receiver) Refuse(w http.ResponseWriter, r *http.Request, status int, reason error) {
	level := slog.LevelWarn
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	rc.Log(r.Context(), level, "webhook refused", slog.Int("status", status), slog.String("error", logText(reason.Error())),
		slog.String("remote", r.RemoteAddr))
	if status == http.StatusRequestTimeout || status == http.StatusRequestEntityTooLarge {
		w.Header().Set("Connection", "close") // what is still to come is not waited for
	}
	http.Error(w, http.StatusText(status), status)
	if status != http.StatusRequestTimeout {
		drain(w, r)
	}
}

// Accept answers a delivery that is handled, or that nobody needs to handle.
func (rc *Receiver) Accept(w http.ResponseWriter) { w.WriteHeader(cmp.Or(rc.Success, http.StatusOK)) }

// Log writes a record whose message begins with the product's name. Texts that came from outside must be scrubbed.
func (rc *Receiver) Log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	if rc.Logger != nil {
		rc.Logger.LogAttrs(ctx, level, rc.Name+": "+message, attrs...) //nolint:sloglint // the callers' messages are literals
	}
}

// logText keeps a text that came from outside to one bounded line without whole phone numbers.
func logText(text string) string { return redact.OneLine(redact.MaskPhones(text)) }
