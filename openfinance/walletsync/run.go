package walletsync

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// overdue is how long an item may take to come after a push told of it, before an operator hears of it.
const overdue = 2 * time.Minute

// tooOld is how long a wallet may go unread, at the least, before an operator hears of it.
const tooOld = 15 * time.Minute

// Runner reads a set of wallets. It is made by Engine.Runner. Poke may be called while it runs.
type Runner struct {
	engine *Engine
	once   bool
	made   time.Time
	began  time.Time

	mu       sync.Mutex
	wallets  []place // by id
	due      dueHeap
	backfill []*place        // in turns
	idle     []Idle          // to be recorded
	lags     []time.Duration // of the latest live reads
	lag      int
	live     int // reads under way
	history  int
	reads    time.Duration // what turns of history take to read, and to be stored, of late
	stores   time.Duration
	trusted  time.Time // until when the leases are believed
	broken   error     // of the store, with once, when it could not be used for too long
	cancel   context.CancelFunc
	reading  context.Context //nolint:containedctx // of all reads: it ends when the leases do
	flushed  time.Time
	looked   time.Time // for wallets that were not read for long
	wake     chan struct{}
	storing  chan struct{} // history: what is live waits for one such transaction at most, however many read history
	tasks    sync.WaitGroup
}

// Runner prepares to read wallets, which are registered in the store.
func (e *Engine) Runner(wallets []string) *Runner {
	r := &Runner{engine: e, made: e.now(), wallets: make([]place, 0, len(wallets)), wake: make(chan struct{}, 1)}
	r.storing = make(chan struct{}, 1)
	for _, id := range wallets {
		r.wallets = append(r.wallets, place{id: id, queued: -1, due: never, lastOK: never})
	}
	slices.SortFunc(r.wallets, func(a, b place) int { return strings.Compare(a.id, b.id) })
	r.wallets = slices.CompactFunc(r.wallets, func(a, b place) bool { return a.id == b.id })
	return r
}

// Run reads until the context ends, and gives its leases up then. The error is nil, or that of a store which cannot be used.
func (r *Runner) Run(ctx context.Context) error { return r.run(ctx) }

// Once reads until every wallet is in step and every backfill done. The error tells of each wallet that could not be read;
// those whose consent ended are not among them.
func (r *Runner) Once(ctx context.Context) error {
	r.once = true
	err := r.run(ctx)
	if err == nil {
		err = ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	failures := []error{err, r.broken}
	for i := range r.wallets {
		if m := r.wallets[i].memory; m != nil && m.gaveUp != nil {
			failures = append(failures, fmt.Errorf("wallet %s: %w", r.wallets[i].id, m.gaveUp))
		}
	}
	return errors.Join(failures...)
}

// Poke has a wallet read at once: a push told that something happened. Pokes that come together are one.
func (r *Runner) Poke(walletID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.find(walletID); p != nil {
		r.poke(p)
	}
}

func (r *Runner) poke(p *place) {
	if p.busy {
		p.poked = true
		p.memory.hurry.Store(true)
		return
	}
	m := r.remember(p)
	m.announced, m.idle = 1, 0
	if m.failed == 0 && !m.ended && p.queued >= 0 {
		p.due = r.at(r.engine.now())
		heap.Fix(&r.due, int(p.queued))
		r.signal()
	}
}

func (r *Runner) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Runner) run(ctx context.Context) error {
	r.began = r.engine.now()
	r.reading, r.cancel = context.WithCancel(ctx)
	err := r.renew(ctx)
	if err == nil {
		beatCtx, stopBeats := context.WithCancel(ctx)
		var beats sync.WaitGroup
		beats.Go(func() { r.beat(beatCtx, r.renew) })
		if err = r.attend(ctx); err == nil {
			beats.Go(func() { r.beat(beatCtx, r.attend) })
			r.loop(ctx)
		}
		stopBeats()
		beats.Wait()
	}
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	if err != nil {
		return err
	}
	r.tasks.Wait()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(r.engine.Keeper.Flush(ending), r.flush(ending, true), r.engine.Store.Release(ending, r.engine.Owner))
}

