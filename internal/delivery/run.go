package delivery

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// outcome is what became of an event, the worse the greater.
type outcome int

const (
	handled   outcome = iota // now or before
	held                     // another owner is handling it, or there was no time left for it
	failed                   // the callback failed
	unclaimed                // the store failed
)

// Handle claims the events and calls back for each that is granted, in their order, and answers the delivery: with Success
// when all are handled, by now or before; with 503 where another copy is still being handled; with 500 where a callback or
// the store failed. After an event that failed the others are still handled: those that are done do not run again when the
// delivery comes again. After an event that the store could not say anything of, nothing else is begun.
func (rc *Receiver) Handle(w http.ResponseWriter, r *http.Request, events ...Event) {
	worst, began := handled, time.Now()
	for i := range events {
		run := &run{Receiver: rc, Event: &events[i], owner: rand.Text(), began: began}
		worst = max(worst, run.handle(r.Context()))
		if worst == unclaimed {
			break
		}
	}
	switch worst {
	case handled:
		rc.Accept(w)
	case held:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "another copy of the delivery is being handled", http.StatusServiceUnavailable)
	case failed:
		http.Error(w, "the delivery was not handled", http.StatusInternalServerError)
	case unclaimed:
		http.Error(w, "the delivery cannot be handled now", http.StatusInternalServerError)
	}
}

// run is one attempt to handle an event.
type run struct {
	*Receiver
	*Event

	owner string
	began time.Time // of the delivery
	asked time.Time // before the claim that is held was asked for
	stack []byte    // where the callback or the store panicked
}

// lease covers the asking for it, the callback, and the mark that it is done, each for as long as Timeout.
func (run *run) lease() time.Duration { return 3 * run.Timeout }

// elapsed is how much of the lease is over, counted from before it was asked for: the store may have granted it then.
func (run *run) elapsed() time.Duration { return clock.Elapsed(run.asked, time.Now()) }

// remaining is how long a callback may take, or a wait for another copy.
func (run *run) remaining() time.Duration {
	if run.Within <= 0 {
		return run.Timeout
	}
	return min(run.Timeout, run.Within-clock.Elapsed(run.began, time.Now()))
}

func (run *run) handle(ctx context.Context) outcome {
	claim, err := run.claim(ctx)
	switch {
	case err != nil:
		run.fail(ctx, "webhook not handled: the deduper failed", err)
		return unclaimed
	case claim == Done:
		run.note(ctx, slog.LevelDebug, "webhook repeated")
		return handled
	case claim != Granted:
		run.note(ctx, slog.LevelWarn, "webhook not handled: another copy of it still is")
		return held
	case run.remaining() <= 0:
		run.release(ctx)
		run.note(ctx, slog.LevelWarn, "webhook not handled: no time was left for it")
		return held
	case run.execute(ctx):
		return handled
	}
	return failed
}

// claim is Granted only when enough of the lease is left for the callback and the mark. A machine that was frozen since it
// asked, or whose store took long to answer, asks again: another may have handled the event meanwhile.
func (run *run) claim(ctx context.Context) (Claim, error) {
	const attempts = 3
	for range attempts {
		claim, err := run.awaitClaim(ctx)
		if claim != Granted || run.elapsed() <= run.lease()-2*run.Timeout {
			return claim, err
		}
	}
	run.release(ctx)
	return Held, fmt.Errorf("%s: claiming a delivery: each of %d claims was old when it came: is the store slower than Timeout?",
		run.Name, attempts)
}

// awaitClaim asks until the event is granted or done, or the time is over, or the sender has hung up. When another copy
// fails, its claim is given up, and this one is granted it.
func (run *run) awaitClaim(ctx context.Context) (Claim, error) {
	const minPause, maxPause = 2 * time.Millisecond, 250 * time.Millisecond
	sender := ctx
	ctx, cancel := context.WithTimeout(ctx, run.remaining())
	defer cancel()
	wasHeld := false
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		claim, err := run.claimOnce(ctx)
		switch {
		case err != nil:
			run.release(ctx) // an error says that nothing is known: it may have been granted
			if sender.Err() == nil && (!wasHeld || ctx.Err() == nil) {
				return Held, err
			}
			run.report(ctx, slog.LevelWarn, "asking the deduper for a webhook was cut off", err)
			return Held, nil
		case claim != Held:
			return claim, nil
		}
		wasHeld = true
		if clock.Sleep(ctx, pause-mathrand.N(pause/2)) != nil { //nolint:gosec // jitter needs no secrecy
			return Held, nil
		}
	}
}

