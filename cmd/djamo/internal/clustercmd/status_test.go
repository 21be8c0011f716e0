//go:build unix

package clustercmd

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// A part whose job was deleted, and a queue that was paused, are told of with what to do; and that helps.
func TestProcess_StatusSaysWhatStandsStill(t *testing.T) {
	t.Parallel()
	s := newSite(t, 6)
	s.do(t, "enqueue", "--part-size", "2", s.file)
	require.NotContains(t, s.do(t, "status"), "no job")
	for _, change := range []string{
		"DELETE FROM river_job WHERE args ->> 'part' = '1'",
		"UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE args ->> 'part' = '2'",
		"INSERT INTO river_queue (name, updated_at, paused_at) VALUES ('djamo_payroll', now(), now()), ('djamo_payroll_settle', now(), NULL)",
	} {
		_, err := s.pool.Exec(t.Context(), change)
		require.NoError(t, err)
	}
	status := s.do(t, "status")
	require.Contains(t, status, "2 parts have no job, and nobody goes on with them: djamo payroll cluster resume june")
	require.Contains(t, status, "the queue djamo_payroll has been paused since ")
	require.NotContains(t, status, "djamo_payroll_settle")
	s.do(t, "cancel", "june")
	require.NotContains(t, s.do(t, "status"), "no job", "a cancelled run has none")
	s.do(t, "resume", "june")
	_, err := s.pool.Exec(t.Context(), "UPDATE river_queue SET paused_at = NULL")
	require.NoError(t, err)
	status = s.do(t, "status")
	require.NotContains(t, status, "no job")
	require.NotContains(t, status, "paused")
}

// counted counts the questions that read a whole run.
type counted struct{ questions atomic.Int64 }

func (c *counted) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.Contains(data.SQL, "sent_at >") {
		c.questions.Add(1)
	}
	return ctx
}

func (*counted) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// What was sent in the last minute is counted only where it is shown: not for a run that is cancelled, or finished.
func TestStatus_CountsWhatWasSentOnlyWhereItIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3)
	s.do(t, "enqueue", s.file)
	config, err := pgxpool.ParseConfig(s.database)
	require.NoError(t, err)
	tracer := &counted{}
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	questions := func() int64 {
		t.Helper()
		tracer.questions.Store(0)
		require.NoError(t, status(t.Context(), &program{pool: pool, out: io.Discard, term: terminal.Terminal{Out: io.Discard, Err: io.Discard}}, nil))
		return tracer.questions.Load()
	}
	require.Equal(t, int64(1), questions())
	s.do(t, "cancel", "june")
	require.Zero(t, questions())
	for _, change := range []string{"UPDATE djamo_payroll_runs SET cancelled = NULL", "UPDATE djamo_payroll_payouts SET state = 'completed'"} {
		_, err = s.pool.Exec(t.Context(), change)
		require.NoError(t, err)
	}
	require.Zero(t, questions())
}
