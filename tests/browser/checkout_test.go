package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// shop is a shop that charges, with pages to come back to and a receiver of webhooks.
type shop struct {
	*httptest.Server

	mu       sync.Mutex
	webhooks []string
	refuse   int // how many webhooks it refuses first
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := new(shop)
	mux := http.NewServeMux()
	page := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!DOCTYPE html><html lang=en><title>shop</title><p>%s order %s", text, r.URL.Query().Get("order"))
		}
	}
	mux.HandleFunc("GET /done", page("Thank you for"))
	mux.HandleFunc("GET /gone", page("You gave up"))
	mux.HandleFunc("POST /webhooks", func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil || s.refuse > 0 {
			s.refuse--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		s.webhooks = append(s.webhooks, string(raw))
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.webhooks...)
}

func (s *shop) subscribe(t *testing.T, st *stage, topic string) {
	t.Helper()
	status, answer, err := st.call(http.MethodPost, "/v1/webhooks", fmt.Sprintf(`{"topic":%q,"url":"%s/webhooks"}`, topic, s.URL))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, answer)
}

func (s *shop) urls(order string) string {
	return fmt.Sprintf(`,"onCompletedRedirectionUrl":"%[1]s/done?order=%[2]s","onCanceledRedirectionUrl":"%[1]s/gone?order=%[2]s"`, s.URL, order)
}

// The whole flow of a shop: create, send the customer to the checkout, see them come back, hear of it.
func TestCheckout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, lang, press, back, status string
		noScript                        bool
	}{
		{"paid", "en", "Pay 9\u202f000\u00a0F", "Thank you for order 7", djamotest.ChargePaid, false},
		{"cancelled", "en", "Cancel", "You gave up order 7", djamotest.ChargeCancelled, false},
		{"paid without JavaScript", "fr", "Payer 9\u202f000\u00a0F", "Thank you for order 7", djamotest.ChargePaid, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			shop := newShop(t)
			shop.subscribe(t, s, djamotest.TopicChargeEvents)
			ch := s.charge(t, "order/7", shop.urls("7"))
			customer := s.open(t, look{width: 390, scheme: "light", lang: tt.lang, noScript: tt.noScript})
			customer.visit(ch.PaymentURL)
			customer.await("9\u202f000\u00a0F")
			customer.await("order/7")
			customer.press("", tt.press)
			customer.await(tt.back)
			now, ok := s.api.FindCharge(ch.ID)
			require.True(t, ok)
			require.Equal(t, tt.status, now.Status)
			require.Eventually(t, func() bool { return len(shop.received()) > 0 }, patience, often)
			require.Contains(t, shop.received()[0], `"status":"`+tt.status)
			s.api.AssertBalanced(t)

			customer.visit(ch.PaymentURL) // the link again, as from the history
			customer.await(tt.back)
			require.Len(t, s.api.Charges(), 1)
			s.api.AssertBalanced(t)
		})
	}
}
