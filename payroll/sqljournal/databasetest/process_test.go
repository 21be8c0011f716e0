package databasetest_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// The test binary is also the program that is killed: it opens the journal it is told of, says "open", plans, says
// "planned", and takes each payout to submitting and says its ID once that is recorded.
const (
	childDriver  = "DJAMO_JOURNAL_CHILD_DRIVER"
	childDSN     = "DJAMO_JOURNAL_CHILD_DSN"
	childPayouts = 8_000 // more than it gets through
)

func TestMain(m *testing.M) {
	if directory := os.Getenv(childLimit); directory != "" {
		childOfLimitedSize(directory)
		os.Exit(0)
	}
	if os.Getenv(childDriver) != "" {
		if err := child(); err != nil {
			fmt.Println("error", errors.Is(err, payroll.ErrLeaseHeld), err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child() error {
	ctx := context.Background()
	driver := os.Getenv(childDriver)
	db, err := sql.Open(driver, os.Getenv(childDSN))
	if err != nil {
		return err
	}
	dialect := sqljournal.SQLite
	if driver == "pgx" {
		dialect = sqljournal.PostgreSQL
	}
	journal, err := sqljournal.Open(ctx, db, dialect, "run")
	if err != nil {
		return err
	}
	lease, err := journal.Acquire(ctx, "child", long)
	if err != nil {
		return err
	}
	fmt.Println("open")
	plan, err := payroll.NewPlan(payoutsOf(childPayouts), payroll.PlanOptions{Run: "run"})
	if err != nil {
		return err
	}
	if err := journal.Plan(ctx, lease, plan); err != nil {
		return err
	}
	fmt.Println("planned")
	errs := make(chan error)
	const callers = 8
	for i := range int64(callers) {
		go func() {
			for id := i + 1; ; id += callers {
				if err := submit(ctx, journal, lease, id); err != nil {
					errs <- err
				}
				fmt.Println(id)
			}
		}()
	}
	return <-errs
}

func submit(ctx context.Context, journal payroll.Journal, lease payroll.Lease, id int64) error {
	payouts, err := journal.Payouts(ctx, id-1, 1)
	if err != nil {
		return err
	}
	if len(payouts) == 0 { // nobody has killed it yet
		time.Sleep(time.Hour) //nolint:forbidigo // a process waits for its end
	}
	change := payroll.Change{From: payroll.Planned, Payout: payouts[0]}
	change.Payout.State = payroll.Submitting
	return journal.Advance(ctx, lease, change)
}

// program is the child and what it says.
type program struct {
	*exec.Cmd

	lines *bufio.Scanner
}

func start(t *testing.T, driver, dsn string) *program {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), childDriver+"="+driver, childDSN+"="+dsn)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Process.Kill() })
	return &program{command, bufio.NewScanner(output)}
}

// says reads the next line.
func (p *program) says(t *testing.T) string {
	t.Helper()
	require.True(t, p.lines.Scan(), "the program says nothing more")
	return p.lines.Text()
}

// kill ends the program as kill -9 does, and returns the IDs of all payouts it said were recorded.
func (p *program) kill(t *testing.T) (recorded []int64) {
	t.Helper()
	require.NoError(t, p.Process.Kill())
	for p.lines.Scan() {
		if id, err := strconv.ParseInt(p.lines.Text(), 10, 64); err == nil {
			recorded = append(recorded, id)
		}
	}
	require.Error(t, p.Wait())
	return recorded
}

func TestProcess_SecondIsRefusedUntilTheFirstIsGone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.db")
	first := start(t, "sqlite", file)
	require.Equal(t, "open", first.says(t))

	_, err := sqljournal.Open(t.Context(), opened(t, "sqlite", file), sqljournal.SQLite, "run")
	require.ErrorIs(t, err, payroll.ErrLeaseHeld)
	second := start(t, "sqlite", file)
	require.True(t, strings.HasPrefix(second.says(t), "error true "), "%q", second.lines.Text())
	require.NoError(t, second.Wait())

	first.kill(t)
	journal := openSQLite(t, file, "run") // at once, though its lease has most of an hour to run
	lease, err := journal.Acquire(t.Context(), "parent", long)
	require.NoError(t, err)
	require.Equal(t, int64(2), lease.Fence)
}

// What a program said was recorded before it was killed is there, and nothing is there by halves.
func TestProcess_KilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		t.Run(string(place.dialect), func(t *testing.T) {
			t.Parallel()
			place.dsn(t) // skips the test where there is no such database
			for _, moment := range []string{"open", "planned", "10", "300", "300 approved"} {
				t.Run("after "+moment, func(t *testing.T) {
					t.Parallel()
					dsn := place.dsn(t)
					moment, approved := strings.CutSuffix(moment, " approved")
					if approved {
						plan, err := payroll.NewPlan(payoutsOf(childPayouts), payroll.PlanOptions{Run: "run"})
						require.NoError(t, err)
						signedFor(t, opened(t, place.driver, dsn), place.dialect, plan)
					}
					running := start(t, place.driver, dsn)
					var recorded []int64
					for said := ""; said != moment; {
						said = running.says(t)
						require.NotContains(t, said, "error")
						if id, err := strconv.ParseInt(said, 10, 64); err == nil {
							recorded = append(recorded, id)
						}
					}
					recorded = append(recorded, running.kill(t)...)
					journal, err := sqljournal.Open(t.Context(), opened(t, place.driver, dsn), place.dialect, "run")
					require.NoError(t, err)
					t.Cleanup(func() { require.NoError(t, journal.Close()) })
					checkKilled(t, journal, recorded, moment != "open")
				})
			}
		})
	}
}

func checkKilled(t *testing.T, journal payroll.Journal, recorded []int64, planned bool) {
	t.Helper()
	_, err := journal.Planned(t.Context())
	payouts, readErr := journal.Payouts(t.Context(), 0, childPayouts+1)
	require.NoError(t, readErr)
	if errors.Is(err, payroll.ErrNoPlan) && len(payouts) == 0 {
		require.False(t, planned, "the plan is gone")
		return
	}
	// A server may finish the commit of a program that is dead, between these two readings as well.
	_, err = journal.Planned(t.Context())
	require.NoError(t, err)
	require.Len(t, payouts, childPayouts)
	for _, id := range recorded {
		require.Equal(t, payroll.Submitting, payouts[id-1].State, "payout %d was recorded", id)
	}
	_, err = journal.Sums(t.Context())
	require.NoError(t, err)
}
