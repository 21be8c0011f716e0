package databasetest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // driver of PostgreSQL
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // driver of SQLite

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// database is one that a test opens as often as it likes.
type database struct {
	driver, address string
	dialect         sqlstore.Dialect
}

func (d database) connect(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, d.address)
	require.NoError(t, err)
	db.SetMaxIdleConns(8) // connections that are closed and opened again cost more than what is sent over them
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (d database) open(t testing.TB) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), d.connect(t), d.dialect)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

func each(t *testing.T, test func(t *testing.T, d database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, database{"sqlite", filepath.Join(t.TempDir(), "wallets.db"), sqlstore.SQLite})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, database{"pgx", pgtest.Schema(t, "pgx"), sqlstore.PostgreSQL})
	})
}

func grant(t testing.TB, store consent.Store, wallets ...string) (*consent.Keeper, string) {
	t.Helper()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Owner: "p"}
	key, err := keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "tok", RefreshToken: "ref"})
	require.NoError(t, err)
	if registry, ok := store.(walletsync.Store); ok {
		for _, id := range wallets {
			require.NoError(t, registry.Register(t.Context(), id, key))
		}
	}
	return keeper, key
}

func TestStore_LeasesAndFences(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		one, two := d.open(t), d.open(t)
		grant(t, one, "w")
		ctx := t.Context()
		kept, err := one.Renew(ctx, "one", time.Minute)
		require.NoError(t, err)
		require.False(t, kept, "it had none before")
		first, err := one.Claim(ctx, "one", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		require.Len(t, first, 1)
		none, err := two.Claim(ctx, "two", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		require.Empty(t, none, "one lives")
		taken, err := two.Claim(ctx, "two", []string{"w"}, time.Minute, func(string) bool { return false })
		require.NoError(t, err)
		require.Greater(t, taken[0].Fence, first[0].Fence)
		require.NoError(t, one.Release(ctx, "one"), "what another has taken over stays with it")
		state, err := two.Load(ctx, "w")
		require.NoError(t, err)
		require.Equal(t, "two", state.Owner)
		_, err = two.Load(ctx, "unknown")
		require.ErrorIs(t, err, walletsync.ErrUnknownWallet)
	})
}

// A lease that was given while the clock was wrong, a day ahead, keeps nobody waiting for a day.
func TestStore_ALeaseOfAWrongClockPasses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		grant(t, store, "w")
		_, err := store.Renew(t.Context(), "dead", time.Minute)
		require.NoError(t, err)
		_, err = store.Claim(t.Context(), "dead", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		claim := func() int {
			leases, err := store.Claim(t.Context(), "next", []string{"w"}, 6*time.Second, nil)
			require.NoError(t, err)
			return len(leases)
		}
		const day = int64(24 * time.Hour)
		require.Zero(t, claim())
		_, err = d.connect(t).Exec(fmt.Sprintf("UPDATE djamo_wallet_readers SET until = until + %d", day))
		require.NoError(t, err)
		require.Equal(t, 1, claim())
	})
}

// What a push tells of, and can be no item, has the wallet read and is not waited for.
func TestStore_AnnouncesOddIDs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		grant(t, store, "w")
		for _, id := range []string{"", "a\x00b", "\xff", strings.Repeat("x", wallet.MaxID+1), strings.Repeat("x", 1<<20)} {
			known, err := store.Announce(t.Context(), "w", id, time.Now())
			require.NoError(t, err)
			require.True(t, known)
		}
		for _, id := range []string{"", "w\x00", "\xff", strings.Repeat("x", 1<<20)} {
			known, err := store.Announce(t.Context(), id, "tx", time.Now())
			require.NoError(t, err)
			require.False(t, known)
		}
		_, err := store.Renew(t.Context(), "p", time.Minute)
		require.NoError(t, err)
		_, err = store.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		list, err := store.Announced(t.Context(), "p")
		require.NoError(t, err)
		require.Empty(t, list)
		longest := strings.Repeat("é", wallet.MaxID/2)
		_, err = store.Announce(t.Context(), "w", longest, time.Now())
		require.NoError(t, err)
		list, err = store.Announced(t.Context(), "p")
		require.NoError(t, err)
		require.Len(t, list, 1)
	})
}

