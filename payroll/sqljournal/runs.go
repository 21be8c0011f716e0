package sqljournal

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/payroll"
)

// RunInfo is what a database says of a run without adding it up.
type RunInfo struct {
	Name string
	// Plan is nil while the run's plan is being stored, and for one whose storing was given up half-way: none of its
	// payouts is there, and nothing of it was sent.
	Plan *payroll.PlanInfo
	// Parts is into how many parts it was divided; 0 for a run that one process drives.
	Parts int64
	// CancelledAt is when it was cancelled, by the clock of the database; zero for a run that goes on.
	CancelledAt time.Time
	// Held is why a worker has cancelled it; empty for one that a person has cancelled.
	Held string
	// CompareWindow is how far back payments are compared with it before it is sent; zero for the default of
	// payroll.RecentOptions.
	CompareWindow time.Duration
	// Waiting is how many of its parts wait for something that is in their way, such as an API that is away; Trouble is
	// what it is for the one that has waited longest, and Since when it began.
	Waiting int64
	Trouble string
	Since   time.Time
}

// Runs names the runs that a database holds, in the order in which they were made up; none when it holds no journal yet.
// It changes nothing. The errors are those of Open.
func Runs(ctx context.Context, db *sql.DB, of Dialect) ([]string, error) {
	infos, err := ListRuns(ctx, db, of)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, info := range infos {
		names = append(names, info.Name)
	}
	return names, nil
}

// FindRun fails with payroll.ErrNoRun, and the names that may have been meant, when a database holds no run of this name.
// Open would make it up. The other errors are those of Open.
func FindRun(ctx context.Context, db *sql.DB, of Dialect, run string) error {
	names, err := Runs(ctx, db, of)
	if err != nil || slices.Contains(names, run) {
		return err
	}
	return payroll.NoRun(run, names)
}

// ListRuns is Runs with what is known of each. Where the tables are of an older version, less is.
func ListRuns(ctx context.Context, db *sql.DB, of Dialect) ([]RunInfo, error) {
	d, err := dialectOf(of)
	if err != nil {
		return nil, err
	}
	conn, err := d.connect(ctx, db)
	if err != nil {
		return nil, failedToOpen(ctx, d, err)
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	var infos []RunInfo
	version, err := d.version(ctx, conn)
	if err == nil && version > 0 {
		query := `SELECT name, plan, digest, count, total, 0, NULL, '', NULL, 0, NULL, NULL FROM djamo_payroll_runs AS r ORDER BY r.id`
		if d.cluster(version) {
			query = `SELECT name, plan, digest, count, total, parts, cancelled, held,
				CAST(EXTRACT(EPOCH FROM clock_timestamp() - repeats_since) * 1000000 AS BIGINT), COALESCE(waiting, 0), trouble, troubled
			FROM djamo_payroll_runs AS r
				LEFT JOIN (SELECT run, COUNT(*) AS waiting, (array_agg(trouble ORDER BY troubled))[1] AS trouble, MIN(troubled) AS troubled
					FROM djamo_payroll_parts WHERE trouble <> '' GROUP BY run) AS t ON t.run = r.id ORDER BY r.id`
		}
		rows, queryErr := conn.QueryContext(ctx, query)
		err = sqldb.Scan(rows, queryErr, func(rows *sql.Rows) error {
			info, err := scanRun(rows)
			infos = append(infos, info)
			return err
		})
	}
	if err != nil {
		return nil, failedToOpen(ctx, d, err)
	}
	return infos, nil
}

// cluster reports whether tables of a version know of parts and cancelled runs.
func (d *dialect) cluster(version int) bool { return !d.oneConnection && version >= len(d.versions()) }

func scanRun(rows *sql.Rows) (RunInfo, error) {
	var info RunInfo
	var plan payroll.PlanInfo
	var digest, trouble sql.NullString
	var cancelled, since sql.NullTime
	var window sql.NullInt64
	err := rows.Scan(&info.Name, &plan.Run, &digest, &plan.Count, &plan.Total, &info.Parts, &cancelled, &info.Held, &window, &info.Waiting,
		&trouble, &since)
	if window.Valid {
		info.CompareWindow = max(sqldb.Microseconds(window.Int64), time.Microsecond)
	}
	if digest.Valid {
		plan.Digest = digest.String
		info.Plan = &plan
	}
	info.CancelledAt, info.Trouble, info.Since = cancelled.Time, trouble.String, since.Time
	return info, err
}
