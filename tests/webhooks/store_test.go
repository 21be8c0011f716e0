package webhooks_test

import (
	"bytes"
	"context"
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

// scripted is a store that does what a test says, and counts.
type scripted struct {
	claim                   func(ctx context.Context, asked int) (djamo.Claim, error)
	done                    func(ctx context.Context, marked int) error
	release                 func(ctx context.Context) error
	asked, marked, released int
}

func (s *scripted) Claim(ctx context.Context, _, _ string, _ time.Duration) (djamo.Claim, error) {
	s.asked++
	if s.claim == nil {
		return djamo.ClaimGranted, nil
	}
	return s.claim(ctx, s.asked)
}

func (s *scripted) Done(ctx context.Context, _, _ string) error {
	s.marked++
	if s.done == nil {
		return nil
	}
	return s.done(ctx, s.marked)
}

func (s *scripted) Release(ctx context.Context, _, _ string) error {
	s.released++
	if s.release == nil {
		return nil
	}
	return s.release(ctx)
}

// on answers one delivery with a store of that kind; it returns the answer's status and the log, and how long it took.
func (s *scripted) on(t *testing.T, r *http.Request, callback func(context.Context, djamo.Event) error) (status int, log string, took time.Duration) {
	t.Helper()
	var out bytes.Buffer
	handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Seen: s, Timeout: time.Second, OnEvent: callback,
		Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	start := time.Now()
	status = clienttest.AnswerTo(handler, r).Code
	return status, out.String(), time.Since(start)
}

func accepts(context.Context, djamo.Event) error { return nil }

// A claim is fresh for as long as Timeout from before it was asked for: what is left covers the callback and the mark.
func TestWebhookHandler_StaleClaimsAreAskedForAgainAndGivenUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		late            time.Duration
		status          int
		asked, released int
	}{
		{time.Second, http.StatusOK, 1, 0},
		{time.Second + 1, http.StatusInternalServerError, 3, 1},
		{1500 * time.Millisecond, http.StatusInternalServerError, 3, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := &scripted{claim: func(context.Context, int) (djamo.Claim, error) {
				time.Sleep(tt.late) //nolint:forbidigo // in a synctest bubble
				return djamo.ClaimGranted, nil
			}}
			status, log, _ := store.on(t, clienttest.Signed(clienttest.Delivery), accepts)
			require.Equal(t, tt.status, status, tt.late)
			require.Equal(t, tt.asked, store.asked)
			require.Equal(t, tt.released, store.released)
			if tt.released > 0 {
				require.Contains(t, log, "each of 3 claims was old")
			}
		})
	}
}

