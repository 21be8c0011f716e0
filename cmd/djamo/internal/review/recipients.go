package review

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// The groups of payees that a check of their accounts finds.
const (
	// NoAccount are payees without a Djamo account. To confirm the group is to go on without them.
	NoAccount payroll.WarningKind = "no-account"
	// AccountUnknown are payees who could not be asked about. To confirm the group is to pay them all the same.
	AccountUnknown payroll.WarningKind = "account-unknown"
)

// checkedFrom is how many payouts a run must have for its payees to be checked by default: below it a person sees them all.
const checkedFrom = 20

// RecipientSettings are the flags for checking payees.
type RecipientSettings struct {
	check     string
	perSecond int
	// Cache is the folder in which it is kept for a day who has an account; "" for the user's own.
	Cache string
}

// AddFlags adds the flags.
func (s *RecipientSettings) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.check, "check-recipients", "auto",
		fmt.Sprintf("ask for each payee whether there is a Djamo account, before anything is sent: `auto|yes|no`; "+
			"auto: from %d payouts", checkedFrom))
	flags.Lookup("check-recipients").NoOptDefVal = "yes"
	flags.IntVar(&s.perSecond, "check-rate", 50, "payees to ask about in a second")
}

// Validate refuses what cannot be.
func (s *RecipientSettings) Validate() error {
	switch s.check {
	case "", "auto", "yes", "no", "true", "false":
	default:
		return exit.BadUsage("--check-recipients %q: must be auto, yes or no", s.check)
	}
	const maxRate = 1_000
	if s.perSecond < 1 || s.perSecond > maxRate {
		return exit.BadUsage("--check-rate %d: must be from 1 to %d", s.perSecond, maxRate)
	}
	return nil
}

// wanted reports whether so many payouts are checked.
func (s *RecipientSettings) wanted(count int64) bool {
	switch s.check {
	case "yes", "true":
		return true
	case "no", "false":
		return false
	}
	return count >= checkedFrom
}

// Check asks about the payees of payouts, of which there are so many, and adds to the review those without an account, and those who
// could not be asked about. An error is one before which nothing was sent.
func (s *RecipientSettings) Check(
	ctx context.Context, client *djamo.Client, subCompany string, payouts iter.Seq2[payroll.Payout, error], count int64, r *Review,
	t terminal.Terminal,
) error {
	if !s.wanted(count) {
		return nil
	}
	language := words(t.Lang)
	known := openAccounts(s.cacheFolder(), s.secretFolder(), client.Account(), subCompany, time.Now())
	var shown time.Time
	found, err := payroll.CheckRecipients(ctx, client, payouts, payroll.RecipientOptions{
		SubCompanyID: subCompany, PerSecond: s.perSecond, Known: known.has, Answered: known.note,
		Progress: func(done, payees int) {
			if time.Since(shown) >= 2*time.Second && done < payees {
				if !shown.IsZero() {
					t.Tell(language.say("%d of %d payees checked", "%d bénéficiaires sur %d vérifiés"), done, payees)
				}
				shown = time.Now()
			}
		},
	})
	if saved := known.save(); saved != nil { // it costs time and nothing else
		t.Tell(language.say("Who has an account was not kept for the next time: %v", "Les comptes vérifiés n’ont pas été conservés : %v"), saved)
	}
	if err != nil {
		return exit.NotSent(ctx, err)
	}
	if found.Err != nil {
		t.Tell(language.say("Payees that could not be asked about: %d of %d payouts: %v",
			"Bénéficiaires non vérifiés : %d paiements sur %d : %v"), len(found.Unknown), count, found.Err)
	}
	r.Add(NoAccount, findingsOf(found.Without))
	r.Add(AccountUnknown, findingsOf(found.Unknown))
	return nil
}

func findingsOf(payouts []payroll.Payout) []Finding {
	findings := make([]Finding, len(payouts))
	for i, p := range payouts {
		findings[i] = Finding{Line: lineOf(p), Reference: p.Reference, MSISDN: p.MSISDN, Name: p.Name, Amount: p.Amount}
	}
	return findings
}

// Rejected are the payouts that are not to be sent once the review was confirmed, with the reason.
func (r *Review) Rejected() map[string]string {
	rejected := map[string]string{}
	for _, f := range r.Group(NoAccount).Findings {
		rejected[f.Reference] = payroll.ReasonNoAccount
	}
	return rejected
}

// Less takes what is not to be sent out of what is left to send.
func (r *Review) Less(left payroll.Sum) (payroll.Sum, error) {
	for _, f := range r.Group(NoAccount).Findings {
		var err error
		left.Count--
		if left.Amount, err = left.Amount.Sub(f.Amount); err != nil {
			return left, err
		}
	}
	return left, nil
}

func (s *RecipientSettings) secretFolder() string {
	if s.Cache != "" {
		return s.Cache
	}
	folder, err := account.Dir()
	if err != nil {
		return ""
	}
	return folder
}

func (s *RecipientSettings) cacheFolder() string {
	if s.Cache != "" {
		return s.Cache
	}
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "djamo")
}
