package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// What a page is told of changes: counters only, at most four times a second, so that ten thousand requests in a burst are
// no more to it than four.
const (
	minPause  = 250 * time.Millisecond
	heartbeat = 15 * time.Second
)

// counters is one event.
type counters struct {
	Transfers int64  `json:"transfers"`
	Pending   int64  `json:"pending"`
	Charges   int64  `json:"charges"`
	Ledger    int64  `json:"ledger"`
	Requests  int64  `json:"requests"`
	Webhooks  int64  `json:"webhooks"`
	Waiting   int64  `json:"waiting"`
	Faults    int64  `json:"faults"`
	Balance   string `json:"balance"`
	Now       string `json:"now"`
}

// events streams counters until the page closes it or the sandbox ends.
func (s *Sandbox) events(w http.ResponseWriter, r *http.Request) {
	flush := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	lang := s.languageOf(r)
	after, err := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil {
		after, err = strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	}
	if err != nil {
		after = -1
	}
	if _, err := fmt.Fprint(w, "retry: 2000\n\n"); err != nil || flush.Flush() != nil {
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-s.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		n, ok := s.await(ctx, after, heartbeat)
		if !ok { // the page went away, or the API was closed
			return
		}
		after = n
		event, err := json.Marshal(s.counters(lang))
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", after, event); err != nil || flush.Flush() != nil {
			return
		}
		pause := time.NewTimer(minPause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// await waits until the count of changes, of the account and of wallets, is another than the one that is known, or until
// long has passed. It is not ok when ctx ends or the API was closed.
func (s *Sandbox) await(ctx context.Context, known int64, long time.Duration) (count int64, ok bool) {
	waiting, stop := context.WithTimeout(ctx, long)
	defer stop()
	ofWallets, changed := s.wallets.changes()
	go func() {
		select {
		case <-changed:
			stop()
		case <-waiting.Done():
		}
	}()
	n, err := s.api.AwaitChange(waiting, known-ofWallets)
	if ctx.Err() != nil || (err != nil && waiting.Err() == nil) {
		return 0, false
	}
	ofWallets, _ = s.wallets.changes()
	return n + ofWallets, true
}

// changes is the count that await waits for.
func (s *Sandbox) changes() int64 {
	ofWallets, _ := s.wallets.changes()
	return s.api.Changes() + ofWallets
}

func (s *Sandbox) counters(lang string) counters {
	c := s.api.Counts()
	return counters{
		Transfers: c.Transfers, Pending: c.Pending, Charges: c.Charges, Ledger: c.Ledger, Requests: c.Requests, Webhooks: c.Webhooks,
		Waiting: c.Waiting, Faults: c.Faults, Balance: amount(c.Balance) + "\u00a0F", Now: day(lang, s.api.Now()),
	}
}
