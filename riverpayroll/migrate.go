package riverpayroll

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
// call [Check]. A database that a newer version has changed is refused.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := newMigrator(pool)
	if err != nil {
		return err
	}
	if err := refuseNewer(ctx, migrator); err != nil {
		return err
	}
	// One at a time: two that make River's tables at once would get in each other's way. The lock has a connection of its
	// own, since those who wait for it could use up the pool.
	unlock, err := lock(ctx, pool.Config())
	if err != nil {
		return fmt.Errorf("riverpayroll: migrating: %w", err)
	}
	defer unlock()
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("riverpayroll: migrating River's tables: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close() //nolint:errcheck // it holds nothing: the pool does
	return sqljournal.Migrate(ctx, db, sqljournal.PostgreSQL)
}

// lock keeps other processes from migrating until it is given up.
func lock(ctx context.Context, config *pgxpool.Config) (unlock func(), err error) {
	if config.BeforeConnect != nil {
		if err := config.BeforeConnect(ctx, config.ConnConfig); err != nil {
			return nil, err
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = conn.Close(context.WithoutCancel(ctx)) }
	for _, statement := range []string{"BEGIN", "SELECT pg_advisory_xact_lock(hashtext('djamo riverpayroll migrate'))"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			unlock()
			return nil, err
		}
	}
	return unlock, nil
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
		return nil, errors.New("riverpayroll: there is no pool")
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
