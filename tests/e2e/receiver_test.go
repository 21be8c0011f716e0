package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/djamo/djamo-go"
)

// receiver is a program that keeps its books by webhooks, on a bad day of its own. Deliveries reach it without a network:
// it is the round tripper they leave through.
type receiver struct {
	secret string

	mu       sync.Mutex
	rng      *rand.Rand
	seen     map[string]bool   // deliveries, since they repeat
	status   map[string]string // of a payment or charge, by its id; it only ever moves forward, since they arrive in any order
	finished map[string]int    // how often a reference was booked as completed
	repeats  int
	late     int
	refused  int
}

func newReceiver(seed uint64) *receiver {
	return &receiver{rng: rand.New(rand.NewPCG(seed, 7)), seen: map[string]bool{}, status: map[string]string{}, finished: map[string]int{}}
}

// RoundTrip hands a delivery to the program.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	arrived := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.Path, bytes.NewReader(body))
	arrived.Header = req.Header.Clone()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, arrived)
	return w.Result(), nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rng.IntN(10) == 0 {
		w.WriteHeader(http.StatusInternalServerError) // its database is busy
		return
	}
	event, err := djamo.ParseWebhook(req, r.secret)
	if err != nil {
		r.refused++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	payment, err := event.Transaction()
	if err != nil || event.Topic == djamo.TopicCharge {
		return
	}
	key := fmt.Sprint(event.Topic, payment.ID, payment.Status, payment.UpdatedAt)
	if r.seen[key] {
		r.repeats++
		return
	}
	r.seen[key] = true
	if djamo.TransactionStatus(r.status[payment.ID]).Terminal() {
		r.late++ // old news
		return
	}
	r.status[payment.ID] = string(payment.Status)
	if payment.Status == djamo.TransactionCompleted {
		r.finished[payment.Reference]++
	}
}
