// Package claimstore lets the receivers of open-finance gateways keep their claims in any djamo.Deduper.
package claimstore

import (
	"context"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/delivery"
)

// Store makes a delivery.Store of a Deduper.
type Store struct{ Deduper djamo.Deduper }

// Claim implements delivery.Store.
func (s Store) Claim(ctx context.Context, key, owner string, lease time.Duration) (delivery.Claim, error) {
	claim, err := s.Deduper.Claim(ctx, key, owner, lease)
	switch claim {
	case djamo.ClaimGranted:
		return delivery.Granted, err
	case djamo.ClaimDone:
		return delivery.Done, err
	case djamo.ClaimHeld:
	}
	return delivery.Held, err
}

// Done implements delivery.Store.
func (s Store) Done(ctx context.Context, key, owner string) error {
	return s.Deduper.Done(ctx, key, owner)
}

// Release implements delivery.Store.
func (s Store) Release(ctx context.Context, key, owner string) error {
	return s.Deduper.Release(ctx, key, owner)
}
