package databasetest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// The quarantine is listed in parts that follow each other, by wallet and the oldest first, whatever bytes are in it.
func TestStore_QuarantineIsListedInParts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store, ctx := d.open(t), t.Context()
		grant(t, store, "w", "v")
		at := time.Date(2026, 5, 28, 9, 14, 2, 0, time.UTC)
		const items = 7
		bodies := map[string]string{}
		for _, wallet := range []string{"w", "v"} {
			require.NoError(t, store.Update(ctx, wallet, func(tx walletsync.Tx) error {
				for i := range items { // two at each time, the newest first
					body := fmt.Sprintf("\xff\x00%d", i)
					bodies[wallet+fmt.Sprint("_", i)] = body
					if err := tx.Quarantine(at.Add(-time.Duration(i/2)*time.Hour), []walletsync.Quarantined{
						{ID: wallet + fmt.Sprint("_", i), Raw: []byte(body), Reason: "amount_minor is missing"},
					}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		all := func(wallet string, part int) (list []sqlstore.QuarantinedItem) {
			var last sqlstore.QuarantinedItem
			for {
				found, err := store.Quarantine(ctx, wallet, last, part)
				require.NoError(t, err)
				if len(found) == 0 {
					return list
				}
				require.LessOrEqual(t, len(found), part)
				list = append(list, found...)
				last = list[len(list)-1]
			}
		}
		whole := all("", 100)
		require.Len(t, whole, 2*items)
		require.Equal(t, whole, all("", 1))
		require.Equal(t, whole, all("", 3))
		require.Equal(t, whole[items:], all("w", 2))
		require.Empty(t, all("unknown", 2))
		require.True(t, slices.IsSortedFunc(whole[items:], func(a, b sqlstore.QuarantinedItem) int { return a.At.Compare(b.At) }))
		require.Equal(t, at, whole[2*items-1].At)
		for _, item := range whole {
			require.Equal(t, "amount_minor is missing", item.Reason)
			body, found, err := store.QuarantinedBytes(ctx, item.Wallet, item.Hash)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, bodies[item.ID], string(body))
			require.EqualValues(t, len(body), item.Size)
			_, found, err = store.QuarantinedBytes(ctx, item.Wallet+"x", item.Hash)
			require.NoError(t, err)
			require.False(t, found)
		}
	})
}
