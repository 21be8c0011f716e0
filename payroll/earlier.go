package payroll

import (
	"context"
	"time"

	"github.com/djamo/djamo-go"
)

// applyEarlier records what was paid under references that the journal takes for unsent. Its predecessor may have been
// lost with a disk, or it is older than the truth: copied without its latest writes, or restored from a backup. The API
// would refuse those references, but their francs have left the account already, so the balance need not cover them again.
//
// It reads the newest transactions until several pages in a row have nothing new, and at least as far back as the latest
// payment that the journal knows of; as far as CompareRecent when it knows of none.
func (r *run) applyEarlier(ctx context.Context) error {
	planned := r.sum(Planned).Count
	if planned == 0 {
		return nil
	}
	latest, err := r.latestSent(ctx)
	if err != nil {
		return err
	}
	const maxEmptyPages, margin = 3, time.Hour
	back := walkBack{since: latest.Add(-margin)}
	if latest.IsZero() {
		back.since = time.Now().Add(-recentWindow)
	}
	empty := 0
	for page, err := range listPages(ctx, r.Client, planned/10+recentPages) {
		if err != nil {
			return r.fatal(ctx, err) // a reference that exists is met again when it is sent
		}
		met, err := r.applyEarlierPage(ctx, page.Data)
		if err != nil {
			return err
		}
		empty++
		if met > 0 {
			empty = 0
		}
		if enough := back.done || back.pass(page); enough && empty >= maxEmptyPages || r.sum(Planned).Count == 0 {
			break
		}
	}
	return nil
}

// latestSent is when the journal knows that a payout was last sent; zero when it knows of none. Payouts are sent in the
// order of the plan, so the latest stands before the first that is still planned.
func (r *run) latestSent(ctx context.Context) (latest time.Time, err error) {
	first, err := r.Journal.Payouts(ctx, 0, 1, Planned)
	if err != nil || len(first) == 0 {
		return latest, err
	}
	before, err := r.Journal.Payouts(ctx, max(0, first[0].ID-1-readAhead), readAhead)
	if err != nil {
		return latest, err
	}
	for _, p := range before {
		if p.SentAt.After(latest) {
			latest = p.SentAt
		}
	}
	return latest, nil
}

// applyEarlierPage returns how many planned payouts were met.
func (r *run) applyEarlierPage(ctx context.Context, found []djamo.Transaction) (met int, err error) {
	byReference := make(map[string]*djamo.Transaction, len(found))
	references := make([]string, 0, len(found))
	for i := range found {
		byReference[found[i].Reference] = &found[i]
		references = append(references, found[i].Reference)
	}
	payouts, err := r.Journal.Find(ctx, references...)
	if err != nil {
		return 0, err
	}
	var claimed, applied []Change
	for _, p := range payouts {
		t := byReference[p.Reference]
		if p.State != Planned || !p.Params().Matches(t) {
			continue
		}
		p.State, p.Earlier = Submitting, p.Attempts == 0
		claimed = append(claimed, Change{From: Planned, Payout: p})
		applied = append(applied, Change{From: Submitting, Payout: applyTransaction(p, t)})
	}
	if err := r.advance(ctx, claimed); err != nil {
		return 0, err
	}
	return len(applied), r.advance(ctx, applied)
}
