package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// maxID is the longest id that an item can have.
const maxID = wallet.MaxID

// Announce implements walletsync.Store.
func (s *Store) Announce(ctx context.Context, wallet, id string, at time.Time) (known bool, err error) {
	if strings.IndexByte(wallet, 0) >= 0 || !utf8.ValidString(wallet) {
		return false, nil
	}
	if strings.IndexByte(id, 0) >= 0 || !utf8.ValidString(id) || len(id) > maxID {
		id = "" // no item has such an id, so that nobody could ever meet it: the wallet is read at once, and that is all
	}
	err = s.transact(ctx, func(ctx context.Context, c *session) error {
		var found int64
		query := "SELECT 1 FROM djamo_wallets WHERE id = ?"
		if s.postgres {
			query += " FOR SHARE" // a page that is being stored may have the item: it is there, or will be met
		}
		if known, err = c.one(ctx, []any{&found}, query, wallet); err != nil || !known || id == "" {
			return err
		}
		_, err := c.exec(
			ctx,
			`INSERT INTO djamo_wallet_expected (wallet, id, at) SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS `+s.integer()+`)
			WHERE NOT EXISTS (SELECT 1 FROM djamo_wallet_items WHERE wallet = ? AND id = ?) ON CONFLICT (wallet, id) DO NOTHING`,
			wallet,
			id,
			sqldb.Nanoseconds(at),
			wallet,
			id,
		)
		return err
	})
	return known, err
}

func (s *Store) integer() string {
	if s.postgres {
		return "BIGINT"
	}
	return "INTEGER"
}

// Announced implements walletsync.Store.
func (s *Store) Announced(ctx context.Context, owner string) ([]walletsync.Announced, error) {
	var list []walletsync.Announced
	err := s.readSoon(ctx, func(ctx context.Context, c *session) error {
		list = nil
		return c.query(ctx, func(rows *sql.Rows) error {
			var a walletsync.Announced
			var at int64
			err := rows.Scan(&a.Wallet, &a.ID, &at)
			a.At = sqldb.Moment(at)
			list = append(list, a)
			return err
		}, `SELECT e.wallet, e.id, e.at FROM djamo_wallet_expected e JOIN djamo_wallets w ON w.id = e.wallet WHERE w.owner = ? LIMIT 10000`,
			owner)
	})
	return list, err
}

// Touch implements walletsync.Store.
func (s *Store) Touch(ctx context.Context, reads []walletsync.Idle) error {
	slices.SortFunc(reads, func(a, b walletsync.Idle) int { return strings.Compare(a.Wallet, b.Wallet) }) // no deadlock with another
	for chunk := range slices.Chunk(reads, 200) {
		if err := s.transact(ctx, func(ctx context.Context, c *session) error { return touch(ctx, c, chunk) }); err != nil {
			return err
		}
	}
	return nil
}

// touch records reads. A wallet that the store does not have any more is left out.
func touch(ctx context.Context, c *session, reads []walletsync.Idle) error {
	ids := make([]string, 0, len(reads))
	for _, read := range reads {
		ids = append(ids, read.Wallet)
	}
	list, err := c.list(ids)
	if err != nil {
		return err
	}
	query := "SELECT id, last_ok FROM djamo_wallets WHERE " + c.inList("id")
	if c.postgres {
		query += " ORDER BY id FOR UPDATE"
	}
	lastOK := map[string]int64{}
	if err := c.query(ctx, func(rows *sql.Rows) error {
		var id string
		var last int64
		err := rows.Scan(&id, &last)
		lastOK[id] = last
		return err
	}, query, list); err != nil {
		return err
	}
	query = "SELECT chain, " + audit.HeadColumns + " FROM djamo_audit_heads WHERE " + c.inList("chain")
	if c.postgres {
		query += " ORDER BY chain FOR UPDATE" // closing hours takes no wallet's lock
	}
	heads := map[string]*audit.Head{}
	if err := c.query(ctx, func(rows *sql.Rows) error {
		var id string
		head, err := audit.ScanHead(rows.Scan, &id)
		heads[id] = &head
		return err
	}, query, list); err != nil {
		return err
	}
	// The first value of a row is its chain: here each row has its own.
	records, stands := rows{table: manyChains(auditRows())}, rows{table: manyChains(headRows())}
	wallets := make([]any, 0, len(reads)*2) //nolint:mnd // columns
	order := make([]string, 0, len(reads))
	for _, read := range reads {
		last, known := lastOK[read.Wallet]
		if !known {
			continue
		}
		head := heads[read.Wallet]
		if head == nil {
			head = &audit.Head{}
			heads[read.Wallet] = head
		}
		idle := audit.Reads{Last: read.Last, Count: read.Count, Consent: read.Consent, Scope: walletsync.Scope}
		for _, row := range head.Idle(read.Wallet, idle) {
			records.values = append(append(records.values, read.Wallet), row.Values()...)
		}
		lastOK[read.Wallet] = max(last, sqldb.Nanoseconds(read.Last))
		if !slices.Contains(order[max(0, len(order)-1):], read.Wallet) { // the reads are in the order of the wallets
			order = append(order, read.Wallet)
		}
	}
	for _, id := range order {
		stands.values = append(append(stands.values, id), heads[id].Values()...)
		wallets = append(wallets, id, lastOK[id])
	}
	for _, r := range []*rows{&records, &stands} {
		if err := c.insert(ctx, r, ""); err != nil {
			return err
		}
	}
	return c.touchWallets(ctx, wallets)
}

