package riverpayroll

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Standstill is what keeps runs from going on that no worker can tell of.
type Standstill struct {
	// Unattended are how many parts of a run have something to do and no job that will do it, by the run's name: their jobs were
	// cancelled, deleted or discarded. Nobody goes on with them before the run is resumed. Runs that are cancelled are not among them.
	Unattended map[string]int64
	// Paused are the queues that somebody has paused in River, and when. Nothing in them is worked until they are resumed there.
	Paused map[string]time.Time
}

// FindStandstill looks for it. It changes nothing.
func FindStandstill(ctx context.Context, pool *pgxpool.Pool) (Standstill, error) {
	if pool == nil {
		return Standstill{}, errNoPool
	}
	found := Standstill{Unattended: map[string]int64{}, Paused: map[string]time.Time{}}
	// The LIMIT makes the database look into each part by itself, as Divide does.
	rows, err := pool.Query(ctx, `SELECT r.name, COUNT(*) FROM djamo_payroll_runs AS r JOIN djamo_payroll_parts AS p ON p.run = r.id
		CROSS JOIN LATERAL (SELECT FROM djamo_payroll_payouts AS o WHERE o.run = p.run AND o.id BETWEEN p.first AND p.last
			AND o.state IN ('planned', 'submitting', 'unknown', 'submitted') LIMIT 1) AS unfinished
		LEFT JOIN (SELECT DISTINCT args ->> 'run' AS run, CAST(args ->> 'part' AS BIGINT) AS part FROM river_job
			WHERE kind = $1 AND state IN ('available', 'pending', 'running', 'scheduled', 'retryable')
		) AS j ON j.run = r.name AND j.part = p.part
		WHERE r.cancelled IS NULL AND j.part IS NULL GROUP BY r.name`, Part{}.Kind())
	var name string
	var parts int64
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&name, &parts}, func() error { found.Unattended[name] = parts; return nil })
	}
	if err != nil {
		return Standstill{}, fmt.Errorf("riverpayroll: looking for parts without a job: %w", err)
	}
	rows, err = pool.Query(ctx, "SELECT name, paused_at FROM river_queue WHERE name IN ($1, $2) AND paused_at IS NOT NULL",
		QueueSend, QueueSettle)
	var at time.Time
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&name, &at}, func() error { found.Paused[name] = at; return nil })
	}
	if err != nil {
		return Standstill{}, fmt.Errorf("riverpayroll: looking for paused queues: %w", err)
	}
	return found, nil
}
