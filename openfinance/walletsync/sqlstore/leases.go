package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// now is the database's clock where it has one, so that the clocks of several machines need not agree.
func (s *Store) now(ctx context.Context, c *session) (int64, error) {
	if !s.postgres {
		return time.Now().UnixNano(), nil
	}
	var micros int64
	_, err := c.one(ctx, []any{&micros}, "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
	return micros * 1000, err
}

// Register implements walletsync.Store.
func (s *Store) Register(ctx context.Context, wallet, consentKey string) error {
	return s.transact(ctx, func(ctx context.Context, c *session) error {
		_, err := c.exec(ctx, `INSERT INTO djamo_wallets AS w (id, consent) VALUES (?, ?)
			ON CONFLICT (id) DO UPDATE SET consent = excluded.consent WHERE w.consent <> excluded.consent`, wallet, consentKey)
		return err
	})
}

// Claim implements walletsync.Store.
func (s *Store) Claim(
	ctx context.Context,
	owner string,
	wallets []string,
	ttl time.Duration,
	alive func(string) bool,
) ([]walletsync.Lease, error) {
	free, err := s.free(ctx, owner, wallets, ttl, alive)
	if err != nil {
		return nil, err
	}
	var leases []walletsync.Lease
	for chunk := range slices.Chunk(free, claimed) {
		var taken []walletsync.Lease
		if err := s.transact(ctx, func(ctx context.Context, c *session) (err error) {
			taken, err = c.take(ctx, owner, chunk)
			return err
		}); err != nil {
			return leases, err
		}
		leases = append(leases, taken...)
	}
	return leases, nil
}

// claimed is how many wallets are claimed with one statement.
const claimed = 1000

// take gives wallets to an owner. The fence says that nobody was faster.
func (c *session) take(ctx context.Context, owner string, free []walletsync.Lease) ([]walletsync.Lease, error) {
	leases := make([]walletsync.Lease, 0, len(free))
	if !c.postgres {
		for _, lease := range free {
			n, err := c.exec(ctx, "UPDATE djamo_wallets SET owner = ?, fence = fence + 1 WHERE id = ? AND owner = ? AND fence = ?", owner,
				lease.Wallet, lease.Owner, lease.Fence)
			if err != nil {
				return nil, err
			}
			if n == 1 {
				leases = append(leases, walletsync.Lease{Wallet: lease.Wallet, Owner: owner, Fence: lease.Fence + 1})
			}
		}
		return leases, nil
	}
	const columns = 3
	values := make([]any, 0, len(free)*columns)
	for _, lease := range free {
		values = append(values, lease.Wallet, lease.Owner, lease.Fence)
	}
	// A wallet that somebody has locked is left for the next time: one whose reader is frozen must not hold up the others, and two who
	// claim the same do not wait for each other.
	return leases, c.query(ctx, func(rows *sql.Rows) error {
		lease := walletsync.Lease{Owner: owner}
		err := rows.Scan(&lease.Wallet, &lease.Fence)
		leases = append(leases, lease)
		return err
	}, `WITH free AS MATERIALIZED (SELECT w.id
			FROM unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[]), CAST(? AS BIGINT[])) AS r (id, owner, fence)
			JOIN djamo_wallets AS w ON w.id = r.id AND w.owner = r.owner AND w.fence = r.fence FOR UPDATE OF w SKIP LOCKED)
		UPDATE djamo_wallets AS w SET owner = CAST(? AS TEXT), fence = w.fence + 1 FROM free WHERE w.id = free.id RETURNING w.id, w.fence`,
		arrayOf(values, 0, columns), arrayOf(values, 1, columns), arrayOf(values, 2, columns), owner)
}

// free lists those of the wallets that nobody alive holds, with the lease as it stands, in the order of the list.
func (s *Store) free(
	ctx context.Context,
	owner string,
	wallets []string,
	ttl time.Duration,
	alive func(string) bool,
) ([]walletsync.Lease, error) {
	var free []walletsync.Lease
	for chunk := range slices.Chunk(wallets, claimed) {
		held, living := make(map[string]walletsync.Lease, len(chunk)), map[string]bool{}
		if err := s.readSoon(ctx, func(ctx context.Context, c *session) error {
			list, err := c.list(chunk)
			if err != nil {
				return err
			}
			if err := c.query(ctx, func(rows *sql.Rows) error {
				var lease walletsync.Lease
				err := rows.Scan(&lease.Wallet, &lease.Owner, &lease.Fence)
				held[lease.Wallet] = lease
				return err
			}, "SELECT id, owner, fence FROM djamo_wallets WHERE "+c.inList("id"), list); err != nil {
				return err
			}
			// After the wallets: whoever has one of them by then has been there before.
			now, err := s.now(ctx, c)
			if err != nil {
				return err
			}
			clear(living)
			return c.query(ctx, func(rows *sql.Rows) error {
				var reader string
				err := rows.Scan(&reader)
				living[reader] = reader != owner && (alive == nil || alive(reader))
				return err
			}, "SELECT owner FROM djamo_wallet_readers WHERE until > ? AND until <= ?", now, now+int64(walletsync.MaxAhead(ttl)))
		}); err != nil {
			return nil, err
		}
		for _, wallet := range chunk {
			lease, known := held[wallet]
			if !known {
				return nil, walletsync.ErrUnknownWallet
			}
			if lease.Owner == "" || !living[lease.Owner] {
				free = append(free, lease)
			}
		}
	}
	return free, nil
}

// Renew implements walletsync.Store.
func (s *Store) Renew(ctx context.Context, owner string, ttl time.Duration) (kept bool, err error) {
	err = s.transact(ctx, func(ctx context.Context, c *session) error {
		now, err := s.now(ctx, c)
		if err != nil {
			return err
		}
		n, err := c.exec(ctx, "UPDATE djamo_wallet_readers SET until = ? WHERE owner = ? AND until > ?", now+int64(ttl), owner, now)
		if err != nil {
			return err
		}
		if kept = n == 1; kept {
			return nil
		}
		const forgotten = 24 * time.Hour
		if _, err := c.exec(ctx, "DELETE FROM djamo_wallet_readers WHERE until < ?", now-int64(forgotten)); err != nil {
			return err
		}
		_, err = c.exec(
			ctx,
			"INSERT INTO djamo_wallet_readers (owner, until) VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET until = excluded.until",
			owner,
			now+int64(ttl),
		)
		return err
	})
	return kept, err
}

// Release implements walletsync.Store. The wallets keep the name of their last owner, which nobody takes for a living one.
func (s *Store) Release(ctx context.Context, owner string) error {
	return s.transact(ctx, func(ctx context.Context, c *session) error {
		_, err := c.exec(ctx, "DELETE FROM djamo_wallet_readers WHERE owner = ?", owner)
		return err
	})
}

// Load implements walletsync.Store.
func (s *Store) Load(ctx context.Context, wallet string) (state walletsync.State, err error) {
	err = s.readSoon(ctx, func(ctx context.Context, c *session) (err error) {
		state, err = load(ctx, c, wallet, false)
		return err
	})
	return state, err
}
