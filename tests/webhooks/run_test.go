package webhooks_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

func TestWebhookHandler_CopiesRunTheCallbackOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const copies = 50
		var ran atomic.Int32
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(context.Context, djamo.Event) error {
			ran.Add(1)
			time.Sleep(3 * time.Second) //nolint:forbidigo // in a synctest bubble
			return nil
		}}
		var sending sync.WaitGroup
		for range copies {
			sending.Go(func() {
				if code := clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code; code != http.StatusOK {
					t.Errorf("answered %d", code)
				}
			})
		}
		sending.Wait()
		require.EqualValues(t, 1, ran.Load())
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code, "a repeat is thanked for")
		require.EqualValues(t, 1, ran.Load())
	})
}

// A copy that waits takes over when the first one fails, and none does when it succeeds.
func TestWebhookHandler_WaitingCopyTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const copies, failures = 10, 4
		var ran atomic.Int32
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(context.Context, djamo.Event) error {
			time.Sleep(time.Second) //nolint:forbidigo // in a synctest bubble
			if ran.Add(1) <= failures {
				return clienttest.ErrNotNow
			}
			return nil
		}}
		var sending sync.WaitGroup
		var mu sync.Mutex
		codes := map[int]int{}
		for range copies {
			sending.Go(func() {
				code := clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code
				mu.Lock()
				codes[code]++
				mu.Unlock()
			})
		}
		sending.Wait()
		require.Equal(t, map[int]int{500: failures, 200: copies - failures}, codes)
		require.EqualValues(t, failures+1, ran.Load())
	})
}

func TestWebhookHandler_CopyGivesUpWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen djamo.MemoryDeduper
		event, err := djamo.ParseWebhook(clienttest.Signed(clienttest.Delivery), "s")
		require.NoError(t, err)
		claim, err := seen.Claim(t.Context(), event.Key(), "another machine", time.Hour)
		require.NoError(t, err)
		require.Equal(t, djamo.ClaimGranted, claim)

		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: clienttest.UnexpectedEvent(t), Seen: &seen, Timeout: 4 * time.Second}
		start := time.Now()
		w := clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
		require.Equal(t, 4*time.Second, time.Since(start))

		hungUp, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start = time.Now()
		require.Equal(t, http.StatusServiceUnavailable, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery).WithContext(hungUp)).Code)
		require.Equal(t, time.Second, time.Since(start), "nobody waits for a sender that has hung up")
	})
}

func TestWebhookHandler_CallbackFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fail   func() error
		reason string
		stack  bool
	}{
		{"error", func() error { return clienttest.ErrNotNow }, "not now: +22507", false},
		{"panic", func() error { panic("no such row: +2250748710523") }, "panic: no such row: +22507", true},
		{"panic with an error", func() error { panic(clienttest.ErrNotNow) }, "panic: not now", true},
		{"nil panic", func() error { panic(nil) }, "panic called with nil argument", true},
		{"nil pointer", func() error { var payment *djamo.Transaction; _ = payment.ID; return nil }, "nil pointer dereference", true},
		{"a nil pointer as error", func() error { return (*oddError)(nil) }, "an error of type *webhooks_test.oddError that cannot be read", false},
		{"an error that cannot be read", func() error { return &oddError{} }, "an error of type *webhooks_test.oddError that cannot be read", false},
		{"panic with an error that cannot be asked", func() error { panic(&oddError{"no such row: +2250748710523"}) }, "panic: no such row: +22507", true},
		{"panic with an error that cannot be read", func() error { panic(&oddError{}) }, "panic: ", true},
		{"abort", func() error { panic(http.ErrAbortHandler) }, "abort Handler", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			ran := 0
			handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Logger: slog.New(slog.NewTextHandler(&log, nil)), OnEvent: func(context.Context, djamo.Event) error {
				if ran++; ran == 1 {
					return tt.fail()
				}
				return nil
			}}
			w := clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery))
			require.Equal(t, http.StatusInternalServerError, w.Code)
			require.Equal(t, "the delivery was not handled\n", w.Body.String())
			require.Contains(t, log.String(), tt.reason)
			require.Contains(t, log.String(), "id=txn_1")
			require.NotContains(t, log.String(), "+2250748710523")
			if tt.stack {
				require.Contains(t, log.String(), "run_test.go", "where it happened")
			} else {
				require.NotContains(t, log.String(), "goroutine")
			}
			require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code, "it is not remembered as done, and is handled at once")
			require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
			require.Equal(t, 2, ran)
		})
	}
}

