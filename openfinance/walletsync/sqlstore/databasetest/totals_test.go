package databasetest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// The totals say of all wallets together what the statuses say of each.
func TestStore_TotalsAreTheSumOfTheStatuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		ctx, now := t.Context(), time.Now()
		none, err := store.Totals(ctx, now)
		require.NoError(t, err)
		require.Zero(t, none.Items+none.Expected+none.Quarantined+none.Gaps+none.NeverRead)
		keeper, _ := grant(t, store)
		serial := 0
		wallet := func(state consent.State, held bool, change func(tx walletsync.Tx)) {
			serial++
			id := fmt.Sprintf("wal_%d", serial)
			key, err := keeper.Adopt(ctx, consent.Grant{ID: "con_" + id, Token: "tok"})
			require.NoError(t, err)
			require.NoError(t, store.Register(ctx, id, key))
			require.NoError(t, store.Update(ctx, id, func(tx walletsync.Tx) error { change(tx); return nil }))
			require.NoError(t, store.UpdateConsent(ctx, key, func(r *consent.Record) ([]string, error) {
				r.State = state
				if held {
					r.HeldUntil = now.Add(time.Hour)
				}
				return nil, nil
			}))
		}
		inStep := func(tx walletsync.Tx) {
			s := tx.State()
			s.InStep, s.Items, s.Balance, s.HasBalance, s.Sum, s.LastOK = true, 10, 500, true, 500, now.Add(-time.Duration(serial)*time.Minute)
		}
		wallet(consent.Granted, false, func(walletsync.Tx) {})
		wallet(consent.Active, false, inStep)
		wallet(consent.Expiring, false, func(tx walletsync.Tx) { inStep(tx); tx.State().Sum = 499 })
		wallet(consent.Refreshing, false, func(tx walletsync.Tx) {
			inStep(tx)
			require.NoError(t, tx.Quarantine(now, []walletsync.Quarantined{{ID: "a", Raw: []byte("5")}, {ID: "b", Raw: []byte("6")}}))
		})
		wallet(consent.Active, true, inStep)
		wallet(consent.Active, false, func(tx walletsync.Tx) { inStep(tx); tx.State().Failing = "503" })
		wallet(consent.Revoked, true, inStep)
		wallet(consent.NeedsReauth, false, inStep)
		wallet(consent.Expired, false, func(walletsync.Tx) {})
		announced := now.Add(-time.Hour).Truncate(time.Microsecond)
		_, err = store.Announce(ctx, "wal_1", "tx_1", announced)
		require.NoError(t, err)
		_, err = store.Announce(ctx, "wal_2", "tx_1", now)
		require.NoError(t, err)

		totals, err := store.Totals(ctx, now)
		require.NoError(t, err)
		statuses, err := store.Statuses(ctx)
		require.NoError(t, err)
		want := walletsync.Totals{Wallets: map[string]int64{}, Consents: map[string]int64{}, OldestPush: announced.UTC()}
		for _, status := range statuses {
			want.Wallets[status.Condition(now)]++
			want.Consents[string(status.Consent.State)]++
			want.Items += status.Items
			want.Expected += status.Expected
			want.Quarantined += status.Quarantined
			if gap, ok := status.Gap(); ok && gap != 0 {
				want.Gaps++
			}
			switch {
			case !status.Consent.State.Live():
			case status.LastOK.IsZero():
				want.NeverRead++
			case want.OldestRead.IsZero() || status.LastOK.Before(want.OldestRead):
				want.OldestRead = status.LastOK
			}
		}
		require.Equal(t, want, totals)
		require.Len(t, totals.Wallets, 6, "every condition")
		require.EqualValues(t, 1, totals.Gaps)
		require.EqualValues(t, 1, totals.NeverRead)
	})
}