// A store that fails is our fault, one that was cut off because the sender hung up is not.
func TestWebhookHandler_TellsAFailingStoreFromAnImpatientSender(t *testing.T) {
	t.Parallel()
	untilTheEnd := func(ctx context.Context, _ int) (djamo.Claim, error) { <-ctx.Done(); return 0, ctx.Err() }
	heldThen := func(then func(context.Context, int) (djamo.Claim, error)) func(context.Context, int) (djamo.Claim, error) {
		return func(ctx context.Context, asked int) (djamo.Claim, error) {
			if asked == 1 {
				return djamo.ClaimHeld, nil
			}
			return then(ctx, asked)
		}
	}
	fails := func(context.Context, int) (djamo.Claim, error) { return 0, clienttest.ErrNotNow }
	for _, tt := range []struct {
		name     string
		claim    func(context.Context, int) (djamo.Claim, error)
		patience time.Duration // of the sender; 0: all there is
		status   int
		reason   string
	}{
		{"it fails", fails, 0, 500, `level=ERROR msg="djamo: webhook not handled: the deduper failed"`},
		{"it fails while another copy is handled", heldThen(fails), 0, 500, `level=ERROR msg="djamo: webhook not handled: the deduper failed"`},
		{"it hangs", untilTheEnd, 0, 500, `level=ERROR msg="djamo: webhook not handled: the deduper failed"`},
		{"it hangs while another copy is handled", heldThen(untilTheEnd), 0, 503, `level=WARN msg="djamo: asking the deduper for a webhook was cut off"`},
		{"it hangs and the sender hangs up", untilTheEnd, time.Millisecond, 503, `level=WARN msg="djamo: asking the deduper for a webhook was cut off"`},
		{"another copy is handled", func(context.Context, int) (djamo.Claim, error) { return djamo.ClaimHeld, nil }, 0, 503, `level=WARN msg="djamo: webhook not handled: another copy of it still is"`},
		{"it was handled", func(context.Context, int) (djamo.Claim, error) { return djamo.ClaimDone, nil }, 0, 200, `level=DEBUG msg="djamo: webhook repeated"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.patience > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.patience)
					defer cancel()
				}
				status, log, _ := (&scripted{claim: tt.claim}).on(t, clienttest.Signed(clienttest.Delivery).WithContext(ctx), clienttest.UnexpectedEvent(t))
				require.Equal(t, tt.status, status)
				require.Contains(t, log, tt.reason)
			})
		})
	}
}

func TestWebhookHandler_MarksUntilItIsRemembered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		done   func(ctx context.Context, marked int) error
		marked int
		took   time.Duration
		level  string
	}{
		{"at once", nil, 1, 0, "level=DEBUG"},
		{"at the third try", func(_ context.Context, marked int) error {
			if marked < 3 {
				return clienttest.ErrNotNow
			}
			return nil
		}, 3, 40 * time.Millisecond, "level=DEBUG"},
		{"never", func(context.Context, int) error { return clienttest.ErrNotNow }, 3, 40 * time.Millisecond, "level=ERROR"},
		{"it hangs", func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }, 1, time.Second, "level=ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &scripted{done: tt.done}
				status, log, took := store.on(t, clienttest.Signed(clienttest.Delivery), accepts)
				require.Equal(t, http.StatusOK, status, "it is handled, and asking for it again would handle it twice")
				require.Equal(t, tt.marked, store.marked)
				require.Equal(t, tt.took, took)
				require.Contains(t, log, tt.level)
			})
		})
	}
}

// A claim that is used to the last moment was not overstayed.
func TestWebhookHandler_ALeaseUsedToTheEndIsNotOverrun(t *testing.T) {
	t.Parallel()
	for late, overrun := range map[time.Duration]bool{0: false, 1: true} {
		synctest.Test(t, func(t *testing.T) {
			sleep := func(d time.Duration) error {
				time.Sleep(d) //nolint:forbidigo // in a synctest bubble
				return nil
			}
			store := &scripted{
				claim: func(context.Context, int) (djamo.Claim, error) { return djamo.ClaimGranted, sleep(time.Second) },
				done:  func(context.Context, int) error { return sleep(time.Second + late) },
			}
			status, log, _ := store.on(t, clienttest.Signed(clienttest.Delivery), func(context.Context, djamo.Event) error { return sleep(time.Second) })
			require.Equal(t, http.StatusOK, status)
			if overrun {
				require.Contains(t, log, "took longer than its claim")
			} else {
				require.NotContains(t, log, "took longer than its claim")
			}
		})
	}
}

// With a store that is down, a callback that failed is told of after five seconds and not after all of a long Timeout.
func TestWebhookHandler_GivesUpGivingUp(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{0: 5 * time.Second, 2 * time.Second: 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			store := &scripted{release: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
			handler := &djamo.WebhookHandler{Secrets: []string{"s"}, Seen: store, Timeout: timeout, OnEvent: func(context.Context, djamo.Event) error { return clienttest.ErrNotNow }}
			start := time.Now()
			require.Equal(t, http.StatusInternalServerError, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
			require.Equal(t, want, time.Since(start))
		})
	}
}

func panicInCallback() { panic("in the callback") }
func panicInRelease()  { panic("in the store") }

// Where a callback panicked is not forgotten because its store panics, too.
func TestWebhookHandler_TheFirstPanicIsTheOneToldOf(t *testing.T) {
	t.Parallel()
	store := &scripted{release: func(context.Context) error { panicInRelease(); return nil }}
	status, log, _ := store.on(t, clienttest.Signed(clienttest.Delivery), func(context.Context, djamo.Event) error { panicInCallback(); return nil })
	require.Equal(t, http.StatusInternalServerError, status)
	before, after, found := bytes.Cut([]byte(log), []byte("the callback failed"))
	require.True(t, found)
	require.Contains(t, string(before), "panicInRelease")
	require.Contains(t, string(after), "panicInCallback")
	require.NotContains(t, string(after), "panicInRelease")
}

func TestWebhookHandler_Defaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left := time.Duration(0)
		handler := &djamo.WebhookHandler{Secrets: []string{"s"}, OnEvent: func(ctx context.Context, _ djamo.Event) error {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return nil
		}}
		require.Equal(t, http.StatusOK, clienttest.AnswerTo(handler, clienttest.Signed(clienttest.Delivery)).Code)
		require.Equal(t, 30*time.Second, left)
		require.Equal(t, http.StatusRequestEntityTooLarge, clienttest.AnswerTo(&djamo.WebhookHandler{Secrets: []string{"s"}, MaxBytes: 1}, clienttest.Signed("{}")).Code)
		require.Equal(t, "djamo.WebhookHandler(nil)", fmt.Sprint((*djamo.WebhookHandler)(nil)))
	})
}
