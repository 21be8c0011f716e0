package djamo

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/djamo/djamo-go/internal/transport"
)

// webhookRun is one attempt to handle a delivery.
type webhookRun struct {
	*WebhookHandler
	seen       Deduper
	event      *Event
	callback   webhookCallback
	key, owner string
	asked      time.Time // before the claim that is held was asked for
	stack      []byte    // where the callback or the deduper panicked
}

func newWebhookRun(h *WebhookHandler, event *Event, callback webhookCallback) *webhookRun {
	run := &webhookRun{WebhookHandler: h, seen: h.Seen, event: event, callback: callback, key: event.Key(), owner: rand.Text()}
	if run.seen == nil {
		run.seen = &h.memory
	}
	return run
}

// lease covers the asking for it, the callback, and the mark that it is done, each for as long as Timeout.
func (run *webhookRun) lease() time.Duration { return 3 * run.timeout() }

// passed is how much of the lease is behind us, counted from before it was asked for: the store may have granted it then.
// It is the larger of what two clocks say, since one stops while a virtual machine sleeps and people set the other.
func (run *webhookRun) passed() time.Duration {
	now := time.Now()
	return max(now.Sub(run.asked), now.Round(0).Sub(run.asked.Round(0)))
}

func (run *webhookRun) serve(w http.ResponseWriter, r *http.Request) {
	claim, err := run.claim(r.Context())
	switch {
	case err != nil:
		run.fail(r.Context(), "djamo: webhook not handled: the deduper failed", err)
		http.Error(w, "the delivery cannot be handled now", http.StatusInternalServerError)
	case claim == ClaimDone:
		run.note(r.Context(), slog.LevelDebug, "djamo: webhook repeated")
		w.WriteHeader(http.StatusOK)
	case claim == ClaimGranted && run.handle(r.Context()):
		w.WriteHeader(http.StatusOK)
	case claim == ClaimGranted:
		http.Error(w, "the delivery was not handled", http.StatusInternalServerError)
	default:
		run.note(r.Context(), slog.LevelWarn, "djamo: webhook not handled: another copy of it still is")
		w.Header().Set("Retry-After", "1")
		http.Error(w, "another copy of the delivery is being handled", http.StatusServiceUnavailable)
	}
}

// claim is ClaimGranted only when enough of the lease is left for the callback and the mark. A machine that was frozen
// since it asked, or whose store took long to answer, asks again: another may have handled the delivery meanwhile.
func (run *webhookRun) claim(ctx context.Context) (Claim, error) {
	const attempts = 3
	for range attempts {
		claim, err := run.await(ctx)
		if claim != ClaimGranted || run.passed() <= run.lease()-2*run.timeout() {
			return claim, err
		}
	}
	run.release(ctx)
	return ClaimHeld, fmt.Errorf("djamo: claiming a delivery: each of %d claims was old when it came: is the store slower than Timeout?", attempts)
}

// await asks for the delivery until it is granted or done, or the time or the sender's patience is over. Another copy
// that fails gives it up, and then this one has its turn.
func (run *webhookRun) await(ctx context.Context) (Claim, error) {
	const first, longest = 2 * time.Millisecond, 250 * time.Millisecond
	sender := ctx
	ctx, cancel := context.WithTimeout(ctx, run.timeout())
	defer cancel()
	held := false
	for pause := first; ; pause = min(2*pause, longest) {
		claim, err := run.ask(ctx)
		switch {
		case err != nil:
			run.release(ctx) // an error says that nothing is known: it may have been granted
			if sender.Err() == nil && (!held || ctx.Err() == nil) {
				return ClaimHeld, err
			}
			run.report(ctx, slog.LevelWarn, "djamo: asking the deduper for a webhook was cut off", err)
			return ClaimHeld, nil
		case claim != ClaimHeld:
			return claim, nil
		}
		held = true
		if transport.Sleep(ctx, pause-mathrand.N(pause/2)) != nil { //nolint:gosec // jitter needs no secrecy
			return ClaimHeld, nil
		}
	}
}

// ask asks once.
func (run *webhookRun) ask(ctx context.Context) (claim Claim, err error) {
	defer run.contain(&err)
	run.asked = time.Now()
	return run.seen.Claim(ctx, run.key, run.owner, run.lease())
}