// touchWallets saves id and last_ok of wallets.
func (c *session) touchWallets(ctx context.Context, values []any) error {
	const columns = 2
	if c.postgres {
		_, err := c.exec(ctx, `UPDATE djamo_wallets AS w SET last_ok = r.last_ok
			FROM unnest(CAST(? AS TEXT[]), CAST(? AS BIGINT[])) AS r (id, last_ok) WHERE w.id = r.id`,
			arrayOf(values, 0, columns), arrayOf(values, 1, columns))
		return err
	}
	for row := range slices.Chunk(values, columns) {
		if _, err := c.exec(ctx, "UPDATE djamo_wallets SET last_ok = ? WHERE id = ?", row[1], row[0]); err != nil {
			return err
		}
	}
	return nil
}

// Changes implements walletsync.Store.
func (s *Store) Changes(ctx context.Context, wallet string, after int64, limit int) ([]walletsync.Change, error) {
	var changes []walletsync.Change
	err := s.read(ctx, func(ctx context.Context, c *session) error {
		changes = nil
		return c.query(ctx, func(rows *sql.Rows) error {
			change, err := scanChange(rows)
			changes = append(changes, change)
			return err
		}, "SELECT "+changeColumns+" FROM djamo_wallet_changes WHERE wallet = ? AND seq > ? ORDER BY seq LIMIT ?", wallet, after, limit)
	})
	return changes, err
}

// Statuses implements walletsync.Store.
func (s *Store) Statuses(ctx context.Context) ([]walletsync.Status, error) {
	var list []walletsync.Status
	err := s.read(ctx, func(ctx context.Context, c *session) error {
		list = nil
		err := c.query(ctx, func(rows *sql.Rows) (err error) {
			var status walletsync.Status
			var oldest int64
			status.State, err = scanState(rows, &status.Expected, &oldest, &status.Quarantined)
			status.OldestPush = sqldb.Moment(oldest)
			list = append(list, status)
			return err
		}, "SELECT "+walletColumns+`, (SELECT COUNT(*) FROM djamo_wallet_expected e WHERE e.wallet = w.id),
			(SELECT COALESCE(MIN(at), 0) FROM djamo_wallet_expected e WHERE e.wallet = w.id),
			(SELECT COUNT(*) FROM djamo_wallet_quarantine q WHERE q.wallet = w.id) FROM djamo_wallets w ORDER BY id`)
		for i := range list {
			if err != nil {
				break
			}
			list[i].Consent, _, err = loadConsent(ctx, c, list[i].State.Consent, "", nil)
		}
		return err
	})
	return list, err
}

// Quarantined lists what was kept aside of a wallet, the oldest first.
func (s *Store) Quarantined(ctx context.Context, wallet string) ([]walletsync.Quarantined, error) {
	var list []walletsync.Quarantined
	err := s.read(ctx, func(ctx context.Context, c *session) error {
		list = nil
		return c.query(ctx, func(rows *sql.Rows) error {
			var item walletsync.Quarantined
			var body []byte
			err := rows.Scan(&item.ID, &item.Reason, &body)
			item.Raw = body
			list = append(list, item)
			return err
		}, "SELECT id, reason, body FROM djamo_wallet_quarantine WHERE wallet = ? ORDER BY at, hash", wallet)
	})
	return list, err
}
