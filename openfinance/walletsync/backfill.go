package walletsync

import (
	"context"
	"errors"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Backfill asks for the history of a wallet from a day on. What was read already is not read again.
func (e *Engine) Backfill(ctx context.Context, walletID string, from wallet.Date) error {
	day := from.String()
	if day == "" {
		return errors.New("walletsync: a backfill needs a day to begin with")
	}
	return e.Store.Update(ctx, walletID, func(tx Tx) error {
		s := tx.State()
		pending := s.BackfillFrom != "" && !s.BackfillDone && !s.LookingBack
		if s.CoveredFrom != "" && s.CoveredFrom <= day || pending && s.BackfillFrom <= day {
			return nil
		}
		if s.LookingBack {
			day = min(day, s.BackfillFrom) // it looks back as well
		}
		s.BackfillFrom, s.BackfillCursor, s.BackfillDone, s.LookingBack = day, "", false, false
		return nil
	})
}

// Import stores the rows of a statement file: those that the gateway gave already, or took back, are left alone.
func (e *Engine) Import(ctx context.Context, walletID string, events []wallet.Event) (added int, err error) {
	items := make([]wallet.Item, 0, len(events))
	for _, event := range events {
		items = append(items, wallet.Item{Event: event})
	}
	err = e.Store.Update(ctx, walletID, func(tx Tx) error {
		applied, err := prepare(tx, [][]wallet.Item{items}, file, e.now(), e.final)
		if err == nil {
			err = applied.page(items)
		}
		if err == nil {
			err = applied.write()
		}
		if err != nil {
			return err
		}
		added = applied.changed
		return tx.Audit(Audit{At: e.now(), Wallet: walletID, Consent: tx.State().Consent, Action: "import", Count: int64(len(items))})
	})
	return added, err
}

// lookBackWhenDue begins to read the latest days again, once a day: entries that were made late and that the feed left out
// come in, and everything else is there already. The days are those before it was begun last, so that none is left out where that was
// long ago.
func (e *Engine) lookBackWhenDue(ctx context.Context, m *memory, state State) error {
	const every = 24 * time.Hour
	now, back := e.now(), e.lookBack()
	since := now.Sub(state.LookBackAt)
	if back < 0 || state.LookBackAt.IsZero() || since.Abs() < every || m.backfilling {
		return nil
	}
	from := wallet.DateOf(now.UTC().Add(-max(0, since) - back)).String()
	return e.Store.Update(ctx, m.lease.Wallet, func(tx Tx) error {
		s := tx.State()
		switch {
		case s.Owner != m.lease.Owner || s.Fence != m.lease.Fence:
			return ErrLeaseLost
		case s.BackfillFrom != "" && !s.BackfillDone:
			return nil
		}
		s.BackfillFrom, s.BackfillCursor, s.BackfillDone, s.LookingBack, s.LookBackAt = from, "", false, true, now
		m.backfilling = true
		return nil
	})
}
