package walletsync

import (
	"context"
	"time"
)

// fold counts a read that found nothing: it is recorded with others, later. One that stored something was recorded with that.
func (r *Runner) fold(p *place, out outcome, now time.Time) {
	if p.count > 0 && (!out.resumed || p.consent != out.state.Consent) {
		r.record(p)
	}
	p.lastOK = r.at(now)
	if !out.resumed {
		return
	}
	if p.count == 0 {
		p.consent, p.since = out.state.Consent, p.lastOK
	}
	p.count++
}

// record has the folded reads of a wallet written with the next flush.
func (r *Runner) record(p *place) {
	r.idle = append(r.idle, Idle{Wallet: p.id, Consent: p.consent, Last: r.made.Add(p.lastOK), Count: int64(p.count)})
	p.consent, p.count = "", 0
}

// flush writes what was folded: all of it, or what has waited for long enough. Few wallets show at once that they were read. Of
// many it is written seldom, and of those that are read seldom even less, so that a read that finds nothing costs no write.
func (r *Runner) flush(ctx context.Context, all bool) error {
	const few, seldom, reads = 100, 5 * time.Minute, 4
	now := r.engine.now()
	r.mu.Lock()
	if !all && r.total() > few && now.Sub(r.flushed) < seldom {
		r.mu.Unlock()
		return nil
	}
	r.flushed = now
	for i := range r.wallets {
		p := &r.wallets[i]
		if p.count > 0 && (all || r.total() <= maxEqual || r.at(now)-p.since >= reads*r.pace(int(p.idle))) {
			r.record(p)
		}
	}
	recorded := r.idle
	r.idle = nil
	r.mu.Unlock()
	const together = 200 // are in one transaction
	for len(recorded) > 0 {
		count := min(together, len(recorded))
		if err := r.engine.Store.Touch(ctx, recorded[:count]); err != nil {
			r.unrecorded(recorded)
			return err
		}
		recorded = recorded[count:]
	}
	return nil
}

// unrecorded has reads recorded with the next flush: the store could not be used.
func (r *Runner) unrecorded(reads []Idle) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, read := range reads {
		p := r.find(read.Wallet)
		switch {
		case p.count == 0:
			p.consent, p.count, p.since = read.Consent, int32(read.Count), r.at(read.Last) //nolint:gosec // it was one
		case p.consent == read.Consent:
			p.count += int32(read.Count) //nolint:gosec // as above
		default:
			r.idle = append(r.idle, read)
		}
	}
}
