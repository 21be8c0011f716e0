package consent_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// Processes whose clocks differ by any time, and jump, redeem no token twice: who waits goes by how long it has waited itself.
func TestKeeper_ClocksThatDifferRedeemNoTokenTwice(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{0, 16 * time.Second, time.Hour, 3 * time.Hour, -16 * time.Second, -time.Hour} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		other, jumped := b.newKeeper(t, "other"), time.Duration(0)
		other.Now = func() time.Time { return b.now.Add(apart + jumped) }
		tries := func() {
			_, _ = other.Renew(t.Context(), consent.Access{Key: b.key, Generation: 1})
		}
		b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
			tries()
			b.now = b.now.Add(34 * time.Second)
			tries()
			jumped = -time.Minute
			tries()
			b.now = b.now.Add(34 * time.Second)
			tries()
			require.Zero(t, b.server.exchange, apart)
			return b.server.Exchange(ctx, token)
		})
		access, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token1", access.Token)
		tries()
		require.Equal(t, 1, b.server.exchange, apart)
		require.Zero(t, b.server.doubles)
	}
}

// The lease of a process that was killed is taken over, whatever its clock said: by who has waited, or by one that lives for moments,
// a day later.
func TestKeeper_TheLeaseOfAKilledProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{0, -time.Hour, time.Hour, 400 * 24 * time.Hour} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		record := b.store.records[b.key]
		record.State, record.Lessee, record.LeaseUntil = consent.Refreshing, "killed#1", b.now.Add(apart)
		b.store.records[b.key] = record
		b.now = b.now.Add(5 * time.Minute) // the token is over
		for range 2 {
			_, err := b.keeper.Use(t.Context(), b.key)
			require.ErrorIs(t, err, consent.ErrBusy)
		}
		b.now = b.now.Add(34 * time.Second)
		_, err := b.keeper.Use(t.Context(), b.key)
		require.ErrorIs(t, err, consent.ErrBusy)
		b.now = b.now.Add(time.Second)
		access, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token1", access.Token)
	}

	b := newBench(t)
	record := b.store.records[b.key]
	record.State, record.Lessee, record.LeaseUntil = consent.Refreshing, "killed#1", b.now.Add(15*time.Second)
	b.store.records[b.key] = record
	for hours := range 26 {
		b.now = b.now.Add(time.Hour)
		_, err := b.newKeeper(t, "for a moment").Use(t.Context(), b.key)
		require.Equal(t, hours < 24, errors.Is(err, consent.ErrBusy), "after %d hours: %v", hours+1, err)
	}
}

// slowStore is one whose answers come late.
type slowStore struct {
	*memory

	after func()
}

func (s *slowStore) UpdateConsent(ctx context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	err := s.memory.UpdateConsent(ctx, key, change)
	s.after()
	return err
}

// A process that stands still after it took the lease, or whose database is slow to answer, exchanges nothing: another may be at it, or
// too little time is left to hear the answer.
func TestKeeper_ALeaseThatIsOldIsNotUsed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		stands    time.Duration
		exchanges int
	}{{4 * time.Second, 1}, {5 * time.Second, 0}, {time.Hour, 0}} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		b.keeper.Store = &slowStore{b.store, func() { b.now = b.now.Add(row.stands) }}
		_, _ = b.keeper.Use(t.Context(), b.key)
		require.Equal(t, row.exchanges, b.server.exchange, row.stands)
		require.Equal(t, consent.Active, b.state(), "it is tried again")
		b.keeper.Store = b.store
		b.now = b.now.Add(time.Minute)
		access, err := b.keeper.Use(t.Context(), b.key)
		require.NoError(t, err)
		require.Equal(t, "token1", access.Token)
		require.Equal(t, 1, b.server.exchange)
	}
}

// A program that is stopped in the middle of an exchange hears it out, and loses no grant. It waits for a few seconds and no longer.
func TestKeeper_AStopLosesNoExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, takes := range []time.Duration{time.Second, time.Hour} {
			b := newBench(t)
			b.now = b.now.Add(28 * time.Minute)
			ctx, stop := context.WithCancel(t.Context())
			b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
				stop()
				select {
				case <-time.After(takes):
					return b.server.Exchange(ctx, token)
				case <-ctx.Done():
					return consent.Tokens{}, ctx.Err()
				}
			})
			began := time.Now()
			access, err := b.keeper.Use(ctx, b.key)
			require.NoError(t, err)
			if takes == time.Second {
				require.Equal(t, "token1", access.Token)
				continue
			}
			require.Equal(t, "token0", access.Token)
			require.Equal(t, 5*time.Second, time.Since(began))
			_, err = b.keeper.Use(ctx, b.key) // a pause comes first
			require.NoError(t, err)
			b.now = b.now.Add(time.Minute)
			b.keeper.Exchanger = b.server
			_, err = b.keeper.Use(ctx, b.key)
			require.NoError(t, err)
			require.Zero(t, b.server.exchange, "a program that is stopping begins none")
			require.EqualValues(t, 1, b.store.records[b.key].Exchange, "which used nothing up")
		}
	})
}

// The database is slow to store a new pair, for longer than the lease: whoever else in the process reads under the consent, which
// another wallet may share, stores the pair and does not exchange the token that was used up.
func TestKeeper_APairThatIsBeingStoredIsKnown(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		b := newBench(t)
		b.now = b.now.Add(28 * time.Minute)
		var updates int
		var token string
		use := func() {
			access, err := b.keeper.Use(t.Context(), b.key)
			require.NoError(t, err)
			token = access.Token
		}
		b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
			use() // it sees the lease
			return b.server.Exchange(ctx, token)
		})
		b.keeper.Store = &slowStart{b.store, func() {
			if updates++; updates == 3 { // two took the lease and looked at it
				b.now = b.now.Add(35 * time.Second)
				use()
				if lost {
					b.store.fail = errors.New("the connection is gone")
				}
			}
		}}
		_, err := b.keeper.Use(t.Context(), b.key)
		require.Equal(t, lost, err != nil)
		require.Equal(t, "token1", token)
		require.Equal(t, 1, b.server.exchange)
		require.Zero(t, b.server.doubles)
		use()
		require.Equal(t, "token1", token)
		require.Equal(t, consent.Active, b.state())
	}
}

// A pair could not be stored: whoever is about to exchange the old token then, in the same process, leaves it alone.
func TestKeeper_APairThatIsNotStoredIsKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.now = b.now.Add(28 * time.Minute)
	b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
		tokens, err := b.server.Exchange(ctx, token)
		b.store.fail = errors.New("the connection is gone")
		return tokens, err
	})
	first := true
	b.keeper.Store = &slowStart{b.store, func() {
		if first {
			first = false
			_, err := b.keeper.Use(t.Context(), b.key)
			require.ErrorContains(t, err, "the connection is gone")
			record := b.store.records[b.key]
			record.LeaseUntil = b.now.AddDate(-1, 0, 0) // the clock was wrong
			b.store.records[b.key] = record
		}
	}}
	access, err := b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token0", access.Token, "which is good still")
	access, err = b.keeper.Use(t.Context(), b.key)
	require.NoError(t, err)
	require.Equal(t, "token1", access.Token)
	require.Equal(t, 1, b.server.exchange)
}

// slowStart is a store whose transactions begin late.
type slowStart struct {
	*memory

	before func()
}

func (s *slowStart) UpdateConsent(ctx context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	s.before()
	return s.memory.UpdateConsent(ctx, key, change)
}
