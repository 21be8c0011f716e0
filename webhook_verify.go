package djamo

import (
	"bytes"
	"io"
	"net/http"
	"slices"
)

// VerifyWebhook is middleware for a handler that exists already, of net/http or of any framework that takes such
// middleware: it verifies every delivery and hands it on with its body, which can be read again, by ParseWebhook, as often
// as it is called, or by anything else, once or through GetBody. What it refuses gets the answers of WebhookHandler and does
// not reach the handler.
//
// It tells nobody why it refuses, drops no repeats and calls nothing back. WebhookHandler.Verify is the same with a
// logger and limits, and WebhookHandler does the rest.
func VerifyWebhook(secrets ...string) func(http.Handler) http.Handler {
	h := &WebhookHandler{Secrets: slices.Clone(secrets)}
	return h.Verify
}

// Verify is VerifyWebhook with the Secrets, MaxBytes, Timeout and Logger of h, whose callbacks and Seen it does not use.
func (h *WebhookHandler) Verify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, ok := h.receiver().Body(w, r); ok {
			next.ServeHTTP(w, withBody(r, body))
		}
	})
}

// withBody is a request with a body that was read, as if it had not been. The request that came is left as it is.
func withBody(r *http.Request, body []byte) *http.Request {
	r = r.WithContext(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.ContentLength, r.TransferEncoding = int64(len(body)), nil
	return r
}
