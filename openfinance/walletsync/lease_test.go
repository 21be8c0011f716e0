package walletsync

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// leaseStore is a store whose claims take their time, and whose renewals may get no answer.
type leaseStore struct {
	*slowStore

	claims time.Duration
	mute   atomic.Bool
	lost   atomic.Int64 // renewals that came too late
}

func (s *leaseStore) Claim(
	ctx context.Context, owner string, wallets []string, ttl time.Duration, alive func(string) bool,
) ([]Lease, error) {
	time.Sleep(s.claims) //nolint:forbidigo // in a bubble
	return s.slowStore.Claim(ctx, owner, wallets, ttl, alive)
}

func (s *leaseStore) Renew(ctx context.Context, owner string, ttl time.Duration) (bool, error) {
	if s.mute.Load() {
		<-ctx.Done()
		return false, ctx.Err()
	}
	kept, err := s.slowStore.Renew(ctx, owner, ttl)
	if !kept {
		s.lost.Add(1)
	}
	return kept, err
}

// A claim that takes longer than a lease, as that of many wallets does on a busy database, keeps no renewal waiting.
func TestRunner_AClaimThatTakesLongCostsNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScale(t, 5, false)
		store := &leaseStore{slowStore: s.store, claims: 30 * time.Second}
		s.runner.engine.Store = store
		s.run(t, func() {
			time.Sleep(3 * time.Minute) //nolint:forbidigo // in a bubble
		})
		require.EqualValues(t, 1, store.lost.Load(), "there is none before the first")
		for _, id := range s.ids {
			require.EqualValues(t, 1, s.store.wallets[id].state.Fence, "it was claimed once")
			require.Positive(t, s.fleet.polls[id])
		}
	})
}

// stuck is a gateway that does not answer.
type stuck struct{ begun, ended atomic.Int64 }

func (g *stuck) Page(ctx context.Context, _ wallet.Access, _ wallet.PageParams) (*wallet.Page, error) {
	g.begun.Add(1)
	<-ctx.Done()
	g.ended.Add(1)
	return nil, ctx.Err()
}

// Reads end before another process could begin, where a store does not say whether the leases are kept; and they begin again.
func TestRunner_StopsReadingBeforeItsLeasesEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const wallets = 5
		s := newScale(t, wallets, false)
		store, gateway := &leaseStore{slowStore: s.store}, &stuck{}
		s.runner.engine.Store, s.runner.engine.Gateway, s.runner.engine.ReadTimeout = store, gateway, time.Hour
		s.run(t, func() {
			time.Sleep(11 * time.Second) //nolint:forbidigo // in a bubble; the latest renewal was after 10 s
			require.EqualValues(t, wallets, gateway.begun.Load())
			store.mute.Store(true)
			time.Sleep(4900 * time.Millisecond) //nolint:forbidigo // as above
			require.Zero(t, gateway.ended.Load(), "the leases are good until 16 s")
			time.Sleep(100 * time.Millisecond) //nolint:forbidigo // as above
			synctest.Wait()
			require.EqualValues(t, wallets, gateway.ended.Load())
			time.Sleep(time.Minute) //nolint:forbidigo // as above
			require.EqualValues(t, wallets, gateway.begun.Load(), "nothing is read without a lease")
			store.mute.Store(false)
			time.Sleep(10 * time.Second) //nolint:forbidigo // as above
			require.EqualValues(t, 2*wallets, gateway.begun.Load())
		})
	})
}

// A process that stood still, such as a machine that slept, begins no read before it knows that the wallets are its own.
func TestRunner_BeginsNoReadAfterItsLeasesEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScale(t, 5, false)
		r := s.runner
		r.reading, r.cancel = context.WithCancel(t.Context())
		begin := func() (reads int) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.dispatch(time.Now())
			return r.live
		}
		require.NoError(t, r.renew(t.Context()))
		require.NoError(t, r.claim(t.Context()))
		time.Sleep(r.engine.leaseTTL()) //nolint:forbidigo // in a bubble
		require.Zero(t, begin())
		require.NoError(t, r.renew(t.Context()))
		require.NoError(t, r.claim(t.Context()))
		require.Positive(t, begin())
		r.mu.Lock()
		r.cancel()
		r.mu.Unlock()
		r.tasks.Wait()
	})
}

// Who waits, with once, for a wallet that another process holds does not wait for ever while that one cannot read it.
func TestRunner_OnceGivesUpWhatAnotherCannotRead(t *testing.T) {
	t.Parallel()
	for want, trouble := range map[string]func(t *testing.T, s *scale, state *State){
		"another process reads it, and cannot: no answer": func(_ *testing.T, _ *scale, state *State) {
			state.fail(live, errors.New("no answer"))
		},
		"accepts no request before": func(t *testing.T, s *scale, state *State) {
			t.Helper()
			require.NoError(t, s.runner.engine.Keeper.Hold(t.Context(), state.Consent, time.Now().Add(time.Hour)))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScale(t, 2, false)
			_, err := s.store.Renew(t.Context(), "other", 24*time.Hour)
			require.NoError(t, err)
			leases, err := s.store.Claim(t.Context(), "other", s.ids[:1], time.Hour, nil)
			require.NoError(t, err)
			require.Len(t, leases, 1)
			trouble(t, s, &s.store.wallets[s.ids[0]].state)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			require.ErrorContains(t, s.runner.Once(ctx), want)
			require.NoError(t, ctx.Err(), "it ended by itself")
			require.Equal(t, 0, s.fleet.polls[s.ids[0]])
			require.Positive(t, s.fleet.polls[s.ids[1]])
		})
	}
}

// A store that cannot be used any more, as on a full disk, ends a run that somebody waits for, and no other.
func TestRunner_OnceGivesUpAStoreThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newScale(t, 2, false)
			store, gateway := &leaseStore{slowStore: s.store}, &stuck{}
			s.runner.engine.Store, s.runner.engine.Gateway, s.runner.engine.ReadTimeout = store, gateway, time.Hour
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			time.AfterFunc(10*time.Second, func() { store.mute.Store(true) })
			if !once {
				require.NoError(t, s.runner.Run(ctx))
				require.Error(t, ctx.Err())
				return
			}
			require.Error(t, s.runner.Once(ctx))
			require.NoError(t, ctx.Err(), "it ended by itself")
		})
	}
}
