package apicmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/intent"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// maxBatch is how many payments one request may carry here. Longer files are for djamo payroll, which divides them.
const maxBatch = 500

func (p *program) batch() *cobra.Command {
	group := &cobra.Command{Use: "batch", Short: "Send many payments in one request"}
	group.AddCommand(p.batchCreate(), p.batchGet())
	return group
}

// newBatch is what djamo batch create is told.
type newBatch struct {
	file         payoutfile.Options
	subCompany   string
	recentDays   int
	allowRepeats bool
}

func (p *program) batchCreate() *cobra.Command {
	var b newBatch
	command := &cobra.Command{
		Use:   "create FILE",
		Short: "Send the payments of a CSV or XLSX file in one request, once",
		Long: "Sends the payments of a file in one request. A batch carries no key of its own and is never sent again: when the answer is\n" +
			"lost, each payment is looked up by its reference. For salaries, djamo payroll does more: it divides long files, goes on\n" +
			"where it stopped, and reports.",
		Example: "  djamo batch create suppliers.csv --run suppliers-2026-07",
		Args:    one("FILE"),
		RunE: func(command *cobra.Command, args []string) error {
			b.file.Path = args[0]
			if err := b.file.Check(); err != nil {
				return err
			}
			if b.recentDays < 1 {
				return exit.BadUsage("--recent-days %d: must be at least 1", b.recentDays)
			}
			return p.writing(func(ctx context.Context, c *call) error { return c.createBatch(ctx, b) })(command, args)
		},
	}
	flags := command.Flags()
	b.file.AddFlags(flags)
	flags.StringVar(&b.subCompany, "sub-company", "", "`id` of the sub-company on whose behalf it is paid")
	flags.IntVar(&b.recentDays, "recent-days", 35, "how many `days` back the account's payments are compared with the file")
	flags.BoolVar(&b.allowRepeats, "allow-repeats", false, "confirm that payees get the same amount again")
	p.o.AddMoney(flags)
	return command
}

// compareRecent refuses payees who got the same amount lately under other references, unless that was confirmed: the file may be
// one that was paid under another name. It is done again when the payments were confirmed: somebody else may have paid meanwhile.
func (c *call) compareRecent(ctx context.Context, plan *payroll.Plan, b newBatch, again bool) error {
	recent, err := payroll.CompareRecent(ctx, c.Client, nil, plan, payroll.RecentOptions{Window: time.Duration(b.recentDays) * 24 * time.Hour})
	if err != nil {
		return exit.API(ctx, lang.Errorf("nothing was sent: %w", err))
	}
	if again && !recent.MayPayAgain() {
		return nil // what else there is was told before
	}
	for _, warning := range recent.Warnings() {
		c.t.Tell("Warning: %s.", lang.Phrase(terminal.Plain(warning.Text)))
	}
	if recent.MayPayAgain() && !b.allowRepeats {
		return exit.NotSent(ctx, lang.Errorf("payees of this run got the same amount lately, or rows of it were changed after they were paid, "+
			"which --yes does not confirm: see the warning, and add --allow-repeats to pay them again all the same"))
	}
	return nil
}

// readBatch reads the whole file, and leaves it open for who reads its plan again.
func (c *call) readBatch(ctx context.Context, file io.ReadSeeker, b newBatch) (*payroll.Plan, []djamo.TransactionParams, error) {
	plan, err := payoutfile.Read(ctx, file, b.file)
	if err != nil {
		return nil, nil, err
	}
	for _, warning := range plan.Warnings {
		c.t.Tell("Warning: %s.", lang.Phrase(terminal.Plain(warning.Text)))
	}
	if plan.Count > maxBatch {
		return nil, nil, exit.BadUsage("%d payments are too many for one request, %d are the most: type: %s",
			plan.Count, maxBatch, commandLine("payroll", "run", b.file.Path))
	}
	var params []djamo.TransactionParams
	for payout, err := range plan.Payouts() {
		if err != nil {
			return nil, nil, exit.NotSent(ctx, err)
		}
		params = append(params, payout.Params())
	}
	return plan, params, nil
}

