package riverwallet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/walletsync"
)

const ttl = 6 * time.Second

// released is a store that counts what is released.
type released struct {
	walletsync.Store

	count atomic.Int64
}

func (r *released) Release(context.Context, string) error {
	r.count.Add(1)
	return nil
}

// A thousand shards renew within two seconds of each other, and few statements do it, each soon after it is asked for.
func TestShardStore_AreRenewedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const shards, minute = 1000, time.Minute
		var statements, renewed, slowest atomic.Int64
		l := newShardStore(nil, ttl, 1, func(_ context.Context, owners []string) (map[string]bool, error) {
			statements.Add(1)
			time.Sleep(50 * time.Millisecond) //nolint:forbidigo // in a bubble
			kept := map[string]bool{}
			for _, owner := range owners {
				kept[owner] = true
			}
			return kept, nil
		})
		began := time.Now()
		for i := range shards {
			go func() {
				time.Sleep(time.Duration(i) * 2 * time.Millisecond) //nolint:forbidigo // as above
				for time.Since(began) < minute {
					asked := time.Now()
					kept, err := l.Renew(t.Context(), fmt.Sprint("p#", i), 0)
					if kept && err == nil {
						renewed.Add(1)
					}
					slowest.Store(max(slowest.Load(), int64(time.Since(asked))))
					time.Sleep(2 * time.Second) //nolint:forbidigo // as above
				}
			}()
		}
		time.Sleep(minute + 10*time.Second) //nolint:forbidigo // as above
		require.GreaterOrEqual(t, renewed.Load(), int64(shards*20))
		require.LessOrEqual(t, statements.Load(), int64(130))
		require.LessOrEqual(t, time.Duration(slowest.Load()), time.Second)
	})
}

// What one owner loses, the others keep; and what fails is told to all who asked, and to nobody later.
func TestShardStore_TellEachItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the server is away")
		var failure error
		var asked []string
		l := newShardStore(nil, ttl, 1, func(_ context.Context, owners []string) (map[string]bool, error) {
			asked = owners
			return map[string]bool{"p#1": true, "p#3": true}, failure
		})
		for _, want := range []error{broken, nil} {
			failure, l.latest = want, time.Now() // who comes within half a second goes together
			answers := map[string]chan renewal{}
			for _, owner := range []string{"p#2", "p#1", "p#3"} {
				answer := make(chan renewal, 1)
				answers[owner] = answer
				go func() {
					kept, err := l.Renew(t.Context(), owner, 0)
					answer <- renewal{kept, err}
				}()
			}
			for owner, answer := range answers {
				require.Equal(t, renewal{kept: owner != "p#2", err: want}, <-answer, owner)
			}
			require.Equal(t, []string{"p#1", "p#2", "p#3"}, asked)
		}
	})
}

// A shard that ends while its lease is being renewed is released behind that, or it would look as if somebody read it.
func TestShardStore_AReleaseComesLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, answer := &released{}, make(chan struct{})
		l := newShardStore(store, ttl, 1, func(context.Context, []string) (map[string]bool, error) {
			<-answer
			return map[string]bool{}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		renewed := make(chan error, 1)
		go func() {
			_, err := l.Renew(ctx, "p#1", 0)
			renewed <- err
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-renewed, context.Canceled, "who ends waits for no answer")
		ended := make(chan error, 1)
		go func() { ended <- l.Release(t.Context(), "p#1") }()
		synctest.Wait()
		require.Zero(t, store.count.Load())
		close(answer)
		require.NoError(t, <-ended)
		require.EqualValues(t, 1, store.count.Load())
	})
}

// Where leases are long, who hands out shards and who gives one up wait no longer than where they are short.
func TestShardStore_LongLeasesKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &released{}
		l := newShardStore(store, 10*time.Minute, 1, func(context.Context, []string) (map[string]bool, error) {
			return map[string]bool{"p#1": true}, nil
		})
		for range 3 {
			began := time.Now()
			kept, err := l.Renew(t.Context(), "p#1", 0)
			require.NoError(t, err)
			require.True(t, kept)
			require.LessOrEqual(t, time.Since(began), time.Second)
		}
		go func() { _, _ = l.Renew(t.Context(), "p#2", 0) }()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, l.Release(t.Context(), "p#1"))
		require.LessOrEqual(t, time.Since(began), time.Second)
	})
}