func TestStore_AnErrorLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		_, key := grant(t, store, "w")
		before, err := store.Load(t.Context(), "w")
		require.NoError(t, err)
		err = store.Update(t.Context(), "w", func(tx walletsync.Tx) error {
			tx.State().Cursor, tx.State().Seq = "c", 1
			require.NoError(t, tx.Save([]walletsync.StoredItem{{ID: "a", Version: 1, Seq: 1}}))
			require.NoError(t, tx.Append([]walletsync.Change{{Seq: 1, Kind: walletsync.Added, ID: "a", Version: 1, Raw: []byte("{}")}}))
			require.NoError(t, tx.Audit(walletsync.Audit{At: time.Now(), Consent: key, Action: "read"}))
			return walletsync.ErrStale
		})
		require.ErrorIs(t, err, walletsync.ErrStale)
		after, err := store.Load(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, before, after)
		changes, err := store.Changes(t.Context(), "w", 0, 10)
		require.NoError(t, err)
		require.Empty(t, changes)
	})
}

func TestStore_KeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		grant(t, store, "w")
		ctx := t.Context()
		raw := json.RawMessage(`{"id":"a\"'é😀","deep":"\u0000","amount_minor":9007199254740993}`)
		item := walletsync.StoredItem{
			ID: "a\"'é😀", Hash: "h", Version: 2, Seen: 3, Gone: walletsync.Replaced, By: "b", Amount: 9007199254740993, Final: true, Seq: 1,
		}
		known, err := store.Announce(ctx, "w", item.ID, time.Now())
		require.NoError(t, err)
		require.True(t, known)
		known, err = store.Announce(ctx, "unknown", "x", time.Now())
		require.NoError(t, err)
		require.False(t, known)
		require.NoError(t, store.Update(ctx, "w", func(tx walletsync.Tx) error {
			require.NoError(t, tx.Save([]walletsync.StoredItem{item, {ID: "c", Seen: 2, Version: 1, Seq: 1}}))
			require.NoError(t, tx.Append([]walletsync.Change{{Wallet: "w", Seq: 1, Kind: walletsync.Added, ID: item.ID, Version: 2, Raw: raw}}))
			require.NoError(t, tx.Quarantine(time.Now(), []walletsync.Quarantined{{ID: "q", Raw: []byte("\xff\x00"), Reason: "no\x00 \xff"}, {Raw: []byte("5")}}))
			require.NoError(t, tx.Quarantine(time.Now(), []walletsync.Quarantined{{ID: "q", Raw: []byte("\xff\x00"), Reason: "again"}}))
			require.NoError(t, tx.Met([]string{item.ID}))
			tx.State().Seq, tx.State().Failing = 1, "no\x00 \xff"
			return nil
		}))
		statuses, err := store.Statuses(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 2, statuses[0].Quarantined)
		require.Zero(t, statuses[0].Expected)
		require.Equal(t, consent.Granted, statuses[0].Consent.State)
		aside, err := store.Quarantined(ctx, "w")
		require.NoError(t, err)
		require.Len(t, aside, 2)
		require.NoError(t, store.Update(ctx, "w", func(tx walletsync.Tx) error {
			found, err := tx.Items([]string{item.ID, "none"})
			require.NoError(t, err)
			require.Equal(t, map[string]walletsync.StoredItem{item.ID: item}, found)
			none, err := tx.Items(nil)
			require.NoError(t, err)
			require.Empty(t, none)
			for all, count := range map[bool]int{true: 2, false: 1} {
				unseen, err := tx.Unseen(2, 4, all)
				require.NoError(t, err)
				require.Len(t, unseen, count, "one is replaced and replaces nothing")
				require.Equal(t, string(raw), string(unseen[0].Raw))
				require.False(t, unseen[0].Replaces)
			}
			replaced, err := tx.WithBy("b")
			require.NoError(t, err)
			require.Equal(t, []walletsync.StoredItem{item}, replaced)
			last, ok, err := tx.LastChange(item.ID, 1)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, string(raw), string(last.Raw))
			_, err = tx.Change(9)
			require.Error(t, err)
			return tx.Release([]string{"q"})
		}))
		statuses, err = store.Statuses(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, statuses[0].Quarantined)
		require.NoError(t, store.Touch(ctx, []walletsync.Idle{{Wallet: "w", Last: time.Now(), Count: 3}}))
	})
}

