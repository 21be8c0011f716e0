package sqljournal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// Journal is a payroll.Journal in a database. It is safe for concurrent use, and must be closed.
type Journal struct {
	db      *sql.DB
	dialect *dialect
	name    string // of the run
	run     int64  // the number the database has for it
	seals   Seals  // of the payouts, once they were approved

	// writing is held, by a value in it, by whoever uses the connection. All writes go through this one connection,
	// and where the dialect says so all reads.
	writing    chan struct{}
	conn       *sql.Conn
	statements map[string]*sql.Stmt // prepared on conn
	claims     []openClaim          // in the order of their IDs
	seen       []sighting           // in the order of their IDs

	mu      sync.Mutex
	queue   []*request    // what waits for a transaction
	failure error         // why nothing can be read or written any more
	held    payroll.Lease // of the latest holder, where leases are measured by the process
	until   time.Time
}

var _ payroll.Journal = (*Journal)(nil)

// Open opens the journal of a run, named as the plan is, and makes its tables where there are none. The run is made up
// with the first plan; opening one that does not exist yet writes its name and no more. The journal uses db until it is
// closed; db stays the caller's to close.
//
// The error matches payroll.ErrLeaseHeld when another process has an SQLite file open, and payroll.ErrJournal when the
// database cannot be used: corrupt, no database of this package, from a newer version, read-only, not durable.
func Open(ctx context.Context, db *sql.DB, of Dialect, run string) (*Journal, error) {
	d, err := dialectOf(of)
	switch {
	case err != nil:
		return nil, err
	case run == "" || run != clean(run):
		return nil, fmt.Errorf("payroll: %q cannot be the name of a run", run)
	}
	conn, err := d.connect(ctx, db)
	if err != nil {
		return nil, failedToOpen(ctx, d, err)
	}
	j := &Journal{
		db: db, dialect: d, name: run, writing: make(chan struct{}, 1), conn: conn, statements: map[string]*sql.Stmt{},
	}
	if err := j.prepare(ctx); err != nil {
		j.disconnect()
		return nil, failedToOpen(ctx, d, err)
	}
	return j, nil
}

// prepare checks the database, brings its tables up to date and finds the run.
func (j *Journal) prepare(ctx context.Context) error {
	if err := j.dialect.setUp(ctx, j.db, j.conn); err != nil {
		return err
	}
	if err := j.dialect.schema().Migrate(ctx, j.conn); err != nil {
		return err
	}
	const insert = `INSERT INTO djamo_payroll_runs (name) VALUES (?) ON CONFLICT (name) DO NOTHING`
	if _, err := j.conn.ExecContext(ctx, j.dialect.rebind(insert), j.name); err != nil {
		return err
	}
	const find = `SELECT id FROM djamo_payroll_runs WHERE name = ?`
	if err := j.conn.QueryRowContext(ctx, j.dialect.rebind(find), j.name).Scan(&j.run); err != nil {
		return err
	}
	if j.dialect.oneConnection {
		return j.takeUpClaims(ctx)
	}
	return j.failOver(ctx)
}

// Close gives the database up. Calls under way finish first; later ones fail. It is safe to repeat.
func (j *Journal) Close() error {
	j.writing <- struct{}{}
	defer j.unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure == nil {
		j.failure = fmt.Errorf("%w: it was closed", payroll.ErrJournal)
		j.disconnect()
	}
	return nil
}

// lock waits for the connection.
func (j *Journal) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("payroll: waiting for the journal: %w", err)
	}
	select {
	case j.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("payroll: waiting for the journal: %w", ctx.Err())
	}
}

func (j *Journal) unlock() { <-j.writing }

// usable returns the failure that has ended the journal, if one has.
func (j *Journal) usable() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failure
}

// fail ends the journal: what the database holds now is for whoever opens it next to find out. A write or a sync that
// failed is never tried again, since the system may have thrown away what it could not write and say nothing the
// second time.
func (j *Journal) fail(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure == nil {
		j.failure = j.dialect.explain(err)
		j.disconnect()
	}
	return j.failure
}

// disconnect closes the connection for good, which also ends a transaction that is left in it and, with SQLite, lets
// other processes in.
func (j *Journal) disconnect() {
	for _, statement := range j.statements {
		_ = statement.Close()
	}
	discard(j.conn)
}

// discard closes a connection rather than give it back to the pool, which would keep its settings and its locks.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

// storageError is what the database says, as opposed to what the journal itself objects to.
type storageError struct{ error }

func (e storageError) Unwrap() error { return e.error }

// How long one transition and one part of a plan may take. The limits are for networks that lose packets silently.
const (
	advanceLimit = 30 * time.Second
	planLimit    = 10 * time.Minute
)

