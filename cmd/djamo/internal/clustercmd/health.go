package clustercmd

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

// health is what a worker says of itself to whoever keeps it running: whether it can pay, and if not, why.
type health struct {
	database func(context.Context) error // whether the database is there, with tables that the worker knows

	ask chan struct{} // has one when the API has turned a request away

	mu     sync.Mutex
	reason string // why the API turns the worker away; empty: it does not
}

func newHealth(database func(context.Context) error) *health {
	return &health{database: database, ask: make(chan struct{}, 1)}
}

// tokenEvery is how often a worker asks the API whether it is still let in.
const tokenEvery = time.Minute

// watch asks the API again and again whether it lets the worker in, and at once when it has turned a request away, until the
// context ends, and tells each change. A worker that is turned away sends nothing; it goes on by itself once it is let in.
func (h *health) watch(ctx context.Context, check func(context.Context) error, tell func(turnedAway error)) {
	ticker := time.NewTicker(tokenEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-h.ask:
		}
		err := check(ctx)
		if ctx.Err() != nil {
			return
		}
		reason := ""
		if err != nil {
			reason = djamo.MaskPhones(err.Error())
		}
		h.mu.Lock()
		changed := (reason == "") != (h.reason == "")
		h.reason = reason
		h.mu.Unlock()
		if changed {
			tell(err)
		}
	}
}

// doorman sees requests that the API turns away, and has health ask why.
type doorman struct {
	next   http.RoundTripper
	health *health
}

// RoundTrip implements http.RoundTripper.
func (d doorman) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(req)
	if err == nil && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden) && d.health.isLetIn() {
		select {
		case d.health.ask <- struct{}{}:
		default: // it is about to ask
		}
	}
	return resp, err
}

// SendsThrough vouches to the client that every request goes to this RoundTripper, once and as it is.
func (d doorman) SendsThrough() http.RoundTripper { return d.next }

func (h *health) isLetIn() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reason == ""
}

// ServeHTTP answers 200 and {"status":"working"}, or 503 with the reason.
func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := struct {
		Status string `json:"status"`
		Reason string `json:"reason,omitempty"`
	}{Status: "working"}
	h.mu.Lock()
	answer.Reason = h.reason
	h.mu.Unlock()
	if answer.Reason == "" {
		const patience = 2 * time.Second
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		if err := h.database(ctx); err != nil {
			answer.Reason = "the database cannot be used: " + djamo.MaskPhones(err.Error())
		}
	}
	status := http.StatusOK
	if answer.Reason != "" {
		answer.Status, status = "not working", http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) //nolint:errchkjson // who asked has gone
}

// serve answers GET /healthz at an address until the context ends. It returns when it listens, or cannot.
func (h *health) serve(ctx context.Context, address string) (net.Addr, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, exit.BadUsage("--health %s: %v: choose another address, such as 127.0.0.1:8482", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", h)
	const patience = 5 * time.Second
	server := &http.Server{Handler: mux, ReadTimeout: patience, WriteTimeout: patience, MaxHeaderBytes: 8 << 10}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			_ = listener.Close()
		}
	}()
	return listener.Addr(), nil
}
