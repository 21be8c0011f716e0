package consent

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// margin is how long before its expiry a token is refreshed: 10 % of its lifetime or 2 minutes, and never more than a third.
func margin(lifetime time.Duration) time.Duration {
	return min(max(lifetime/10, 2*time.Minute), lifetime/3)
}

// due reports whether the token should be refreshed now. The share of the jitter comes from the generation, so that it is
// the same each time it is asked.
func (k *Keeper) due(record Record, now time.Time) bool {
	if k.Exchanger == nil || record.TokenExpires.IsZero() || pending(record.RefreshAfter, now) {
		return false
	}
	ahead := margin(record.Lifetime)
	jitter := time.Duration(0)
	if ahead > 0 {
		share := hashOf(record.Key, record.Generation)
		jitter = time.Duration(share % uint64(ahead/2+1)) //nolint:gosec // smaller than a duration
	}
	return !now.Before(record.TokenExpires.Add(-ahead - jitter/2))
}

func hashOf(text string, n int64) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	sum := uint64(offset)
	for _, c := range []byte(text + strconv.FormatInt(n, 10)) {
		sum = (sum ^ uint64(c)) * prime
	}
	return sum
}

// Renew is called when the gateway does not take a token: it returns the access under newer tokens, of another process or of
// an exchange that it makes. A token that cannot be refreshed ends in NeedsReauth.
func (k *Keeper) Renew(ctx context.Context, rejected Access) (Access, error) {
	record, err := k.live(ctx, rejected.Key)
	switch {
	case err != nil:
		return Access{}, err
	case record.Generation != rejected.Generation:
		return k.access(record)
	}
	content, err := k.Sealer.open(record.Key, record.Sealed)
	if err != nil {
		return Access{}, err
	}
	if content.Refresh == "" || k.Exchanger == nil {
		return Access{}, k.end(ctx, record.Key, record.Epoch, NeedsReauth)
	}
	if now := k.now(); pending(record.RefreshAfter, now) {
		return Access{}, &HeldError{Until: record.RefreshAfter}
	}
	if record, err = k.refresh(ctx, record); err != nil {
		return Access{}, err
	}
	return k.access(record)
}

// refresh exchanges the refresh token under a lease. What was stored by another meanwhile is returned instead.
func (k *Keeper) refresh(ctx context.Context, seen Record) (Record, error) {
	lessee := k.Owner + "#" + strconv.FormatInt(k.exchanges.Add(1), 10)
	var record Record
	var content sealed
	var leased time.Time
	asked := k.now()
	err := k.Store.UpdateConsent(ctx, seen.Key, func(r *Record) (actions []string, err error) {
		now := k.now()
		waited := now.Sub(asked)
		leased, asked = time.Time{}, now
		switch {
		case !r.State.Live():
			return nil, &EndedError{State: r.State}
		case r.Generation != seen.Generation:
			record = *r
			return nil, nil
		case k.isUnstored(r.Key):
			return nil, ErrBusy
		case r.Lessee != "" && k.alive(r.Lessee) && !k.outlived(r, now, waited):
			return nil, ErrBusy
		}
		if content, err = k.Sealer.open(r.Key, r.Sealed); err != nil {
			return nil, err
		}
		if content.Refresh == "" {
			record = *r
			return nil, nil
		}
		r.State, r.Lessee, r.LeaseUntil = Refreshing, lessee, now.Add(k.lease())
		r.Exchange++
		record, leased = *r, now
		return nil, nil
	})
	if !errors.Is(err, ErrBusy) {
		k.unsee(seen.Key)
	}
	if err != nil || leased.IsZero() {
		return record, err
	}
	began := k.now()
	tokens, exchangeErr := k.exchange(ctx, k.limit()-clock.Elapsed(leased, began), content.Refresh)
	came := redeemed{record, content, tokens, exchangeErr, k.now()}
	if exchangeErr == nil {
		k.keepUnstored(came) // storing it may take longer than the lease
	}
	record, err = k.settle(context.WithoutCancel(ctx), came)
	if k.Observe != nil {
		k.Observe(Refresh{Took: k.now().Sub(began), Err: err})
	}
	return record, err
}

// grace is how long an exchange goes on after its caller has ended. A program stops within ten seconds.
const grace = 5 * time.Second

