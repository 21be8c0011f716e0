package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// version of the tables. One that was released never changes: what comes next is added.
const version = 2

// schema has the statements that make the tables, in their newest version.
func (s *Store) schema() []string {
	number, blob, end, clustered, hot := "INTEGER", "BLOB", " STRICT", " STRICT, WITHOUT ROWID", " STRICT"
	if s.postgres {
		number, blob, end, clustered, hot = "BIGINT", "BYTEA", "", "", " WITH (fillfactor = 50)"
	}
	return []string{
		`CREATE TABLE djamo_wallets (
			id TEXT PRIMARY KEY, owner TEXT NOT NULL DEFAULT '', fence ` + number + ` NOT NULL DEFAULT 0, consent TEXT NOT NULL,
			cursor TEXT NOT NULL DEFAULT '', first_cursor TEXT NOT NULL DEFAULT '', first_seq ` + number + ` NOT NULL DEFAULT 0,
			cursor_epoch ` + number + ` NOT NULL DEFAULT 1, pass ` + number + ` NOT NULL DEFAULT 1, recon_from ` + number + ` NOT NULL DEFAULT -1,
			tries ` + number + ` NOT NULL DEFAULT 0, in_step ` + number + ` NOT NULL DEFAULT 0, seq ` + number + ` NOT NULL DEFAULT 0,
			items ` + number + ` NOT NULL DEFAULT 0, total ` + number + ` NOT NULL DEFAULT 0,
			balance ` + number + ` NOT NULL DEFAULT 0, has_balance ` + number + ` NOT NULL DEFAULT 0,
			last_ok ` + number + ` NOT NULL DEFAULT 0, failing TEXT NOT NULL DEFAULT '', fails ` + number + ` NOT NULL DEFAULT 0,
			backfill_from TEXT NOT NULL DEFAULT '', backfill_cursor TEXT NOT NULL DEFAULT '', backfill_done ` + number + ` NOT NULL DEFAULT 0,
			look_back_at ` + number + ` NOT NULL DEFAULT 0, looking_back ` + number + ` NOT NULL DEFAULT 0, covered_from TEXT NOT NULL DEFAULT ''
		)` + hot,
		`CREATE TABLE djamo_wallet_items (
			wallet TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, version ` + number + ` NOT NULL, seen ` + number + ` NOT NULL,
			gone ` + number + ` NOT NULL, replaced_by TEXT NOT NULL, amount ` + number + ` NOT NULL, final ` + number + ` NOT NULL,
			seq ` + number + ` NOT NULL, PRIMARY KEY (wallet, id)
		)` + clustered,
		`CREATE INDEX djamo_wallet_items_replaced ON djamo_wallet_items (wallet, replaced_by) WHERE replaced_by <> ''`,
		`CREATE TABLE djamo_wallet_changes (
			wallet TEXT NOT NULL, seq ` + number + ` NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version ` + number + ` NOT NULL,
			body TEXT NOT NULL, PRIMARY KEY (wallet, seq)
		)` + clustered,
		`CREATE TABLE djamo_wallet_expected (
			wallet TEXT NOT NULL, id TEXT NOT NULL, at ` + number + ` NOT NULL, PRIMARY KEY (wallet, id)
		)` + clustered,
		`CREATE TABLE djamo_wallet_quarantine (
			wallet TEXT NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, at ` + number + ` NOT NULL,
			body ` + blob + ` NOT NULL,
			PRIMARY KEY (wallet, hash)
		)` + end,
		`CREATE TABLE djamo_wallet_readers (owner TEXT PRIMARY KEY, until ` + number + ` NOT NULL)` + end,
		`CREATE TABLE djamo_wallet_consents (
			id TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT '', epoch ` + number + ` NOT NULL DEFAULT 0,
			generation ` + number + ` NOT NULL DEFAULT 0,
			sealed ` + blob + `, first TEXT NOT NULL DEFAULT '', token_expires ` + number + ` NOT NULL DEFAULT 0,
			lifetime ` + number + ` NOT NULL DEFAULT 0,
			ends ` + number + ` NOT NULL DEFAULT 0, held_until ` + number + ` NOT NULL DEFAULT 0, refresh_after ` + number + ` NOT NULL DEFAULT 0,
			exchanges ` + number + ` NOT NULL DEFAULT 0, lessee TEXT NOT NULL DEFAULT '', lease_until ` + number + ` NOT NULL DEFAULT 0,
			warned ` + number + ` NOT NULL DEFAULT 0
		)` + end,
		fmt.Sprintf(`INSERT INTO djamo_wallet_schema VALUES (%d)`, version),
	}
}

