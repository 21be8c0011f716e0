package walletsync

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// asked is a gateway that answers with a function: n is how many requests came before.
type asked struct {
	answer func(n int) (*wallet.Page, error)
	n      int
}

func (g *asked) Page(context.Context, wallet.Access, wallet.PageParams) (*wallet.Page, error) {
	g.n++
	return g.answer(g.n - 1)
}

// A consent that expires between two pages, and is given anew before the second is asked for again: what came before it ended is not
// stored under the new one.
func TestEngine_StoresNothingOfAConsentThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	_, store, _ := scripted(t)
	state := &store.wallets["w"].state
	state.InStep = false
	gateway := &asked{}
	engine, m := follower(t, store, gateway)
	gateway.answer = func(n int) (*wallet.Page, error) {
		switch n {
		case 0:
			return &wallet.Page{WalletID: "w", Items: []wallet.Item{itemOf("a")}, NextCursor: "c1"}, nil
		case 1:
			access := consent.Access{Key: state.Consent, Epoch: store.consents[state.Consent].Epoch}
			require.Error(t, engine.Keeper.Ended(t.Context(), access, consent.Expired))
			_, err := engine.Keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "another"})
			require.NoError(t, err)
			return nil, wallet.ErrInvalidToken
		}
		return &wallet.Page{WalletID: "w", NextCursor: "c1"}, nil
	}
	_, err := engine.step(t.Context(), m, live)
	require.ErrorIs(t, err, ErrStale)
	require.Zero(t, state.Seq)
	require.Empty(t, state.Cursor)
}
