package webhooks_test

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// slowDeduper answers late, as a store under load or a machine that was frozen.
type slowDeduper struct {
	djamo.Deduper
	claim, done time.Duration
	claims      atomic.Int32
}

func (d *slowDeduper) Claim(ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	d.claims.Add(1)
	claim, err := d.Deduper.Claim(ctx, key, owner, lease)
	time.Sleep(d.claim) //nolint:forbidigo // in a synctest bubble
	return claim, err
}

func (d *slowDeduper) Done(ctx context.Context, key, owner string) error {
	time.Sleep(d.done) //nolint:forbidigo // in a synctest bubble
	return d.Deduper.Done(ctx, key, owner)
}

// Whatever is slow at one machine, another that has the same delivery does not handle it beside the first.
func TestWebhookHandler_LeaseCoversAllOfIt(t *testing.T) {
	t.Parallel()
	const timeout = time.Second
	for _, tt := range []struct {
		name     string
		claim    time.Duration // how late the slow machine's store answers
		callback time.Duration
		done     time.Duration
		other    time.Duration // when the delivery comes to the other machine
		want     int           // the slow machine's answer
		ran      int32         // how many callbacks ran, on both
		claims   int32         // how often the slow machine asked
		reason   string        // in its log
	}{
		{"nothing is slow", 0, 0, 0, time.Second, 200, 1, 1, ""},
		{"each step nearly takes its time", 990 * time.Millisecond, 990 * time.Millisecond, 100 * time.Millisecond, 2001 * time.Millisecond, 200, 1, 1, ""},
		{"frozen before the callback, handled elsewhere", 5 * time.Second, 0, 0, 4 * time.Second, 200, 1, 2, ""},
		{"a store slower than any claim", 5 * time.Second, 0, 0, time.Minute, 500, 1, 3, "slower than Timeout"},
		{"a mark that overstays", 990 * time.Millisecond, 990 * time.Millisecond, 1100 * time.Millisecond, time.Minute, 200, 1, 1, "longer than its claim"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ran atomic.Int32
				on := func(context.Context, djamo.Event) error {
					ran.Add(1)
					time.Sleep(tt.callback) //nolint:forbidigo // in a synctest bubble
					return nil
				}
				var log bytes.Buffer
				shared := &djamo.MemoryDeduper{}
				seen := &slowDeduper{Deduper: shared, claim: tt.claim, done: tt.done}
				slow := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: timeout, Seen: seen, OnEvent: on, Logger: slog.New(slog.NewTextHandler(&log, nil))}
				other := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: timeout, Seen: shared, OnEvent: on}
				answered := make(chan int)
				go func() { answered <- clienttest.AnswerTo(slow, clienttest.Signed(clienttest.Delivery)).Code }()
				go func() {
					time.Sleep(tt.other) //nolint:forbidigo // in a synctest bubble
					answered <- clienttest.AnswerTo(other, clienttest.Signed(clienttest.Delivery)).Code
				}()
				codes := []int{<-answered, <-answered}
				require.ElementsMatch(t, []int{tt.want, http.StatusOK}, codes)
				require.Equal(t, tt.ran, ran.Load())
				require.Equal(t, tt.claims, seen.claims.Load())
				if tt.reason == "" {
					require.Empty(t, log.String())
				} else {
					require.Contains(t, log.String(), tt.reason)
				}
			})
		})
	}
}

func TestWebhookHandler_TimeoutIsBounded(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{math.MaxInt64, math.MaxInt64 / 2, math.MinInt64} {
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Timeout: timeout, OnEvent: func(ctx context.Context, _ djamo.Event) error {
			deadline, ok := ctx.Deadline()
			require.True(t, ok)
			require.Less(t, time.Until(deadline), 24*time.Hour+time.Minute)
			return nil
		}}
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
	}
}
