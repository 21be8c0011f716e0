package riverpayroll

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertest"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
)

// stage is a run "june" of one part with two payouts that were sent long ago, and the part's job, which runs.
type stage struct {
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	job    *river.Job[Part]
}

func newStage(t *testing.T, queue string) *stage {
	t.Helper()
	config, err := pgxpool.ParseConfig(pgtest.Database(t, "pgx"))
	require.NoError(t, err)
	s := &stage{}
	s.pool, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(s.pool.Close)
	require.NoError(t, Migrate(t.Context(), s.pool))
	s.execute(t, "INSERT INTO djamo_payroll_runs (name, digest, count, total, parts, resumed) VALUES ('june', 'd', 2, 10000, 1, now() - interval '2 days')")
	s.execute(t, `INSERT INTO djamo_payroll_payouts (run, id, line, msisdn, amount, reference, description, state, sent_at)
		SELECT id, n, n, '+22507000000' || n, 5000, 'june/' || n, '', 'submitted', 1 FROM djamo_payroll_runs, generate_series(1, 2) AS n`)
	s.execute(t, "INSERT INTO djamo_payroll_parts (run, part, first, last, total, timeline) SELECT id, 1, 1, 2, 10000, '' FROM djamo_payroll_runs")
	s.client, err = river.NewClient(riverpgxv5.New(s.pool), &river.Config{})
	require.NoError(t, err)
	added, err := s.client.Insert(t.Context(), Part{Run: "june", Part: 1}, inQueue(queue))
	require.NoError(t, err)
	s.execute(t, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '1 hour'")
	s.job = &river.Job[Part]{JobRow: added.Job, Args: Part{Run: "june", Part: 1}}
	s.job.State = rivertype.JobStateRunning
	return s
}

func (s *stage) execute(t *testing.T, statement string) {
	t.Helper()
	_, err := s.pool.Exec(context.WithoutCancel(t.Context()), statement)
	require.NoError(t, err)
}

func (s *stage) count(t *testing.T, query string) (count int) {
	t.Helper()
	require.NoError(t, s.pool.QueryRow(context.WithoutCancel(t.Context()), query).Scan(&count))
	return count
}

// working is the context of a worker that has the job.
func (s *stage) working(t *testing.T) context.Context {
	t.Helper()
	return rivertest.WorkContext(t.Context(), s.client)
}

// traced is another pool on the database, which does something once, right before a statement with these words is sent.
func (s *stage) traced(t *testing.T, statement string, do func()) *pgxpool.Pool {
	t.Helper()
	config := s.pool.Config()
	config.ConnConfig.Tracer = &meanwhile{statement, do}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

type meanwhile struct {
	statement string
	do        func()
}

func (m *meanwhile) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if do := m.do; do != nil && strings.Contains(data.SQL, m.statement) {
		m.do = nil
		do()
	}
	return ctx
}

func (*meanwhile) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