// toPackageAudit moves the audit rows of version 1 to the log of package audit, which knows their hashes.
func toPackageAudit() []string {
	return []string{
		`INSERT INTO djamo_audit (chain, n, at, consent, action, scope, request, status, items, fields, format, hash)
			SELECT chain, n, at, consent, action, '', request, status, items, '', 1, hash FROM djamo_wallet_audit`,
		"INSERT INTO djamo_audit_heads (chain, n, hash) SELECT id, audit_n, audit_hash FROM djamo_wallets WHERE audit_n > 0",
		`INSERT INTO djamo_audit_heads (chain, n, hash)
			SELECT 'consent:' || id, audit_n, audit_hash FROM djamo_wallet_consents WHERE audit_n > 0`,
		"DROP TABLE djamo_wallet_audit",
		"ALTER TABLE djamo_wallets DROP COLUMN audit_n", "ALTER TABLE djamo_wallets DROP COLUMN audit_hash",
		"ALTER TABLE djamo_wallet_consents DROP COLUMN audit_n", "ALTER TABLE djamo_wallet_consents DROP COLUMN audit_hash",
		"UPDATE djamo_wallet_schema SET version = 2",
	}
}

// migrate makes the tables, or brings those of version 1 up to date, or refuses those of a newer version. Processes that open
// a store together do so in turn.
func (s *Store) migrate(ctx context.Context) error {
	var found int64
	if err := s.read(ctx, func(ctx context.Context, c *session) error {
		_, err := c.one(ctx, []any{&found}, "SELECT version FROM djamo_wallet_schema")
		return err
	}); err == nil && found == version {
		return nil // who only looks waits for nobody
	}
	return s.transactFor(ctx, migrationLimit, s.migrateIn)
}

// migrationLimit bounds a migration: it copies the audit rows of years.
const migrationLimit = time.Hour

func (s *Store) migrateIn(ctx context.Context, c *session) error {
	if s.postgres {
		if _, err := c.exec(ctx, "SELECT pg_advisory_xact_lock(4929546312075538800)"); err != nil {
			return err
		}
	}
	number := strings.ToUpper(s.integer())
	if _, err := c.conn.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS djamo_wallet_schema (version "+number+" NOT NULL)"); err != nil {
		return err
	}
	if err := audit.Migrate(ctx, c.conn, s.auditDialect()); err != nil {
		return err
	}
	var found int64
	if _, err := c.one(ctx, []any{&found}, "SELECT version FROM djamo_wallet_schema"); err != nil {
		return err
	}
	var statements []string
	switch {
	case found > version:
		return fmt.Errorf("%w: its tables have version %d, and this program knows %d: use the newer program", walletsync.ErrNewerStore,
			found, version)
	case found == 0:
		statements = s.schema()
	case found == 1:
		statements = toPackageAudit()
	}
	for _, statement := range statements {
		if _, err := c.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) auditDialect() audit.Dialect {
	if s.postgres {
		return audit.PostgreSQL
	}
	return audit.SQLite
}

// Audit opens the audit log of the store: every use of a consent is in it.
func (s *Store) Audit(ctx context.Context) (*audit.Log, error) {
	return audit.Existing(ctx, s.db, s.auditDialect())
}