// A connection that hangs costs no lease: the next renewal comes while the leases hold, and has another.
func TestShardStore_AHangingConnectionCostsNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const beat = ttl / 3
		hangs := true
		l := newShardStore(nil, ttl, 1, func(ctx context.Context, _ []string) (map[string]bool, error) {
			if hangs {
				hangs = false
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return map[string]bool{"p#1": true}, nil
		})
		renewed := time.Now() // what the lease goes by
		time.Sleep(beat)      //nolint:forbidigo // in a bubble
		_, err := l.Renew(t.Context(), "p#1", 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		kept, err := l.Renew(t.Context(), "p#1", 0)
		require.NoError(t, err)
		require.True(t, kept)
		require.Less(t, time.Since(renewed), ttl)
	})
}

// claiming is a store whose claims take a second.
type claiming struct {
	walletsync.Store

	now, most, all atomic.Int64
}

func (c *claiming) Claim(context.Context, string, []string, time.Duration, func(string) bool) ([]walletsync.Lease, error) {
	c.most.Store(max(c.most.Load(), c.now.Add(1)))
	time.Sleep(time.Second) //nolint:forbidigo // in a bubble
	c.now.Add(-1)
	c.all.Add(1)
	return nil, nil
}

// Shards that begin together leave connections for others, and one that ends meanwhile waits for no claim.
func TestShardStore_ClaimsAFewAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const shards, atATime = 30, 3
		store := &claiming{}
		s := newShardStore(store, ttl, atATime, nil)
		ctx, cancel := context.WithCancel(t.Context())
		for i := range shards {
			ending := t.Context()
			if i%2 == 0 {
				ending = ctx
			}
			go func() { _, _ = s.Claim(ending, fmt.Sprint("p#", i), nil, ttl, nil) }()
		}
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // as above
		cancel()
		time.Sleep(time.Minute) //nolint:forbidigo // as above
		require.EqualValues(t, atATime, store.most.Load())
		require.GreaterOrEqual(t, store.all.Load(), int64(shards/2))
		require.LessOrEqual(t, store.all.Load(), int64(shards/2+atATime))
	})
}

// A worker that ends keeps nobody waiting, however long a renewal takes, and renews nothing behind that.
func TestShardStore_EndWithTheWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newShardStore(nil, ttl, 1, func(ctx context.Context, _ []string) (map[string]bool, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		renewed := make(chan error, 1)
		go func() {
			_, err := l.Renew(t.Context(), "p#1", 0)
			renewed <- err
		}()
		synctest.Wait()
		began, freed := time.Now(), false
		l.close(func() { freed = true })
		require.True(t, freed)
		require.Zero(t, time.Since(began))
		require.ErrorIs(t, <-renewed, context.Canceled)
		_, err := l.Renew(t.Context(), "p#1", 0)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// The statement says of each owner what Renew of the store says, and leaves the leases of others alone.
func TestRenewer_RenewsAsTheStoreDoes(t *testing.T) {
	t.Parallel()
	_, pool, store := migrated(t)
	o := &renewer{shared: pool, ttl: ttl}
	t.Cleanup(o.close)
	until := func() map[string]time.Duration { // from now
		rows, err := pool.Query(t.Context(), "SELECT owner, until - "+now+" FROM djamo_wallet_readers")
		require.NoError(t, err)
		all := map[string]time.Duration{}
		var owner string
		var left time.Duration
		_, err = pgx.ForEachRow(rows, []any{&owner, &left}, func() error {
			all[owner] = left
			return nil
		})
		require.NoError(t, err)
		return all
	}
	give := func(owner string, left time.Duration) {
		_, err := pool.Exec(t.Context(), "INSERT INTO djamo_wallet_readers (owner, until) VALUES ($1, "+now+" + $2)", owner, int64(left))
		require.NoError(t, err)
	}
	for _, process := range []string{"p", "q"} {
		give(process+"#held", time.Hour)
		give(process+"#over", -time.Minute)
	}
	give("r#another", 10*time.Hour)
	kept, err := o.renew(t.Context(), []string{"p#held", "p#never", "p#over"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"p#held": true, "p#never": false, "p#over": false}, kept)
	for owner, was := range kept {
		asStore, err := store.Renew(t.Context(), "q"+owner[1:], ttl)
		require.NoError(t, err)
		require.Equal(t, asStore, was, owner)
	}
	after := until()
	require.Len(t, after, 7)
	for owner, left := range after {
		if owner == "r#another" {
			require.Greater(t, left, 9*time.Hour)
			continue
		}
		require.LessOrEqual(t, left, ttl, owner)
	}
	_, err = pool.Exec(t.Context(), "UPDATE djamo_wallet_readers SET until = until + $1", int64(time.Hour))
	require.NoError(t, err)
	kept, err = o.renew(t.Context(), []string{"p#held", "p#never", "p#over"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"p#held": true, "p#never": true, "p#over": true}, kept)
}

// Leases are renewed while every connection of the program is in use.
func TestRenewer_WaitsForNoOther(t *testing.T) {
	t.Parallel()
	address, _, _ := migrated(t)
	busy := poolOfOne(t, address, nil)
	conn, err := busy.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	requireRenews(t, busy)
}

// poolOfOne is a pool of one connection, which is open. change, where there is one, changes how it connects.
func poolOfOne(t *testing.T, address string, change func(*pgx.ConnConfig)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(address)
	require.NoError(t, err)
	config.MaxConns = 1
	if change != nil {
		change(config.ConnConfig)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, pool.Ping(t.Context()))
	return pool
}

// requireRenews has a lease renewed for a program with a pool.
func requireRenews(t *testing.T, shared *pgxpool.Pool) {
	t.Helper()
	r := &renewer{shared: shared, ttl: ttl}
	t.Cleanup(r.close)
	kept, err := r.renew(t.Context(), []string{"p#1"})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"p#1": false}, kept)
}

