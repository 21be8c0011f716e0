package webhooks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/stretchr/testify/require"
)

// brokenDeduper fails where it is told to, and otherwise does what the one inside does.
type brokenDeduper struct {
	djamo.MemoryDeduper
	claim, done, release int // how many calls fail
	granted              bool
	how                  func(ctx context.Context) error // how it fails; nil is errStore
}

func (d *brokenDeduper) fail(ctx context.Context) error {
	if d.how == nil {
		return errStore
	}
	return d.how(ctx)
}

func hangs(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("%w: %w", errStore, ctx.Err())
}

func panics(context.Context) error { panic("the store broke on +2250748710523") }

var errStore = errors.New("store: connection refused")

func (d *brokenDeduper) Claim(ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	if d.claim--; d.claim >= 0 {
		if d.granted { // carried out, but the answer is lost
			_, _ = d.MemoryDeduper.Claim(ctx, key, owner, lease)
		}
		return djamo.ClaimGranted, d.fail(ctx)
	}
	return d.MemoryDeduper.Claim(ctx, key, owner, lease)
}

func (d *brokenDeduper) Done(ctx context.Context, key, owner string) error {
	if d.done--; d.done >= 0 {
		return d.fail(ctx)
	}
	return d.MemoryDeduper.Done(ctx, key, owner)
}

func (d *brokenDeduper) Release(ctx context.Context, key, owner string) error {
	if d.release--; d.release >= 0 {
		return d.fail(ctx)
	}
	return d.MemoryDeduper.Release(ctx, key, owner)
}

func TestWebhookHandler_DeduperFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		seen     *brokenDeduper
		callback error
		want     []int // answers to deliveries, one after the other
		ran      int
		reason   string
	}{
		{"claim", &brokenDeduper{claim: 1}, nil, []int{500, 200, 200}, 1, "the deduper failed"},
		{"claim, granted all the same", &brokenDeduper{claim: 1, granted: true}, nil, []int{500, 200, 200}, 1, "connection refused"},
		{"claim, no answer", &brokenDeduper{claim: 1, how: hangs}, nil, []int{500, 200, 200}, 1, "connection refused"},
		{"claim panics", &brokenDeduper{claim: 1, how: panics}, nil, []int{500, 200, 200}, 1, "panic: the store broke on +22507"},
		{"done panics, once", &brokenDeduper{done: 1, how: panics}, nil, []int{200, 200}, 1, ""},
		{"done panics, for good", &brokenDeduper{done: 3, how: panics}, nil, []int{200}, 1, "deduper_fails_test.go"},
		{"release panics", &brokenDeduper{release: 1, how: panics}, clienttest.ErrNotNow, []int{500, 503, 503, 500}, 2, "panic: the store broke on +22507"},
		{"done, once", &brokenDeduper{done: 2}, nil, []int{200, 200}, 1, ""},
		{"done, for good", &brokenDeduper{done: 3}, nil, []int{200, 503, 503, 200, 200}, 2, "cannot remember it"},
		{"release", &brokenDeduper{release: 1}, clienttest.ErrNotNow, []int{500, 503, 503, 500}, 2, "was not given up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				ran := 0
				handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Seen: tt.seen, Timeout: 10 * time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)), OnEvent: func(context.Context, djamo.Event) error {
					ran++
					return tt.callback
				}}
				for i, want := range tt.want {
					time.Sleep(time.Second) //nolint:forbidigo // in a synctest bubble
					require.Equal(t, want, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code, "delivery %d", i+1)
				}
				require.Equal(t, tt.ran, ran)
				require.Contains(t, log.String(), tt.reason)
				require.NotContains(t, log.String(), "+2250748710523")
			})
		})
	}
}

// afterHeld says once that another is at it, and then hangs.
type afterHeld struct {
	brokenDeduper
	asked int
}

func (d *afterHeld) Claim(ctx context.Context, _, _ string, _ time.Duration) (djamo.Claim, error) {
	if d.asked++; d.asked == 1 {
		return djamo.ClaimHeld, nil
	}
	return djamo.ClaimHeld, hangs(ctx)
}

// A copy that is known to be handled elsewhere is answered so, and the store's error is in the log all the same.
func TestWebhookHandler_DeduperHangsWhileACopyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Seen: &afterHeld{}, OnEvent: clienttest.UnexpectedEvent(t), Logger: slog.New(slog.NewTextHandler(&log, nil))}
		require.Equal(t, http.StatusServiceUnavailable, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
		require.Contains(t, log.String(), "connection refused")
	})
}
