package sqldeduper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// persist calls again what failed only because others wrote at the same moment, for ten seconds or until the context
// ends. It returns the last error. Without it a callback that succeeded would run again just because SQLite was busy.
func (d *Deduper) persist(ctx context.Context, call func() error) error {
	const longest, first, most = 10 * time.Second, time.Millisecond, 32 * time.Millisecond
	started := time.Now()
	for pause := first; ; pause = min(2*pause, most) {
		err := call()
		if err == nil || !d.isBusy(err) || time.Since(started) > longest {
			return err
		}
		wait := time.NewTimer(pause/2 + rand.N(pause/2)) //nolint:gosec // jitter needs no secrecy
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return fmt.Errorf("%w while waiting for others, after: %w", ctx.Err(), err)
		}
	}
}

// isBusy tells by what all drivers have in common: the message of SQLite's own SQLITE_BUSY and SQLITE_LOCKED, and the
// SQLSTATE that PostgreSQL's drivers carry.
func (d *Deduper) isBusy(err error) bool {
	if d.dialect == SQLite {
		return strings.Contains(err.Error(), "database is locked") || strings.Contains(err.Error(), "database table is locked")
	}
	var postgres interface{ SQLState() string }
	if !errors.As(err, &postgres) {
		return false
	}
	// A serialization failure, which programs that make SERIALIZABLE their default see, and a deadlock.
	return postgres.SQLState() == "40001" || postgres.SQLState() == "40P01"
}
