package sqldeduper

import (
	"context"
	"fmt"
)

// Create makes the table and its index where they are missing. It is safe to repeat and on several machines at once. On
// PostgreSQL the user needs the right to create tables in the schema; where the program's user lacks it, run what Schema
// returns as another.
func (d *Deduper) Create(ctx context.Context) error {
	err := d.persist(ctx, func() error {
		if d.dialect == PostgreSQL {
			return d.createAlone(ctx)
		}
		for _, statement := range d.Schema() {
			if _, err := d.exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sqldeduper: creating the table %s: %w", d.table, err)
	}
	return nil
}

// Schema returns the statements that Create runs, in their order, for programs that keep their tables otherwise. All are
// safe to repeat.
func (d *Deduper) Schema() []string { return []string{d.sql.table, d.sql.index} }

// createAlone lets one machine after the other create: PostgreSQL fails one of two that create the same table at the
// same moment, in spite of IF NOT EXISTS.
func (d *Deduper) createAlone(ctx context.Context) error {
	const lockKey = 0x646a616d6f // "djamo": the same for every machine, and hardly anybody else's
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to do after a commit
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(lockKey)); err != nil {
		return err
	}
	for _, statement := range d.Schema() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
