package sqldb

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// Query reads the rows of a statement and hands each to scan. A statement that writes returns no rows, or those of its
// RETURNING clause.
type Query func(ctx context.Context, scan func(*sql.Rows) error, statement string, args ...any) error

// Numbered writes the parameters of a statement as PostgreSQL does, $1, $2 and so on, in place of question marks. The
// statement must have no question mark otherwise.
func Numbered(statement string) string {
	var text strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(statement, "?")
		text.WriteString(before)
		if !found {
			return text.String()
		}
		text.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
}

// Nanoseconds is a moment as a number for a column, and 0 for the zero time. Moment reads it again.
func Nanoseconds(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixNano()
}

// Moment is the time, in UTC, of what Nanoseconds has written.
func Moment(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds).UTC()
}

// Scan hands each row to scan and closes the rows. It takes both results of sql.DB.QueryContext.
func Scan(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err has what matters
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
