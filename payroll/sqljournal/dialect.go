package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/djamo/djamo-go/payroll"
)

// Dialect says which database a journal is in.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// dialect is what differs between databases. Statements are written for both wherever one text can serve: numbers and
// texts travel in JSON arrays, any number of rows in one parameter.
type dialect struct {
	connect func(context.Context, *sql.DB) (*sql.Conn, error)
	setUp   func(context.Context, *sql.DB, *sql.Conn) error // checks and settings of the connection
	version func(context.Context, *sql.Conn) (int, error)
	upgrade func(from, to int) []string // statements beside those of the schema
	rebind  func(query string) string
	explain func(error) error // makes an ErrJournal or ErrLeaseHeld of what the database says

	begin         string
	beginUpgrade  []string // starts a transaction that no other process upgrades at the same time
	array         string   // the elements of a JSON array as rows of a table c with the column value
	lease         string   // reads the lease
	leaseLocked   string   // the same, and keeps it from changing before the transaction ends
	oneByOne      bool     // many short statements cost less than a long one with an array
	oneConnection bool     // there can be no second connection, so leases are known to the process
}

func dialectOf(of Dialect) (*dialect, error) {
	switch of {
	case SQLite:
		return sqlite(), nil
	case PostgreSQL:
		return postgres(), nil
	}
	return nil, fmt.Errorf("payroll: %q is no dialect of package sqljournal: use SQLite or PostgreSQL; MySQL and MariaDB are not supported",
		of)
}

// failedToOpen says why a journal cannot be opened.
func failedToOpen(ctx context.Context, d *dialect, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: opening the journal: %w", ctx.Err())
	}
	return d.explain(err)
}

// unusable is an ErrJournal with its reason.
func unusable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", payroll.ErrJournal, fmt.Errorf(format, args...))
}

// causedError is an error with a cause that its text leaves out. A caller who finds a deadline there may try again: the server may be
// slow, and the pool not too small.
type causedError struct {
	error

	cause error
}

func (e causedError) Unwrap() []error { return []error{e.error, e.cause} }

// explained reports whether an error says already what a user of payroll asks about.
func explained(err error) bool {
	return errors.Is(err, payroll.ErrJournal) || errors.Is(err, payroll.ErrLeaseHeld)
}
