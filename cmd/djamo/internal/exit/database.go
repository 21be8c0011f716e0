package exit

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/payroll"
)

// IsAwayDatabase reports whether a database has ended a connection, or was not to be reached: whether a statement that was under
// way was carried out is not known then.
func IsAwayDatabase(err error) bool {
	return isNetworks(err) || errors.As(err, new(*pgconn.ConnectError)) || errors.As(err, new(*postgres.SilentError)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// IsBadDatabase reports whether a PostgreSQL database was named, or set up, in a way that no second try mends: its server has
// answered and turned the program away, or it holds something else. A server that cannot be reached may be back soon, and one that
// was too slow may be faster then.
func IsBadDatabase(err error) bool {
	if failure := (*pgconn.PgError)(nil); errors.As(err, &failure) {
		switch failure.Code[:min(2, len(failure.Code))] {
		case "28", "3D", "42": // authorization, no such database, access or syntax
			return true
		}
		return false
	}
	return errors.Is(err, payroll.ErrJournal) && !errors.Is(err, context.DeadlineExceeded) &&
		!errors.As(err, new(*pgconn.ConnectError)) && !errors.As(err, new(*postgres.SilentError))
}