// exchange makes the request of a refresh, in what is left of its time since the lease was taken. A process that stood still since, or
// whose database did, sends nothing: another may have taken the lease over, or the answer, which there will be but once, would come
// when nobody waits for it any more.
func (k *Keeper) exchange(ctx context.Context, left time.Duration, refreshToken string) (Tokens, error) {
	if left <= k.limit()/2 {
		return Tokens{}, fmt.Errorf("consent: the lease was taken too long ago: %w", ErrNotSent)
	}
	if err := ctx.Err(); err != nil {
		return Tokens{}, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	// What was sent is heard out, though the program is about to end, or the leases of the wallets have: a token whose answer is lost
	// is used up.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	tokens, err := k.Exchanger.Exchange(limited, refreshToken)
	if err == nil && tokens.Token == "" {
		err = errors.New("consent: the authorization server answered without a token")
	}
	return tokens, err
}

// redeemed is what came of an exchange.
type redeemed struct {
	leased  Record // as it was then
	content sealed
	tokens  Tokens
	err     error
	at      time.Time
}

// settle stores what came of an exchange.
func (k *Keeper) settle(ctx context.Context, came redeemed) (Record, error) {
	var record Record
	result := came.err
	err := k.Store.UpdateConsent(ctx, came.leased.Key, func(r *Record) ([]string, error) {
		result = came.err
		if !settles(r, came.leased, came.err) {
			record = *r
			if !r.State.Live() {
				result = &EndedError{State: r.State}
			} else if r.Generation != came.leased.Generation {
				result = nil // somebody stored a newer pair
			}
			return nil, nil
		}
		if r.State == NeedsReauth {
			r.Epoch++ // as with new tokens of the holder
		}
		r.Lessee, r.LeaseUntil, r.State = "", time.Time{}, Active
		if r.Warned != 0 {
			r.State = Expiring
		}
		actions, err := k.apply(r, came, &result)
		record = *r
		return actions, err
	})
	switch {
	case err != nil && came.err == nil:
		return record, fmt.Errorf("%w: %w", errUnstored, err)
	case err != nil:
		return record, errors.Join(err, came.err)
	case came.err == nil:
		k.forgetUnstored(came)
	}
	if came.err != nil && !record.State.Live() {
		k.notify(record, 0)
	}
	return record, result
}

// settles reports whether what came of an exchange is still to be stored. A new pair is the only good one, also where the
// exchange took so long that another process took the lease over: its exchange of the same token was refused, or will be.
func settles(r *Record, leased Record, exchangeErr error) bool {
	if exchangeErr == nil {
		refused := r.State == NeedsReauth && r.Epoch == leased.Epoch+1 && r.Generation == leased.Generation+1
		return refused || r.State.Live() && r.Generation == leased.Generation
	}
	return r.Lessee == leased.Lessee && r.Generation == leased.Generation
}

func (k *Keeper) apply(r *Record, came redeemed, result *error) ([]string, error) {
	content, tokens, exchangeErr, now := came.content, came.tokens, came.err, came.at
	held, isHeld := errors.AsType[*HeldError](exchangeErr)
	switch {
	case exchangeErr == nil:
		if tokens.RefreshToken != "" {
			content.Refresh = tokens.RefreshToken
		}
		content.Token = tokens.Token
		box, err := k.Sealer.seal(r.Key, content)
		if err != nil {
			return nil, err
		}
		r.Sealed, r.Generation, r.Exchange, r.Lifetime, r.TokenExpires, r.RefreshAfter = box, r.Generation+1, 0, tokens.Lifetime,
			time.Time{}, time.Time{}
		if tokens.Lifetime > 0 {
			r.TokenExpires = now.Add(tokens.Lifetime)
		}
		return []string{"refreshed"}, nil
	case errors.Is(exchangeErr, ErrRefused):
		// An exchange whose answer was lost may have used the token up: then it is not the holder who ended the consent.
		state := Revoked
		if came.leased.Exchange > 1 {
			state = NeedsReauth
		}
		endRecord(r, state)
		*result = &EndedError{State: state}
		return []string{string(state)}, nil
	case errors.Is(exchangeErr, ErrNotSent):
		r.Exchange--
	}
	r.RefreshAfter = now.Add(min(time.Second<<min(r.Exchange, 5), 30*time.Second))
	if isHeld {
		r.RefreshAfter = earlier(held.Until, now.Add(MaxHold))
	}
	return []string{"refresh failed"}, nil
}

// endRecord ends a consent: its tokens are gone and what was asked under it is not stored any more.
func endRecord(r *Record, state State) {
	r.State, r.Lessee, r.LeaseUntil = state, "", time.Time{}
	r.Epoch++
	r.Generation++
	r.Sealed = nil
}

// Ended records that the gateway told of the end of a consent, and returns the EndedError.
func (k *Keeper) Ended(ctx context.Context, access Access, state State) error {
	return k.end(ctx, access.Key, access.Epoch, state)
}

// end ends a consent unless it was given anew since an epoch.
func (k *Keeper) end(ctx context.Context, key string, epoch int64, state State) error {
	var record Record
	changed := false
	err := k.Store.UpdateConsent(ctx, key, func(r *Record) ([]string, error) {
		changed = r.Epoch == epoch && r.State != Revoked
		if !changed {
			record = *r
			return nil, nil
		}
		endRecord(r, state)
		record = *r
		return []string{string(state)}, nil
	})
	if err != nil {
		return err
	}
	if changed {
		k.notify(record, 0)
	}
	if record.State.Live() {
		return fmt.Errorf("consent: it was given anew meanwhile: %w", ErrBusy)
	}
	return &EndedError{State: record.State}
}

// Revoke ends a consent for good, as its holder wants, whatever becomes of its tokens meanwhile. Revoking again changes nothing.
func (k *Keeper) Revoke(ctx context.Context, id string) error {
	var record Record
	err := k.Store.UpdateConsent(ctx, k.Sealer.Key(id), func(r *Record) ([]string, error) {
		record = Record{}
		switch r.State {
		case "":
			return nil, ErrUnknown
		case Revoked:
			return nil, nil
		}
		endRecord(r, Revoked)
		record = *r
		return []string{string(Revoked)}, nil
	})
	if err == nil && record.State == Revoked {
		k.notify(record, 0)
	}
	return err
}

// Hold keeps every request under a consent back until a time, also after a restart, and no longer than MaxHold. It never shortens a
// hold.
func (k *Keeper) Hold(ctx context.Context, key string, until time.Time) error {
	return k.Store.UpdateConsent(ctx, key, func(r *Record) ([]string, error) {
		now := k.now()
		until = earlier(until, now.Add(MaxHold))
		if r.State != "" && (until.After(r.HeldUntil) || !r.Held(now)) {
			r.HeldUntil = until
		}
		return nil, nil
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Confirm records that the gateway took a pair for the first time.
func (k *Keeper) Confirm(ctx context.Context, access Access) error {
	return k.Store.UpdateConsent(ctx, access.Key, func(r *Record) ([]string, error) {
		if r.State == Granted && r.Epoch == access.Epoch {
			r.State = Active
		}
		return nil, nil
	})
}