func (run *run) claimOnce(ctx context.Context) (claim Claim, err error) {
	defer run.recoverPanic(&err)
	run.asked = time.Now()
	return run.Store.Claim(ctx, run.Key, run.owner, run.lease())
}

// execute runs the callback, whatever becomes of the sender, and reports whether it succeeded.
func (run *run) execute(ctx context.Context) bool {
	ctx = context.WithoutCancel(ctx)
	started := time.Now()
	defer run.warnOverrun(ctx)
	if err := run.call(ctx); err != nil {
		run.release(ctx)
		run.fail(ctx, "webhook not handled: the callback failed", err)
		return false
	}
	took := time.Since(started)
	// The event is handled. If that cannot be remembered, asking for it again would certainly run the callback a second
	// time, so the delivery is acknowledged all the same.
	if err := run.done(ctx); err != nil {
		run.fail(ctx, "webhook handled, but the deduper cannot remember it: a copy would be handled again", err)
		return true
	}
	run.note(ctx, slog.LevelDebug, "webhook handled", slog.Duration("took", took))
	return true
}

// warnOverrun logs an event that took longer than its claim.
func (run *run) warnOverrun(ctx context.Context) {
	if elapsed := run.elapsed(); elapsed > run.lease() {
		run.note(ctx, slog.LevelError, "a webhook took longer than its claim, and a copy of it may have run beside it",
			slog.Duration("took", elapsed))
	}
}

// call runs the callback within its time, and turns a panic into an error.
func (run *run) call(ctx context.Context) (err error) {
	limited, cancel := context.WithTimeout(ctx, run.remaining())
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
	err = run.Callback(limited)
	returned = true
	return err
}

// recoverPanic turns a panic of the store into an error.
func (run *run) recoverPanic(err *error) {
	if value := recover(); value != nil {
		*err = run.panicked(value)
	}
}

// panicError is what a callback or a store panicked with.
type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// panicked calls no method of the value, which may panic too.
func (run *run) panicked(value any) error {
	if value == http.ErrAbortHandler { //nolint:errorlint // as net/http compares: errors.Is would call the value's methods
		return http.ErrAbortHandler // a wish to give up, not a fault to find: it needs no stack
	}
	run.stack = debug.Stack()
	return &panicError{value}
}

// done marks the event as handled. It tries more than once, because a failure here means that a repeat is handled again.
func (run *run) done(ctx context.Context) error {
	const attempts, pause = 3, 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, run.Timeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := run.doneOnce(ctx)
		if err == nil || attempt == attempts || clock.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

func (run *run) doneOnce(ctx context.Context) (err error) {
	defer run.recoverPanic(&err)
	return run.Store.Done(ctx, run.Key, run.owner)
}

// release gives the claim up, so that the next copy is handled at once and not when the lease ends.
func (run *run) release(ctx context.Context) {
	const maxTime = 5 * time.Second // waiting for a store that is down is of no use
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(maxTime, run.Timeout))
	defer cancel()
	stack := run.stack
	if err := run.releaseOnce(ctx); err != nil {
		run.report(ctx, slog.LevelWarn, "a webhook's claim was not given up: copies wait until it ends", err)
	}
	run.stack = stack // that of what led here
}

func (run *run) releaseOnce(ctx context.Context) (err error) {
	defer run.recoverPanic(&err)
	return run.Store.Release(ctx, run.Key, run.owner)
}

func (run *run) note(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	if run.Attrs != nil {
		attrs = append(run.Attrs(), attrs...)
	}
	run.Log(ctx, level, message, attrs...)
}

func (run *run) fail(ctx context.Context, message string, err error) {
	run.report(ctx, slog.LevelError, message, err)
}

func (run *run) report(ctx context.Context, level slog.Level, message string, err error) {
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
