package databasetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// given answers with one page, or one error, as often as it is asked.
type given struct {
	page *wallet.Page
	err  error
}

func (g *given) Page(context.Context, wallet.Access, wallet.PageParams) (*wallet.Page, error) {
	return g.page, g.err
}

// What a backfill brings while an update is read stays when the update is given up, in every database, and what the update alone had
// brought goes.
func TestStore_KeepsWhatHistoryBroughtOfAnUpdateGivenUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		keeper, _ := grant(t, store, "w")
		leases, err := store.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		gateway := &given{}
		engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}
		reader := &walletsync.Reader{Lease: leases[0]}
		read := func(backfill bool, page *wallet.Page, failure error) {
			gateway.page, gateway.err = page, failure
			_, _, err := engine.Step(t.Context(), reader, backfill)
			require.ErrorIs(t, err, failure)
		}
		day, err := wallet.ParseDate("2026-05-01")
		require.NoError(t, err)
		require.NoError(t, engine.Backfill(t.Context(), "w", day))
		first := pageOf(t, "w", 0, 5)
		read(false, first, nil)
		end := &wallet.Page{WalletID: "w", NextCursor: first.NextCursor}
		read(false, end, nil)
		read(false, pageOf(t, "w", 5, 5), nil) // an update begins
		read(true, &wallet.Page{WalletID: "w", NextCursor: "h1", Items: pageOf(t, "w", 8, 4).Items}, nil)
		read(false, pageOf(t, "w", 10, 3), nil)
		read(false, nil, wallet.ErrMutation)
		last := &wallet.Page{WalletID: "w", NextCursor: "cursor-20", Items: pageOf(t, "w", 19, 1).Items}
		read(false, last, nil)
		read(false, &wallet.Page{WalletID: "w", NextCursor: last.NextCursor}, nil)

		state, err := store.Load(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, state.InStep)
		changes, err := store.Changes(t.Context(), "w", 0, 100)
		require.NoError(t, err)
		var removed []string
		for _, change := range changes {
			if change.Kind == walletsync.Removed {
				removed = append(removed, change.ID)
			}
		}
		require.Equal(t, []string{"tx_00000005", "tx_00000006", "tx_00000007", "tx_00000012"}, removed)
		require.EqualValues(t, 5+4+1, state.Items)
		require.EqualValues(t, 5000*10, state.Sum)
	})
}