// A role that may have no connection beside those of the program renews on one of these.
func TestRenewer_SharesWhereItsRoleIsLimited(t *testing.T) {
	t.Parallel()
	address, _, _ := migrated(t)
	role := "djamo_limited_" + strings.ToLower(rand.Text())
	admin, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
		admin.Close()
	})
	_, err = admin.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN PASSWORD '"+role+"' CONNECTION LIMIT 1; GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role)
	require.NoError(t, err)
	requireRenews(t, poolOfOne(t, address, func(config *pgx.ConnConfig) { config.User, config.Password = role, role }))
}

// So does a process that cannot open a further connection, such as one that has all the files open that it may have.
func TestRenewer_SharesWhereNoConnectionCanBeOpened(t *testing.T) {
	t.Parallel()
	address, _, _ := migrated(t)
	var dials atomic.Int32
	var none atomic.Bool
	full := poolOfOne(t, address, func(config *pgx.ConnConfig) {
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			if none.Load() {
				dials.Add(1)
				return nil, errors.New("too many open files")
			}
			return dial(ctx, network, address)
		}
	})
	none.Store(true)
	requireRenews(t, full)
	require.Positive(t, dials.Load())
}

// The lease of a process that died before the clock of the database was set back, by an hour, keeps no shard from the others for an hour.
func TestWorker_ALeaseOfAWrongClockPasses(t *testing.T) {
	t.Parallel()
	_, pool, store := migrated(t)
	w := &Worker{config: Config{Pool: pool}, store: newShardStore(store, ttl, 1, nil)}
	for owner, left := range map[string]time.Duration{"lives#1": ttl, "longer#2": time.Minute, "dead#3": time.Hour, "dead#": time.Hour, "over#4": -time.Second} {
		_, err := pool.Exec(t.Context(), "INSERT INTO djamo_wallet_readers (owner, until) VALUES ($1, "+now+" + $2)", owner, int64(left))
		require.NoError(t, err)
	}
	found, err := w.readers(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"lives": true, "longer": true}, found.processes)
	require.Equal(t, map[int][]string{1: {"lives"}, 2: {"longer"}}, found.of)
}

// A process that loses a shard to another keeps the others, and gets it back when the other is gone: with a fence that is higher.
func TestWorker_LosesOneShardAlone(t *testing.T) {
	t.Parallel()
	const shards, patience, often = 8, 3 * time.Minute, 50 * time.Millisecond
	address, pool, store := migrated(t)
	register(t, store, 0, 40)
	gateway := &quiet{polls: map[string]int{}}
	one := start(t, address, "one", gateway, shards, time.Second, time.Second)
	require.Eventually(t, func() bool { return one.shards() == shards && gateway.read() == 40 }, patience, often)

	before := leases(t, pool)
	var shard string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT owner FROM djamo_wallets ORDER BY id LIMIT 1").Scan(&shard))
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	for _, statement := range []string{
		"DELETE FROM djamo_wallet_readers WHERE owner = $1",
		"INSERT INTO djamo_wallet_readers (owner, until) SELECT 'thief', " + now + " + 10000000000 WHERE $1 <> ''",
		"UPDATE djamo_wallets SET owner = 'thief', fence = fence + 1 WHERE owner = $1",
	} {
		_, err := tx.Exec(t.Context(), statement, shard)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit(t.Context()))
	want := map[string]string{}
	for id, lease := range before {
		var owner string
		var fence int
		_, err := fmt.Sscan(lease, &owner, &fence)
		require.NoError(t, err)
		if owner == shard {
			fence += 2
		}
		want[id] = fmt.Sprint(owner, " ", fence)
	}
	require.NotEqual(t, want, before)
	require.Eventually(t, func() bool { return fmt.Sprint(leases(t, pool)) == fmt.Sprint(want) }, patience, often)
	require.Equal(t, shards, one.shards())
}