func (c *call) createBatch(ctx context.Context, b newBatch) error {
	file, err := payoutfile.Open(ctx, b.file, c.t)
	if err != nil {
		return err
	}
	defer file.Close()
	plan, params, err := c.readBatch(ctx, file, b)
	if err != nil {
		return err
	}
	if err := c.checkLimit(plan.Total); err != nil {
		return err
	}
	journal, err := openJournal()
	if err != nil {
		return err
	}
	earlier, err := c.unsent(journal, params)
	if err != nil {
		return err
	}
	if !c.o.DryRun {
		if err := c.compareRecent(ctx, plan, b, false); err != nil {
			return err
		}
	}
	lines := [][2]string{
		{"File", terminal.Plain(b.file.Path)}, {"Payments", strconv.FormatInt(plan.Count, 10)}, {"Amount", plan.Total.String()},
	}
	if err := c.confirm(ctx, payment{lines, plan.Total}); err != nil {
		return exit.OrInterrupted(ctx, err)
	}
	if c.o.DryRun {
		c.t.Tell("Nothing was sent: --dry-run.")
		var requests []transferRequest
		for _, p := range params {
			requests = append(requests, transferRequest{c.number(p.MSISDN), p.Amount, p.Reference, "transfer", p.Description, ""})
		}
		return c.out.One(dryRun{true, "POST", "/v1/transactions/batch", struct {
			Transactions []transferRequest `json:"transactions"`
			SubCompanyID string            `json:"subCompanyId,omitempty"`
		}{requests, b.subCompany}}, nil)
	}
	if !c.o.Yes && !b.allowRepeats { // it took as long as somebody took to answer
		if err := c.compareRecent(ctx, plan, b, true); err != nil {
			return err
		}
	}
	return c.sendBatch(ctx, journal, earlier, params, b.subCompany)
}

// unsent refuses payments that may have been sent before, and returns what the journal has of those that were refused.
func (c *call) unsent(journal intent.Journal, params []djamo.TransactionParams) (map[string]*intent.Entry, error) {
	earlier := map[string]*intent.Entry{}
	for _, p := range params {
		entry, err := journal.Find(intent.Transfer, accountKey(c.account), p.Reference)
		if err != nil {
			return nil, exit.BadInput(lang.Errorf("nothing was sent: the journal cannot be read: %w", err))
		}
		if entry == nil {
			continue
		}
		if entry.Last.Result != intent.Refused {
			return nil, &exit.Error{Code: exit.Usage, References: []string{p.Reference}, Next: c.settleCommand(p.Reference),
				Err: lang.Errorf("nothing was sent: %s may have been sent before; take it out of the file, or find out what became of it",
					shown(p.Reference))}
		}
		earlier[p.Reference] = entry
	}
	return earlier, nil
}

func (c *call) sendBatch(
	ctx context.Context, journal intent.Journal, earlier map[string]*intent.Entry, params []djamo.TransactionParams, subCompany string,
) error {
	name := nameOfBatch(params)
	entries := map[string]*intent.Entry{}
	references := make([]string, 0, len(params))
	for _, p := range params {
		entry, err := journal.Begin(intent.Intent{
			At: time.Now(), Kind: intent.Transfer, Account: accountKey(c.account), Reference: p.Reference, MSISDN: p.MSISDN.E164(),
			Amount: p.Amount, Description: p.Description, SubCompanyID: subCompany, Batch: name,
		}, earlier[p.Reference])
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			for _, begun := range entries { // nothing of it has left
				c.record(begun, intent.Outcome{Result: intent.Refused})
			}
			return exit.NotSent(ctx, err)
		}
		entries[p.Reference] = entry
		references = append(references, p.Reference)
	}
	next := c.withProfile("batch", "get", name)
	c.t.Tell("Sending payments: %d. If this is interrupted, type: %s", len(params), next)
	sent, err := c.Batches.Create(ctx, djamo.BatchParams{Transactions: params, SubCompanyID: subCompany})
	switch {
	case err == nil:
	case errors.Is(err, djamo.ErrOutcomeUnknown), errors.Is(err, djamo.ErrDuplicateReference):
		for _, entry := range entries {
			c.record(entry, intent.Outcome{Result: intent.Unknown})
		}
		failure := &exit.Error{Code: exit.OutcomeUnknown, Err: err, References: references, Next: next}
		if errors.Is(err, djamo.ErrDuplicateReference) { // of one at least; what became of the others is not documented
			failure.Code = exit.Refused
		}
		return failure
	default:
		for _, entry := range entries {
			c.record(entry, intent.Outcome{Result: intent.Refused})
		}
		return exit.OrInterrupted(ctx, err)
	}
	unnamed := c.recordBatch(sent, params, entries)
	if err := c.printBatch(sent); err != nil || len(unnamed) == 0 {
		return err
	}
	return &exit.Error{Code: exit.OutcomeUnknown, References: unnamed, Next: next,
		Err: lang.Errorf("the answer does not name %d of %d payments as they were sent, do not pay them again: %s",
			len(unnamed), len(params), some(unnamed))}
}

// recordBatch writes to the journal what the answer tells of each payment, and returns those that it does not tell of: a
// payment under another reference, or of another amount, is not the one that was sent.
func (c *call) recordBatch(sent *djamo.Batch, params []djamo.TransactionParams, entries map[string]*intent.Entry) (unnamed []string) {
	named := map[string]*djamo.Transaction{}
	for i := range sent.Transactions {
		named[sent.Transactions[i].Reference] = &sent.Transactions[i]
	}
	for _, p := range params {
		if t := named[p.Reference]; p.Matches(t) {
			c.record(entries[p.Reference], intent.Outcome{Result: intent.Accepted, ID: t.ID, Status: string(t.Status), Batch: sent.ID})
			continue
		}
		c.record(entries[p.Reference], intent.Outcome{Result: intent.Unknown, Batch: sent.ID})
		unnamed = append(unnamed, p.Reference)
	}
	return unnamed
}

