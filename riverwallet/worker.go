package riverwallet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// Worker reads shards. It is made by AddWorker.
type Worker struct {
	river.WorkerDefaults[Shard]

	config  Config
	store   *shardStore
	renewer *renewer

	mu       sync.Mutex
	held     map[int]*holding
	share    int // of the shards, that this process should hold at most; 0: not known yet
	ended    bool
	contents map[int]content // of the shards that have wallets; nil: not known yet
	wallets  int             // of all shards
	looked   time.Time       // for contents
	lists    map[int][]string
	listed   time.Time
	every    time.Duration // how often it is looked which wallets there are
}

// holding is a shard that this process reads.
type holding struct {
	end     context.CancelFunc
	over    bool               // it was given up, and is about to end
	renew   context.CancelFunc // has it read again with the wallets that it has by now
	content content
}

// content is another when a shard has other wallets.
type content struct{ count, sum int64 }

// errNew is the end of a reading whose shard has other wallets.
var errNew = errors.New("the shard has other wallets")

// Timeout implements river.Worker: a shard is read until it is given up.
func (w *Worker) Timeout(*river.Job[Shard]) time.Duration { return -1 }

// Work implements river.Worker. It ends at once when the turn of the job is over, for then there is a newer one, and when somebody
// reads the shard already.
func (w *Worker) Work(ctx context.Context, job *river.Job[Shard]) error {
	end := time.Unix(0, (job.Args.Turn+1)*int64(w.config.Turn))
	if !time.Now().Before(end) || job.Args.Shard < 0 || job.Args.Shard >= w.config.Shards {
		return nil
	}
	hold, release, err := w.take(ctx, job.Args.Shard)
	if err != nil || hold == nil {
		return err
	}
	defer release()
	for {
		err := w.read(hold, job.Args.Shard)
		if !errors.Is(err, errNew) {
			return err
		}
	}
}

// take makes a shard that of this process until the context ends that it returns; nil: there is nothing to do. A process that
// has its share leaves the job to another.
func (w *Worker) take(ctx context.Context, shard int) (hold context.Context, release func(), err error) {
	readers, err := w.readers(ctx)
	if err != nil {
		return nil, nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	const pause = 300 * time.Millisecond
	switch {
	case w.ended || w.held[shard] != nil || len(readers.of[shard]) > 0:
		return nil, nil, nil
	case w.share > 0 && len(w.held) >= w.share:
		return nil, nil, river.JobSnooze(pause/2 + rand.N(pause/2)) //nolint:gosec // jitter needs no secrecy
	}
	hold, cancel := context.WithTimeout(ctx, maxHold/2+rand.N(maxHold/2)) //nolint:gosec // as above
	w.held[shard] = &holding{end: cancel}
	return hold, func() {
		cancel()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.held, shard)
	}, nil
}

// maxHold is how long a process reads a shard before it is handed out anew.
const maxHold = 16 * time.Hour

// read reads the wallets that a shard has now. The error is errNew when it has others by then.
func (w *Worker) read(hold context.Context, shard int) error {
	w.mu.Lock()
	known := w.contents[shard] // from before the list: what is in neither comes with the next look
	w.mu.Unlock()
	wallets, err := w.list(hold, shard)
	if err != nil || len(wallets) == 0 {
		return ended(hold, err)
	}
	ctx, renew := context.WithCancelCause(hold)
	defer renew(nil)
	w.mu.Lock()
	h := w.held[shard]
	h.renew, h.content = func() { renew(errNew) }, known
	engine := *w.config.Engine
	engine.Store, engine.Owner = w.store, ownerOf(w.config.Engine.Owner, shard)
	engine.Wallets = max(engine.Wallets, w.wallets)
	if engine.Workers == 0 {
		const maxWorkers, minWorkers, ofAll = 8, 2, 512
		engine.Workers = min(maxWorkers, max(minWorkers, ofAll/w.config.Shards))
	}
	w.mu.Unlock()
	err = engine.Runner(wallets).Run(ctx)
	if errors.Is(context.Cause(ctx), errNew) && hold.Err() == nil {
		return errNew
	}
	return ended(hold, err)
}

// ended takes the end of a shard for no failure.
func ended(hold context.Context, err error) error {
	if hold.Err() != nil {
		return nil //nolint:nilerr // see above
	}
	return err
}

func ownerOf(process string, shard int) string { return process + "#" + strconv.Itoa(shard) }

// readers are the processes that live, and which of them read a shard.
type readers struct {
	processes map[string]bool
	of        map[int][]string
}

