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
	// One at a time: two that make River's tables at once would get in each other's way.
	locked, err := pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("riverpayroll: migrating: %w", err)
	}
	defer locked.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it only holds the lock
	if _, err := locked.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('djamo riverpayroll migrate'))"); err != nil {
		return fmt.Errorf("riverpayroll: migrating: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("riverpayroll: migrating River's tables: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	return sqljournal.Migrate(ctx, db, sqljournal.PostgreSQL)
}

// Check refuses, with an error that matches payroll.ErrJournal, a database whose tables are of other versions than this
// program's, or which may lose what it has committed. It changes nothing. Call it before a client is started.
func Check(ctx context.Context, pool *pgxpool.Pool) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	if err := sqljournal.Check(ctx, db, sqljournal.PostgreSQL); err != nil {
		return err
	}
	migrator, err := newMigrator(pool)
	if err != nil {
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
		return fmt.Errorf("%w: River's tables are not of a version that this program knows, update the program: %w", payroll.ErrJournal, err)
	}
	return nil
}
