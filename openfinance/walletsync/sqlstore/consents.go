package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/consent"
)

// loadConsent reads a consent, and what look asks beside it, which may be nil.
func loadConsent(ctx context.Context, c *session, key, lock string, look *lookAside) (consent.Record, bool, error) {
	if !c.postgres {
		lock = ""
	}
	more, args := "", []any{key}
	if look != nil {
		columns, params := look.columns()
		more = ", " + columns
		args = slices.Concat(params, args)
	}
	r := consent.Record{Key: key}
	var expires, lifetime, ends, held, after, until int64
	into := []any{
		&r.State, &r.Epoch, &r.Generation, &r.Sealed, &r.First, &expires, &lifetime, &ends, &held, &after, &r.Exchange, &r.Lessee, &until,
		&r.Warned,
	}
	found := false
	err := c.query(ctx, func(rows *sql.Rows) error {
		found = true
		if look != nil {
			return look.scan(rows, into...)
		}
		return rows.Scan(into...)
	}, `SELECT state, epoch, generation, sealed, first, token_expires, lifetime, ends, held_until, refresh_after, exchanges, lessee,
		lease_until, warned`+more+" FROM djamo_wallet_consents WHERE id = ?"+lock, args...)
	r.TokenExpires, r.Lifetime, r.Ends, r.HeldUntil, r.RefreshAfter, r.LeaseUntil =
		sqldb.Moment(expires), time.Duration(lifetime), sqldb.Moment(ends), sqldb.Moment(held), sqldb.Moment(after), sqldb.Moment(until)
	return r, found && r.State != "", err
}

// Consent implements consent.Store.
func (s *Store) Consent(ctx context.Context, key string) (record consent.Record, ok bool, err error) {
	err = s.readSoon(ctx, func(ctx context.Context, c *session) error {
		record, ok, err = loadConsent(ctx, c, key, "", nil)
		return err
	})
	return record, ok, err
}

// UpdateConsent implements consent.Store.
func (s *Store) UpdateConsent(ctx context.Context, key string, change func(*consent.Record) ([]string, error)) error {
	return s.transact(ctx, func(ctx context.Context, c *session) error {
		if _, err := c.exec(ctx, "INSERT INTO djamo_wallet_consents (id) VALUES (?) ON CONFLICT (id) DO NOTHING", key); err != nil {
			return err
		}
		r, _, err := loadConsent(ctx, c, key, " FOR UPDATE", nil)
		if err != nil {
			return err
		}
		actions, err := change(&r)
		if err != nil {
			return err
		}
		if len(actions) > 0 {
			records := make([]audit.Record, 0, len(actions))
			for _, action := range actions {
				records = append(records, audit.Record{At: time.Now(), Consent: key, Action: action})
			}
			if err := audit.Append(ctx, c.conn, s.auditDialect(), audit.ConsentChain(key), records...); err != nil {
				return err
			}
		}
		_, err = c.exec(
			ctx,
			`UPDATE djamo_wallet_consents SET state = ?, epoch = ?, generation = ?, sealed = ?, first = ?, token_expires = ?, lifetime = ?,
			ends = ?,
			held_until = ?, refresh_after = ?, exchanges = ?, lessee = ?, lease_until = ?, warned = ? WHERE id = ?`,
			string(
				r.State,
			),
			r.Epoch,
			r.Generation,
			r.Sealed,
			r.First,
			sqldb.Nanoseconds(r.TokenExpires),
			int64(r.Lifetime),
			sqldb.Nanoseconds(r.Ends),
			sqldb.Nanoseconds(r.HeldUntil),
			sqldb.Nanoseconds(r.RefreshAfter),
			r.Exchange,
			r.Lessee,
			sqldb.Nanoseconds(r.LeaseUntil),
			int64(r.Warned),
			key,
		)
		return err
	})
}
