package payrollcmd

import (
	"database/sql"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/pgtest"
)

// inPostgres is the address of a journal in a schema of its own.
func inPostgres(t *testing.T) (address string, db *sql.DB) {
	t.Helper()
	address = pgtest.Schema(t, "pgx")
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return address, db
}

// The same on PostgreSQL, where a run passes on when the lease of the dead has run out.
func TestProcess_JournalInPostgreSQL(t *testing.T) {
	t.Parallel()
	address, _ := inPostgres(t)
	s := newSite(t, 60)
	s.hasten()
	s.args = append(s.args, "--journal", address, "--lease", "500ms", "--batch-size", "2")
	_, err := s.server.Inject(djamotest.ProcessLate(100*time.Millisecond), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	for range 4 {
		command, _ := s.start(t)
		kill := time.AfterFunc(500*time.Millisecond+rand.N(600*time.Millisecond), func() { _ = command.Process.Kill() })
		_ = command.Wait()
		kill.Stop()
	}
	s.finish(t)
	s.check(t)
}

// A run that another process is driving is not ours to report on.
func TestProcess_HeldInPostgreSQL(t *testing.T) {
	t.Parallel()
	address, _ := inPostgres(t)
	s := newSite(t, 200)
	s.args = append(s.args, "--journal", address, "--mode", "single", "--lease", "15s") // the second waits so long for it
	_, err := s.server.Inject(djamotest.Stall(0), djamotest.On(http.MethodPost))
	require.NoError(t, err)
	first, _ := s.start(t) // it waits for answers much longer than this test lasts
	for len(s.server.Transactions()) == 0 {
		time.Sleep(5 * time.Millisecond) //nolint:forbidigo // another process is waited for
	}
	report := filepath.Join(t.TempDir(), "report.csv")
	second, out := s.start(t, "--report", report)
	require.Error(t, second.Wait(), out.String())
	require.Equal(t, exit.Failed, second.ProcessState.ExitCode(), out.String())
	require.Contains(t, out.String(), "another process is driving this run")
	require.NotContains(t, out.String(), "TOTAL")
	require.NoFileExists(t, report)
	require.NoError(t, first.Process.Kill())
	_ = first.Wait()
}

func TestPay_LeavesNoTraceInPostgreSQLUnconfirmed(t *testing.T) {
	t.Parallel()
	address, db := inPostgres(t)
	o := newOperator(t, header+"+2250748710523,10000,a,x\n")
	o.set.journal, o.set.yes = address, false
	require.Equal(t, exit.Usage, o.run(t, "no\n"), o.out)
	var tables int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()").Scan(&tables))
	require.Zero(t, tables)
	require.Equal(t, exit.OK, o.run(t, "y\n"), o.out)
	require.Equal(t, exit.OK, o.run(t, ""), "it is finished, so nothing is asked")
}
