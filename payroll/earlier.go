package payroll

import (
	"context"

	"github.com/djamo/djamo-go"
)

// adoptEarlier takes over what was paid before this journal was made: its predecessor may have been lost with a disk.
// The API would refuse those references, but their francs have left the account already, so they are not asked of it again.
// It reads the newest transactions until several pages in a row have nothing of this run.
func (r *run) adoptEarlier(ctx context.Context) error {
	if r.sum(Planned).Count < r.info.Count {
		return nil // this journal remembers what it has sent
	}
	const patience = 3 // pages
	empty := 0
	for page, err := range r.listing(ctx, r.info.Count+patience) {
		if err != nil {
			return r.tolerate(ctx, err) // a reference that exists is met again when it is sent
		}
		met, err := r.adoptPage(ctx, page)
		if err != nil {
			return err
		}
		empty++
		if met > 0 {
			empty = 0
		}
		if empty == patience || r.sum(Planned).Count == 0 {
			break
		}
	}
	return nil
}

// adoptPage returns how many planned payouts were met.
func (r *run) adoptPage(ctx context.Context, found []djamo.Transaction) (met int, err error) {
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
	var claimed, adopted []Change
	for _, p := range payouts {
		t := byReference[p.Reference]
		if p.State != Planned || !p.Params().Matches(t) {
			continue
		}
		p.State, p.Earlier = Submitting, true
		claimed = append(claimed, Change{From: Planned, Payout: p})
		adopted = append(adopted, Change{From: Submitting, Payout: adopt(p, t)})
	}
	if err := r.advance(ctx, claimed); err != nil {
		return 0, err
	}
	return len(adopted), r.advance(ctx, adopted)
}