// handle runs the callback, whatever becomes of the sender, and reports whether it succeeded.
func (run *webhookRun) handle(ctx context.Context) bool {
	ctx = context.WithoutCancel(ctx)
	started := time.Now()
	defer run.overrun(ctx)
	if err := run.call(ctx); err != nil {
		run.release(ctx)
		run.fail(ctx, "djamo: webhook not handled: the callback failed", err)
		return false
	}
	took := time.Since(started)
	// The event is handled. If that cannot be remembered, asking for it again would run the callback a second time for
	// certain, so the sender is thanked all the same.
	if err := run.done(ctx); err != nil {
		run.fail(ctx, "djamo: webhook handled, but the deduper cannot remember it: a copy would be handled again", err)
		return true
	}
	run.note(ctx, slog.LevelDebug, "djamo: webhook handled", slog.Duration("took", took))
	return true
}

// overrun tells of a delivery that took longer than its claim.
func (run *webhookRun) overrun(ctx context.Context) {
	if passed := run.passed(); passed > run.lease() {
		run.note(ctx, slog.LevelError, "djamo: a webhook took longer than its claim, and a copy of it may have run beside it", slog.Duration("took", passed))
	}
}

// call runs the callback within its time, and takes a panic for an error.
func (run *webhookRun) call(ctx context.Context) (err error) {
	limited, cancel := context.WithTimeout(ctx, run.timeout())
	defer cancel()
	returned := false
	defer func() {
		if returned {
			return
		}
		value := recover()
		if value == nil { // runtime.Goexit: nothing after this runs
			run.release(ctx)
		}
		err = run.panicked(value)
	}()
	err = run.callback(limited)
	returned = true
	return err
}

// contain takes a panic of the deduper for an error.
func (run *webhookRun) contain(err *error) {
	if value := recover(); value != nil {
		*err = run.panicked(value)
	}
}

// panicError is what a callback or a deduper panicked with.
type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// panicked asks nothing of the value, whose methods may panic too.
func (run *webhookRun) panicked(value any) error {
	if value == http.ErrAbortHandler { //nolint:errorlint // as net/http compares: errors.Is would call the value's methods
		return http.ErrAbortHandler // a wish to give up, not a fault to find: it needs no stack
	}
	run.stack = debug.Stack()
	return &panicError{value}
}

// done marks the delivery as handled. It tries more than once: what is lost here is the memory of it.
func (run *webhookRun) done(ctx context.Context) error {
	const attempts, pause = 3, 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, run.timeout())
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := run.mark(ctx)
		if err == nil || attempt == attempts || transport.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

func (run *webhookRun) mark(ctx context.Context) (err error) {
	defer run.contain(&err)
	return run.seen.Done(ctx, run.key, run.owner)
}

// release gives the claim up, so that the next copy is handled at once and not when the lease ends.
func (run *webhookRun) release(ctx context.Context) {
	const longest = 5 * time.Second // with a store that is down there is no use in waiting
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(longest, run.timeout()))
	defer cancel()
	stack := run.stack
	if err := run.giveUp(ctx); err != nil {
		run.report(ctx, slog.LevelWarn, "djamo: a webhook's claim was not given up: copies wait until it ends", err)
	}
	run.stack = stack // that of what led here
}

func (run *webhookRun) giveUp(ctx context.Context) (err error) {
	defer run.contain(&err)
	return run.seen.Release(ctx, run.key, run.owner)
}

func (run *webhookRun) note(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	run.log(ctx, level, message, append(run.event.attrs(), attrs...)...)
}

func (run *webhookRun) fail(ctx context.Context, message string, err error) {
	run.report(ctx, slog.LevelError, message, err)
}

func (run *webhookRun) report(ctx context.Context, level slog.Level, message string, err error) {
	attrs := []slog.Attr{slog.String("error", logText(errorText(err)))}
	if run.stack != nil {
		attrs = append(attrs, slog.String("stack", string(run.stack)))
	}
	run.note(ctx, level, message, attrs...)
}

// errorText reads an error that came from outside: it may be a nil pointer in an interface, or panic when it is read.
func errorText(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("an error of type %T that cannot be read", err)
		}
	}()
	return err.Error()
}

// logText keeps a text that came from outside to one bounded line without whole phone numbers.
func logText(text string) string { return oneLine(transport.MaskPhones(text)) }
