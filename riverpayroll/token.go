package riverpayroll

import (
	"context"
	"errors"
	"fmt"

	"github.com/djamo/djamo-go"
)

// CheckClient asks the API for the balance, once, and fails when the API turns the client away whatever it asks: its token
// is wrong or was revoked, or its address is blocked. Call it before a worker starts, which would otherwise wait for ever.
// An API that is away or slow is no error: the worker waits for it.
func CheckClient(ctx context.Context, client *djamo.Client) error {
	_, err := client.Balance.Get(ctx)
	switch {
	case turnedAway(err):
		return fmt.Errorf("riverpayroll: the API turns this worker away: %w", err)
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return nil
}

// turnedAway reports whether the API would answer so whatever it were asked.
func turnedAway(err error) bool {
	return errors.Is(err, djamo.ErrUnauthorized) || errors.Is(err, djamo.ErrForbidden) || errors.Is(err, djamo.ErrBlocked)
}
