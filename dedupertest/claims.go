package dedupertest

import (
	"context"
	"strconv"
	"time"

	"github.com/djamo/djamo-go"
)

func quote(text string) string { return strconv.QuoteToASCII(text) }

func firstClaim(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
}

func secondClaim(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.claims(t.one, t.key, "b", long, djamo.ClaimHeld)
	t.claims(t.two, t.key, "b", long, djamo.ClaimHeld)
	t.claims(t.two, t.key, "c", long, djamo.ClaimHeld)
}

func ownClaim(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.claims(t.two, t.key, "a", long, djamo.ClaimGranted)
	t.claims(t.two, t.key, "b", long, djamo.ClaimHeld)
}

func renewedClaim(t *trial) {
	t.claims(t.one, t.key, "a", brief, djamo.ClaimGranted)
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.outlive()
	t.claims(t.two, t.key, "b", long, djamo.ClaimHeld)
}

func doneRemembered(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.done(t.one, t.key, "a")
	t.claims(t.one, t.key, "a", long, djamo.ClaimDone)
	t.claims(t.one, t.key, "b", long, djamo.ClaimDone)
	t.claims(t.two, t.key, "c", long, djamo.ClaimDone)
}

func doneOutlivesLease(t *trial) {
	t.claims(t.one, t.key, "a", brief, djamo.ClaimGranted)
	t.done(t.one, t.key, "a")
	t.outlive()
	t.claims(t.two, t.key, "b", long, djamo.ClaimDone)
}

func doneRepeated(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.done(t.one, t.key, "a")
	t.done(t.one, t.key, "a")
	t.done(t.two, t.key, "a")
	t.done(t.two, t.key, "b")
	t.claims(t.one, t.key, "c", long, djamo.ClaimDone)
}

func doneWithoutClaim(t *trial) {
	t.done(t.one, t.key, "a")
	t.claims(t.two, t.key, "b", long, djamo.ClaimDone)
}

// The owner was slow, not dead: its callback ran, and so must not run once more after that of its heir.
func doneAfterLoss(t *trial) {
	t.claims(t.one, t.key, "a", brief, djamo.ClaimGranted)
	t.takesOver(t.two, t.key, "b")
	t.done(t.one, t.key, "a")
	t.claims(t.two, t.key, "c", long, djamo.ClaimDone)
	t.release(t.two, t.key, "b") // its own run failed
	t.claims(t.two, t.key, "c", long, djamo.ClaimDone)
}

func releaseFrees(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.release(t.one, t.key, "a")
	t.claims(t.two, t.key, "b", long, djamo.ClaimGranted)
	t.release(t.one, t.key, "b") // from another machine than claimed it
	t.claims(t.two, t.key, "c", long, djamo.ClaimGranted)
}

func releaseRepeated(t *trial) {
	t.release(t.one, t.key, "a")
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.release(t.one, t.key, "a")
	t.release(t.one, t.key, "a")
	t.claims(t.two, t.key, "b", long, djamo.ClaimGranted)
	t.release(t.one, t.key, "a")
	t.claims(t.two, t.key, "c", long, djamo.ClaimHeld)
}

func releaseByStranger(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.release(t.two, t.key, "b")
	t.claims(t.two, t.key, "b", long, djamo.ClaimHeld)
}

func releaseByStaleOwner(t *trial) {
	t.claims(t.one, t.key, "a", brief, djamo.ClaimGranted)
	t.takesOver(t.two, t.key, "b")
	t.release(t.one, t.key, "a")
	t.claims(t.one, t.key, "c", long, djamo.ClaimHeld)
	t.claims(t.one, t.key, "a", long, djamo.ClaimHeld)
}

func releaseAfterDone(t *trial) {
	t.claims(t.one, t.key, "a", long, djamo.ClaimGranted)
	t.done(t.one, t.key, "a")
	t.release(t.one, t.key, "a")
	t.release(t.two, t.key, "b")
	t.claims(t.two, t.key, "c", long, djamo.ClaimDone)
}

func expiredLease(t *trial) {
	started := time.Now()
	t.claims(t.one, t.key, "a", brief, djamo.ClaimGranted)
	t.takesOver(t.two, t.key, "b")
	if after := time.Since(started); after < brief/2 { // half of it: clocks are read to the millisecond at best
		t.Fatalf("a lease of %s was taken over after %s", brief, after)
	}
	t.claims(t.one, t.key, "a", long, djamo.ClaimHeld)
	t.claims(t.one, t.key, "c", long, djamo.ClaimHeld)
}

func cancelledContext(t *trial) {
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	got, err := t.one.Claim(ctx, t.key, "a", long)
	if err == nil {
		t.Fatalf("Claim with a context that has ended: got %s and no error", got)
	}
	if got != djamo.ClaimHeld {
		t.Fatalf("Claim with a context that has ended: got %s beside the error, want held", got)
	}
	t.claims(t.two, t.key, "b", long, djamo.ClaimGranted)
}

func badArguments(t *trial) {
	for _, bad := range []struct {
		what, key, owner string
		lease            time.Duration
	}{
		{"an empty key", "", "a", long},
		{"an empty owner", t.key, "", long},
		{"a lease of zero", t.key, "a", 0},
		{"a negative lease", t.key, "a", -long},
	} {
		got, err := t.one.Claim(t.ctx, bad.key, bad.owner, bad.lease)
		if err == nil || got != djamo.ClaimHeld {
			t.Fatalf("Claim with %s: got %s and error %v, want held and an error", bad.what, got, err)
		}
		if bad.lease != long {
			continue
		}
		if err := t.one.Done(t.ctx, bad.key, bad.owner); err == nil {
			t.Fatalf("Done with %s: no error", bad.what)
		}
		if err := t.one.Release(t.ctx, bad.key, bad.owner); err == nil {
			t.Fatalf("Release with %s: no error", bad.what)
		}
	}
	t.claims(t.two, t.key, "b", 1, djamo.ClaimGranted) // the shortest lease there is
	t.takesOver(t.one, t.key, "c")
}
