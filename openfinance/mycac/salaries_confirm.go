package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
)

// SalaryFile is what is submitted: the bytes are those that the journal keeps.
type SalaryFile struct {
	Reference   string
	ContentType string
	Content     []byte
	Digest      string // SHA-256 of the content, in hex
}

// SalaryBatch is a file that the bank has.
type SalaryBatch struct {
	ID     string
	Digest string // of its content, in hex; empty where the bank does not say
	Status string // as it came: an open set
}

// SalaryConfirmation is what the bank says became of an entry.
type SalaryConfirmation struct {
	Reference string
	State     SalaryState // SalaryOpen for a status that is not known
	Status    string      // as it came: an open set
	TxID      string
	Reason    string
	Amount    *money.Amount // nil where the bank does not say
}

// SalaryConfirmationPage is a page of confirmations.
type SalaryConfirmationPage struct {
	Items    []SalaryConfirmation
	Rejected bool   // the bank has rejected the whole file after it had taken it
	Reason   string // of that
	Next     int    // 0: it is the last
}

// ErrConfirmations is a list of confirmations that cannot be right.
var ErrConfirmations = errors.New("mycac: the bank's confirmations cannot be used")

// follow reads the confirmations and reports whether there is nothing to wait for any more.
func (r *salaryRun) follow(ctx context.Context, s Submission) (finished bool, err error) {
	outcomes, err := r.Journal.SalaryOutcomes(ctx, s.Reference, r.Options)
	if err != nil {
		return true, err
	}
	open := 0
	for _, o := range outcomes {
		if o.State == SalaryOpen {
			open++
		}
	}
	if open == 0 {
		return true, nil
	}
	confirmed, err := r.confirmations(ctx, s, outcomes)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrSessionOver) || errors.Is(err, ErrConfirmations) {
			return true, err
		}
		r.Logger.WarnContext(ctx, "salaries: the confirmations cannot be read now", "reference", s.Reference, "error", err.Error())
	}
	contradicts, err := r.Journal.confirm(ctx, s.Reference, confirmed)
	if err != nil {
		return true, err
	}
	for _, reference := range contradicts {
		r.Logger.ErrorContext(ctx, "salaries: the bank says otherwise of an entry that was final: a person must look at it",
			"reference", s.Reference, "entry", reference)
	}
	left, err := r.Journal.totals(ctx, s.Reference, r.Options)
	switch {
	case err != nil:
		return true, err
	case left.Open.Count == 0:
		r.report(ctx)
		return true, nil
	case left.Open.Count < open:
		r.news, r.pause = time.Now(), r.PollMin
		r.report(ctx)
	case time.Since(r.news) > r.IdleTimeout:
		r.Logger.WarnContext(ctx, "salaries: no news for too long: what is open stays open", "reference", s.Reference)
		return true, nil
	}
	return false, r.wait(ctx, s, r.pause)
}

// confirmations reads all pages. An entry that nobody planned, or one that comes twice and does not say the same, makes the list
// unusable: it is then that of another file, or was read while it changed.
func (r *salaryRun) confirmations(ctx context.Context, s Submission, planned []SalaryOutcome) ([]SalaryConfirmation, error) {
	byReference := make(map[string]*SalaryOutcome, len(planned))
	for i := range planned {
		byReference[planned[i].Reference] = &planned[i]
	}
	seen := map[string]SalaryConfirmation{}
	var all []SalaryConfirmation
	for page := 1; ; {
		got, err := r.Gateway.SalaryConfirmations(ctx, s.BatchID, page)
		if err != nil {
			return nil, err
		}
		for _, c := range got.Items {
			entry := byReference[c.Reference]
			before, twice := seen[c.Reference]
			switch {
			case entry == nil:
				return nil, fmt.Errorf("%w: %s has no entry %s: ask the bank whether %s is its batch", ErrConfirmations, s.Reference,
					shownText(c.Reference), shownText(s.BatchID))
			case twice && (before.State != c.State || before.TxID != c.TxID):
				return nil, fmt.Errorf("the entry %s came twice and says something else: the list changed while it was read", c.Reference)
			case twice:
				continue
			}
			seen[c.Reference] = c
			if c.Amount != nil && *c.Amount != entry.Amount && c.State != SalaryOpen {
				c.Reason = fmt.Sprintf("the bank confirms %s %s in place of %s (%s)", c.Amount.Decimal(), c.Amount.Currency.Code,
					entry.Amount.Decimal(), shownText(c.Status))
				c.State = SalaryConflict
			}
			all = append(all, c)
		}
		if got.Rejected {
			return rejectAll(planned, seen, all, got.Reason), nil
		}
		if got.Next == 0 {
			return all, nil
		}
		if got.Next <= page {
			return nil, fmt.Errorf("%w: page %d is followed by page %d", ErrConfirmations, page, got.Next)
		}
		page = got.Next
	}
}

