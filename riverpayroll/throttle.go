package riverpayroll

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/internal/wire"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// How long the gate is closed when the API does not say, and at most; how old what a process knows of it may be.
const (
	usualPause   = time.Second
	maxPause     = time.Minute
	gateKnownFor = 200 * time.Millisecond
)

// Throttle is an http.RoundTripper that lets one 429 slow every machine down: it closes a gate in the database for as long
// as the API asks, and while the gate is closed, requests of all workers are answered 429 without leaving the machine,
// which the client takes for what it is. Give it to the client of each worker:
//
//	throttle := riverpayroll.NewThrottle(pool, "production", nil)
//	client, err := djamo.NewClientFromEnv(djamo.WithHTTPClient(&http.Client{Transport: throttle}))
//
// The others notice within 200 ms. When the database cannot be read, requests go through: the gate only saves useless
// requests, and nothing can be paid without the database anyway.
type Throttle struct {
	pool *pgxpool.Pool
	name string
	next http.RoundTripper

	mu      sync.Mutex
	until   time.Time // the gate is closed, as far as this process knows
	checked time.Time // when it was last looked at
}

// clientTimeout is that of a client without djamo.WithTimeout.
const clientTimeout = 30 * time.Second

// NewThrottle makes a Throttle around another RoundTripper; nil stands for connections of its own, which are pinged when they have
// gone silent, as those of a client that is given no http.Client are. Workers whose gates have one
// name slow down together: use one name for each token. Without a pool it slows its own process down, and no other.
func NewThrottle(pool *pgxpool.Pool, name string, next http.RoundTripper) *Throttle {
	if next == nil {
		next = transport.Pool(clientTimeout)
	}
	return &Throttle{pool: pool, name: name, next: next}
}

// RoundTrip implements http.RoundTripper. It leaves requests as they are.
func (t *Throttle) RoundTrip(req *http.Request) (*http.Response, error) {
	if left := t.closed(req.Context()); left > 0 {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return heldBack(req, left), nil
	}
	resp, err := t.next.RoundTrip(req)
	if err == nil && resp != nil && resp.StatusCode == http.StatusTooManyRequests {
		t.close(req.Context(), pauseOf(resp.Header))
	}
	return resp, err
}

// closed is for how much longer nothing may leave.
func (t *Throttle) closed(ctx context.Context) time.Duration {
	t.mu.Lock()
	now := time.Now()
	left, look := t.until.Sub(now), now.Sub(t.checked) >= gateKnownFor
	if look {
		t.checked = now // others do not look at the same time
	}
	t.mu.Unlock()
	if left > 0 || !look {
		return left
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := t.shared(func(gate sqljournal.Gate) (err error) {
		left, err = gate.Closed(ctx)
		return err
	})
	if err != nil {
		return 0
	}
	left = min(left, maxPause) // whatever another process has been told, or a clock says
	t.closeFor(left)
	return left
}

// shared asks the gate that all processes share. Its sql.DB does not outlive the question: nobody would close it.
func (t *Throttle) shared(ask func(sqljournal.Gate) error) error {
	if t.pool == nil {
		return nil
	}
	db := stdlib.OpenDBFromPool(t.pool)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	return ask(sqljournal.Gate{DB: db, Name: t.name})
}

func (t *Throttle) close(ctx context.Context, pause time.Duration) {
	t.closeFor(pause)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = t.shared(func(gate sqljournal.Gate) error { return gate.Close(ctx, pause) }) // this process holds back all the same
}

// closeFor never opens the gate earlier than is known already.
func (t *Throttle) closeFor(pause time.Duration) {
	until := time.Now().Add(pause)
	t.mu.Lock()
	defer t.mu.Unlock()
	if until.After(t.until) {
		t.until = until
	}
}

// pauseOf is how long an answer of 429 closes the gate.
func pauseOf(header http.Header) time.Duration {
	pause, said := wire.RetryAfter(header)
	if !said {
		return usualPause
	}
	return min(max(pause, usualPause/10), maxPause)
}

// heldBack is the answer to a request that did not leave.
func heldBack(req *http.Request, left time.Duration) *http.Response {
	const body = `{"statusCode":429,"message":["another worker has been rate limited"],"error":"Too Many Requests"}`
	seconds := int64((left + time.Second - 1) / time.Second)
	return &http.Response{
		Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {strconv.FormatInt(seconds, 10)}},
		Body:   io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)), Request: req,
	}
}

// SendsThrough vouches to the client that every request goes to this RoundTripper, once and as it is, or nowhere.
func (t *Throttle) SendsThrough() http.RoundTripper { return t.next }
