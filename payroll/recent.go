package payroll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
)

// How far back an account's payments are read, in time and in pages. Last month's salaries are within it.
const (
	recentWindow = 35 * 24 * time.Hour
	recentPages  = 100
)

// RecentOptions say how far back CompareRecent looks. A zero field takes its default.
type RecentOptions struct {
	// Window is how far back payments count; default 35 days, so that last month's salaries are among them.
	Window time.Duration
	// MaxPages is how many pages of 100 payments are read at most; default 100.
	MaxPages int64
	// MaxMatches is how many matches are returned one by one; default 10.
	MaxMatches int
}

// Recent is what an account has paid lately, compared with a plan that is about to be paid.
type Recent struct {
	// Since is how far back the account's payments were compared. It is later than the window when Complete is false.
	Since time.Time
	// Complete says that every payment of the window was compared. Otherwise the account has more of them than MaxPages.
	Complete bool
	// Unordered says that the listing does not go from the newest payment to the oldest, and was not read to its end: payments
	// made since that moment may be among those that were not compared.
	Unordered bool
	// Fresh says that a payment of less than a minute ago is listed, which is not the plan's own: somebody may be paying now.
	// What was paid in the last moments may not be listed yet, and then was not compared. When nothing is listed of the last
	// minute that is not known: the API does not say how long a payment takes to be listed.
	Fresh bool

	// Repeated are payouts whose payee got the same amount under another reference, which is not one of the plan's: the
	// same salaries, perhaps, from a file of another name. Repeats are the first of them.
	Repeated Sum
	Repeats  []RecentMatch

	// Paid are payouts that were paid, or are being paid, under their own references: nothing is sent for them any more.
	// PaidMatches are the first of them.
	Paid        Sum
	PaidMatches []RecentMatch

	// Changed are payouts that were not paid yet, for payees whom this run has paid for rows that the plan does not have: the
	// rows were corrected after they were paid, and would be paid again. Such payments are known by their references, which were
	// derived from the run's name. Changes are the first of them.
	Changed Sum
	Changes []RecentMatch

	// Conflicting are payouts whose references were used for another payee or amount: they end as Conflict. Conflicts are
	// the first of them.
	Conflicting Sum
	Conflicts   []RecentMatch
}

// RecentMatch is a payout of a plan and the payment that it was compared with.
type RecentMatch struct {
	Payout      Payout
	Transaction djamo.Transaction
}

// CompareRecent compares a plan with what the account has paid lately, before it is paid: payouts under other references
// than the plan's that gave a payee the same amount, and payouts under the plan's own. A payment that failed does not
// count. It sends nothing, and memory grows with the pages that are read and not with the plan.
//
// journal is the plan's own, if it has been begun: payouts that the journal has sent are left out, but for those of which
// neither it nor the account knows that they have arrived. It may be nil.
//
// The errors are those of the client, the journal and the plan's source; without its answer nothing is known.
func CompareRecent(ctx context.Context, client *djamo.Client, journal Journal, plan *Plan, options RecentOptions) (Recent, error) {
	if plan == nil {
		return Recent{}, errors.New("payroll: CompareRecent needs a plan")
	}
	c, err := newComparison(ctx, client, options)
	if err != nil || len(c.byReference) == 0 {
		return c.result, err
	}
	// Which payments are of the plan itself is known only once all of it was read.
	for payout, err := range plan.Payouts() {
		if err != nil {
			return Recent{}, err
		}
		if paid, ok := c.byReference[payout.Reference]; ok {
			paid.planned = true
		}
	}
	c.findReplaced(plan.Run)
	c.findFresh()
	chunk := make([]Payout, 0, readAhead)
	for payout, err := range plan.Payouts() {
		if err != nil {
			return Recent{}, err
		}
		if chunk = append(chunk, payout); len(chunk) < readAhead {
			continue
		}
		if err := c.compareAll(ctx, journal, chunk); err != nil {
			return Recent{}, err
		}
		chunk = chunk[:0]
	}
	return c.result, c.compareAll(ctx, journal, chunk)
}

// findReplaced finds the payments of the same run for rows that the plan does not have.
func (c *comparison) findReplaced(run string) {
	for _, paid := range c.byReference {
		if run == "" || paid.planned || !isDerived(paid.Reference, run) {
			continue
		}
		key := payeeOf(paid.Transaction)
		key.amount = 0
		c.replaced[key] = append(c.replaced[key], paid)
	}
}

