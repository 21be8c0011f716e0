package djamo

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/claim"
	"github.com/djamo/djamo-go/internal/recent"
)

// Deduper remembers which deliveries were handled, so that a repeat does not run a callback again. WebhookHandler keeps
// one in memory when it is given none; several machines need one they share, such as those of the modules sqldeduper
// and redisdeduper. Package dedupertest holds the tests every implementation must pass.
//
// A delivery is named by Event.Key: any bytes, of any length, compared byte by byte. An owner is a name that one attempt
// to handle it goes by, never used twice. Neither may be empty.
//
// An error says that nothing is known, never that nothing happened: the call may have been carried out. It is then safe
// to call again with the same key and owner.
type Deduper interface {
	// Claim asks for the right to handle a delivery. Of all that ask at the same moment, on all machines, one is
	// granted it, for as long as lease: after that the owner counts as dead and the next to ask is granted it. The owner
	// who holds it already is granted it anew, for another lease. With an error, such as that of a context that has
	// ended, the answer is ClaimHeld; a lease of zero or less is an error.
	Claim(ctx context.Context, key, owner string, lease time.Duration) (Claim, error)
	// Done remembers the delivery as handled, whoever holds the claim by now. It is safe to repeat.
	Done(ctx context.Context, key, owner string) error
	// Release gives the claim up, so that a redelivery is handled at once. It does nothing when the owner does not hold
	// it any more, or when the delivery is done. It is safe to repeat.
	Release(ctx context.Context, key, owner string) error
}

// Claim is the answer to Deduper.Claim. The zero value grants nothing and promises nothing.
type Claim int

// The answers to Deduper.Claim.
const (
	// ClaimHeld says that another owner is handling it: ask again, or let Djamo deliver again.
	ClaimHeld Claim = iota
	// ClaimGranted says that the owner who asked is the one to handle it.
	ClaimGranted
	// ClaimDone says that it was handled before.
	ClaimDone
)

// String names the claim.
func (c Claim) String() string {
	switch c {
	case ClaimHeld:
		return "held"
	case ClaimGranted:
		return "granted"
	case ClaimDone:
		return "done"
	}
	return fmt.Sprintf("Claim(%d)", int(c))
}

// defaultRemembered is how many handled deliveries a MemoryDeduper remembers: a day of 1,000 transfers an hour, four
// events each, in about 15 MB.
const defaultRemembered = 100_000

// MemoryDeduper is a Deduper for one process: a ring of the deliveries handled last. Its zero value is ready to use. It
// forgets with the process, so a delivery repeated after a restart runs the callback again.
type MemoryDeduper struct {
	// Remember is how many handled deliveries are remembered, 100,000 when it is 0 or less. Set it before the first use.
	Remember int

	mu      sync.Mutex
	claimed map[string]memoryClaim
	dropAt  int // how many claims there are when those of dead owners are next dropped
	done    map[string]struct{}
	added   recent.Ring[string] // what is in done
}

type memoryClaim struct {
	owner   string
	expires time.Time
}

// Claim implements Deduper.
func (d *MemoryDeduper) Claim(ctx context.Context, key, owner string, lease time.Duration) (Claim, error) {
	if err := checkClaim(key, owner, lease); err != nil {
		return ClaimHeld, err
	}
	if err := ctx.Err(); err != nil {
		return ClaimHeld, fmt.Errorf("djamo: claiming a delivery: %w", err)
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.done[key]; ok {
		return ClaimDone, nil
	}
	if held, ok := d.claimed[key]; ok && held.owner != owner && now.Before(held.expires) {
		return ClaimHeld, nil
	}
	d.dropExpired(now)
	d.claimed[key] = memoryClaim{owner, now.Add(lease)}
	return ClaimGranted, nil
}

// dropExpired drops claims that nobody gave up, whose deliveries may never come again: memory stays in proportion to what is
// being handled. It looks at all of them only when there are twice as many as it left.
func (d *MemoryDeduper) dropExpired(now time.Time) {
	const minClaims = 1024
	if d.claimed == nil {
		d.claimed, d.dropAt = map[string]memoryClaim{}, minClaims
	}
	if len(d.claimed) < d.dropAt {
		return
	}
	maps.DeleteFunc(d.claimed, func(_ string, held memoryClaim) bool { return !now.Before(held.expires) })
	d.dropAt = max(minClaims, 2*len(d.claimed))
}

// Done implements Deduper.
func (d *MemoryDeduper) Done(_ context.Context, key, owner string) error {
	if err := checkClaim(key, owner, 1); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.claimed, key)
	if _, ok := d.done[key]; ok {
		return nil
	}
	if d.done == nil {
		d.done = map[string]struct{}{}
	}
	d.done[key] = struct{}{}
	size := d.Remember
	if size <= 0 {
		size = defaultRemembered
	}
	if oldest, full := d.added.Add(key, size); full {
		delete(d.done, oldest)
	}
	return nil
}

// Release implements Deduper.
func (d *MemoryDeduper) Release(_ context.Context, key, owner string) error {
	if err := checkClaim(key, owner, 1); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.claimed[key].owner == owner {
		delete(d.claimed, key)
	}
	return nil
}

func checkClaim(key, owner string, lease time.Duration) error {
	if fault := claim.Check(key, owner, lease); fault != nil {
		return &ValidationError{Field: fault.Field, Value: fault.Value, Rule: fault.Rule}
	}
	return nil
}
