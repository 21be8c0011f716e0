package databasetest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// The connection dies at each statement in turn, before it is carried out or before its answer arrives, as it does when
// a process is killed there or a server goes away.
func TestJournal_DiesAtAnyStatement(t *testing.T) {
	t.Parallel()
	for _, place := range places() {
		for name, answerIsLost := range map[string]bool{"answerIsLost=false": false, "answerIsLost=true": true, "approved": true, "many": false, "many, answerIsLost=true": true} {
			t.Run(string(place.dialect)+"/"+name, func(t *testing.T) {
				t.Parallel()
				tale := scenario{payouts: 2}
				if strings.HasPrefix(name, "many") {
					tale = scenario{payouts: 40, chunkSize: 20} // a claim is one row
				}
				plan, err := payroll.NewPlan(payoutsOf(tale.payouts), payroll.PlanOptions{Run: "story"})
				require.NoError(t, err)
				deaths := 0
				place.dsn(t) // skips the test where there is no such database
				for died := true; died; deaths++ {
					t.Run(fmt.Sprint("statement ", deaths+1), func(t *testing.T) {
						dsn := place.dsn(t)
						if name == "approved" {
							signedFor(t, opened(t, place.driver, dsn), place.dialect, plan)
						}
						w := &wire{}
						w.dieAt(deaths+1, answerIsLost)
						answered, err := tale.play(t.Context(), w.over(t, place.driver, dsn), place.dialect, plan)
						tale.check(t, opened(t, place.driver, dsn), place.dialect, plan, answered)
						if died = len(w.calls) > deaths; died {
							require.ErrorIs(t, err, payroll.ErrJournal)
						} else {
							require.NoError(t, err)
						}
					})
				}
				require.Greater(t, deaths, 20, "the scenario has more statements than that")
			})
		}
	}
}

// A journal that failed to write does not try again, does not read, and lets go of its file.
func TestJournal_EndsWithTheFirstFailedWrite(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"BEGIN", "UPDATE djamo_payroll_payouts", "COMMIT"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "journal.db")
			w := &wire{}
			journal, err := sqljournal.Open(t.Context(), w.over(t, "sqlite", file), sqljournal.SQLite, "run")
			require.NoError(t, err)
			payouts, lease := planned(t, journal, 2)

			w.before = func(_ int, query string) error {
				if strings.HasPrefix(query, word) {
					return errors.New("disk I/O error (5130)")
				}
				return nil
			}
			change := payroll.Change{From: payroll.Planned, Payout: payouts[0]}
			change.Payout.State = payroll.Submitting
			err = journal.Advance(t.Context(), lease, change)
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.ErrorContains(t, err, "disk I/O error")

			w.before = nil // the disk is well again, but what it has kept is not known
			statements := len(w.calls)
			require.ErrorIs(t, journal.Advance(t.Context(), lease, change), payroll.ErrJournal)
			require.ErrorIs(t, journal.Plan(t.Context(), lease, planOf(t, 2)), payroll.ErrJournal)
			_, err = journal.Payouts(t.Context(), 0, 1)
			require.ErrorIs(t, err, payroll.ErrJournal)
			_, err = journal.Acquire(t.Context(), lease.Owner, long)
			require.ErrorIs(t, err, payroll.ErrJournal)
			require.Len(t, w.calls, statements, "nothing may be asked of the database any more")

			again := openSQLite(t, file, "run") // the file is free, and open to whoever looks what it holds
			found, err := again.Payouts(t.Context(), 0, 2)
			require.NoError(t, err)
			require.Equal(t, payouts, found)
			require.NoError(t, journal.Close())
		})
	}
}

// The database may grow to so many pages and no further, for each number of pages until the scenario fits.
func TestSQLite_FullDiskAtAnyPage(t *testing.T) { //nolint:tparallel // the last page is known when it was tried
	t.Parallel()
	tale := scenario{payouts: 12, reason: strings.Repeat("Solde insuffisant. ", 120)}
	plan := planOf(t, tale.payouts)
	chapters := map[int]bool{} // at which the disk was full
	for pages, full := 1, true; full; pages++ {
		t.Run(fmt.Sprint("pages ", pages), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "journal.db")
			db := opened(t, "sqlite", fmt.Sprintf("file:%s?_pragma=max_page_count(%d)", file, pages))
			answered, err := tale.play(t.Context(), db, sqljournal.SQLite, plan)
			tale.check(t, opened(t, "sqlite", file), sqljournal.SQLite, plan, answered)
			if full = err != nil; full {
				chapters[answered] = true
				require.ErrorIs(t, err, payroll.ErrJournal)
				require.ErrorContains(t, err, "the disk is full")
			}
		})
	}
	require.Greater(t, len(chapters), 5, "the disk should have been full in many chapters")
}
