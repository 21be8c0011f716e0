package databasetest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/drivertest"
	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// counter counts the statements by their first word.
type counter struct {
	mu      sync.Mutex
	counts  map[string]int
	endless []string // statements that would wait for ever
	latest  string   // statement
	before  func()   // a statement; nil: nothing
}

func (c *counter) count(ctx context.Context, _ driver.Conn, query string, carryOut func() error) error {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	if word == "WITH" {
		word = "UPDATE" // with what it inserts before
	}
	if c.before != nil {
		c.before()
	}
	c.mu.Lock()
	c.counts[word]++
	c.latest = query
	if _, bounded := ctx.Deadline(); !bounded {
		c.endless = append(c.endless, query)
	}
	c.mu.Unlock()
	return carryOut()
}

// take returns the counts since it was called last.
func (c *counter) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := c.counts
	c.counts = map[string]int{}
	return counts
}

func (d database) counted(t *testing.T) (*sqlstore.Store, *counter) {
	t.Helper()
	c := &counter{counts: map[string]int{}}
	db := sql.OpenDB(&drivertest.Connector{Name: d.driver, Address: d.address, Around: c.count})
	t.Cleanup(func() { _ = db.Close() })
	store, err := sqlstore.Open(t.Context(), db, d.dialect)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store, c
}

// What a page costs is guarded by the statements it takes, which are the same on every machine.
func TestStore_CountsStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store, count := d.counted(t)
		keeper, key := grant(t, store, "w")
		leases, err := store.Claim(t.Context(), "p", []string{"w"}, time.Minute, nil)
		require.NoError(t, err)
		var answers []*wallet.Page
		var last *wallet.Page
		gateway := &pages{page: func() *wallet.Page {
			if len(answers) > 0 {
				last, answers = answers[0], answers[1:]
				return last
			}
			return &wallet.Page{WalletID: "w", NextCursor: last.NextCursor}
		}}
		engine := &walletsync.Engine{Store: store, Gateway: gateway, Keeper: keeper, Owner: "p"}
		reader := &walletsync.Reader{Lease: leases[0]}
		read := func(pages ...*wallet.Page) map[string]int {
			answers = pages
			count.take()
			_, _, err := engine.Step(t.Context(), reader, false)
			require.NoError(t, err)
			return count.take()
		}
		sqlite := d.dialect == sqlstore.SQLite
		pick := func(ofSQLite, ofPostgreSQL map[string]int) map[string]int {
			if sqlite {
				return ofSQLite
			}
			return ofPostgreSQL
		}
		read(pageOf(t, "w", 0, 5)) // the consent becomes active, the statements are known

		full := make([]*wallet.Page, 0, 8)
		for i := range 8 {
			full = append(full, pageOf(t, "w", 100*(i+1), 100))
		}
		// Once in step, a page is stored as it comes.
		require.Equal(t, pick(
			// The wallet and its consent without a lock; then both under it, and the items; 100 items and their changes, 25 at a time, and
			// the audit record and the head of its chain; the wallet.
			map[string]int{"BEGIN": 1, "SELECT": 5, "INSERT": 10, "UPDATE": 1, "COMMIT": 1},
			map[string]int{"BEGIN": 1, "SELECT": 5, "UPDATE": 1, "COMMIT": 1},
		), read(full[0]), "a page")
		require.Equal(t, pick(
			// Seven pages and the empty one have one transaction; the consent is looked at before each.
			map[string]int{"BEGIN": 1, "SELECT": 11, "INSERT": 2*7*4 + 5, "UPDATE": 1, "COMMIT": 1},
			map[string]int{"BEGIN": 1, "SELECT": 11, "UPDATE": 1, "COMMIT": 1},
		), read(full[1:]...), "seven pages and an empty one")

		before, err := store.Load(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, before.InStep)
		require.EqualValues(t, 805, before.Seq)
		require.Equal(t, map[string]int{"SELECT": 2}, read(), "a poll that finds nothing writes nothing")
		after, err := store.Load(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, before, after)

		again := *full[0]
		again.NextCursor = last.NextCursor + "x"
		require.Equal(t, pick(
			map[string]int{"BEGIN": 1, "SELECT": 5, "INSERT": 2, "UPDATE": 1, "COMMIT": 1},
			map[string]int{"BEGIN": 1, "SELECT": 5, "UPDATE": 1, "COMMIT": 1},
		), read(&again), "what is known is written neither as an item nor as a change")
		after, err = store.Load(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, before.Seq, after.Seq)

		count.take()
		var reads []walletsync.Idle
		for i := range 30 {
			id := fmt.Sprint("w", i)
			require.NoError(t, store.Register(t.Context(), id, key))
			reads = append(reads, walletsync.Idle{Wallet: id, Consent: key, Last: time.Now(), Count: 60})
		}
		count.take()
		require.NoError(t, store.Touch(t.Context(), reads))
		require.Equal(t, pick(
			map[string]int{"BEGIN": 1, "SELECT": 2, "INSERT": 2, "UPDATE": 30, "COMMIT": 1},
			map[string]int{"BEGIN": 1, "SELECT": 2, "INSERT": 1, "UPDATE": 1, "COMMIT": 1},
		), count.take(), "reads that found nothing are recorded together")
	})
}

