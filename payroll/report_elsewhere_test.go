package payroll_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go/payroll"
	"github.com/stretchr/testify/require"
)

// elsewhere is the journal of a run whose plan another program made, with a reference that this package refuses.
type elsewhere struct{ payroll.Journal }

func (j elsewhere) Payouts(ctx context.Context, after int64, limit int, states ...payroll.State) ([]payroll.Payout, error) {
	payouts, err := j.Journal.Payouts(ctx, after, limit, states...)
	for i := range payouts {
		payouts[i].Reference = "=HYPERLINK(" + payouts[i].Reference + ")"
	}
	return payouts, err
}

func TestWriteReport_CSVRunsNoFormulaOfAPlanMadeElsewhere(t *testing.T) {
	t.Parallel()
	report := write(t, elsewhere{mixed(t)}, payroll.ReportCSV)
	records, err := csv.NewReader(strings.NewReader(report)).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 10)
	for _, record := range records[1:] {
		require.True(t, strings.HasPrefix(record[0], "'="), record[0])
	}
}
