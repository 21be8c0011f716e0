package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// QuarantinedItem is what the quarantine has of an item, beside its bytes. Wallet and Hash name it.
type QuarantinedItem struct {
	Wallet string
	Hash   string // SHA-256 of the bytes, in hexadecimal
	ID     string // empty where none could be read
	Reason string // may quote a part of the item
	At     time.Time
	Size   int64 // of the bytes
}

// Quarantine lists what stands behind an item in the quarantine, or behind the zero value, at most so many: by wallet, the oldest first.
// wallet is the only one that is looked at, unless it is empty.
func (s *Store) Quarantine(ctx context.Context, wallet string, after QuarantinedItem, limit int) ([]QuarantinedItem, error) {
	query := `SELECT wallet, hash, id, reason, at, LENGTH(body) FROM djamo_wallet_quarantine
		WHERE (wallet > ? OR wallet = ? AND (at > ? OR at = ? AND hash > ?))`
	at := sqldb.Nanoseconds(after.At)
	args := []any{after.Wallet, after.Wallet, at, at, after.Hash}
	if wallet != "" {
		query += " AND wallet = ?"
		args = append(args, wallet)
	}
	var list []QuarantinedItem
	err := s.read(ctx, func(ctx context.Context, c *session) error {
		list = nil
		return c.query(ctx, func(rows *sql.Rows) error {
			var item QuarantinedItem
			var at int64
			err := rows.Scan(&item.Wallet, &item.Hash, &item.ID, &item.Reason, &at, &item.Size)
			item.At = sqldb.Moment(at)
			list = append(list, item)
			return err
		}, query+" ORDER BY wallet, at, hash LIMIT ?", append(args, limit)...)
	})
	return list, err
}

// QuarantinedBytes are those of an item in the quarantine; false: it is not there any more.
func (s *Store) QuarantinedBytes(ctx context.Context, wallet, hash string) (body []byte, found bool, err error) {
	err = s.read(ctx, func(ctx context.Context, c *session) (err error) {
		found, err = c.one(ctx, []any{&body}, "SELECT body FROM djamo_wallet_quarantine WHERE wallet = ? AND hash = ?", wallet, hash)
		return err
	})
	return body, found, err
}

func (tx *transaction) Quarantine(at time.Time, items []walletsync.Quarantined) error {
	for _, item := range items {
		sum := sha256.Sum256(item.Raw)
		_, err := tx.c.exec(tx.ctx, `INSERT INTO djamo_wallet_quarantine (wallet, hash, id, reason, at, body) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (wallet, hash) DO NOTHING`, tx.wallet, hex.EncodeToString(sum[:]), text(item.ID), text(item.Reason), sqldb.Nanoseconds(at),
			[]byte(item.Raw))
		if err != nil {
			return err
		}
	}
	return nil
}
