// Package paper has what the papers on a run have in common: reports, receipts and journal entries for people to read.
package paper

import (
	"context"
	"errors"
	"os"
	"time"
	_ "time/tzdata" // Windows has no zones that Go can read

	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// envCompanyName is the name of who pays, for reports and receipts.
const envCompanyName = "DJAMO_COMPANY_NAME"

// Presentation is how reports and receipts look to the people who read them.
type Presentation struct {
	timeZone, company string
	maskPhones        bool
}

// AddFlags adds the flags of a report.
func (p *Presentation) AddFlags(flags *pflag.FlagSet) {
	p.AddReaderFlags(flags)
	flags.BoolVar(&p.maskPhones, "mask-phones", false, "show phone numbers masked in the report")
}

// AddReaderFlags adds the flags that all papers have.
func (p *Presentation) AddReaderFlags(flags *pflag.FlagSet) {
	flags.StringVar(&p.timeZone, "time-zone", "",
		"`zone` whose clock people read, such as Africa/Abidjan or Europe/Paris; default: that of the account")
	flags.StringVar(&p.company, "company", "", "`name` of who pays; default: "+envCompanyName)
}

// Check refuses what cannot be.
func (p *Presentation) Check() error {
	if _, err := time.LoadLocation(p.timeZone); err != nil || p.timeZone == "Local" {
		return exit.BadUsage("--time-zone %q: must be a zone such as Africa/Abidjan, Africa/Dakar or Europe/Paris", p.timeZone)
	}
	return nil
}

// accountOf is the account that a journal has noted; none where it notes none.
func accountOf(ctx context.Context, journal payroll.Journal) (djamo.Account, error) {
	kept, ok := journal.(*sqljournal.Journal)
	if !ok {
		return djamo.Account{}, nil
	}
	return kept.Account(ctx)
}

// signedBy names, with the time, who has planned and who has approved the run, where somebody has signed for it.
func signedBy(ctx context.Context, journal payroll.Journal, writer *payroll.ReportWriter) error {
	kept, ok := journal.(*sqljournal.Journal)
	if !ok {
		return nil
	}
	record, err := kept.Record(ctx)
	if err != nil || record.Request.IsZero() || record.Approval.IsZero() {
		return err
	}
	planned, _, err := record.Request.Open(approval.Plan)
	if err != nil {
		return err
	}
	approved, _, err := record.Approval.Open(approval.Approve)
	if err != nil || approved.Follows != record.Request.Digest() {
		return err // the approval is of an earlier request
	}
	writer.Prepared = payroll.Signature{By: planned.By, At: planned.At}
	writer.Approved = payroll.Signature{By: approved.By, At: approved.At}
	writer.ApprovedDigest = approved.Digest
	return nil
}

// Writer writes papers on the run in a journal.
func (p *Presentation) Writer(ctx context.Context, journal payroll.Journal, language lang.Language) (payroll.ReportWriter, error) {
	writer := payroll.ReportWriter{Language: payroll.Language(language), Company: p.company, MaskPhones: p.maskPhones}
	if writer.Company == "" {
		writer.Company = os.Getenv(envCompanyName)
	}
	var err error
	if p.timeZone != "" {
		if writer.Location, err = time.LoadLocation(p.timeZone); err != nil {
			return writer, err
		}
	}
	if writer.Account, err = accountOf(ctx, journal); err != nil {
		return writer, err
	}
	return writer, signedBy(ctx, journal, &writer)
}

// RecordAccount notes which account pays a run, and refuses to go on with one that another account pays.
func RecordAccount(ctx context.Context, journal *sqljournal.Journal, client *djamo.Client) error {
	err := journal.RecordAccount(ctx, client.Account())
	if errors.Is(err, payroll.ErrOtherAccount) {
		return exit.BadInput(lang.Errorf("nothing was sent: %w: set %s and %s as they were when the run began, or give this file another journal",
			err, djamo.EnvAPIURL, djamo.EnvCompanyID))
	}
	return exit.OrInterrupted(ctx, err)
}
