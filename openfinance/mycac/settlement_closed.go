package mycac

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ErrNotSetAside is a refund that cannot be closed: the latest settlement does not have it set aside.
var ErrNotSetAside = errors.New("cacpay: the refund is not set aside in the latest settlement")

// Closing is what a person says became of a refund that was set aside, such as that the bank has taken it back.
type Closing struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at,omitzero"`
	// Settled is the first settlement that does not have the refund set aside any more; zero: the next one.
	Settled wallet.Date `json:"settled,omitzero"`
}

// ClosedRefund is a refund that a person has closed. It is netted in no settlement, also when its original comes.
type ClosedRefund struct {
	SetAsideRefund

	Closing Closing `json:"closing"`
}

// closeBy takes the refunds that were closed by a day out of those that wait for their original.
func (m *matcher) closeBy(day wallet.Date) {
	m.closed = nil
	open := m.open[:0]
	for _, r := range m.open {
		switch {
		case r.Closed == nil || day.Before(r.Closed.Settled):
			open = append(open, r)
		case r.Closed.Settled == day:
			m.closed = append(m.closed, r)
		}
	}
	m.open = open
}

// CloseRefund closes a refund that the latest settlement has set aside, by its ID there: the next settlement names it and what
// was said, and no later one has it. Settlements that are over stay as they are. It is safe to repeat.
//
// The decoder must be the one that the events were received with. The error matches ErrNotSetAside.
func (j *Journal) CloseRefund(ctx context.Context, id string, closing Closing, decoder CACPAYDecoder) error {
	const maxText = 1000
	for _, field := range []struct{ name, text string }{{"By", closing.By}, {"Reason", closing.Reason}} {
		if shown := saidText(field.text); shown == "" || shown != field.text || len(field.text) > maxText {
			return fmt.Errorf("mycac: CloseRefund: Closing.%s must be one line of text of at most %d bytes", field.name, maxText)
		}
	}
	return j.transact(ctx, func(ctx context.Context, t tx) error {
		if err := t.lockSettlements(ctx); err != nil {
			return err
		}
		said := false
		var before Closing
		if err := t.query(ctx, func(rows *sql.Rows) error {
			said = true
			return rows.Scan(&before.By, &before.Reason)
		}, "SELECT person, reason FROM djamo_mycac_closings WHERE id = ?", id); err != nil {
			return err
		}
		if said {
			if before.By == closing.By && before.Reason == closing.Reason {
				return nil
			}
			return fmt.Errorf("%w: it was closed by %s: %s", ErrNotSetAside, before.By, before.Reason)
		}
		if err := t.setAside(ctx, id, decoder); err != nil {
			return err
		}
		_, err := t.exec(ctx, "INSERT INTO djamo_mycac_closings (id, person, reason, at) VALUES (?, ?, ?, ?)",
			id, closing.By, closing.Reason, j.now().UnixMicro())
		return err
	})
}

// setAside is ErrNotSetAside unless the latest settlement has the refund set aside.
func (t tx) setAside(ctx context.Context, id string, decoder CACPAYDecoder) error {
	latest, err := t.latestSettled(ctx)
	if err != nil {
		return err
	}
	if latest == "" {
		return fmt.Errorf("%w: no day was settled yet", ErrNotSetAside)
	}
	day, err := wallet.ParseDate(latest)
	if err != nil {
		return err
	}
	entries, err := t.settlementEntries(ctx, day, decoder, false)
	if err != nil {
		return err
	}
	settlement, err := settlementOf(day, entries)
	if err != nil {
		return err
	}
	for i := range settlement.SetAside {
		if settlement.SetAside[i].ID == id {
			return nil
		}
	}
	return fmt.Errorf("%w: %s has no %s", ErrNotSetAside, day, shownText(id))
}