// nameOfBatch is what the journal calls a batch: the same payments have the same name.
func nameOfBatch(params []djamo.TransactionParams) string {
	digest := sha256.New()
	for _, p := range params {
		digest.Write([]byte(p.Reference + "\x00"))
	}
	return "sent_" + hex.EncodeToString(digest.Sum(nil)[:6])
}

// batchView is a batch as the API names its fields, with numbers that may be masked.
type batchView struct {
	djamo.Batch

	Transactions []transactionView `json:"transactions"`
}

func (c *call) printBatch(b *djamo.Batch) error {
	c.t.Tell("Djamo has accepted batch %s: %s, and %s of fees.", b.ID, b.TotalAmount, b.TotalFee)
	if c.o.Output == "table" && c.o.Template == "" {
		list := c.transferTable(c.out)
		var err error
		for i := range b.Transactions {
			if err = c.addTransfer(list, &b.Transactions[i]); err != nil {
				break
			}
		}
		return list.End(err)
	}
	view := batchView{Batch: *b, Transactions: []transactionView{}}
	for i := range b.Transactions {
		view.Transactions = append(view.Transactions, c.transactionView(&b.Transactions[i]))
	}
	return c.out.One(view, nil)
}

func (p *program) batchGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Say what became of each payment of a batch",
		Long: "Looks up each payment of a batch by its reference, when the batch was sent from here: ID is Djamo's, or the name that was\n" +
			"shown before it was sent. Any other batch is looked for in the list of all transfers.",
		Example: "  djamo batch get bat_0123",
		Args:    one("ID"),
		RunE: func(command *cobra.Command, args []string) error {
			ctx := command.Context()
			c, err := p.begin(ctx, account.ForReading, args)
			if err != nil {
				return err
			}
			return exit.API(ctx, c.getBatch(ctx, args[0]))
		},
	}
}

func (c *call) getBatch(ctx context.Context, id string) error {
	journal, err := openJournal()
	if err != nil {
		return err
	}
	entries, err := journal.Batch(accountKey(c.account), id)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return c.findBatch(ctx, id)
	}
	list := c.transferTable(c.out)
	var open, absent []string
	for _, entry := range entries {
		var found *djamo.Transaction
		found, err = c.Transactions.GetByReference(ctx, entry.Reference)
		if errors.Is(err, djamo.ErrNotFound) {
			absent = append(absent, entry.Reference)
			err = nil
			continue
		}
		if err != nil {
			break
		}
		c.record(entry, intent.Outcome{Result: intent.Accepted, ID: found.ID, Status: string(found.Status), Batch: found.BatchID})
		if found.Status != djamo.TransactionCompleted {
			open = append(open, entry.Reference)
		}
		if err = c.addTransfer(list, found); err != nil {
			break
		}
	}
	if err = list.End(err); err != nil {
		return err
	}
	if len(absent) > 0 {
		return &exit.Error{Code: exit.OutcomeUnknown, References: absent, Next: c.settleCommand(absent[0]),
			Err: lang.Errorf("%d of %d payments are not with Djamo, or not yet: %s", len(absent), len(entries), some(absent))}
	}
	if len(open) > 0 {
		return &exit.Error{Code: exit.Unresolved, References: open,
			Err: lang.Errorf("%d of %d payments are not completed", len(open), len(entries))}
	}
	return nil
}

// findBatch looks for a batch that was not sent from here.
func (c *call) findBatch(ctx context.Context, id string) error {
	c.t.Tell("The journal has no such batch: looking through the list of all transfers.")
	l := listing{}
	items := pages(l, func(cursor string, limit int) (*djamo.Page[djamo.Transaction], error) {
		return c.Transactions.ListPage(ctx, djamo.TransactionListParams{Cursor: cursor, Limit: limit})
	})
	list, count := c.transferTable(c.out), 0
	var failed error
	for t, err := range items {
		if failed = err; failed != nil {
			break
		}
		if t.BatchID != id {
			continue
		}
		count++
		if failed = c.addTransfer(list, t); failed != nil {
			break
		}
	}
	if failed = list.End(failed); failed == nil && count == 0 {
		failed = &exit.Error{Code: exit.NotFound, Err: lang.Errorf("there is no transfer of batch %s", shown(id))}
	}
	return failed
}

// some shows the first of many references.
func some(references []string) string {
	const maxNamed = 3
	var list []string
	for _, r := range references[:min(len(references), maxNamed)] {
		list = append(list, shown(r))
	}
	if len(references) > maxNamed {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}
