package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// Totals sums up all wallets, in a few queries whatever their number. now is compared with what the gateway asked to wait for.
func (s *Store) Totals(ctx context.Context, now time.Time) (walletsync.Totals, error) {
	var totals walletsync.Totals
	err := s.read(ctx, func(ctx context.Context, c *session) error {
		totals = walletsync.Totals{Wallets: map[string]int64{}, Consents: map[string]int64{}}
		if err := sumWallets(ctx, c, now, &totals); err != nil {
			return err
		}
		var oldest int64
		const expected = "SELECT COUNT(*), COALESCE(MIN(at), 0) FROM djamo_wallet_expected"
		if _, err := c.one(ctx, []any{&totals.Expected, &oldest}, expected); err != nil {
			return err
		}
		totals.OldestPush = sqldb.Moment(oldest)
		if _, err := c.one(ctx, []any{&totals.Quarantined}, "SELECT COUNT(*) FROM djamo_wallet_quarantine"); err != nil {
			return err
		}
		return c.query(ctx, func(rows *sql.Rows) error {
			var state string
			var count int64
			err := rows.Scan(&state, &count)
			totals.Consents[state] = count
			return err
		}, `SELECT state, COUNT(*) FROM djamo_wallet_consents c WHERE EXISTS (SELECT 1 FROM djamo_wallets w WHERE w.consent = c.id)
			GROUP BY state`)
	})
	return totals, err
}

// sumWallets tells conditions apart as walletsync.Status does.
func sumWallets(ctx context.Context, c *session, now time.Time, totals *walletsync.Totals) error {
	var names []string
	for _, state := range []consent.State{consent.Granted, consent.Active, consent.Refreshing, consent.Expiring} {
		names = append(names, "'"+string(state)+"'")
	}
	live := "c.state IN (" + strings.Join(names, ", ") + ")"
	var oldest int64
	return c.query(ctx, func(rows *sql.Rows) error {
		var condition string
		var count, items, gaps, never, read int64
		if err := rows.Scan(&condition, &count, &items, &gaps, &never, &read); err != nil {
			return err
		}
		totals.Wallets[condition] = count
		totals.Items += items
		totals.Gaps += gaps
		totals.NeverRead += never
		if read > 0 && (oldest == 0 || read < oldest) {
			oldest = read
			totals.OldestRead = sqldb.Moment(read)
		}
		return nil
	}, `SELECT s.state, COUNT(*), CAST(SUM(s.items) AS BIGINT), SUM(s.gap), SUM(s.live * (1 - s.was_read)),
			COALESCE(MIN(CASE WHEN s.live = 1 AND s.was_read = 1 THEN s.last_ok END), 0)
		FROM (SELECT w.items, w.last_ok, CASE WHEN `+live+` THEN 1 ELSE 0 END AS live,
			CASE WHEN w.last_ok > 0 THEN 1 ELSE 0 END AS was_read,
			CASE WHEN w.has_balance = 1 AND w.balance <> w.total THEN 1 ELSE 0 END AS gap,
			CASE WHEN `+live+` THEN CASE WHEN c.held_until > ? AND c.held_until <= ? THEN 'rate_limited' WHEN w.failing <> '' THEN 'failing'
				WHEN w.in_step = 1 AND EXISTS (SELECT 1 FROM djamo_wallet_quarantine q WHERE q.wallet = w.id) THEN 'quarantined'
				WHEN w.in_step = 1 THEN 'in_step' ELSE 'syncing' END ELSE 'stopped' END AS state
			FROM djamo_wallets w LEFT JOIN djamo_wallet_consents c ON c.id = w.consent) s GROUP BY s.state`,
		sqldb.Nanoseconds(now), sqldb.Nanoseconds(now.Add(consent.MaxHold)))
}