// SQLite would look for what an item replaces among all items of the wallet: of ten thousand that vanish, each among all of them.
func TestStore_FindsWhatIsReplacedByItsIndex(t *testing.T) {
	t.Parallel()
	d := database{"sqlite", filepath.Join(t.TempDir(), "wallets.db"), sqlstore.SQLite}
	store, count := d.counted(t)
	grant(t, store, "w")
	query := ""
	require.NoError(t, store.Update(t.Context(), "w", func(tx walletsync.Tx) error {
		_, err := tx.WithBy("x")
		query = count.latest
		return err
	}))
	var id, parent, unused int
	var plan string
	require.NoError(t, d.connect(t).QueryRow("EXPLAIN QUERY PLAN "+query, "w", "x").Scan(&id, &parent, &unused, &plan))
	require.Contains(t, plan, "djamo_wallet_items_replaced (wallet=? AND replaced_by=?)")
}

// Claiming takes as many statements for a thousand wallets as for one, on a server that is asked over a network.
func TestStore_ClaimsTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		store, count := d.counted(t)
		var wallets []string
		for i := range 50 {
			wallets = append(wallets, fmt.Sprint("w", i))
		}
		grant(t, store, wallets...)
		count.take()
		leases, err := store.Claim(t.Context(), "p", wallets, time.Minute, nil)
		require.NoError(t, err)
		require.Len(t, leases, 50)
		counts := count.take()
		if d.dialect == sqlstore.PostgreSQL {
			require.Equal(t, map[string]int{"BEGIN": 1, "SELECT": 3, "UPDATE": 1, "COMMIT": 1}, counts)
		} else {
			require.Equal(t, []string{"BEGIN", "COMMIT", "SELECT", "UPDATE"}, slices.Sorted(maps.Keys(counts)))
		}
		for _, lease := range leases {
			state, err := store.Load(t.Context(), lease.Wallet)
			require.NoError(t, err)
			require.Equal(t, walletsync.Lease{Wallet: state.Wallet, Owner: state.Owner, Fence: state.Fence}, lease)
		}
		_, err = store.Claim(t.Context(), "p", []string{"unknown"}, time.Minute, nil)
		require.ErrorIs(t, err, walletsync.ErrUnknownWallet)
	})
}

// A network that swallows packets keeps no reader of wallets waiting for ever, whichever connection it is.
func TestStore_WaitsForNothingForEver(t *testing.T) {
	t.Parallel()
	store, count := database{"pgx", pgtest.Schema(t, "pgx"), sqlstore.PostgreSQL}.counted(t)
	keeper, key := grant(t, store, "w")
	count.endless = nil // looking for the tables comes first
	ctx := t.Context()
	_, err := store.Renew(ctx, "p", time.Minute)
	require.NoError(t, err)
	leases, err := store.Claim(ctx, "p", []string{"w"}, time.Minute, nil)
	require.NoError(t, err)
	engine := &walletsync.Engine{Store: store, Gateway: &pages{func() *wallet.Page { return pageOf(t, "w", 0, 3) }}, Keeper: keeper, Owner: "p"}
	_, _, err = engine.Step(ctx, &walletsync.Reader{Lease: leases[0]}, false)
	require.NoError(t, err)
	_, err = store.Announce(ctx, "w", "x", time.Now())
	require.NoError(t, err)
	_, err = store.Announced(ctx, "p")
	require.NoError(t, err)
	require.NoError(t, store.Touch(ctx, []walletsync.Idle{{Wallet: "w", Consent: key, Last: time.Now(), Count: 1}}))
	require.NoError(t, store.Release(ctx, "p"))
	require.Empty(t, count.endless)
}

// Who begins to read while another looks which wallets are free keeps what it has claimed.
func TestStore_ClaimsNothingOfOneThatHasJustBegun(t *testing.T) {
	t.Parallel()
	d := database{"pgx", pgtest.Schema(t, "pgx"), sqlstore.PostgreSQL}
	store, count := d.counted(t)
	other := d.open(t)
	for at := range 6 {
		id, statement, theirs := fmt.Sprint("w", at), 0, 0
		grant(t, other, id)
		count.before = func() {
			if statement++; statement != at {
				return
			}
			_, err := other.Renew(t.Context(), "other", time.Minute)
			require.NoError(t, err)
			leases, err := other.Claim(t.Context(), "other", []string{id}, time.Minute, nil)
			require.NoError(t, err)
			theirs = len(leases)
		}
		ours, err := store.Claim(t.Context(), "p", []string{id}, time.Minute, nil)
		require.NoError(t, err)
		require.Equal(t, 1, theirs+len(ours), "when they began before statement %d", at)
		require.NoError(t, other.Release(t.Context(), "other"))
	}
}
