package sqldb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// Retry repeats call as long as it fails because the database is busy, for ten seconds or until the context ends. It
// returns the last error.
func Retry(ctx context.Context, isBusy func(error) bool, call func() error) error {
	const maxTotal, minWait, maxWait = 10 * time.Second, time.Millisecond, 32 * time.Millisecond
	started := time.Now()
	for pause := minWait; ; pause = min(2*pause, maxWait) {
		err := call()
		if err == nil || !isBusy(err) || time.Since(started) > maxTotal {
			return err
		}
		wait := pause/2 + rand.N(pause/2) //nolint:gosec // jitter needs no secrecy
		if ended := clock.Sleep(ctx, wait); ended != nil {
			return fmt.Errorf("%w while the database was busy: %w", ended, err)
		}
	}
}

// IsBusySQLite reports whether SQLite refused a statement because another connection holds a lock. It goes by the text
// of SQLite itself, which is the same with every driver.
func IsBusySQLite(err error) bool {
	text := err.Error()
	return strings.Contains(text, "database is locked") || strings.Contains(text, "database table is locked")
}

// IsBusyPostgres reports whether PostgreSQL refused a statement because of others at the same time: a deadlock, or a
// serialization failure, which programs that make SERIALIZABLE their default see. Those also meet a full pool of conflicts.
func IsBusyPostgres(err error) bool {
	switch State(err) {
	case "40001", "40P01":
		return true
	case "53200":
		return strings.Contains(err.Error(), "RWConflictPool")
	}
	return false
}

// State is the SQLSTATE of an error that a PostgreSQL driver returned, "" when there is none.
func State(err error) string {
	if coded, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return coded.SQLState()
	}
	return ""
}
