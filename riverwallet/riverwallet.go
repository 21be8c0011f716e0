package riverwallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/djamo/djamo-go/openfinance/walletsync"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

// Queue is where the jobs are.
const Queue = "djamo_wallets"

// Shard is the job that reads the wallets of a shard, until the process ends or gives the shard up. It holds no personal data.
type Shard struct {
	Shard int   `json:"shard" river:"unique"`
	Turn  int64 `json:"turn"  river:"unique"` // in which it was added, counted from 1970: a job that waits for longer does nothing
}

// Kind implements river.JobArgs.
func (Shard) Kind() string { return "djamo_wallet_shard" }

// Config of a worker. Shards and Turn must be the same in every process on a database.
type Config struct {
	Pool *pgxpool.Pool
	// Engine says how wallets are read. Its Store must be on the same database as Pool, and its Owner name this process. Its Workers
	// are those of each shard; 0: 8, and fewer where there are more than 64 shards. Leases are renewed on one connection beside Pool.
	Engine *walletsync.Engine
	Shards int           // 0: 256
	Turn   time.Duration // how often shards that nobody reads are handed out; 0: 10 s
}

func (c *Config) withDefaults() error {
	if c.Pool == nil || c.Engine == nil || c.Engine.Store == nil || c.Engine.Gateway == nil || c.Engine.Keeper == nil || c.Engine.Owner == "" {
		return errors.New("riverwallet: Config needs Pool, and an Engine with Store, Gateway, Keeper and Owner")
	}
	if c.Shards == 0 {
		c.Shards = 256
	}
	if c.Turn == 0 {
		c.Turn = defaultTurn
	}
	const minTurn = time.Second
	if c.Shards < 0 || c.Turn < minTurn {
		return fmt.Errorf("riverwallet: Shards is %d and must be positive, Turn is %v and must be %v or more", c.Shards, c.Turn, minTurn)
	}
	return nil
}

const (
	defaultTurn = 10 * time.Second
	defaultTTL  = 6 * time.Second // as the Engine has it
)

// Migrate makes the tables of River and of the store, or brings them up to date. It is safe to repeat.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("riverwallet: migrating: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("riverwallet: migrating River's tables: %w", err)
	}
	store, err := OpenStore(ctx, pool)
	if err == nil {
		store.Close()
	}
	return err
}

// OpenStore opens the store in a database. It uses the connections of the pool, and must be closed.
func OpenStore(ctx context.Context, pool *pgxpool.Pool) (*sqlstore.Store, error) {
	return sqlstore.Open(ctx, stdlib.OpenDBFromPool(pool), sqlstore.PostgreSQL)
}

// ClientConfig is a configuration of a River client that suits the worker; change what you like. shards is how many shards
// this process reads at a time at most: when one process ends, the others must have room for its shards.
func ClientConfig(workers *river.Workers, shards int) *river.Config {
	const fetchPause = 100 * time.Millisecond
	return &river.Config{
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{Queue: {MaxWorkers: shards}},
		FetchCooldown:        fetchPause,
		FetchPollInterval:    fetchPause,
		JobTimeout:           -1,
		RescueStuckJobsAfter: maxHold + 8*time.Hour, // the leases of the store say who reads, long before
		// Jobs that are over are of no use: the store has what they did.
		CompletedJobRetentionPeriod: time.Hour,
		CancelledJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
	}
}

// AddWorker registers a worker. Run must be called beside the River client.
func AddWorker(workers *river.Workers, config Config) (*Worker, error) {
	if err := config.withDefaults(); err != nil {
		return nil, err
	}
	ttl := config.Engine.LeaseTTL
	if ttl == 0 {
		ttl = defaultTTL
	}
	w := &Worker{config: config, held: map[int]*holding{}, every: time.Minute, renewer: &renewer{shared: config.Pool, ttl: ttl}}
	w.store = newShardStore(config.Engine.Store, ttl, max(1, int(config.Pool.Config().MaxConns/2)), w.renewer.renew)
	if err := river.AddWorkerSafely(workers, w); err != nil {
		return nil, fmt.Errorf("riverwallet: %w", err)
	}
	return w, nil
}

// Run hands out the shards that nobody reads until the context ends, as every process on a database does: each job is added once.
// It also sees to it that the processes read as many shards each. When it ends, so do the jobs of this process.
func (w *Worker) Run(ctx context.Context, client *river.Client[pgx.Tx]) error {
	defer w.store.close(w.renewer.close)
	defer w.giveUp()
	var added int64
	pause := min(time.Second, w.config.Turn/4) //nolint:mnd // a few times in each turn
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		handed, err := w.handOut(ctx, client, added)
		if err == nil {
			added = handed
		} else if ctx.Err() == nil && w.config.Engine.Logger != nil {
			w.config.Engine.Logger.ErrorContext(ctx, "riverwallet: shards cannot be handed out", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// handOut says that this process lives, and adds a job for each shard that nobody reads, once in each turn. added is the turn for
// which it did so last; it returns the same of now.
func (w *Worker) handOut(ctx context.Context, client *river.Client[pgx.Tx], added int64) (turn int64, err error) {
	if _, err := w.store.Renew(ctx, w.config.Engine.Owner+"#", 0); err != nil {
		return added, err
	}
	if err := w.look(ctx); err != nil {
		return added, err
	}
	readers, err := w.readers(ctx)
	if err != nil {
		return added, err
	}
	free := w.balance(readers)
	turn = time.Now().UnixNano() / int64(w.config.Turn) // what is before may have waited
	if turn == added || len(free) == 0 {
		return turn, nil
	}
	jobs := make([]river.InsertManyParams, 0, len(free))
	for _, shard := range free {
		jobs = append(jobs, river.InsertManyParams{Args: Shard{Shard: shard, Turn: turn}, InsertOpts: &river.InsertOpts{
			Queue: Queue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true},
		}})
	}
	_, err = client.InsertMany(ctx, jobs)
	return turn, err
}