func (r *Runner) loop(ctx context.Context) {
	for {
		r.mu.Lock()
		wait := r.dispatch(r.engine.now())
		finished := r.once && r.finished()
		r.mu.Unlock()
		if finished {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-r.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// finished reports whether nothing is left to do, with once.
func (r *Runner) finished() bool {
	switch {
	case r.live+r.history > 0:
		return false
	case r.broken != nil:
		return true
	}
	for i := range r.wallets {
		p := &r.wallets[i]
		switch m := p.memory; {
		case p.busy, m == nil && !p.reached:
			return false
		case m == nil, m.ended, m.gaveUp != nil:
		case !m.reached || m.backfilling:
			return false
		}
	}
	return true
}

// dispatch starts the reads that are due and returns how long to wait for the next.
func (r *Runner) dispatch(at time.Time) time.Duration {
	if !r.trusted.After(at) {
		return time.Second // this process stood still: the next renewal says whose the wallets are
	}
	wait, now := time.Minute, r.at(at)
	for len(r.due) > 0 {
		p := r.due[0]
		if left := p.due - now; left > 0 {
			wait = min(wait, left)
			break
		}
		if r.live >= r.engine.workers() {
			return wait
		}
		heap.Pop(&r.due)
		r.note(now - p.due)
		r.start(p, live)
	}
	if len(r.backfill) == 0 {
		return wait
	}
	if r.history >= r.room() || r.late() {
		return min(wait, time.Second)
	}
	for i, p := range r.backfill {
		m := p.memory
		switch {
		case p.busy || p.queued < 0 || m.ended || m.gaveUp != nil || p.fence == 0 || !m.reached && m.failed+m.restarts == 0:
			continue
		case m.nextHistory.After(at):
			wait = min(wait, m.nextHistory.Sub(at))
			continue
		}
		r.backfill = append(slices.Delete(r.backfill, i, i+1), p) // one turn, and to the end of the queue
		heap.Remove(&r.due, int(p.queued))
		r.start(p, history)
		return 0 // there may be room for another
	}
	return wait
}

// room is how many may read history at a time: no more than keep the store busy. The others would only wait for it, and keep their
// wallets from being read.
func (r *Runner) room() int {
	most := max(1, r.engine.workers()/5)
	if r.stores > 0 {
		most = min(most, 1+int(r.reads/r.stores))
	}
	return most
}

// note keeps how late a live read began.
func (r *Runner) note(lag time.Duration) {
	const kept = 100
	if len(r.lags) < kept {
		r.lags = append(r.lags, lag)
		return
	}
	r.lags[r.lag] = lag
	r.lag = (r.lag + 1) % kept
}

// late reports whether live reads are so late that backfills must wait.
func (r *Runner) late() bool {
	const minReads, maxLag = 20, 30 * time.Second
	if len(r.lags) < minReads {
		return false
	}
	sorted := slices.Sorted(slices.Values(r.lags))
	return sorted[len(sorted)*95/100] > maxLag
}

func (r *Runner) start(p *place, from source) {
	ctx, m := r.reading, r.remember(p)
	p.busy = true
	m.hurry.Store(false)
	if from == live {
		r.live++
	} else {
		r.history++
	}
	r.tasks.Go(func() {
		out, err := r.engine.step(ctx, m, from)
		if err == nil && from == live && out.ended && !r.once {
			err = r.engine.lookBackWhenDue(ctx, m, out.state)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.finish(p, from, out, err)
	})
}

// finish takes a wallet back after a read.
func (r *Runner) finish(p *place, from source, out outcome, err error) {
	now, m := r.engine.now(), p.memory
	p.busy = false
	if from == live {
		r.live--
	} else {
		r.history--
		if m.stored > 0 {
			const weight = 8
			r.reads += (m.read - r.reads) / weight
			r.stores += (m.stored - r.stores) / weight
		}
	}
	if err == nil && from == live {
		r.fold(p, out, now)
	}
	r.list(p)
	if errors.Is(err, ErrLeaseLost) && p.fence == m.lease.Fence {
		p.fence = 0
	}
	if p.poked {
		p.poked = false
		m.announced, m.idle = 1, 0
		if err == nil {
			m.nextLive = now
		}
	}
	if err == nil && r.total() > maxEqual && m.announced == 0 && m.idle > 0 && from == live {
		m.nextLive = m.nextLive.Add(r.pace(m.idle) - r.engine.poll())
	}
	r.giveUp(m, now, err)
	p.due = r.at(m.nextLive)
	r.forget(p)
	if p.fence != 0 && p.queued < 0 {
		heap.Push(&r.due, p)
	}
	r.signal()
}

// list keeps the wallets whose history is read.
func (r *Runner) list(p *place) {
	switch m := p.memory; {
	case m.backfilling && !m.listed:
		m.listed = true
		r.backfill = append(r.backfill, p)
	case !m.backfilling && m.listed:
		m.listed = false
		r.backfill = slices.DeleteFunc(r.backfill, func(other *place) bool { return other == p })
	}
}

// pace is the time between reads of a wallet that was idle so many times, where there are many.
func (r *Runner) pace(idle int) time.Duration {
	const doublings, maxPause = 8, 15 * time.Minute
	return max(r.engine.poll(), min(r.engine.poll()<<min(idle, doublings), maxPause))
}

// total is how many wallets there are, with those that others read.
func (r *Runner) total() int { return max(len(r.wallets), r.engine.Wallets) }

// maxEqual is how many wallets are all read at the same pace, however idle they are.
const maxEqual = 1000

// patience is how long, with once, something may take that will pass.
const patience = time.Minute

// giveUp decides, with once, that a wallet cannot be read now.
func (r *Runner) giveUp(m *memory, now time.Time, err error) {
	if err == nil && m.restarts+m.historyRestarts == 0 {
		m.gaveUp = nil // it came right while others were read
	}
	if !r.once || err == nil {
		return
	}
	const maxWait = 5 * time.Second
	tries := 8
	switch {
	case errors.Is(err, wallet.ErrPage) || errors.Is(err, ErrCircle):
		tries = 4
	case errors.Is(err, consent.ErrBusy):
		tries = 16 // a minute: what a process has that was killed in an exchange is taken over before
	}
	held, isHeld := errors.AsType[*consent.HeldError](err)
	if !isHeld && !m.ended && m.nextLive.Sub(now) > maxWait {
		m.nextLive = now.Add(maxWait) // somebody waits
	}
	failed := max(m.failed, m.historyFailed, m.restarts, m.historyRestarts)
	if isHeld && held.Until.Sub(now) > patience || failed >= tries || errors.Is(err, consent.ErrKey) {
		m.gaveUp = err
	}
}
