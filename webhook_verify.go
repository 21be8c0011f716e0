package djamo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"
)

// VerifyWebhook is middleware for a handler that exists already, of net/http or of any framework that takes such
// middleware: it verifies every delivery and hands it on with its body, which can be read again, by ParseWebhook, as often
// as it is called, or by anything else, once or through GetBody. What it refuses gets the answers of WebhookHandler and does not reach the handler.
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
		if body, ok := h.receive(w, r); ok {
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

// receive returns the verified bytes of a delivery, or answers it.
func (h *WebhookHandler) receive(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, errors.New("djamo: a webhook is a POST"))
		return nil, false
	}
	body, err := h.read(w, r)
	if err != nil {
		h.refuse(w, r, webhookStatus(err), err)
		return nil, false
	}
	return body, true
}

func webhookStatus(err error) int {
	var timeout net.Error
	switch {
	case errors.Is(err, ErrInvalidSignature):
		return http.StatusUnauthorized
	case errors.Is(err, ErrWebhookTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrInvalidRequest):
		return http.StatusInternalServerError
	case errors.As(err, &timeout) && timeout.Timeout():
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest
}

// read cuts slow senders off, by a deadline of the connection where there is one.
func (h *WebhookHandler) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	patience := min(h.timeout(), longestWebhookRead)
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.ReadTimeout > 0 {
		patience = min(patience, server.ReadTimeout) // ours replaces the server's, and must not be longer
	}
	connection := http.NewResponseController(w)
	if connection.SetReadDeadline(time.Now().Add(patience)) != nil {
		return h.readAside(r, patience)
	}
	body, err := receiveWebhook(r, h.maxBytes(), h.Secrets)
	if err == nil {
		// net/http goes on reading, to notice when the sender hangs up, and would take a late deadline for that.
		_ = connection.SetReadDeadline(time.Time{}) // fails where the sender has: the delivery is here all the same
	}
	return body, err
}

// readAside is for writers that know of no deadlines, such as those of test recorders and of some frameworks: the handler
// goes on in time, and the reading ends when the body does. It touches nothing of the request but that, since frameworks
// use requests again once they are answered.
func (h *WebhookHandler) readAside(r *http.Request, patience time.Duration) ([]byte, error) {
	type result struct {
		body []byte
		err  error
	}
	in, err := incomingOf(r)
	if err != nil {
		return nil, err
	}
	secrets, limit := h.Secrets, h.maxBytes()
	read := make(chan result, 1)
	go func() {
		got := result{err: errors.New("djamo: reading a webhook: it ended halfway")} // unless it is said to be verified
		defer func() {
			if value := recover(); value != nil { // out here it would end the process
				got = result{nil, fmt.Errorf("djamo: reading a webhook: panic: %v", value)}
			}
			read <- got
		}()
		got.body, got.err = in.receive(limit, secrets)
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case got := <-read:
		return got.body, got.err
	case <-timer.C:
		return nil, fmt.Errorf("djamo: reading a webhook: %w", os.ErrDeadlineExceeded)
	}
}

// refuse answers with nothing but the status, and logs the reason.
func (h *WebhookHandler) refuse(w http.ResponseWriter, r *http.Request, status int, reason error) {
	level := slog.LevelWarn
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	h.log(r.Context(), level, "djamo: webhook refused", slog.Int("status", status), slog.String("error", logText(reason.Error())),
		slog.String("remote", r.RemoteAddr))
	if status == http.StatusRequestTimeout || status == http.StatusRequestEntityTooLarge {
		w.Header().Set("Connection", "close") // what is still to come is not waited for
	}
	http.Error(w, http.StatusText(status), status)
	if status != http.StatusRequestTimeout {
		linger(w, r)
	}
}

// linger takes in some of a body that was not read. A connection closed on a sender that is still writing is reset, and
// the answer may be lost with it.
func linger(w http.ResponseWriter, r *http.Request) {
	const longest, most = 500 * time.Millisecond, 8 << 20
	connection := http.NewResponseController(w)
	if r.Body == nil || connection.Flush() != nil || connection.SetReadDeadline(time.Now().Add(longest)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, most)
}