func TestStore_FromANewerVersion(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		d.open(t)
		_, err := d.connect(t).Exec("UPDATE djamo_wallet_schema SET version = 99")
		require.NoError(t, err)
		_, err = sqlstore.Open(t.Context(), d.connect(t), d.dialect)
		require.ErrorIs(t, err, walletsync.ErrNewerStore)
		require.ErrorContains(t, err, "version 99")
	})
}

// A pool of one connection is enough for PostgreSQL. With SQLite, where it is not, nobody waits for the second for ever.
func TestStore_OneConnection(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		db := d.connect(t)
		db.SetMaxOpenConns(1)
		store, err := sqlstore.Open(t.Context(), db, d.dialect)
		if d.dialect == sqlstore.SQLite {
			require.ErrorIs(t, err, sqlstore.ErrStore)
			require.ErrorContains(t, err, "SetMaxOpenConns")
			return
		}
		require.NoError(t, err)
		t.Cleanup(store.Close)
		keeper, _ := grant(t, store, "w")
		leases, err := store.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		gateway := &pages{page: func() *wallet.Page { return pageOf(t, "w", 0, 3) }}
		engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}
		_, _, err = engine.Step(t.Context(), &walletsync.Reader{Lease: leases[0]}, false)
		require.NoError(t, err)
	})
}

func TestStore_ManyOpenItAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		failures := make(chan error, 6)
		for range cap(failures) {
			db := d.connect(t)
			go func() {
				store, err := sqlstore.Open(context.WithoutCancel(t.Context()), db, d.dialect)
				if err == nil {
					store.Close()
				}
				failures <- err
			}()
		}
		for range cap(failures) {
			require.NoError(t, <-failures)
		}
	})
}

// A page in flight cannot be stored once its consent has ended, whichever comes first.
func TestStore_ARevocationKeepsAPageOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store := d.open(t)
		keeper, _ := grant(t, store, "w")
		leases, err := store.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		gateway := &pages{page: func() *wallet.Page {
			require.NoError(t, keeper.Revoke(t.Context(), "con"))
			return pageOf(t, "w", 0, 3)
		}}
		engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}
		_, _, err = engine.Step(t.Context(), &walletsync.Reader{Lease: leases[0]}, false)
		require.Error(t, err)
		changes, err := store.Changes(t.Context(), "w", 0, 10)
		require.NoError(t, err)
		require.Empty(t, changes)
	})
}

type pages struct{ page func() *wallet.Page }

func (f *pages) Page(context.Context, wallet.Access, wallet.PageParams) (*wallet.Page, error) {
	return f.page(), nil
}

// pageOf has items from a number on, of 300 bytes each.
func pageOf(t testing.TB, id string, from, count int) *wallet.Page { //nolint:unparam // it reads better with the wallet
	t.Helper()
	page := &wallet.Page{WalletID: id, NextCursor: fmt.Sprint("cursor-", from+count)}
	for i := from; i < from+count; i++ {
		raw := fmt.Sprintf(`{"id":"tx_%08d","ts":"2026-05-28T09:14:02Z","type":"mobile_money_in","rail":"wave","counterparty_masked":"***-77-12",`+
			`"amount_minor":5000,"status":"settled","rail_reference":"wave-000000000000000","custodian":"Ecobank","filler":"%0100d"}`, i, i)
		event, err := wallet.DecodeEvent([]byte(raw))
		require.NoError(t, err)
		page.Items = append(page.Items, wallet.Item{Event: event})
	}
	return page
}
