package walletotel

import (
	"context"
	"errors"
	"strconv"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// errorType is the kind of an error. Its text is never recorded.
func errorType(err error) string {
	for _, known := range []struct {
		is   error
		name string
	}{
		{wallet.ErrConsentRevoked, "consent_revoked"},
		{wallet.ErrConsentExpired, "consent_expired"},
		{wallet.ErrInvalidToken, "invalid_token"},
		{wallet.ErrMutation, "mutation"},
		{wallet.ErrInvalidCursor, "invalid_cursor"},
		{wallet.ErrRateLimited, "rate_limited"},
		{wallet.ErrPage, "page_refused"},
		{consent.ErrKey, "other_key"},
		{consent.ErrUnknown, "consent_unknown"},
		{consent.ErrBusy, "refresh_busy"},
		{walletsync.ErrLeaseLost, "lease_lost"},
		{walletsync.ErrStale, "stale"},
		{walletsync.ErrCircle, "cursor_circle"},
		{sqlstore.ErrStore, "store"},
	} {
		if errors.Is(err, known.is) {
			return known.name
		}
	}
	if ended, ok := errors.AsType[*consent.EndedError](err); ok {
		return "consent_" + string(ended.State)
	}
	if _, ok := errors.AsType[*consent.HeldError](err); ok {
		return "held"
	}
	if answer, ok := errors.AsType[*wallet.Error](err); ok && answer.Status > 0 {
		return strconv.Itoa(answer.Status)
	}
	switch {
	case errors.Is(err, consent.ErrNotSent):
		return "refresh_not_sent"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "_OTHER"
}