// oddError can be read when it has a text, and panics whenever it is asked anything else.
type oddError struct{ text string }

func (e *oddError) Error() string {
	if e.text == "" {
		panic(&oddError{"+2250748710523"})
	}
	return e.text
}

func (e *oddError) Is(error) bool { panic("Is") }
func (e *oddError) As(any) bool   { panic("As") }
func (e *oddError) Unwrap() error { panic("Unwrap") }

// A goroutine that ends in the callback, as that of a failed test does, leaves no claim behind.
func TestWebhookHandler_CallbackEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	ran := 0
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(context.Context, djamo.Event) error {
		if ran++; ran == 1 {
			runtime.Goexit()
		}
		return nil
	}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery))
	}()
	<-ended
	require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
	require.Equal(t, 2, ran)
}

func TestWebhookHandler_CallbackContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		sender, hangUp := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		var after func() error
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: 5 * time.Second, OnEvent: func(ctx context.Context, _ djamo.Event) error {
			after = ctx.Err
			require.Equal(t, "kept", ctx.Value(key{}))
			hangUp()
			require.NoError(t, ctx.Err(), "the sender's hanging up does not stop the callback")
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			require.Equal(t, 5*time.Second, time.Until(deadline))
			return nil
		}}
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery).WithContext(sender)).Code)
		require.ErrorIs(t, after(), context.Canceled, "what the callback has started ends with it")
		handler.OnEvent = clienttest.UnexpectedEvent(t)
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code, "it is remembered, though the sender had gone")

		handler.OnEvent = func(ctx context.Context, _ djamo.Event) error { <-ctx.Done(); return ctx.Err() }
		start := time.Now()
		require.Equal(t, http.StatusInternalServerError, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.ChargeDelivery)).Code)
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

// A callback that does not heed its context: its claim lasts longer than its time, and what it did is remembered.
func TestWebhookHandler_CallbackOverstays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var ran atomic.Int32
		var took atomic.Int64
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)), OnEvent: func(context.Context, djamo.Event) error {
			ran.Add(1)
			time.Sleep(time.Duration(took.Load())) //nolint:forbidigo // in a synctest bubble
			return nil
		}}
		took.Store(int64(1500 * time.Millisecond))
		go clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery))
		synctest.Wait()
		require.Equal(t, http.StatusServiceUnavailable, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
		require.EqualValues(t, 1, ran.Load())
		require.NotContains(t, log.String(), "longer than its claim")

		took.Store(int64(4 * time.Second))
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.ChargeDelivery)).Code)
		require.Contains(t, log.String(), "took longer than its claim")
	})
}

// Two machines with one store: each delivery comes to both at the same moment.
func TestWebhookHandler_TwoMachinesShareADeduper(t *testing.T) {
	t.Parallel()
	var seen djamo.MemoryDeduper
	var ran atomic.Int32
	machine := func() *djamo.WebhookHandler {
		return &djamo.WebhookHandler{Secrets: []string{"s"}, Seen: &seen, OnEvent: func(context.Context, djamo.Event) error { ran.Add(1); return nil }}
	}
	first, second := machine(), machine()
	const deliveries = 100
	var sending sync.WaitGroup
	for i := range deliveries {
		body := fmt.Sprintf(`{"topic":"transactions/completed","data":{"id":"txn_%d","status":"completed","updatedAt":"2026-06-01T08:00:00Z"}}`, i)
		for _, handler := range []*djamo.WebhookHandler{first, second} {
			sending.Go(func() {
				if code := clienttest.AnswerTo(handler, clienttest.Signed(body)).Code; code != http.StatusOK {
					t.Errorf("answered %d", code)
				}
			})
		}
	}
	sending.Wait()
	require.EqualValues(t, deliveries, ran.Load())
}