func (w *Worker) readers(ctx context.Context) (readers, error) {
	r := readers{processes: map[string]bool{}, of: map[int][]string{}}
	rows, err := w.config.Pool.Query(ctx, "SELECT owner FROM djamo_wallet_readers WHERE until > "+now+" AND until <= "+now+" + $1",
		int64(walletsync.MaxAhead(w.store.ttl)))
	if err == nil {
		var owner string
		_, err = pgx.ForEachRow(rows, []any{&owner}, func() error {
			at := strings.LastIndexByte(owner, '#')
			if at < 0 {
				return nil // a Runner beside this module
			}
			r.processes[owner[:at]] = true
			if shard, err := strconv.Atoi(owner[at+1:]); err == nil {
				r.of[shard] = append(r.of[shard], owner[:at])
			}
			return nil
		})
	}
	if err != nil {
		return r, fmt.Errorf("riverwallet: looking for readers: %w", err)
	}
	return r, nil
}

// shardOf is the shard of a wallet.
const shardOf = "(hashtext(id) & 2147483647) % $1"

// list is which wallets a shard has. Those of all shards are read together where many begin at once, and kept for a minute.
func (w *Worker) list(ctx context.Context, shard int) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.held[shard]; h != nil && h.renew != nil {
		lists, err := w.query(ctx, "WHERE "+shardOf+" = $2", shard)
		return lists[shard], err
	}
	if w.lists == nil || time.Since(w.listed) > w.every {
		lists, err := w.query(ctx, "")
		if err != nil {
			return nil, err
		}
		w.lists, w.listed = lists, time.Now()
	}
	return w.lists[shard], nil
}

func (w *Worker) query(ctx context.Context, where string, args ...any) (map[int][]string, error) {
	lists := map[int][]string{}
	rows, err := w.config.Pool.Query(ctx, "SELECT "+shardOf+", id FROM djamo_wallets "+where, append([]any{w.config.Shards}, args...)...)
	if err == nil {
		var shard int
		var id string
		_, err = pgx.ForEachRow(rows, []any{&shard, &id}, func() error {
			lists[shard] = append(lists[shard], id)
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("riverwallet: listing wallets: %w", err)
	}
	return lists, nil
}

// look finds out, every minute, what the shards have, and has those read anew that have other wallets. What it asks for is read in
// one pass over the ids, and has one row for each shard.
func (w *Worker) look(ctx context.Context) error {
	w.mu.Lock()
	due := w.contents == nil || time.Since(w.looked) > w.every
	if w.lists != nil && time.Since(w.listed) > w.every {
		w.lists = nil
	}
	w.mu.Unlock()
	if !due {
		return nil
	}
	const forgotten = 24 * time.Hour // leases that ran out so long ago tell nobody anything
	if _, err := w.config.Pool.Exec(ctx, "DELETE FROM djamo_wallet_readers WHERE until < "+now+" - $1", int64(forgotten)); err != nil {
		return fmt.Errorf("riverwallet: forgetting readers: %w", err)
	}
	contents, total := map[int]content{}, 0
	rows, err := w.config.Pool.Query(ctx, "SELECT "+shardOf+", COUNT(*), CAST(SUM(hashtext(id)) AS BIGINT) FROM djamo_wallets GROUP BY 1",
		w.config.Shards)
	if err == nil {
		var shard int
		var c content
		_, err = pgx.ForEachRow(rows, []any{&shard, &c.count, &c.sum}, func() error {
			contents[shard] = c
			total += int(c.count)
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("riverwallet: counting wallets: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !maps.Equal(w.contents, contents) {
		w.lists = nil
	}
	w.contents, w.wallets, w.looked = contents, total, time.Now()
	for shard, h := range w.held {
		if h.renew != nil && h.content != contents[shard] {
			h.renew()
		}
	}
	return nil
}

// balance gives up what is more than this process's share, and what another reads as well. It returns the shards that have wallets
// and no reader.
func (w *Worker) balance(r readers) (free []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	processes := max(1, len(r.processes))
	w.share = (w.config.Shards + processes - 1) / processes
	surplus := -w.share
	for _, h := range w.held {
		if !h.over {
			surplus++
		}
	}
	for shard, h := range w.held {
		twice := slices.ContainsFunc(r.of[shard], func(process string) bool { return process < w.config.Engine.Owner })
		if !h.over && (twice || surplus > 0) {
			surplus--
			h.over = true
			h.end()
		}
	}
	for shard := range w.contents {
		if len(r.of[shard]) == 0 && w.held[shard] == nil {
			free = append(free, shard)
		}
	}
	return free
}

// giveUp ends every reading, and begins none any more.
func (w *Worker) giveUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for _, h := range w.held {
		h.end()
	}
}
