package sqldeduper

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/claim"
	"github.com/djamo/djamo-go/internal/sqldb"
)

// defaultRetention is longer than anybody delivers again.
const defaultRetention = 30 * 24 * time.Hour

// Deduper is a [djamo.Deduper] on a table. It is safe for concurrent use, and any number of them, on any number of
// machines, may share the table. A database that does not answer is an error, never a grant.
type Deduper struct {
	db        *sql.DB
	dialect   Dialect
	table     string
	retention time.Duration
	sql       statements
}

var _ djamo.Deduper = (*Deduper)(nil)

// Option changes what New makes.
type Option func(*Deduper)

// WithTable names the table, djamo_deliveries without it: lower-case letters, digits and underscores, at most 50, on
// PostgreSQL with the name of its schema and a dot before it if need be.
func WithTable(name string) Option { return func(d *Deduper) { d.table = name } }

// WithRetention says how long a handled delivery is remembered at least, 30 days without it. It holds for deliveries
// that are handled from then on.
func WithRetention(retention time.Duration) Option {
	return func(d *Deduper) { d.retention = retention }
}

// New makes a Deduper on a database that the caller opens and closes. It asks the database nothing: call Create once,
// or let your migrations run Schema, before the first delivery.
func New(db *sql.DB, dialect Dialect, options ...Option) (*Deduper, error) {
	d := &Deduper{db: db, dialect: dialect, table: "djamo_deliveries", retention: defaultRetention}
	for _, option := range options {
		if option != nil {
			option(d)
		}
	}
	switch {
	case db == nil:
		return nil, errors.New("sqldeduper: the database must not be nil")
	case dialect != PostgreSQL && dialect != SQLite:
		return nil, fmt.Errorf("sqldeduper: the dialect must be PostgreSQL or SQLite, got %s; MySQL and MariaDB are not supported", dialect)
	case !validTable(d.table, dialect):
		return nil, fmt.Errorf("sqldeduper: a table's name must be of lower-case letters, digits and underscores, "+
			"at most 50, got %q", d.table)
	case d.retention < time.Millisecond:
		return nil, fmt.Errorf("sqldeduper: the retention must be positive, got %s", d.retention)
	}
	d.sql = dialect.statements(d.table)
	return d, nil
}

// Claim implements [djamo.Deduper]. A lease is rounded up to the millisecond.
func (d *Deduper) Claim(ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	if err := check(key, owner, lease); err != nil {
		return djamo.ClaimHeld, err
	}
	var answer djamo.Claim
	err := d.persist(ctx, func() (err error) {
		answer, err = d.claim(ctx, stored(key), stored(owner), lease)
		return err
	})
	if err != nil {
		return djamo.ClaimHeld, fmt.Errorf("sqldeduper: claiming a delivery: %w", err)
	}
	return answer, nil
}

// claim looks before it writes, so that a delivery sent again and again costs a read each time, and keeps no writer
// waiting. Only the write grants anything, and it looks again.
func (d *Deduper) claim(ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	var done, held bool
	err := d.db.QueryRowContext(ctx, d.sql.look, key, owner).Scan(&done, &held)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return djamo.ClaimHeld, err
	case done:
		return djamo.ClaimDone, nil
	case held:
		return djamo.ClaimHeld, nil
	}
	granted, err := d.exec(ctx, d.sql.claim, key, owner, claim.Milliseconds(lease))
	if err != nil || granted == 0 {
		return djamo.ClaimHeld, err
	}
	return djamo.ClaimGranted, nil
}

// Done implements [djamo.Deduper].
func (d *Deduper) Done(ctx context.Context, key, owner string) error {
	return d.finish(ctx, "remembering a delivery", d.sql.done, key, owner, claim.Milliseconds(d.retention))
}

// Release implements [djamo.Deduper].
func (d *Deduper) Release(ctx context.Context, key, owner string) error {
	return d.finish(ctx, "releasing a delivery", d.sql.release, key, owner)
}

func (d *Deduper) finish(ctx context.Context, doing, statement, key, owner string, more ...any) error {
	if err := check(key, owner, 1); err != nil {
		return err
	}
	args := append([]any{stored(key), stored(owner)}, more...)
	err := d.persist(ctx, func() error {
		_, err := d.exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqldeduper: %s: %w", doing, err)
	}
	return nil
}

// Prune deletes the deliveries that were handled longer ago than the retention, and claims whose leases ended, a
// thousand rows at a time so that nobody waits for it long. It returns how many rows there were, also with an error. It
// is safe to repeat, and to call on several machines at once.
func (d *Deduper) Prune(ctx context.Context) (int64, error) {
	var total int64
	for {
		var deleted int64
		err := d.persist(ctx, func() (err error) {
			deleted, err = d.exec(ctx, d.sql.prune)
			return err
		})
		total += deleted
		if err != nil {
			return total, fmt.Errorf("sqldeduper: pruning the table %s: %w", d.table, err)
		}
		if deleted < pruned {
			return total, nil
		}
	}
}

// persist repeats a call that failed only because others wrote at the same moment. Without it a callback that succeeded
// would run again just because SQLite was busy.
func (d *Deduper) persist(ctx context.Context, call func() error) error {
	isBusy := sqldb.IsBusyPostgres
	if d.dialect == SQLite {
		isBusy = sqldb.IsBusySQLite
	}
	return sqldb.Retry(ctx, isBusy, call)
}

// exec returns how many rows a statement wrote. The result says so only after the statement was committed, which a row
// that it returns would not.
func (d *Deduper) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := d.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func check(key, owner string, lease time.Duration) error {
	if fault := claim.Check(key, owner, lease); fault != nil {
		return &djamo.ValidationError{Field: fault.Field, Value: fault.Value, Rule: fault.Rule}
	}
	return nil
}

// stored is how a key or an owner stands in the table: as it is where a person could read it there, and otherwise by
// its hash, since PostgreSQL takes no NUL, nothing but UTF-8, and no long text into an index.
func stored(text string) string {
	const hashed, maxLength = "sha256:", 255
	if len(text) <= maxLength && utf8.ValidString(text) && !strings.ContainsRune(text, 0) && !strings.HasPrefix(text, hashed) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return hashed + hex.EncodeToString(sum[:])
}
