package walletsync

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// renewal is a wallet, in a bubble, whose token is over, and the server that gives new ones.
type renewal struct {
	*memoryStore

	engine    *Engine
	key       string
	exchanges int
	refuses   atomic.Bool // the store, to write
}

func (r *renewal) UpdateConsent(ctx context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	if r.refuses.Load() {
		return errors.New("no connection")
	}
	return r.memoryStore.UpdateConsent(ctx, key, change)
}

func (r *renewal) Exchange(context.Context, string) (consent.Tokens, error) {
	r.exchanges++
	return consent.Tokens{Token: "token1", RefreshToken: "refresh1", Lifetime: time.Hour}, nil
}

func (r *renewal) Page(_ context.Context, access wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	if access.Token != "token1" {
		return nil, wallet.ErrInvalidToken
	}
	return &wallet.Page{WalletID: params.WalletID, NextCursor: "c"}, nil
}

func newRenewal(t *testing.T) *renewal {
	t.Helper()
	r := &renewal{memoryStore: newMemoryStore(time.Now)}
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: r, Sealer: sealer, Exchanger: r, Owner: "p"}
	r.engine = &Engine{Store: r, Gateway: r, Keeper: keeper, Owner: "p", LookBack: -1}
	r.key, err = keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "token0", RefreshToken: "refresh0", TokenExpires: time.Now()})
	require.NoError(t, err)
	require.NoError(t, r.Register(t.Context(), "w", r.key))
	return r
}

// A process was killed in an exchange, and the token is over. Whoever reads the wallet waits for the lease to be over and no longer,
// also a program that ends when the wallet is in step.
func TestRunner_WaitsForTheExchangeOfAnother(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRenewal(t)
			record := r.consents[r.key]
			record.State, record.Lessee, record.LeaseUntil, record.Exchange = consent.Refreshing, "killed#1", time.Now().Add(35*time.Second), 1
			r.consents[r.key] = record
			ctx, cancel := context.WithTimeout(t.Context(), 42*time.Second)
			defer cancel()
			runner := r.engine.Runner([]string{"w"})
			if once {
				require.NoError(t, runner.Once(ctx))
			} else {
				require.NoError(t, runner.Run(ctx))
			}
			require.Equal(t, 1, r.exchanges)
			require.True(t, r.wallets["w"].state.InStep)
		})
	}
}

// A pair that the store did not take is stored as soon as it does, or at the end, also where nobody reads the wallet here any more.
func TestRunner_StoresTokensThatCouldNotBeStored(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRenewal(t)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- r.engine.Runner(nil).Run(ctx) }()
			time.Sleep(time.Second) //nolint:forbidigo // in a bubble
			r.engine.Keeper.Exchanger = exchanges(func() (consent.Tokens, error) {
				r.refuses.Store(true)
				return r.Exchange(ctx, "")
			})
			_, err := r.engine.Keeper.Use(ctx, r.key)
			require.ErrorContains(t, err, "no connection")
			r.refuses.Store(false)
			if !ends {
				time.Sleep(2 * time.Second) //nolint:forbidigo // in a bubble
				synctest.Wait()
				require.EqualValues(t, 2, r.consents[r.key].Generation)
			}
			cancel()
			require.NoError(t, <-ended)
			require.EqualValues(t, 2, r.consents[r.key].Generation)
			require.Equal(t, consent.Active, r.consents[r.key].State)
		})
	}
}

type exchanges func() (consent.Tokens, error)

func (e exchanges) Exchange(context.Context, string) (consent.Tokens, error) { return e() }
