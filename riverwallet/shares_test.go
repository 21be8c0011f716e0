package riverwallet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// quiet is a gateway where nothing happens.
type quiet struct {
	mu    sync.Mutex
	polls map[string]int
}

func (q *quiet) Page(_ context.Context, _ wallet.Access, params wallet.PageParams) (*wallet.Page, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.polls[params.WalletID]++
	return &wallet.Page{WalletID: params.WalletID, NextCursor: "end"}, nil
}

func (q *quiet) read() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.polls)
}

// machine is a process that reads shards, for as long as its context lives.
type machine struct {
	worker *Worker
	stop   func()
}

// migrated is a database with the tables, and the store in it.
func migrated(t *testing.T) (address string, pool *pgxpool.Pool, store *sqlstore.Store) {
	t.Helper()
	address = pgtest.Database(t, "pgx")
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, Migrate(t.Context(), pool))
	store, err = OpenStore(t.Context(), pool)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return address, pool, store
}

func start(t *testing.T, address, name string, gateway walletsync.Gateway, shards int, turn, every time.Duration) *machine {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	store, err := OpenStore(t.Context(), pool)
	require.NoError(t, err)
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	workers := river.NewWorkers()
	worker, err := AddWorker(workers, Config{
		Pool: pool, Shards: shards, Turn: turn, Engine: &walletsync.Engine{
			Store: store, Gateway: gateway, Keeper: &consent.Keeper{Store: store, Sealer: sealer, Owner: name}, Owner: name, LookBack: -1,
		},
	})
	require.NoError(t, err)
	worker.every = every
	jobs, err := river.NewClient(riverpgxv5.New(pool), ClientConfig(workers, shards))
	require.NoError(t, err)
	require.NoError(t, jobs.Start(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = worker.Run(ctx, jobs)
	}()
	stop := sync.OnceFunc(func() {
		cancel()
		<-ended
		ending, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		_ = jobs.Stop(ending) // softly: the jobs end by themselves
		store.Close()
		pool.Close()
	})
	t.Cleanup(stop)
	return &machine{worker: worker, stop: stop}
}

func (m *machine) shards() int {
	m.worker.mu.Lock()
	defer m.worker.mu.Unlock()
	return len(m.worker.held)
}

// leases are the owners and fences of all wallets.
func leases(t *testing.T, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT id, owner || ' ' || fence FROM djamo_wallets")
	require.NoError(t, err)
	all := map[string]string{}
	var id, lease string
	_, err = pgx.ForEachRow(rows, []any{&id, &lease}, func() error {
		all[id] = lease
		return nil
	})
	require.NoError(t, err)
	return all
}

func register(t *testing.T, store *sqlstore.Store, from, to int) {
	t.Helper()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize))
	require.NoError(t, err)
	keeper := &consent.Keeper{Store: store, Sealer: sealer}
	key, err := keeper.Adopt(t.Context(), consent.Grant{ID: "con", Token: "tok"})
	require.NoError(t, err)
	for i := from; i < to; i++ {
		require.NoError(t, store.Register(t.Context(), fmt.Sprintf("wal_%03d", i), key))
	}
}

// Processes that come and go have as many shards each, keep what they have, and read wallets that are new.
func TestWorker_SharesTheShards(t *testing.T) {
	t.Parallel()
	const shards, patience, often = 8, 3 * time.Minute, 50 * time.Millisecond
	address, pool, store := migrated(t)
	register(t, store, 0, 40)
	gateway := &quiet{polls: map[string]int{}}

	one := start(t, address, "one", gateway, shards, time.Second, time.Second)
	require.Eventually(t, func() bool { return one.shards() == shards && gateway.read() == 40 }, patience, often, "it reads all shards alone")
	two := start(t, address, "two", gateway, shards, time.Second, time.Second)
	require.Eventually(t, func() bool { return one.shards() == 4 && two.shards() == 4 }, patience, often, "each has its share")
	require.Eventually(t, func() bool { return ownersOf(leases(t, pool)) == "one 4, two 4" }, patience, often)

	before := leases(t, pool)
	time.Sleep(5 * time.Second) //nolint:forbidigo // some turns, in which nothing happens
	require.Equal(t, before, leases(t, pool), "who reads a shard goes on reading it, and writes nothing for that")

	register(t, store, 40, 60)
	require.Eventually(t, func() bool { // asked for is not stored yet: the machines below stop at once
		statuses, err := store.Statuses(t.Context())
		return err == nil && len(statuses) == 60 && !slices.ContainsFunc(statuses, func(s walletsync.Status) bool { return !s.InStep })
	}, patience, often, "new wallets are read")

	one.stop()
	require.Eventually(t, func() bool { return two.shards() == shards }, patience, often, "who is left reads what was given up")
	require.Eventually(t, func() bool { return ownersOf(leases(t, pool)) == "two 8" }, patience, often)
	require.Zero(t, one.shards())
	require.Eventually(t, func() bool { // what the gateway was asked for may not be stored yet
		statuses, err := store.Statuses(t.Context())
		return err == nil && len(statuses) == 60 && !slices.ContainsFunc(statuses, func(s walletsync.Status) bool { return !s.InStep || s.Failing != "" })
	}, patience, often, "every wallet is in step")
	two.stop()
}

// ownersOf names the processes that own wallets, with the number of their shards.
func ownersOf(leases map[string]string) string {
	shards := map[string]map[string]bool{}
	for _, lease := range leases {
		owner, _, _ := strings.Cut(lease, " ")
		name, shard, _ := strings.Cut(owner, "#")
		if shards[name] == nil {
			shards[name] = map[string]bool{}
		}
		shards[name][shard] = true
	}
	var text []string
	for _, name := range slices.Sorted(maps.Keys(shards)) {
		text = append(text, fmt.Sprint(name, " ", len(shards[name])))
	}
	return strings.Join(text, ", ")
}

// A shard that two processes began to read at the same moment stays with one of them.
func TestBalance_OneOfTwoGivesUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		held     int
		readers  readers
		keeps    int
		free     int
		shards   int
		contents int
	}{
		{"alone", 4, readers{map[string]bool{"b": true}, map[int][]string{0: {"b"}, 1: {"b"}, 2: {"b"}, 3: {"b"}}}, 4, 0, 4, 4},
		{"another has come", 4, readers{map[string]bool{"a": true, "b": true}, map[int][]string{0: {"b"}, 1: {"b"}, 2: {"b"}, 3: {"b"}}}, 2, 0, 4, 4},
		{"the other is first", 2, readers{map[string]bool{"a": true, "b": true}, map[int][]string{0: {"a", "b"}, 1: {"b"}}}, 1, 2, 4, 4},
		{"this one is first", 2, readers{map[string]bool{"b": true, "c": true}, map[int][]string{0: {"b", "c"}, 1: {"b"}}}, 2, 2, 4, 4},
		{"shards without wallets are nobody's", 0, readers{map[string]bool{"b": true}, map[int][]string{}}, 0, 3, 8, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ended := 0
			w := &Worker{
				config: Config{Shards: test.shards, Engine: &walletsync.Engine{Owner: "b"}}, held: map[int]*holding{}, contents: map[int]content{},
			}
			for shard := range test.contents {
				w.contents[shard] = content{count: 1}
			}
			for shard := range test.held {
				w.held[shard] = &holding{end: func() { ended++ }}
			}
			require.Len(t, w.balance(test.readers), test.free)
			require.Equal(t, test.keeps, test.held-ended)
			w.balance(test.readers)
			require.Equal(t, test.keeps, test.held-ended, "what is about to end counts no more")
		})
	}
}
