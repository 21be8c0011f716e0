// Package dedupertest holds the tests that every [djamo.Deduper] must pass, whatever store it stands on. An
// implementation of your own runs them in one line:
//
//	func TestMyDeduper(t *testing.T) {
//		dedupertest.Run(t, func(t testing.TB) djamo.Deduper { return newMyDeduper(t) })
//	}
//
// The tests use keys that nobody used before, so a store that holds other things is left as it was, and they are
// bounded: an implementation that blocks fails rather than hangs.
package dedupertest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
)

const (
	// bound is how long one case may take, on the slowest machine.
	bound = 5 * time.Minute
	// long is a lease that does not end while a case runs.
	long = time.Hour
	// brief is a lease that a case sees the end of.
	brief = 50 * time.Millisecond
)

// Run runs every case as a subtest. Each call of open stands for one more machine: it returns a handle of its own on
// the one store that all of them share, and leaves closing it to t.Cleanup. A Deduper for one process returns the same
// one each time. Subtests run at the same time, so open may be called from several goroutines at once.
func Run(t *testing.T, open func(t testing.TB) djamo.Deduper) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(newTrial(t, open))
		})
	}
}

// one is a case. It takes a testing.TB, not a *testing.T, so that the cases themselves are tested.
type one struct {
	name string
	run  func(t *trial)
}

func cases() []one {
	return []one{
		{"first claim is granted", firstClaim},
		{"second claim is held", secondClaim},
		{"own claim is renewed", ownClaim},
		{"renewed claim outlives the first lease", renewedClaim},
		{"done is remembered", doneRemembered},
		{"done outlives the lease", doneOutlivesLease},
		{"done is safe to repeat", doneRepeated},
		{"done needs no claim", doneWithoutClaim},
		{"done after the claim was lost stays done", doneAfterLoss},
		{"release frees at once", releaseFrees},
		{"release is safe to repeat", releaseRepeated},
		{"release by a stranger does nothing", releaseByStranger},
		{"release by a stale owner does nothing", releaseByStaleOwner},
		{"release after done does nothing", releaseAfterDone},
		{"expired lease is taken over", expiredLease},
		{"cancelled context grants nothing", cancelledContext},
		{"bad arguments are errors", badArguments},
		{"keys are independent", independentKeys},
		{"odd keys", oddKeys},
		{"odd owners", oddOwners},
		{"long keys differ in their last byte", longKeys},
		{"fifty claim one key, one is granted", oneOfMany},
		{"fifty claim forty keys, one is granted each", oneOfManyEach},
		{"fifty claim an expired key, one is granted", oneOfManyExpired},
		{"fifty ask until it is done, one does it", oneDoesIt},
		{"fifty copies to several handlers run the callback once", handlersRunOnce},
		{"fifty copies to several handlers run the callback until it succeeds", handlersRunUntilOneSucceeds},
	}
}

// trial is what a case works on: two machines on one store, a key that is new, and the end of its time.
type trial struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // a trial lives as long as one case, and so does the context
	giveUp   context.CancelFunc
	open     func(t testing.TB) djamo.Deduper
	one, two djamo.Deduper
	key      string
}

func newTrial(t testing.TB, open func(t testing.TB) djamo.Deduper) *trial {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	return &trial{t, ctx, cancel, open, open(t), open(t), "dedupertest:" + rand.Text()}
}

// claims asks and checks the answer.
func (t *trial) claims(d djamo.Deduper, key, owner string, lease time.Duration, want djamo.Claim) {
	t.Helper()
	got, err := d.Claim(t.ctx, key, owner, lease)
	if err != nil {
		t.Fatalf("Claim by %s: %v", shown(owner), err)
	}
	if got != want {
		t.Fatalf("Claim by %s of %s: got %s, want %s", shown(owner), shown(key), got, want)
	}
}

func (t *trial) done(d djamo.Deduper, key, owner string) {
	t.Helper()
	if err := d.Done(t.ctx, key, owner); err != nil {
		t.Fatalf("Done by %s: %v", shown(owner), err)
	}
}

func (t *trial) release(d djamo.Deduper, key, owner string) {
	t.Helper()
	if err := d.Release(t.ctx, key, owner); err != nil {
		t.Fatalf("Release by %s: %v", shown(owner), err)
	}
}

// takesOver asks again and again until the lease of whoever holds the key has ended.
func (t *trial) takesOver(d djamo.Deduper, key, owner string) {
	t.Helper()
	tick := time.NewTicker(brief / 10)
	defer tick.Stop()
	for {
		got, err := d.Claim(t.ctx, key, owner, long)
		switch {
		case err != nil && t.ctx.Err() == nil:
			t.Fatalf("Claim by %s, after a lease of %s: %v", shown(owner), brief, err)
		case err == nil && got == djamo.ClaimGranted:
			return
		case got != djamo.ClaimHeld:
			t.Fatalf("Claim by %s, after a lease of %s: got %s, want held and then granted", shown(owner), brief, got)
		}
		select {
		case <-tick.C:
		case <-t.ctx.Done():
			t.Fatalf("Claim by %s: still held long after a lease of %s: a dead owner must not block a delivery for ever", shown(owner), brief)
		}
	}
}

// outlive returns when a brief lease that began before the call has ended by the clock of the store. It learns so from
// a claim of its own.
func (t *trial) outlive() {
	t.Helper()
	witness := t.key + ":witness"
	t.claims(t.one, witness, "the witness", brief, djamo.ClaimGranted)
	t.takesOver(t.one, witness, "the witness's heir")
}

// shown keeps a very long or unprintable text readable in a message.
func shown(text string) string {
	const maxText = 60
	if len(text) > maxText {
		return quote(text[:maxText]) + "…"
	}
	return quote(text)
}