// rejectAll makes failures of the entries that a rejected file has left open.
func rejectAll(planned []SalaryOutcome, seen map[string]SalaryConfirmation, all []SalaryConfirmation, reason string) []SalaryConfirmation {
	for _, entry := range planned {
		if c, ok := seen[entry.Reference]; ok && c.State != SalaryOpen {
			continue
		}
		all = append(all, SalaryConfirmation{
			Reference: entry.Reference, State: SalaryFailed, Reason: "the bank rejected the whole file: " + saidText(reason),
		})
	}
	return all
}

// decodeConfirmations reads a page. What cannot be is an error, and nothing of the page is used: nothing is guessed of what was
// paid.
func decodeConfirmations(body []byte, batchID string, statuses SalaryStatuses, client *Client) (SalaryConfirmationPage, error) {
	f, err := decodeFields(body)
	if err != nil {
		return SalaryConfirmationPage{}, fmt.Errorf("%w: they %w", ErrConfirmations, err)
	}
	page := SalaryConfirmationPage{
		Next: f.number("next_page"), Rejected: slices.Contains(statuses.Rejected, f.text("status")), Reason: f.text("reason"),
	}
	if f.text("batch_id") != batchID {
		f.fail("batch_id", "is not that of the batch that was asked for", nil)
	}
	var items []json.RawMessage
	if raw, ok := f.given("items"); ok && json.Unmarshal(raw, &items) != nil {
		f.fail("items", "must be a list", nil)
	}
	if f.problem != nil {
		return SalaryConfirmationPage{}, fmt.Errorf("%w: %s %s", ErrConfirmations, f.problem.Field, f.problem.Rule)
	}
	for i, raw := range items {
		c, err := decodeConfirmation(raw, statuses, client)
		if err != nil {
			return SalaryConfirmationPage{}, fmt.Errorf("%w: item %d: %w", ErrConfirmations, i+1, err)
		}
		page.Items = append(page.Items, c)
	}
	return page, nil
}

func decodeConfirmation(raw []byte, statuses SalaryStatuses, client *Client) (c SalaryConfirmation, err error) {
	f, err := decodeFields(raw)
	if err != nil {
		return c, err
	}
	c = SalaryConfirmation{
		Reference: f.id("reference"), State: SalaryOpen, Status: f.text("status"), TxID: f.text("tx_id"), Reason: saidText(f.text("reason")),
	}
	switch {
	case slices.Contains(statuses.Paid, c.Status):
		c.State = SalaryPaid
	case slices.Contains(statuses.Failed, c.Status):
		c.State = SalaryFailed
	}
	if _, ok := f.given("amount"); ok {
		if currency := f.currency("currency", client, money.Currency{}); f.problem == nil {
			c.Amount = f.maybeAmount("amount", currency)
		}
	}
	if p := f.problem; p != nil {
		return c, fmt.Errorf("%s %s %s", p.Field, p.Value, p.Rule)
	}
	return c, nil
}
