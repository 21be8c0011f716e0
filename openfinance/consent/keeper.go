package consent

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Notice is something that the operator or the holder should hear of.
type Notice struct {
	Key   string
	State State
	Days  int // until the end of the consent, of a warning; 0 otherwise
}

// Refresh is one exchange of a refresh token, for metrics.
type Refresh struct {
	Took time.Duration
	Err  error // nil: there are new tokens, and they are stored
}

// Keeper gives out access to wallets and keeps the tokens behind it fresh. Safe for concurrent use.
type Keeper struct {
	Store     Store
	Sealer    *Sealer
	Exchanger Exchanger // nil: tokens are not refreshed
	Owner     string    // of this process, unlike that of any other

	Now     func() time.Time  // nil: time.Now
	Logger  *slog.Logger      // nil: silence
	Notify  func(Notice)      // nil: nobody
	Observe func(Refresh)     // of each exchange, for metrics; nil: nobody
	Limit   time.Duration     // of one exchange, the same in every process; 0: 10 s
	Alive   func(string) bool // reports whether the owner of a lease lives; nil: the lease decides

	exchanges atomic.Int64
	flushing  sync.Mutex
	mu        sync.Mutex
	seen      map[string]sighting // leases of others, by consent
	unstored  map[string]redeemed // new pairs until they are stored, by consent
}

func (k *Keeper) now() time.Time {
	if k.Now != nil {
		return k.Now()
	}
	return time.Now()
}

func (k *Keeper) limit() time.Duration {
	if k.Limit > 0 {
		return k.Limit
	}
	return 10 * time.Second
}

func (k *Keeper) notify(record Record, days int) {
	if k.Logger != nil {
		k.Logger.Warn(
			"consent: state",
			slog.String("consent", record.Key),
			slog.String("state", string(record.State)),
			slog.Int("days", days),
		)
	}
	if k.Notify != nil {
		k.Notify(Notice{Key: record.Key, State: record.State, Days: days})
	}
}

// Adopt stores a grant that is new and returns its key. A pair that was adopted before changes no tokens, nor does one that another
// replaced since, which a process has that was configured earlier: the store has newer ones. Another pair replaces what the store
// has, and heals a consent that had expired. A revoked consent stays revoked, without an error: reading says so.
func (k *Keeper) Adopt(ctx context.Context, grant Grant) (key string, err error) {
	if grant.ID == "" || grant.Token == "" {
		return "", errors.New("consent: a grant needs an id and a token")
	}
	key = k.Sealer.Key(grant.ID)
	pair := k.Sealer.hash("pair", grant.Token, grant.RefreshToken)
	return key, k.Store.UpdateConsent(ctx, key, func(r *Record) ([]string, error) {
		given := strings.Fields(r.First)
		switch {
		case r.State == Revoked:
			return nil, nil
		case slices.Contains(given, pair):
			if given[0] == pair {
				r.knowEnd(grant.Ends)
			}
			return nil, nil
		}
		const kept = 32
		first := strings.Join(append([]string{pair}, given[:min(len(given), kept-1)]...), " ")
		box, err := k.Sealer.seal(key, sealed{ID: grant.ID, Token: grant.Token, Refresh: grant.RefreshToken})
		if err != nil {
			return nil, err
		}
		*r = Record{
			Key: key, State: Granted, Epoch: r.Epoch + 1, Generation: r.Generation + 1, Sealed: box, First: first,
			TokenExpires: grant.TokenExpires, Ends: grant.Ends, HeldUntil: r.HeldUntil,
		}
		if !grant.TokenExpires.IsZero() {
			r.Lifetime = grant.TokenExpires.Sub(k.now())
		}
		return []string{"granted"}, nil
	})
}

// knowEnd takes in when a consent ends, where that was not known before, or has changed since.
func (r *Record) knowEnd(ends time.Time) {
	if ends.IsZero() || ends.Equal(r.Ends) || !r.State.Live() {
		return
	}
	r.Ends, r.Warned = ends, 0
	if r.State == Expiring {
		r.State = Active
	}
}

// Check reports ErrKey when the tokens of a consent were sealed with another key than the Keeper's.
func (k *Keeper) Check(ctx context.Context, key string) error {
	record, ok, err := k.Store.Consent(ctx, key)
	if err != nil || !ok || len(record.Sealed) == 0 {
		return err
	}
	_, err = k.Sealer.open(record.Key, record.Sealed)
	return err
}

// live is a consent under which may be read. The error is ErrUnknown, an EndedError or the store's.
func (k *Keeper) live(ctx context.Context, key string) (Record, error) {
	if err := k.storeUnstored(ctx, key); err != nil {
		return Record{}, err
	}
	record, ok, err := k.Store.Consent(ctx, key)
	switch {
	case err != nil:
		k.unsee(key)
		return Record{}, err
	case !ok:
		return Record{}, ErrUnknown
	case !record.State.Live():
		return Record{}, &EndedError{State: record.State}
	}
	return record, nil
}

// Use gives access under a consent, with tokens that were refreshed when that was due. The error is an EndedError when
// nothing may be read, a HeldError when the gateway asked to wait, and otherwise passes.
func (k *Keeper) Use(ctx context.Context, key string) (Access, error) {
	record, err := k.live(ctx, key)
	if err != nil {
		return Access{}, err
	}
	now := k.now()
	if record, err = k.watchEnd(ctx, record, now); err != nil {
		return Access{}, err
	}
	if record.Held(now) {
		return Access{}, &HeldError{Until: record.HeldUntil}
	}
	if k.due(record, now) {
		renewed, err := k.refresh(ctx, record)
		if err != nil {
			if _, ended := errors.AsType[*EndedError](err); ended || errors.Is(err, ErrKey) || errors.Is(err, errUnstored) ||
				!record.TokenExpires.After(now) {
				return Access{}, err
			}
			// The margin keeps the reads going while the authorization server is in trouble.
		} else {
			record = renewed
		}
	}
	return k.access(record)
}

func (k *Keeper) access(record Record) (Access, error) {
	content, err := k.Sealer.open(record.Key, record.Sealed)
	if err != nil {
		return Access{}, err
	}
	return Access{
		Key:        record.Key,
		ID:         content.ID,
		Token:      content.Token,
		Epoch:      record.Epoch,
		Generation: record.Generation,
		New:        record.State == Granted,
	}, nil
}

// watchEnd ends a consent whose time is over, and warns 14, 7 and 1 days before.
func (k *Keeper) watchEnd(ctx context.Context, record Record, now time.Time) (Record, error) {
	if record.Ends.IsZero() {
		return record, nil
	}
	left := record.Ends.Sub(now)
	if left <= 0 {
		return record, k.end(ctx, record.Key, record.Epoch, Expired)
	}
	warn := 0
	for _, days := range []int{14, 7, 1} {
		if left <= time.Duration(days)*24*time.Hour && (record.Warned == 0 || days < record.Warned) {
			warn = days
		}
	}
	if warn == 0 {
		return record, nil
	}
	warned, seen := false, record
	err := k.Store.UpdateConsent(ctx, record.Key, func(r *Record) ([]string, error) {
		warned = r.Epoch == seen.Epoch && r.Warned == seen.Warned && r.State.Live() // else it has ended, or another warned
		if warned {
			r.Warned, r.State = warn, Expiring
		}
		record = *r
		return nil, nil
	})
	switch {
	case err != nil:
	case !record.State.Live():
		err = &EndedError{State: record.State}
	case warned:
		k.notify(record, warn)
	}
	return record, err
}
