package consent_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// slowRow is a store of one row, most of whose transactions take their time: on their way to the lock of the row, under it, or until the
// answer is there. Waiting for the lock comes on top.
type slowRow struct {
	*memory

	row   chan struct{}
	draw  *rand.Rand
	takes time.Duration // a transaction, at the most
}

func (s *slowRow) UpdateConsent(ctx context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	var legs [4]time.Duration
	legs[s.draw.IntN(len(legs))] = []time.Duration{s.takes, upTo(s.draw, s.takes)}[s.draw.IntN(2)]
	way, under, answer := legs[0], legs[1], legs[2]
	time.Sleep(way) //nolint:forbidigo // in a bubble
	s.row <- struct{}{}
	defer func() {
		<-s.row
		time.Sleep(answer) //nolint:forbidigo // in a bubble
	}()
	record, _, err := s.Consent(ctx, key)
	if err != nil {
		return err
	}
	actions, err := change(&record)
	time.Sleep(under) //nolint:forbidigo // in a bubble
	if err != nil {
		return err
	}
	return s.memory.UpdateConsent(ctx, key, func(r *consent.Record) ([]string, error) {
		*r = record
		return actions, nil
	})
}

func upTo(draw *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(draw.Int64N(int64(most) + 1))
}

// Two processes share a database whose transactions take up to 20 s, the longest that package sqlstore lets them, those of both or of
// one alone, and a server that answers within 5 s: no refresh token is redeemed twice, and no grant is lost.
func TestKeeper_SlowTransactionsRedeemNoTokenTwice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { halfADay(t, seed) })
		})
	}
}

func halfADay(t *testing.T, seed uint64) {
	t.Helper()
	b := newBench(t)
	b.now = time.Now()
	_, err := b.keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token", RefreshToken: "refresh0", TokenExpires: b.now.Add(30 * time.Minute)})
	require.NoError(t, err)
	end := time.Now().Add(12 * time.Hour)
	row, done := make(chan struct{}, 1), make(chan int, 2)
	for n := range uint64(2) {
		draw := rand.New(rand.NewPCG(seed, n))
		keeper := b.newKeeper(t, fmt.Sprint("process-", n))
		keeper.Now, keeper.Notify = nil, nil
		keeper.Store = &slowRow{b.store, row, draw, 20 * time.Second}
		if n < seed%2 {
			keeper.Store = &slowRow{b.store, row, draw, 100 * time.Millisecond}
		}
		keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
			time.Sleep(upTo(draw, 2400*time.Millisecond)) //nolint:forbidigo // in a bubble
			tokens, err := b.server.Exchange(ctx, token)
			time.Sleep(upTo(draw, 2400*time.Millisecond)) //nolint:forbidigo // in a bubble
			return tokens, errors.Join(err, ctx.Err())
		})
		go func() {
			used := 0
			for time.Now().Before(end) {
				if _, err := keeper.Use(t.Context(), b.key); err == nil {
					used++
				}
				time.Sleep(upTo(draw, 10*time.Second)) //nolint:forbidigo // in a bubble
			}
			done <- used
		}()
	}
	for range 2 {
		require.Greater(t, <-done, 1000)
	}
	require.Zero(t, b.server.doubles)
	require.Greater(t, b.server.serial, 12)
	require.True(t, b.state().Live(), "it is %s", b.state())
}

// A database that is away for everybody, or keeps everybody waiting, keeps the one from storing its new pair who has it. When the
// database is back the other does not take the lease over at once, however long it has seen it.
func TestKeeper_TheTimeOfAStoreThatIsAwayDoesNotCount(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(b *bench, other *consent.Keeper){
		"it is away": func(b *bench, other *consent.Keeper) {
			b.store.away = errors.New("no connection")
			for range 12 {
				b.now = b.now.Add(5 * time.Second)
				_, err := other.Use(t.Context(), b.key)
				require.ErrorIs(t, err, b.store.away)
			}
			require.Error(t, b.keeper.Flush(t.Context()))
			b.store.away = nil
		},
		"it turns writers away": func(b *bench, other *consent.Keeper) {
			for range 12 {
				b.now = b.now.Add(5 * time.Second)
				other.Store = &deaf{b.store}
				_, err := other.Use(t.Context(), b.key)
				require.NoError(t, err, "the token is good still")
			}
			other.Store = b.store
		},
		"it lets nobody write for a minute": func(b *bench, other *consent.Keeper) {
			first := true
			other.Store = &slowStart{b.store, func() {
				if first {
					first, b.now = false, b.now.Add(time.Minute)
				}
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.now = b.now.Add(28 * time.Minute)
			other := b.newKeeper(t, "other")
			b.keeper.Exchanger = exchanger(func(ctx context.Context, token string) (consent.Tokens, error) {
				_, err := other.Use(ctx, b.key) // it sees the lease
				require.NoError(t, err)
				tokens, err := b.server.Exchange(ctx, token)
				b.store.fail = errors.New("no connection")
				return tokens, err
			})
			_, err := b.keeper.Use(t.Context(), b.key)
			require.ErrorContains(t, err, "no connection")
			wait(b, other)
			_, err = other.Use(t.Context(), b.key)
			require.NoError(t, err, "the token is good still")
			require.Equal(t, 1, b.server.exchange)

			require.NoError(t, b.keeper.Flush(t.Context()))
			access, err := other.Use(t.Context(), b.key)
			require.NoError(t, err)
			require.Equal(t, "token1", access.Token)
			require.Equal(t, 1, b.server.exchange)
			require.NoError(t, b.keeper.Flush(t.Context()), "there is nothing left")
		})
	}
}

// deaf is a store that can be read and not written to.
type deaf struct{ *memory }

func (*deaf) UpdateConsent(context.Context, string, func(*consent.Record) ([]string, error)) error {
	return errors.New("no connection")
}
