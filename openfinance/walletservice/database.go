package walletservice

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/walletsync/sqlstore"
)

func isPostgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// Opener opens databases. Its zero value opens files of SQLite with the driver "sqlite", and databases of PostgreSQL with the
// driver "pgx".
type Opener struct {
	// Postgres opens the database of an address that begins with postgres:// or postgresql://. An error says that the address
	// cannot be read.
	Postgres func(address string) (*sql.DB, error)
}

// OpenStore is [Opener.OpenStore] of the zero value.
func OpenStore(ctx context.Context, address string, create bool) (store *sqlstore.Store, closeStore func(), err error) {
	return Opener{}.OpenStore(ctx, address, create)
}

// OpenAudit is [Opener.OpenAudit] of the zero value.
func OpenAudit(ctx context.Context, address string) (log *audit.Log, closeLog func(), err error) {
	return Opener{}.OpenAudit(ctx, address)
}

// OpenStore opens the database that an address names, and returns what closes it. A file is made only where one may be made;
// that there is none otherwise is an InputError.
func (o Opener) OpenStore(ctx context.Context, address string, create bool) (store *sqlstore.Store, closeStore func(), err error) {
	db, postgres, err := o.open(address, create)
	if err != nil {
		return nil, nil, err
	}
	dialect := sqlstore.SQLite
	switch {
	case postgres:
		dialect = sqlstore.PostgreSQL
	case !create && ofSomethingElse(ctx, db):
		_ = db.Close()
		return nil, nil, wrong("db", "%s is a database of something else: it has no wallets", address)
	}
	store, err = sqlstore.Open(ctx, db, dialect)
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return store, func() {
		store.Close()
		_ = db.Close()
	}, nil
}

// OpenAudit opens the audit log of the database that an address names, whichever packages write to it, and returns what
// closes it. The tables of an older store of wallets are brought up to date. A database without a log is an InputError.
func (o Opener) OpenAudit(ctx context.Context, address string) (log *audit.Log, closeLog func(), err error) {
	db, postgres, err := o.open(address, false)
	if err != nil {
		return nil, nil, err
	}
	dialect := audit.SQLite
	if postgres {
		dialect = audit.PostgreSQL
	}
	log, err = audit.Existing(ctx, db, dialect)
	if errors.Is(err, audit.ErrNone) && hasWallets(ctx, db) {
		var store *sqlstore.Store
		if store, err = sqlstore.Open(ctx, db, sqlstore.Dialect(dialect)); err == nil {
			log, err = store.Audit(ctx)
			store.Close()
		}
	}
	if errors.Is(err, audit.ErrNone) {
		err = wrong("db", "the database has no audit log")
	}
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return log, func() { _ = db.Close() }, nil
}

// ofSomethingElse reports whether a file of SQLite has tables, and not those of a store: who only looks must not add them.
func ofSomethingElse(ctx context.Context, db *sql.DB) bool {
	var foreign bool
	const query = "SELECT COUNT(*) > 0 AND COUNT(CASE WHEN name = 'djamo_wallet_schema' THEN 1 END) = 0 FROM sqlite_master"
	return db.QueryRowContext(ctx, query).Scan(&foreign) == nil && foreign
}

// hasWallets reports whether a store of wallets is there, also one from before the audit log had its own tables.
func hasWallets(ctx context.Context, db *sql.DB) bool {
	var version int64
	return db.QueryRowContext(ctx, "SELECT version FROM djamo_wallet_schema").Scan(&version) == nil
}

// open opens what an address names, and tells whether it is PostgreSQL.
func (o Opener) open(address string, create bool) (db *sql.DB, postgres bool, err error) {
	switch {
	case address == "":
		return nil, false, wrong("db", "must be given")
	case !isPostgres(address):
		var source string
		if source, err = fileOf(address, create); err != nil {
			return nil, false, err
		}
		db, err = sql.Open("sqlite", source)
	case o.Postgres != nil:
		postgres = true
		db, err = o.Postgres(address)
	default:
		postgres = true
		db, err = sql.Open("pgx", withinTime(address))
	}
	if err != nil {
		return nil, false, wrong("db", "the address cannot be read") // what the driver says may hold the password
	}
	db.SetMaxOpenConns(6)
	db.SetMaxIdleConns(6) // else all but two are closed after each use
	return db, postgres, nil
}

// withinTime bounds how long a server of PostgreSQL may take to let the program in, unless the address, or the environment,
// says so: one that takes the connection and says nothing would never answer.
func withinTime(address string) string {
	const limit = "connect_timeout"
	if strings.Contains(address, limit) || os.Getenv("PGCONNECT_TIMEOUT") != "" {
		return address
	}
	separator := "?"
	if strings.Contains(address, separator) {
		separator = "&"
	}
	return address + separator + limit + "=15"
}

// fileOf is the address of a file of SQLite, which it makes where it may.
func fileOf(address string, create bool) (string, error) {
	path, err := filepath.Abs(address)
	if err != nil {
		return "", err
	}
	switch found, err := os.Stat(path); {
	case err == nil && found.IsDir():
		return "", wrong("db", "%s is a folder: name a file", address)
	case !create && errors.Is(err, fs.ErrNotExist):
		return "", wrong("db", "there is no file %s", address)
	}
	if create {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator names it
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR):
			return "", wrong("db", "%s cannot be made: %v", address, errors.Unwrap(err))
		case err != nil:
			return "", fmt.Errorf("the database: %w", err)
		}
		_ = file.Close()
	}
	return (&url.URL{Scheme: "file", Path: path}).String(), nil
}
