package walletsync

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// beat does something three times within the life of a lease, until the context ends.
func (r *Runner) beat(ctx context.Context, do func(context.Context) error) {
	ticker := time.NewTicker(r.engine.leaseTTL() / 3)
	defer ticker.Stop()
	well := r.engine.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := do(ctx)
		now := r.engine.now()
		switch {
		case err == nil:
			well = now
		case ctx.Err() == nil:
			r.engine.log(slog.LevelError, "the store cannot be used", slog.String("error", err.Error()))
			if r.once && now.Sub(well) > patience {
				r.abandon(err)
			}
		}
	}
}

// abandon ends a run that somebody waits for: without its leases it reads nothing, so that no wallet would give up by itself.
func (r *Runner) abandon(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = cause
	r.signal()
}

// renew prolongs the leases, and waits for nothing else: a claim of many wallets may take longer than a lease lasts. When the leases
// have run out, or the store gave no answer until they had, another process may read the wallets, so every read is ended.
func (r *Runner) renew(ctx context.Context) error {
	e := r.engine
	asked := e.now()
	limited, cancel := r.whileTrusted(ctx, asked)
	defer cancel()
	kept, err := e.Store.Renew(limited, e.Owner, e.leaseTTL())
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil && kept:
		r.trusted = asked.Add(e.leaseTTL())
	case err == nil:
		r.drop(ctx)
		r.trusted = asked.Add(e.leaseTTL())
	case !r.trusted.After(e.now()):
		r.drop(ctx)
	}
	return err
}

// whileTrusted ends a renewal when the leases do. The first has no lease that could end, and takes as long as the store does.
func (r *Runner) whileTrusted(ctx context.Context, now time.Time) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trusted.IsZero() {
		return context.WithCancel(ctx)
	}
	left := r.trusted.Sub(now)
	if left <= 0 {
		left = r.engine.leaseTTL()
	}
	return context.WithTimeout(ctx, left)
}

// attend stores the new tokens that the store did not take, claims wallets that are free, looks for announced items and flushes what
// was folded. Without leases that are known to hold it does only the first.
func (r *Runner) attend(ctx context.Context) error {
	r.tasks.Go(func() { // it may wait for the row of one consent, and everybody else for nothing
		if err := r.engine.Keeper.Flush(ctx); err != nil && ctx.Err() == nil {
			r.engine.log(slog.LevelError, "new tokens are not stored yet", slog.String("error", err.Error()))
		}
	})
	r.mu.Lock()
	trusted := r.trusted.After(r.engine.now())
	r.mu.Unlock()
	if !trusted {
		return nil
	}
	if err := r.claim(ctx); err != nil {
		return err
	}
	if err := r.announced(ctx); err != nil {
		return err
	}
	return r.flush(ctx, false)
}

// drop forgets every lease and ends the reads under them.
func (r *Runner) drop(ctx context.Context) {
	r.cancel()
	r.reading, r.cancel = context.WithCancel(ctx)
	r.due = r.due[:0]
	for i := range r.wallets {
		r.wallets[i].fence, r.wallets[i].queued = 0, -1
	}
}

// claim takes the wallets that nobody reads.
func (r *Runner) claim(ctx context.Context) error {
	r.mu.Lock()
	var missing []string
	for i := range r.wallets {
		if p := &r.wallets[i]; p.fence == 0 && !p.busy {
			missing = append(missing, p.id)
		}
	}
	r.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	leases, err := r.engine.Store.Claim(ctx, r.engine.Owner, missing, r.engine.leaseTTL(), r.engine.Alive)
	if err != nil {
		return err
	}
	r.mu.Lock()
	at := r.engine.now()
	if !r.trusted.After(at) {
		leases = nil // no renewal came through meanwhile: whose they are is seen when one has
	}
	now := r.at(at)
	for _, lease := range leases {
		p := r.find(lease.Wallet)
		p.fence = lease.Fence
		if m := p.memory; m != nil {
			m.forget()
			m.known = nil
		}
		if p.due == never || p.memory != nil && p.memory.announced > 0 {
			p.due = now
		}
		if p.queued < 0 {
			heap.Push(&r.due, p)
		}
	}
	r.signal()
	r.mu.Unlock()
	if r.once && len(leases) < len(missing) {
		return r.watch(ctx, missing)
	}
	return nil
}

// watch looks, with once, whether another process has brought the wallets it holds in step since this one began.
func (r *Runner) watch(ctx context.Context, wallets []string) error {
	for _, id := range wallets {
		state, err := r.engine.Store.Load(ctx, id)
		if err != nil {
			return err
		}
		record, _, err := r.engine.Store.Consent(ctx, state.Consent)
		if err != nil {
			return err
		}
		r.mu.Lock()
		if p := r.find(id); p.fence == 0 && !p.busy {
			m := r.remember(p)
			m.ended = !record.State.Live()
			m.reached = state.InStep && state.Failing == "" && state.LastOK.After(r.began)
			m.backfilling = state.BackfillFrom != "" && !state.BackfillDone
			m.gaveUp = r.cannotRead(&state, &record)
		}
		r.signal()
		r.mu.Unlock()
	}
	return nil
}

// cannotRead is why another process does not bring a wallet in step that it holds; nil: it may soon.
func (r *Runner) cannotRead(state *State, record *consent.Record) error {
	now := r.engine.now()
	switch {
	case record.Held(now) && record.HeldUntil.Sub(now) > patience:
		return &consent.HeldError{Until: record.HeldUntil}
	case state.Failing != "" && now.Sub(r.began) > patience:
		return errors.New("walletsync: another process reads it, and cannot: " + state.Failing)
	}
	return nil
}

// announced has wallets read for which a push told of something that has not come.
func (r *Runner) announced(ctx context.Context) error {
	list, err := r.engine.Store.Announced(ctx, r.engine.Owner)
	if err != nil {
		return err
	}
	now := r.engine.now()
	late := map[*place]int{}
	waiting := map[*place]bool{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range list {
		p := r.find(a.Wallet)
		if p == nil {
			continue
		}
		waiting[p] = true
		if p.busy {
			continue // its memory is the read's
		}
		age, m := now.Sub(a.At), r.remember(p)
		if age > overdue && now.Sub(m.warnedAt) > 10*overdue {
			late[p]++
		}
		if m.announced == 0 && age < 5*overdue {
			r.poke(p)
		}
	}
	for p, count := range late {
		p.memory.warnedAt = now
		r.engine.alert(p.id, fmt.Sprintf("%d announced items have not come within %v", count, overdue))
	}
	const seldom = 30 * time.Second
	if now.Sub(r.looked) >= seldom {
		r.looked = now
		r.lookOver(now, waiting)
	}
	return nil
}

// lookOver tells of wallets that were not read for long, and forgets what nobody waits for any more.
func (r *Runner) lookOver(now time.Time, waiting map[*place]bool) {
	longest := max(tooOld, 5*r.engine.poll())
	if r.total() > maxEqual {
		longest = max(longest, 2*r.pace(math.MaxUint8))
	}
	for i := range r.wallets {
		p := &r.wallets[i]
		if m := p.memory; m != nil && !p.busy && !waiting[p] {
			m.announced, m.warnedAt = 0, time.Time{}
			r.forget(p)
		}
		ended := p.memory != nil && !p.busy && p.memory.ended
		if age := r.at(now) - p.lastOK; p.lastOK != never && !ended && age > longest {
			p.lastOK = r.at(now) // and once more when it is that old again
			r.engine.alert(p.id, fmt.Sprintf("it was not read for %v", age.Round(time.Second)))
		}
	}
}
