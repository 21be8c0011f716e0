package riverpayroll

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// Migrate brings the tables of the journal and of River to the versions that this program knows, or makes them. It is
// safe to repeat and for several processes at once, but belongs into a command of its own: programs that work or enqueue
// call [Check]. A database that a newer version has changed, or that could not be migrated to the end, is refused before
// anything is changed.
//
// It uses connections of its own, with limits for statements and locks of its own: those of the pool stay as they are.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	if pool == nil {
		return errNoPool
	}
	own, err := migrationPool(ctx, pool.Config())
	if err != nil {
		return fmt.Errorf("riverpayroll: migrating: %w", err)
	}
	defer own.Close()
	db := stdlib.OpenDBFromPool(own)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	// A pooler would keep the lock, and not for this process: so it is looked for before.
	if err := sqljournal.CheckMigrate(ctx, db, sqljournal.PostgreSQL); err != nil {
		return err
	}
	unlock, err := lockMigration(ctx, own)
	if err != nil {
		return fmt.Errorf("riverpayroll: migrating: %w", err)
	}
	defer unlock()
	migrator, err := newMigrator(own)
	if err != nil {
		return err
	}
	if err := checkMigrate(ctx, own, db, migrator); err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("riverpayroll: migrating was interrupted: migrate again: %w", context.Cause(ctx))
		}
		return fmt.Errorf("riverpayroll: migrating River's tables: %w", err)
	}
	return sqljournal.Migrate(ctx, db, sqljournal.PostgreSQL)
}

// migrationPool is a pool on the same database whose connections are not cut short by limits that suit everyday work: a
// large table takes longer.
func migrationPool(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	config.MaxConns, config.MinConns, config.MinIdleConns = 4, 0, 0
	then := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if then != nil {
			if err := then(ctx, conn); err != nil {
				return err
			}
		}
		if _, err := conn.Exec(ctx, "SET statement_timeout = 0"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `SELECT set_config(name, CASE name
				WHEN 'lock_timeout' THEN '30s' WHEN 'idle_in_transaction_session_timeout' THEN '60s'
				WHEN 'idle_session_timeout' THEN '10min' ELSE '0' END, false)
			FROM pg_settings WHERE name IN ('statement_timeout', 'transaction_timeout', 'lock_timeout',
				'idle_in_transaction_session_timeout', 'idle_session_timeout')`)
		return err
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// lockMigration keeps other processes from migrating until it is given up. It asks again and again rather than wait in the
// database, where limits would end it.
func lockMigration(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	const pause = 50 * time.Millisecond
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		var locked bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtext('djamo riverpayroll migrate'))").Scan(&locked); err != nil {
			conn.Release()
			return nil, err
		}
		if locked {
			return conn.Release, nil // closing the pool closes the connection, and gives up the lock
		}
		select {
		case <-ctx.Done():
			conn.Release()
			return nil, fmt.Errorf("another process migrates: %w", context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// checkMigrate refuses what could not be migrated to the end, before anything is changed.
func checkMigrate(ctx context.Context, pool *pgxpool.Pool, db *sql.DB, migrator *rivermigrate.Migrator[pgx.Tx]) error {
	if err := sqljournal.CheckMigrate(ctx, db, sqljournal.PostgreSQL); err != nil {
		return err
	}
	if err := refuseNewer(ctx, migrator); err != nil {
		return err
	}
	var versions, jobs, owned bool
	err := pool.QueryRow(ctx, `SELECT COALESCE(bool_or(relname = 'river_migration'), false),
			COALESCE(bool_or(relname = 'river_job'), false),
			COALESCE(bool_and(pg_catalog.pg_has_role(relowner, 'USAGE')), true)
		FROM pg_catalog.pg_class
		WHERE relname IN ('river_migration', 'river_job', 'river_leader', 'river_queue', 'river_client', 'river_client_queue')
			AND pg_catalog.pg_table_is_visible(oid)`).Scan(&versions, &jobs, &owned)
	switch {
	case err != nil:
		return fmt.Errorf("riverpayroll: looking at River's tables: %w", err)
	case jobs && !versions:
		return fmt.Errorf("%w: the table river_job exists, and river_migration, which says of which version it is, does not",
			payroll.ErrJournal)
	case !owned:
		return fmt.Errorf("%w: its user may not change River's tables: connect as their owner", payroll.ErrJournal)
	}
	return nil
}

// Check refuses, with an error that matches payroll.ErrJournal, a database whose tables are of other versions than this
// program's, or which may lose what it has committed. It changes nothing. Call it before a client is started.
func Check(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := newMigrator(pool)
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	if err := sqljournal.Check(ctx, db, sqljournal.PostgreSQL); err != nil {
		return err
	}
	if err := refuseNewer(ctx, migrator); err != nil {
		return err
	}
	result, err := migrator.Validate(ctx, nil)
	switch {
	case err != nil:
		return fmt.Errorf("riverpayroll: checking River's tables: %w", err)
	case !result.OK:
		return fmt.Errorf("%w: River's tables are behind (%s): migrate it first", payroll.ErrJournal, strings.Join(result.Messages, "; "))
	}
	return nil
}

func newMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	if pool == nil {
		return nil, errNoPool
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return nil, fmt.Errorf("riverpayroll: %w", err)
	}
	return migrator, nil
}

// refuseNewer refuses River tables of a version that this program does not know.
func refuseNewer(ctx context.Context, migrator *rivermigrate.Migrator[pgx.Tx]) error {
	if _, err := migrator.ExistingVersions(ctx); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("riverpayroll: looking at River's tables: %w", ctx.Err())
		}
		return fmt.Errorf("%w: River's tables cannot be read, or are from a newer version: update the program: %w", payroll.ErrJournal, err)
	}
	return nil
}
