package databasetest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/books"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// A process that is frozen in the middle of a transaction keeps its locks for a bounded time, and what is committed is on the disk,
// whatever the database has set. What the caller has set is kept where it is stricter.
func TestStore_SetsWhatATransactionNeeds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ setting, set, store, others string }{
		{"idle_in_transaction_session_timeout", "0", "10s", "1min"},
		{"idle_in_transaction_session_timeout", "1h", "10s", "1min"},
		{"idle_in_transaction_session_timeout", "3s", "3s", "3s"},
		{"synchronous_commit", "off", "on", "on"},
		{"synchronous_commit", "remote_apply", "remote_apply", "remote_apply"},
	} {
		address := pgtest.Schema(t, "pgx") + "&" + row.setting + "=" + row.set
		db, values := pgtest.Watch(t, "pgx", address, row.setting)
		requireAll := func(want string) {
			t.Helper()
			seen := values()
			require.NotEmpty(t, seen)
			for _, value := range seen {
				require.Equal(t, want, value, row)
			}
		}
		store, err := sqlstore.Open(t.Context(), db, sqlstore.PostgreSQL)
		require.NoError(t, err)
		t.Cleanup(store.Close)
		grant(t, store, "w")
		requireAll(row.store)

		log, err := store.Audit(t.Context())
		require.NoError(t, err)
		values() // looking for the log changes nothing
		require.NoError(t, log.CloseHours(t.Context(), time.Now()))
		_, err = books.Open(t.Context(), db, books.PostgreSQL)
		require.NoError(t, err)
		requireAll(row.others)

		var after string
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT current_setting($1)", row.setting).Scan(&after))
		require.Equal(t, row.set, after, "it is set for the transaction alone")
	}
}

// halting is a store in the middle of whose next transaction the process is frozen until another needs what it has locked.
type halting struct {
	*sqlstore.Store

	meanwhile func()
}

func (h *halting) Update(ctx context.Context, id string, change func(walletsync.Tx) error) error {
	return h.Store.Update(ctx, id, func(tx walletsync.Tx) error {
		err := change(tx)
		if meanwhile := h.meanwhile; meanwhile != nil {
			h.meanwhile = nil
			meanwhile()
		}
		return err
	})
}

// The database ends the transaction of a process that is frozen. Another goes on at once, and when the first is awake again its step
// fails, stores nothing, and is made anew.
func TestStore_AFrozenReaderHoldsUpNobody(t *testing.T) {
	t.Parallel()
	address := pgtest.Schema(t, "pgx")
	// All but that one transaction may take the time it needs on a busy machine.
	other := database{"pgx", address, sqlstore.PostgreSQL}.open(t)
	keeper, key := grant(t, other, "w")
	store := &halting{Store: database{"pgx", address + "&idle_in_transaction_session_timeout=300", sqlstore.PostgreSQL}.open(t)}
	leases, err := other.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
	require.NoError(t, err)
	answers := []*wallet.Page{pageOf(t, "w", 0, 3)}
	gateway := &pages{page: func() *wallet.Page { return answers[0] }}
	engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}
	reader := &walletsync.Reader{Lease: leases[0]}
	store.meanwhile = func() {
		require.NoError(t, other.Touch(t.Context(), []walletsync.Idle{{Wallet: "w", Consent: key, Last: time.Now(), Count: 1}}))
	}
	next, _, err := engine.Step(t.Context(), reader, false)
	require.ErrorIs(t, err, sqlstore.ErrStore)
	require.ErrorContains(t, err, "stood still")
	require.WithinDuration(t, time.Now(), next, time.Minute, "it is made anew soon")
	changes, err := other.Changes(t.Context(), "w", 0, 10)
	require.NoError(t, err)
	require.Empty(t, changes, "nothing is half stored")

	engine.Store = other
	_, _, err = engine.Step(t.Context(), reader, false)
	require.NoError(t, err)
	changes, err = other.Changes(t.Context(), "w", 0, 10)
	require.NoError(t, err)
	require.Len(t, changes, 3)
}

// A wallet whose reader is frozen in the middle of a transaction keeps nobody from claiming the others.
func TestStore_ClaimsWhatIsNotLocked(t *testing.T) {
	t.Parallel()
	d := database{"pgx", pgtest.Schema(t, "pgx"), sqlstore.PostgreSQL}
	store, other, wallets := d.open(t), d.open(t), []string{"a", "b", "c"}
	grant(t, store, wallets...)
	claim := func() (ids []string) {
		leases, err := other.Claim(t.Context(), "next", wallets, time.Minute, nil)
		require.NoError(t, err)
		for _, lease := range leases {
			ids = append(ids, lease.Wallet)
		}
		slices.Sort(ids)
		return ids
	}
	require.NoError(t, store.Update(t.Context(), "b", func(walletsync.Tx) error {
		require.Equal(t, []string{"a", "c"}, claim())
		return nil
	}))
	_, err := other.Renew(t.Context(), "next", time.Minute)
	require.NoError(t, err)
	require.Equal(t, wallets, claim(), "its own again, and what is free by now")
}