// findFresh finds out whether others were paying just now. Times are those of the API, whose clocks may differ a little.
func (c *comparison) findFresh() {
	const justNow, ahead = time.Minute, -5 * time.Minute
	for _, paid := range c.byReference {
		age := c.asked.Sub(paid.CreatedAt.Time)
		c.result.Fresh = c.result.Fresh || !paid.planned && !paid.CreatedAt.IsZero() && age < justNow && age > ahead
	}
}

// CompareUnsent is CompareRecent for a run that was stored some time ago: it compares what the journal has not sent, or may
// not have, right before it is sent. Who finds a run waiting may have paid it in another way meanwhile.
func CompareUnsent(ctx context.Context, client *djamo.Client, journal Journal, options RecentOptions) (Recent, error) {
	if journal == nil {
		return Recent{}, errors.New("payroll: CompareUnsent needs a journal")
	}
	c, err := newComparison(ctx, client, options)
	if err != nil || len(c.byReference) == 0 {
		return c.result, err
	}
	for references := range slices.Chunk(slices.Collect(maps.Keys(c.byReference)), readAhead) {
		own, err := journal.Find(ctx, references...)
		if err != nil {
			return Recent{}, err
		}
		for _, p := range own {
			c.byReference[p.Reference].planned = true
		}
	}
	c.findFresh()
	for after := int64(0); ; {
		payouts, err := journal.Payouts(ctx, after, readAhead, Planned, Submitting, Unknown)
		if err != nil {
			return Recent{}, err
		}
		for _, p := range payouts {
			after = p.ID
			if c.hasArrived(p) {
				continue
			}
			if err := c.compare(p); err != nil {
				return Recent{}, err
			}
		}
		if len(payouts) < readAhead {
			return c.result, nil
		}
	}
}

// recentPayment is a payment that did not fail.
type recentPayment struct {
	djamo.Transaction

	planned bool // under a reference of the plan
}

// comparison is a plan on its way through what was paid lately.
type comparison struct {
	options     RecentOptions
	byReference map[string]*recentPayment
	byPayee     map[payee][]*recentPayment
	replaced    map[payee][]*recentPayment // of this run, for rows that the plan does not have, by payee alone
	asked       time.Time                  // when the newest payments were read, by the API's clock
	result      Recent
}

// newComparison reads what was paid lately.
func newComparison(ctx context.Context, client *djamo.Client, options RecentOptions) (*comparison, error) {
	orElse(&options.Window, recentWindow)
	orElse(&options.MaxPages, recentPages)
	orElse(&options.MaxMatches, 10)
	c := &comparison{
		options: options, byReference: map[string]*recentPayment{}, byPayee: map[payee][]*recentPayment{},
		replaced: map[payee][]*recentPayment{},
	}
	if client == nil || min(int64(options.Window), options.MaxPages, int64(options.MaxMatches)) < 0 {
		return c, errors.New("payroll: comparing needs a client, and options that are not negative")
	}
	if err := c.readPayments(ctx, client, time.Now().Add(-options.Window)); err != nil {
		return &comparison{}, err
	}
	return c, nil
}

// payee is an amount and what the API shows of who got it: the whole number, the last digits of a masked one, or nothing
// that helps to find it.
type payee struct {
	amount djamo.XOF
	whole  djamo.MSISDN
	end    string
}

// payeeOf makes the key of a payment. Matches has the last word.
func payeeOf(t djamo.Transaction) payee {
	digits, text := strings.Trim(string(t.MSISDN), "+ "), string(t.MSISDN)
	if whole := djamo.MSISDN("+" + digits); whole.Validate() == nil {
		return payee{amount: t.Amount, whole: whole}
	}
	const shownDigits = 2
	if end := text[max(0, len(text)-shownDigits):]; strings.ContainsAny(text, "*xX•") && len(end) == shownDigits && isDigits(end) {
		return payee{amount: t.Amount, end: end}
	}
	return payee{amount: t.Amount}
}

// keysOf are those under which the payments to a payout's payee may be found.
func keysOf(p Payout) [3]payee {
	number := p.MSISDN.E164()
	return [3]payee{{amount: p.Amount, whole: p.MSISDN}, {amount: p.Amount, end: number[max(0, len(number)-2):]}, {amount: p.Amount}}
}

