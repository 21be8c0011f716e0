package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// Gate is a moment that several machines share through PostgreSQL: until then none of them sends anything. It is what one
// machine does for all when the API has told it to slow down. Gates are told apart by name, one for each token. Safe for
// concurrent use.
type Gate struct {
	DB   *sql.DB
	Name string
}

// Close closes the gate for so long, by the clock of the database. It never opens a gate earlier than another has said.
func (g Gate) Close(ctx context.Context, d time.Duration) error {
	_, err := g.DB.ExecContext(ctx, `INSERT INTO djamo_payroll_gates AS g (name, closed, until)
			SELECT $1, now.now, now.now + CAST($2 AS BIGINT) * INTERVAL '1 microsecond' FROM clock_timestamp() AS now
		ON CONFLICT (name) DO UPDATE SET
			until = CASE WHEN g.closed <= EXCLUDED.closed THEN GREATEST(g.until, EXCLUDED.until) ELSE EXCLUDED.until END,
			closed = EXCLUDED.closed`, g.Name, d.Microseconds())
	if err != nil {
		return fmt.Errorf("payroll: closing the gate: %w", err)
	}
	return nil
}

// Closed is for how much longer the gate is closed; zero when it is open, and when the clock of the database says that it is
// not closed yet: it was set back, or the server is another.
func (g Gate) Closed(ctx context.Context) (time.Duration, error) {
	var left int64
	err := g.DB.QueryRowContext(ctx, `SELECT CAST(EXTRACT(EPOCH FROM until - clock_timestamp()) * 1000000 AS BIGINT) FROM djamo_payroll_gates
		WHERE name = $1 AND closed <= clock_timestamp()`,
		g.Name).Scan(&left)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("payroll: looking at the gate: %w", err)
	}
	return sqldb.Microseconds(left), nil
}
