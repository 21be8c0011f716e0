package payrollcmd

import (
	"context"
	"errors"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

const formatTable = "table"

func (s *settings) checkFormat() error {
	switch payroll.ReportFormat(s.format) {
	case formatTable, payroll.ReportCSV, payroll.ReportXLSX, payroll.ReportJSON, payroll.ReportHTML:
		return nil
	}
	return exit.BadUsage("--format %q: must be table, csv, xlsx, json or html", s.format)
}

// reportOnly says what the journal knows of a run. It changes nothing.
func reportOnly(ctx context.Context, set settings, t terminal.Terminal) error {
	if err := checkReport(set); err != nil {
		return exit.BadInput(err)
	}
	journal, done, err := openJournal(ctx, set)
	if err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	defer done()
	planned, err := journal.Planned(ctx)
	switch {
	case errors.Is(err, payroll.ErrNoPlan):
		return exit.BadInput(lang.Errorf("there is nothing to report on: %w", err))
	case err != nil:
		return exit.OrInterrupted(ctx, err)
	}
	if set.report != "" {
		return exit.OrInterrupted(ctx, reportFile(ctx, journal, set, t))
	}
	if set.format != formatTable {
		writer, err := set.reportWriter(ctx, journal, t)
		if err == nil {
			_, err = writer.Write(ctx, t.Out, journal, payroll.ReportFormat(set.format))
		}
		return exit.OrInterrupted(ctx, err)
	}
	sums, err := journal.Sums(ctx)
	if err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	totals, err := payroll.SumUp(planned, sums)
	if err != nil {
		return err
	}
	return exit.OrInterrupted(ctx, screen(ctx, journal, totals, t.Out, t.Lang))
}
