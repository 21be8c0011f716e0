package sqljournal

import (
	"context"
	"database/sql"
)

// Runs names the runs that a database holds, in the order in which they were made up; none when it holds no journal yet.
// It changes nothing. The errors are those of Open.
func Runs(ctx context.Context, db *sql.DB, of Dialect) ([]string, error) {
	d, err := dialectOf(of)
	if err != nil {
		return nil, err
	}
	conn, err := d.connect(ctx, db)
	if err != nil {
		return nil, failedToOpen(ctx, d, err)
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	var names []string
	version, err := d.version(ctx, conn)
	if err == nil && version > 0 {
		rows, queryErr := conn.QueryContext(ctx, "SELECT name FROM djamo_payroll_runs ORDER BY id")
		err = each(rows, queryErr, func(rows *sql.Rows) error {
			names = append(names, "")
			return rows.Scan(&names[len(names)-1])
		})
	}
	if err != nil {
		return nil, failedToOpen(ctx, d, err)
	}
	return names, nil
}
