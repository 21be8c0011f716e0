package riverwallet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// shardStore is the store of a process's shards. Each shard renews its leases by itself, and what they ask for is done together: one
// statement for all of them, on a connection of its own. A thousand transactions every two seconds, behind those that claim and
// store, came too late on a busy machine.
type shardStore struct {
	walletsync.Store

	ttl   time.Duration
	renew func(ctx context.Context, owners []string) (kept map[string]bool, err error)

	claims   chan struct{}   // those that are under way
	life     context.Context //nolint:containedctx // of the worker: no renewal outlasts it
	end      context.CancelFunc
	renewing chan struct{} // has one while somebody renews
	latest   time.Time     // when a renewal began; of whoever renews

	mu      sync.Mutex
	waiting map[string]chan renewal // by owner
}

// renewal is what came of one, for one owner.
type renewal struct {
	kept bool
	err  error
}

func newShardStore(
	store walletsync.Store, ttl time.Duration, claims int, renew func(context.Context, []string) (map[string]bool, error),
) *shardStore {
	s := &shardStore{
		Store: store, ttl: ttl, renew: renew, claims: make(chan struct{}, claims), renewing: make(chan struct{}, 1),
		waiting: map[string]chan renewal{},
	}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Claim implements walletsync.Store. Where many shards begin at once, their claims would take every connection of the pool for as long
// as all of them last, and River, and shards that read already, would have none.
func (l *shardStore) Claim(
	ctx context.Context, owner string, wallets []string, ttl time.Duration, alive func(owner string) bool,
) ([]walletsync.Lease, error) {
	select {
	case l.claims <- struct{}{}:
		defer func() { <-l.claims }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return l.Store.Claim(ctx, owner, wallets, ttl, alive)
}

// Renew implements walletsync.Store. An owner renews one time after the other.
func (l *shardStore) Renew(ctx context.Context, owner string, _ time.Duration) (kept bool, err error) {
	answer := make(chan renewal, 1)
	l.mu.Lock()
	l.waiting[owner] = answer
	first := len(l.waiting) == 1
	l.mu.Unlock()
	if first {
		go l.renewWaiting()
	}
	select {
	case r := <-answer:
		return r.kept, r.err
	case <-ctx.Done():
		l.forget(owner)
		return false, ctx.Err()
	}
}

// Release implements walletsync.Store. A renewal that is under way, and may be for this owner, comes before it.
func (l *shardStore) Release(ctx context.Context, owner string) error {
	l.forget(owner)
	select {
	case l.renewing <- struct{}{}:
		<-l.renewing
	case <-ctx.Done():
		return ctx.Err()
	}
	return l.Store.Release(ctx, owner)
}

// renewWaiting renews what waits by the time that no other renewal is under way: a few times in each life of a lease, and twice a
// second where leases are long, since Release and whoever hands out shards wait for it.
func (l *shardStore) renewWaiting() {
	l.renewing <- struct{}{}
	defer func() { <-l.renewing }()
	const times, maxPause = 12, time.Second / 2
	select { // who comes meanwhile goes with it
	case <-time.After(min(l.ttl/times, maxPause) - time.Since(l.latest)):
	case <-l.life.Done():
	}
	l.latest = time.Now()
	l.mu.Lock()
	batch := l.waiting
	l.waiting = map[string]chan renewal{}
	l.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	const tries = 3 // the first may meet a connection that is dead, and ends it
	ctx, cancel := context.WithTimeout(l.life, l.ttl/tries)
	defer cancel()
	kept, err := l.renew(ctx, slices.Sorted(maps.Keys(batch)))
	for owner, answer := range batch {
		answer <- renewal{kept[owner], err}
	}
}

func (l *shardStore) forget(owner string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, owner)
}

// close ends the renewal that is under way, and every later one. free is called when there is none.
func (l *shardStore) close(free func()) {
	l.end()
	l.renewing <- struct{}{}
	defer func() { <-l.renewing }()
	free()
}

// renewer has a pool of one connection, beside that of the program, which may be in use for longer than a lease lasts.
type renewer struct {
	shared *pgxpool.Pool // the program's
	ttl    time.Duration
	alone  *pgxpool.Pool // nil: not needed yet
}

// now is the clock of the database, as the store takes it.
const now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) * 1000"

// renew does for each of the owners what Renew of the store does for one: it says which had leases that were good still, and has
// all of them hold from now on.
func (r *renewer) renew(ctx context.Context, owners []string) (kept map[string]bool, err error) {
	if ctx.Err() != nil {
		return nil, ctx.Err() // the worker has ended
	}
	if r.alone == nil {
		config := r.shared.Config()
		config.MaxConns, config.MinConns, config.MinIdleConns = 1, 0, 0
		if r.alone, err = pgxpool.NewWithConfig(ctx, config); err != nil {
			return nil, fmt.Errorf("riverwallet: a connection for leases: %w", err)
		}
	}
	kept, err = r.renewOn(ctx, r.alone, owners)
	if refused := (*pgconn.ConnectError)(nil); errors.As(err, &refused) && ctx.Err() == nil {
		kept, err = r.renewOn(ctx, r.shared, owners) // the program may have all that it is given, of connections or of open files
	}
	if err != nil {
		return nil, fmt.Errorf("riverwallet: renewing leases: %w", err)
	}
	return kept, nil
}

func (r *renewer) renewOn(ctx context.Context, pool *pgxpool.Pool, owners []string) (kept map[string]bool, err error) {
	kept = make(map[string]bool, len(owners))
	rows, err := pool.Query(ctx, `WITH clock AS MATERIALIZED (SELECT `+now+` AS now),
		before AS MATERIALIZED (SELECT owner FROM djamo_wallet_readers, clock WHERE owner = ANY($1) AND until > clock.now)
		INSERT INTO djamo_wallet_readers (owner, until) SELECT asked.owner, clock.now + $2 FROM unnest($1::text[]) AS asked (owner), clock
		ON CONFLICT (owner) DO UPDATE SET until = excluded.until RETURNING owner, owner IN (SELECT owner FROM before)`, owners, int64(r.ttl))
	if err != nil {
		return nil, err
	}
	var owner string
	var was bool
	_, err = pgx.ForEachRow(rows, []any{&owner, &was}, func() error {
		kept[owner] = was
		return nil
	})
	return kept, err
}

// close gives the connection up.
func (r *renewer) close() {
	if r.alone != nil {
		r.alone.Close()
	}
}
