package mycac

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ErrSettlementOrder is a day that cannot be settled because a later one was.
var ErrSettlementOrder = errors.New("cacpay: a later day was settled already")

// QuarantinedEvent is a webhook that was signed and cannot be used.
type QuarantinedEvent struct {
	Reason string
	Came   time.Time
	Body   []byte
}

// RecordEvent keeps an event, once for each ID: it can be CACPAYHandler.Handle. A copy that says the same changes nothing. A copy
// that says something else changes nothing either, and is put in quarantine, in the same transaction. Safe to repeat.
func (j *Journal) RecordEvent(ctx context.Context, event CACPAYEvent) error {
	day := ""
	if !event.At.IsZero() {
		day = event.Day(nil).String()
	}
	return j.transact(ctx, func(ctx context.Context, t tx) error {
		added, err := t.exec(ctx, `INSERT INTO djamo_mycac_events (id, digest, kind, day, came, body) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, event.ID(), event.Digest(), string(event.Kind), day, j.now().UnixMicro(), []byte(event.Raw))
		if err != nil || added > 0 {
			return err
		}
		var kept string
		err = t.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&kept) },
			"SELECT digest FROM djamo_mycac_events WHERE id = ?", event.ID())
		if err != nil || kept == event.Digest() {
			return err
		}
		return t.quarantine(ctx, j.now(), event.Raw, fmt.Errorf("%w: %s %s", ErrContradiction, shownText(event.Name), shownText(event.TxID)))
	})
}

// QuarantineEvent keeps a body with the reason why it cannot be used: it can be CACPAYHandler.Quarantine. Safe to repeat.
func (j *Journal) QuarantineEvent(ctx context.Context, body []byte, reason error) error {
	return j.transact(ctx, func(ctx context.Context, t tx) error { return t.quarantine(ctx, j.now(), body, reason) })
}

func (t tx) quarantine(ctx context.Context, came time.Time, body []byte, reason error) error {
	_, err := t.exec(ctx, `INSERT INTO djamo_mycac_quarantine (digest, reason, came, body)
		VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING`,
		digestOf(body), reason.Error(), came.UnixMicro(), body)
	return err
}

// Quarantined lists what is in quarantine, in the order in which it came.
func (j *Journal) Quarantined(ctx context.Context) (list []QuarantinedEvent, err error) {
	err = j.transact(ctx, func(ctx context.Context, t tx) error {
		list = nil
		return t.query(ctx, func(rows *sql.Rows) error {
			var event QuarantinedEvent
			var came int64
			err := rows.Scan(&event.Reason, &came, &event.Body)
			event.Came = time.UnixMicro(came).UTC()
			list = append(list, event)
			return err
		}, "SELECT reason, came, body FROM djamo_mycac_quarantine ORDER BY came, digest")
	})
	return list, err
}

// Settle settles a day, once and for all: what happened on the day, or before it and came too late for its own settlement, is
// part of it from now on. Safe to repeat, also after a crash: it returns the same settlement again. Days are settled in their
// order, when they are over; what comes later for a day that is settled goes into the next settlement, as late.
//
// The decoder must be the one that the events were received with. The error matches ErrSettlementOrder when a later day was
// settled and this one was not.
func (j *Journal) Settle(ctx context.Context, day wallet.Date, decoder CACPAYDecoder) (*Settlement, error) {
	if !isDate(day) {
		return nil, fmt.Errorf("mycac: Settle: the day %q must be a date such as 2026-05-09", day)
	}
	if over := midnight(addDays(day, 1)).Add(-3 * time.Hour); j.now().Before(over) {
		return nil, fmt.Errorf("mycac: Settle: %s is not over in Djibouti: preview it with PreviewSettlement", day)
	}
	err := j.transact(ctx, func(ctx context.Context, t tx) error {
		if err := t.lockSettlements(ctx); err != nil {
			return err
		}
		latest, err := t.latestSettled(ctx)
		if err != nil || latest == day.String() {
			return err
		}
		if latest > day.String() {
			settled := 0
			err := t.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&settled) },
				"SELECT COUNT(*) FROM djamo_mycac_settlements WHERE day = ?", day.String())
			if err != nil || settled > 0 {
				return err
			}
			return fmt.Errorf("%w: %s comes before %s, whose settlement has what is left of it", ErrSettlementOrder, day, latest)
		}
		if _, err := t.exec(ctx, "INSERT INTO djamo_mycac_settlements (day, at) VALUES (?, ?)", day.String(), j.now().UnixMicro()); err != nil {
			return err
		}
		_, err = t.exec(ctx, "UPDATE djamo_mycac_events SET settled = ? WHERE settled = '' AND day <> '' AND day <= ?",
			day.String(), day.String())
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, "UPDATE djamo_mycac_closings SET settled = ? WHERE settled = ''", day.String())
		return err
	})
	if err != nil {
		return nil, err
	}
	return j.settlement(ctx, day, decoder, false)
}

// PreviewSettlement is what Settle would return now. It changes nothing.
func (j *Journal) PreviewSettlement(ctx context.Context, day wallet.Date, decoder CACPAYDecoder) (*Settlement, error) {
	return j.settlement(ctx, day, decoder, true)
}

// lockSettlements has whoever settles or closes wait for who does so already.
func (t tx) lockSettlements(ctx context.Context) error {
	if !t.postgres {
		return nil
	}
	_, err := t.conn.ExecContext(ctx, "LOCK TABLE djamo_mycac_settlements IN EXCLUSIVE MODE")
	return err
}

// latestSettled is the latest day that was settled; empty: none was.
func (t tx) latestSettled(ctx context.Context) (day string, err error) {
	err = t.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&day) },
		"SELECT COALESCE(MAX(day), '') FROM djamo_mycac_settlements")
	return day, err
}

// settlement adds up what is settled; what is not settled yet counts for a preview.
func (j *Journal) settlement(ctx context.Context, day wallet.Date, decoder CACPAYDecoder, preview bool) (*Settlement, error) {
	var entries []SettlementEntry
	if err := j.transact(ctx, func(ctx context.Context, t tx) (err error) {
		entries, err = t.settlementEntries(ctx, day, decoder, preview)
		return err
	}); err != nil {
		return nil, err
	}
	return settlementOf(day, entries)
}

func settlementOf(day wallet.Date, entries []SettlementEntry) (*Settlement, error) {
	return Settlements(SettlementParams{Day: day, Entries: func(yield func(SettlementEntry, error) bool) {
		for _, entry := range entries {
			if !yield(entry, nil) {
				return
			}
		}
	}})
}

// settlementEntries reads what the settlement of a day is made of.
func (t tx) settlementEntries(ctx context.Context, day wallet.Date, decoder CACPAYDecoder, preview bool) (
	list []SettlementEntry, err error,
) {
	// dayOf is the day that a row is settled on; in a preview, what is not settled yet is settled on the day of the preview.
	dayOf := func(settled string) (wallet.Date, error) {
		if settled == "" {
			return day, nil
		}
		return wallet.ParseDate(settled)
	}
	err = t.query(ctx, func(rows *sql.Rows) error {
		var body []byte
		var settled, person, reason, closed string
		var at int64
		if err := rows.Scan(&body, &settled, &person, &reason, &at, &closed); err != nil {
			return err
		}
		event, err := decoder.Decode(body)
		if err != nil {
			return fmt.Errorf("mycac: an event that was recorded cannot be read with this decoder: %w", err)
		}
		entry := SettlementEntry{CACPAYEvent: event}
		if entry.Settled, err = dayOf(settled); err != nil {
			return err
		}
		if person != "" && (closed != "" || preview) {
			entry.Closed = &Closing{By: person, Reason: reason, At: time.UnixMicro(at).UTC()}
			if entry.Closed.Settled, err = dayOf(closed); err != nil {
				return err
			}
		}
		list = append(list, entry)
		return nil
	}, `SELECT e.body, e.settled, COALESCE(c.person, ''), COALESCE(c.reason, ''), COALESCE(c.at, 0), COALESCE(c.settled, '')
		FROM djamo_mycac_events e LEFT JOIN djamo_mycac_closings c ON c.id = e.id WHERE e.kind IN ('scan', 'refund') AND
			((e.settled <> '' AND e.settled <= ?) OR (? = 1 AND e.settled = '' AND e.day <= ?))`, day.String(), boolean(preview), day.String())
	return list, err
}

func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
