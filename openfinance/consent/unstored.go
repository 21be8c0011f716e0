package consent

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// Flush stores the new pairs that the store did not take when they came. Package walletsync calls it every few seconds and at the end:
// the wallets of a consent may be another process's by then, and nobody uses it here.
func (k *Keeper) Flush(ctx context.Context) error {
	if !k.flushing.TryLock() {
		return nil // another does so
	}
	defer k.flushing.Unlock()
	k.mu.Lock()
	keys := slices.Collect(maps.Keys(k.unstored))
	k.mu.Unlock()
	var failures []error
	for _, key := range keys {
		failures = append(failures, k.storeUnstored(ctx, key))
	}
	return errors.Join(failures...)
}

// errUnstored is a new pair that is not stored.
var errUnstored = errors.New("consent: the new tokens are not stored yet")

// keepUnstored remembers a new pair until it is stored: there is no other that is good.
func (k *Keeper) keepUnstored(came redeemed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.unstored == nil {
		k.unstored = map[string]redeemed{}
	}
	k.unstored[came.leased.Key] = came
}

// forgetUnstored lets a pair go that is stored, and no other that came since.
func (k *Keeper) forgetUnstored(came redeemed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := came.leased.Key; k.unstored[key].leased.Lessee == came.leased.Lessee {
		delete(k.unstored, key)
	}
}

// isUnstored reports whether there is a new pair that is not stored.
func (k *Keeper) isUnstored(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, ok := k.unstored[key]
	return ok
}

// storeUnstored tries to store the pair of a consent that is not yet, whoever else is at it. Nothing is read or exchanged before it is
// there.
func (k *Keeper) storeUnstored(ctx context.Context, key string) error {
	k.mu.Lock()
	came, ok := k.unstored[key]
	k.mu.Unlock()
	if !ok {
		return nil
	}
	if _, err := k.settle(ctx, came); errors.Is(err, errUnstored) {
		return err
	}
	return nil // what the store has says what came of it
}
