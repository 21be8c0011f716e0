package databasetest_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/audit"
)

// later is long after everything that was recorded.
var later = day.AddDate(10, 0, 0)

func minute(n int) time.Time { return day.Add(time.Duration(n) * time.Minute) }

func (d database) verify(t testing.TB, against *audit.Signed) audit.Report {
	t.Helper()
	report, err := d.log(t).Verify(t.Context(), against)
	require.NoError(t, err)
	report.Checkpoint = time.Time{}
	return report
}

// What is left of a log that was pruned is verified as before, and what was pruned is said.
func TestAudit_Prune(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		log := d.log(t)
		d.fill(t, 3, 10)
		public, private := keys(t)
		all := checkpoint(t, log, private)
		against := func() *audit.Signed { return &audit.Signed{Checkpoint: bytes.NewReader(all), PublicKey: public} }
		prune := func(before time.Time) audit.Pruned {
			done, err := log.Prune(t.Context(), before, later, against())
			require.NoError(t, err)
			return done
		}
		require.Equal(t, audit.Pruned{}, prune(day), "nothing is older")
		require.Equal(t, audit.Pruned{Rows: 12, Chains: 3}, prune(minute(4)))
		require.Equal(t, audit.Report{Rows: 3 * (6 + 1), Chains: 3, Pruned: 12}, d.verify(t, against()))
		require.Equal(t, audit.Pruned{}, prune(minute(4)), "it is safe to repeat")
		require.Equal(t, audit.Pruned{Rows: 12, Chains: 3}, prune(minute(8)))
		require.Equal(t, audit.Report{Rows: 3 * (2 + 2), Chains: 3, Pruned: 24}, d.verify(t, against()))

		_, err := d.connect(t).Exec("DELETE FROM djamo_audit")
		require.ErrorContains(t, err, "djamo_audit is insert only")
		d.fill(t, 3, 1)
		require.Empty(t, d.verify(t, against()).Faults, "the chains go on")
		require.Equal(t, audit.Pruned{Rows: 6, Chains: 3}, prune(minute(10)), "up to the first row that is not older")

		var out bytes.Buffer
		count, err := log.Export(t.Context(), &out, audit.JSONL, audit.Selection{Account: "w1"})
		require.NoError(t, err)
		require.EqualValues(t, 4, count)
		require.Contains(t, out.String(), `"action":"pruned"`)

		require.Equal(t, audit.Pruned{Rows: 12, Chains: 3}, func() audit.Pruned {
			done, err := log.Prune(t.Context(), later.Add(time.Minute), later.AddDate(1, 0, 0), nil)
			require.NoError(t, err)
			return done
		}(), "everything is older")
		require.Equal(t, audit.Report{Rows: 3, Chains: 3, Pruned: 42}, d.verify(t, nil))
		report := d.verify(t, against())
		require.EqualValues(t, 3, report.Bad)
		require.Contains(t, report.Faults[0].Problem, "was pruned since the checkpoint")
		all = checkpoint(t, log, private)
		require.Empty(t, d.verify(t, against()).Faults)
	})
}

func TestAudit_PruneRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		log := d.log(t)
		d.fill(t, 2, 10)
		_, err := log.Prune(t.Context(), later, later, nil)
		require.ErrorContains(t, err, "must end before now")
		over, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = log.Prune(over, minute(5), later, nil)
		require.Error(t, err)
		public, private := keys(t)
		signed := checkpoint(t, log, private)

		db := d.unguard(t)
		_, err = db.Exec("UPDATE djamo_audit SET items = 77 WHERE chain = 'w1' AND n = 9")
		require.NoError(t, err)
		_, err = log.Prune(t.Context(), minute(5), later, nil)
		require.ErrorIs(t, err, audit.ErrAltered)
		_, err = log.Prune(t.Context(), minute(5), later, &audit.Signed{Checkpoint: bytes.NewReader(signed[:40]), PublicKey: public})
		require.ErrorIs(t, err, audit.ErrCheckpoint)
		require.EqualValues(t, 20, d.verify(t, nil).Rows, "nothing was deleted")
	})
}

// A beginning that was deleted by somebody else is found, also when the place that says where the chain begins says so.
func TestAudit_FindsABeginningThatNobodyPruned(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		d.log(t)
		d.fill(t, 2, 10)
		db := d.unguard(t)
		for _, statement := range []string{
			"UPDATE djamo_audit_heads SET pruned_n = 4, pruned_hash = (SELECT hash FROM djamo_audit WHERE chain = 'w1' AND n = 4) WHERE chain = 'w1'",
			"DELETE FROM djamo_audit WHERE chain = 'w1' AND n <= 4",
		} {
			_, err := db.Exec(statement)
			require.NoError(t, err)
		}
		report := d.verify(t, nil)
		require.Len(t, report.Faults, 1)
		require.Equal(t, "audit: row 4 of w1 is missing with all before it, and no row says that they were pruned", report.Faults[0].Error())

		_, err := db.Exec("UPDATE djamo_audit_heads SET pruned_n = 0, pruned_hash = '' WHERE chain = 'w1'")
		require.NoError(t, err)
		require.Contains(t, d.verify(t, nil).Faults[0].Problem, "is missing")
	})
}

// A log of version 1 is verified as it is, and brought up to date by whoever writes to it.
func TestAudit_ALogOfVersion1(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d database) {
		d.log(t)
		d.fill(t, 2, 10)
		db := d.connect(t)
		for _, statement := range []string{
			"ALTER TABLE djamo_audit_heads DROP COLUMN pruned_n", "ALTER TABLE djamo_audit_heads DROP COLUMN pruned_hash",
			"UPDATE djamo_audit_schema SET version = 1",
		} {
			_, err := db.Exec(statement)
			require.NoError(t, err)
		}
		log, err := audit.Existing(t.Context(), db, d.auditDialect())
		require.NoError(t, err)
		report, err := log.Verify(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, audit.Report{Rows: 20, Chains: 2}, report)
		done, err := log.Prune(t.Context(), minute(4), later, nil)
		require.NoError(t, err)
		require.Equal(t, audit.Pruned{Rows: 8, Chains: 2}, done)
		require.EqualValues(t, 8, d.verify(t, nil).Pruned)
	})
}
