package clienttest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
)

// ChargeDelivery is a charge with a phone number in it, to look for in the log.
const ChargeDelivery = `{"topic":"charge/events","data":{"id":"ch_1","externalId":"order-1","status":"paid","amount":5000,"description":"+2250748710523"}}`

// FailingReader is a sender that hangs up, or worse.
type FailingReader struct{ Do func() error }

// Read ends as f.Do says.
func (f FailingReader) Read([]byte) (int, error) { return 0, f.Do() }

// Unread is a signed delivery whose body ends as do says when it is read.
func Unread(do func() error) *http.Request {
	r := Signed(Delivery)
	r.Body = io.NopCloser(FailingReader{Do: do})
	return r
}

// ErrNotNow is what a callback returns that wants the delivery again. It holds a phone number, to look for in the log.
var ErrNotNow = errors.New("not now: +2250748710523")

// Signed is a delivery as Djamo sends it.
func Signed(body string) *http.Request { return Post(body, djamo.SignWebhook([]byte(body), "s")) }

// AnswerTo is what the handler answers.
func AnswerTo(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// UnexpectedEvent is a callback that fails the test.
func UnexpectedEvent(t *testing.T) func(context.Context, djamo.Event) error {
	t.Helper()
	return func(_ context.Context, event djamo.Event) error {
		t.Errorf("%s reached the callback", event.Topic)
		return nil
	}
}

// Delivery is the body of a completed transaction.
const Delivery = `{"topic":"transactions/completed","data":{"id":"txn_1","amount":50000,"status":"completed","msisdn":"+22507XXXXXX00","reference":"r"}}`

// Post is a delivery with this signature; "" for none.
func Post(body, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	if signature != "" {
		r.Header.Set(djamo.SignatureHeader, signature)
	}
	return r
}