// readPayments reads the newest payments, back to a moment.
func (c *comparison) readPayments(ctx context.Context, client *djamo.Client, since time.Time) error {
	walk := walkBack{since: since}
	for page, err := range listPages(ctx, client, c.options.MaxPages) {
		if errors.Is(err, errRepeats) {
			break // what comes after is not known
		}
		if err != nil {
			return fmt.Errorf("payroll: reading the account's latest payments: %w", err)
		}
		if walk.pass(page); c.asked.IsZero() {
			c.asked = page.answered
		}
		for i := range page.Data {
			c.add(page.Data[i], walk.since)
		}
		if walk.done {
			break
		}
	}
	c.result.Since, c.result.Complete, c.result.Unordered = walk.since, walk.reached(), !walk.done && walk.unsorted
	if !walk.reached() && !walk.unsorted && walk.oldest.After(walk.since) {
		c.result.Since = walk.oldest
	}
	return nil
}

// add notes a payment of the window.
func (c *comparison) add(t djamo.Transaction, since time.Time) {
	if t.Status == djamo.TransactionFailed || !t.CreatedAt.IsZero() && t.CreatedAt.Before(since) {
		return
	}
	if _, known := c.byReference[t.Reference]; known && t.Reference != "" {
		return // pages overlap when payments are made meanwhile
	}
	paid := &recentPayment{Transaction: t}
	c.byReference[t.Reference] = paid
	key := payeeOf(t)
	c.byPayee[key] = append(c.byPayee[key], paid)
}

// compareAll compares payouts, but for those that the journal has sent. One whose request may not have arrived is sent again
// when the API does not know it, so it is compared as well, unless it is found under its own reference.
func (c *comparison) compareAll(ctx context.Context, journal Journal, payouts []Payout) error {
	settled := map[string]bool{}
	if journal != nil && len(payouts) > 0 {
		references := make([]string, len(payouts))
		for i, p := range payouts {
			references[i] = p.Reference
		}
		stored, err := journal.Find(ctx, references...)
		if err != nil {
			return err
		}
		for _, p := range stored {
			open := p.State == Submitting || p.State == Unknown
			settled[p.Reference] = p.State != Planned && (c.hasArrived(p) || !open)
		}
	}
	for _, p := range payouts {
		if settled[p.Reference] {
			continue
		}
		if err := c.compare(p); err != nil {
			return err
		}
	}
	return nil
}

// hasArrived reports whether a payout that the journal has sent is among what was paid lately.
func (c *comparison) hasArrived(p Payout) bool {
	_, arrived := c.byReference[p.Reference]
	return arrived && p.State != Planned
}

func (c *comparison) compare(p Payout) error {
	if own, ok := c.byReference[p.Reference]; ok {
		if p.Params().Matches(&own.Transaction) {
			return c.note(&c.result.Paid, &c.result.PaidMatches, p, own)
		}
		if own.Amount != 0 {
			return c.note(&c.result.Conflicting, &c.result.Conflicts, p, own)
		}
		return nil // it shows too little to say
	}
	for _, key := range keysOf(p) {
		for _, other := range c.byPayee[key] {
			same := p.Params()
			same.Reference = other.Reference
			if !other.planned && same.Matches(&other.Transaction) {
				return c.note(&c.result.Repeated, &c.result.Repeats, p, other)
			}
		}
	}
	return c.compareReplaced(p)
}

// compareReplaced notes a payout whose payee this run has paid another amount, for a row that was changed since.
func (c *comparison) compareReplaced(p Payout) error {
	for _, key := range keysOf(p) {
		key.amount = 0
		for _, other := range c.replaced[key] {
			same := p.Params()
			same.Reference, same.Amount = other.Reference, other.Amount
			if same.Matches(&other.Transaction) {
				return c.note(&c.result.Changed, &c.result.Changes, p, other)
			}
		}
	}
	return nil
}

func (c *comparison) note(sum *Sum, matches *[]RecentMatch, p Payout, paid *recentPayment) (err error) {
	if len(*matches) < c.options.MaxMatches {
		*matches = append(*matches, RecentMatch{Payout: p, Transaction: paid.Transaction})
	}
	*sum, err = addSums(*sum, Sum{Count: 1, Amount: p.Amount})
	return err
}