// transact runs a function in a transaction on the connection, which the caller has locked. Where the database is on a
// network, a statement is given up when the context ends, and the journal with it. A function that fails by
// its own judgement is rolled back and no harm is done; anything that the database fails at ends the journal.
func (j *Journal) transact(ctx context.Context, limit time.Duration, do func(tx *transaction) error) error {
	if err := j.usable(); err != nil {
		return err
	}
	tx := &transaction{
		ctx: ctx, journal: j, dialect: j.dialect, run: j.run, limit: limit, statement: j.statement, claims: slices.Clone(j.claims),
	}
	err := tx.exec(j.dialect.begin)
	if err == nil {
		err = do(tx)
	}
	if err == nil {
		err = tx.commit()
	}
	if err != nil && !errors.As(err, new(storageError)) {
		verdict := err
		tx.ctx = context.WithoutCancel(ctx)
		if err = tx.exec("ROLLBACK"); err == nil {
			return verdict
		}
	}
	if err != nil {
		return j.fail(err)
	}
	j.claims = tx.claims
	return nil
}

// transaction is how statements are run in a transaction. Its errors are storageErrors.
type transaction struct {
	ctx       context.Context //nolint:containedctx // a transaction lives no longer than a call
	journal   *Journal        // nil when the transaction is the caller's
	dialect   *dialect
	run       int64
	limit     time.Duration // of one statement
	statement func(ctx context.Context, query string) (*sql.Stmt, error)
	claims    []openClaim // as they are at this point of the transaction
}

func (tx *transaction) exec(query string, args ...any) error {
	_, err := tx.change(query, args...)
	return err
}

// errCommit is a commit that has failed: the database may have carried it out all the same.
var errCommit = errors.New("whether it was recorded is not known")

func (tx *transaction) commit() error {
	err := tx.exec("COMMIT")
	if errors.As(err, new(storageError)) {
		return storageError{fmt.Errorf("%w: %w", errCommit, err)}
	}
	return err
}

// change returns how many rows there were.
func (tx *transaction) change(query string, args ...any) (int64, error) {
	ctx, cancel, err := tx.bounded()
	if err != nil {
		return 0, err
	}
	defer cancel()
	statement, err := tx.statement(ctx, query)
	if err != nil {
		return 0, storageError{err}
	}
	result, err := statement.ExecContext(ctx, args...)
	if err != nil {
		return 0, storageError{err}
	}
	count, err := result.RowsAffected()
	if err != nil {
		return 0, storageError{err}
	}
	return count, nil
}

// lingering is how much longer than the caller's context a statement may take that has begun: most end in that time, and
// the connection with all that is prepared on it can be kept.
const lingering = 500 * time.Millisecond

// bounded is the context of one statement, which is not begun once the caller's has ended. A file cannot swallow packets,
// and drivers pay for watching a context.
func (tx *transaction) bounded() (context.Context, context.CancelFunc, error) {
	if err := tx.ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("payroll: interrupted: %w", err)
	}
	if tx.dialect.oneConnection {
		return context.Background(), func() {}, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), tx.limit)
	unwatch := context.AfterFunc(tx.ctx, func() {
		if clock.Sleep(ctx, lingering) == nil {
			cancel()
		}
	})
	return ctx, func() { unwatch(); cancel() }, nil
}

// query scans each row.
func (tx *transaction) query(scan func(*sql.Rows) error, query string, args ...any) error {
	ctx, cancel, err := tx.bounded()
	if err != nil {
		return err
	}
	defer cancel()
	statement, err := tx.statement(ctx, query)
	if err != nil {
		return storageError{err}
	}
	rows, err := statement.QueryContext(ctx, args...)
	if err := sqldb.Scan(rows, err, scan); err != nil {
		return storageError{err}
	}
	return nil
}

// statement prepares a query on the connection, once.
func (j *Journal) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if statement, ok := j.statements[query]; ok {
		return statement, nil
	}
	statement, err := j.conn.PrepareContext(ctx, j.dialect.rebind(query))
	if err == nil {
		j.statements[query] = statement
	}
	return statement, err
}

// read runs a query outside of any transaction and scans each row.
func (j *Journal) read(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	return j.readAfter(ctx, func() error { return nil }, scan, query, args...)
}

// readAfter is read where something has to be done first, with the connection, if there is only one.
func (j *Journal) readAfter(ctx context.Context, first func() error, scan func(*sql.Rows) error, query string, args ...any) error {
	err := j.usable()
	switch {
	case err != nil:
	case j.dialect.oneConnection:
		err = j.readHere(ctx, first, scan, query, args)
	default:
		rows, queryErr := j.db.QueryContext(ctx, j.dialect.rebind(query), args...)
		err = sqldb.Scan(rows, queryErr, scan)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("payroll: reading the journal: %w", ctx.Err())
	default:
		return j.dialect.explain(err)
	}
}

func (j *Journal) readHere(ctx context.Context, first func() error, scan func(*sql.Rows) error, query string, args []any) error {
	if err := j.lock(ctx); err != nil {
		return err
	}
	defer j.unlock()
	if err := j.usable(); err != nil {
		return err
	}
	if err := first(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // an interrupt that comes late would strike whoever uses the connection next
	statement, err := j.statement(ctx, query)
	if err != nil {
		return err
	}
	rows, err := statement.QueryContext(ctx, args...)
	return sqldb.Scan(rows, err, scan)
}
