package payroll

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/wordbreak"
)

// The accounts that entries are written to by default: those of the revised SYSCOHADA (AUDCIF, in force since 2018), which
// Côte d'Ivoire and Senegal keep their books by.
const (
	SalariesPayable = "422"  // personnel, rémunérations dues
	ElectronicMoney = "552"  // monnaie électronique, téléphone portable; a bank account is 521, banques locales
	MoneyFees       = "6317" // frais sur instruments de monnaie électronique; those of a bank are 6318
)

// EntryOptions say which accounts the payments of a run are booked on. A zero field takes its default.
type EntryOptions struct { //nolint:recvcheck // fill fills it
	Salaries string // what is owed, debited; SalariesPayable
	Treasury string // the account with Djamo, credited; ElectronicMoney
	Fees     string // debited; MoneyFees
	Journal  string // the code of the books' journal; "DJ"
	// Summed writes one line for all payees of a day, instead of one for each.
	Summed bool
	// Unfinished writes what was paid so far of a run that has open payouts. Its vouchers change when more is paid.
	Unfinished bool
}

// Entries are what was written: as much to the debit as to the credit.
type Entries struct {
	Vouchers      []string // one for each day on which something was paid
	Payments      int64
	Earlier       int64 // paid before this run, and not booked by it
	Debit, Credit djamo.XOF
}

// ErrUnfinished is a run that has open payouts, of which no entries are written.
const ErrUnfinished Error = "the run is not finished"

// WriteEntries writes what a run has paid as journal entries, in CSV: each payee's salary and the fees to the debit, the
// account with Djamo to the credit, to the franc. Each day is a voucher of its own, whose number follows from the plan and
// the day: the same run gives the same entries, however often they are written. What was paid before the run is left to the
// run that has paid it. Phone numbers are masked in all texts. The other errors are those of Write.
func (o ReportWriter) WriteEntries(ctx context.Context, w io.Writer, journal Journal, options EntryOptions) (Entries, error) {
	if err := options.fill(); err != nil {
		return Entries{}, err
	}
	r, err := o.open(ctx, journal)
	if err != nil {
		return Entries{}, err
	}
	if open := r.totals.Planned.Count - r.totals.Completed.Count - r.totals.notPaid(); open > 0 && !options.Unfinished {
		return Entries{}, fmt.Errorf("%w: %d of %d payouts have no outcome yet, and entries that were booked do not change", ErrUnfinished,
			open, r.totals.Planned.Count)
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	book := &entryBook{report: r, options: options, csv: csv.NewWriter(buffered)}
	book.csv.Comma = r.separator
	if err = book.write(ctx, buffered); err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return Entries{}, fmt.Errorf("payroll: writing the entries: %w", err)
	}
	return book.entries, nil
}

// WriteEntriesFile writes the entries of [ReportWriter.WriteEntries] to a file, as [WriteReportFile] writes a report.
func (o ReportWriter) WriteEntriesFile(
	ctx context.Context, path string, journal Journal, options EntryOptions,
) (entries Entries, err error) {
	err = replaceFile(path, func(w io.Writer) error {
		entries, err = o.WriteEntries(ctx, w, journal, options)
		return err
	})
	if err != nil {
		return Entries{}, err
	}
	return entries, nil
}

func (t Totals) notPaid() int64 { return t.Failed.Count + t.Refused.Count + t.Conflict.Count }

// Check refuses what no accounts are called.
func (o EntryOptions) Check() error { return o.fill() }

func (o *EntryOptions) fill() error {
	orElse(&o.Salaries, SalariesPayable)
	orElse(&o.Treasury, ElectronicMoney)
	orElse(&o.Fees, MoneyFees)
	orElse(&o.Journal, "DJ")
	for _, field := range []struct{ name, value string }{
		{"Salaries", o.Salaries}, {"Treasury", o.Treasury}, {"Fees", o.Fees}, {"Journal", o.Journal},
	} {
		if !IsAccount(field.value) {
			return fmt.Errorf("payroll: EntryOptions.%s %q must be at most %d letters and digits", field.name, field.value, maxAccount)
		}
	}
	if o.Treasury == o.Salaries || o.Treasury == o.Fees {
		return errors.New("payroll: EntryOptions.Treasury must be another account than Salaries and Fees")
	}
	return nil
}

// maxAccount is what bookkeeping programs have room for.
const maxAccount = 13

// IsAccount reports whether an account, or a journal of the books, may be called so: 1 to 13 letters and digits of ASCII.
func IsAccount(name string) bool {
	return name != "" && len(name) <= maxAccount && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// entryBook is the entries of a run that are being written.
type entryBook struct {
	*report

	options EntryOptions
	csv     *csv.Writer
	entries Entries
	days    map[string]Sum // by their dates
}

const entryDay = "20060102"

// day is when a payment was made, where the people are. It says which voucher the payment is in.
func (b *entryBook) day(p Payout) string { return p.paidAt().In(b.zone.Location).Format(entryDay) }

// voucher is the number of a day's voucher: at most 13 characters, which is what bookkeeping programs have room for.
func (b *entryBook) voucher(day string) string {
	digest := strings.ToUpper(b.info.Digest)
	return digest[:min(6, len(digest))] + "-" + day[2:]
}

func (b *entryBook) write(ctx context.Context, w *bufio.Writer) error {
	if err := b.addUpDays(ctx); err != nil {
		return err
	}
	if _, err := w.WriteString("\uFEFF"); err != nil {
		return err
	}
	head := b.language.or("journal,date,voucher,account,third party,label,debit,credit,reference",
		"Journal,Date,Pièce,Compte,Tiers,Libellé,Débit,Crédit,Référence")
	if err := b.csv.Write(strings.Split(head, ",")); err != nil {
		return err
	}
	days := make([]string, 0, len(b.days))
	for day := range b.days {
		days = append(days, day)
	}
	slices.Sort(days)
	for _, day := range days {
		if err := b.writeDay(ctx, day); err != nil {
			return err
		}
	}
	b.csv.Flush()
	if b.entries.Debit != b.entries.Credit { // never seen; books that do not balance must not come out
		return fmt.Errorf("%w: %s to the debit and %s to the credit", ErrJournal, b.entries.Debit, b.entries.Credit)
	}
	return b.csv.Error()
}

// addUpDays reads what was paid on each day.
func (b *entryBook) addUpDays(ctx context.Context) error {
	b.days = map[string]Sum{}
	return b.paid(ctx, func(p Payout) (err error) {
		if p.Earlier {
			b.entries.Earlier++
			return nil
		}
		b.entries.Payments++
		day := b.day(p)
		b.days[day], err = addSums(b.days[day], p.sum())
		return err
	})
}

// paid hands over what was paid, and checks that it is what the totals say.
func (b *entryBook) paid(ctx context.Context, take func(Payout) error) error {
	b.written = map[State]Sum{}
	err := b.each(ctx, take, Completed)
	if err == nil && b.written[Completed] != b.sums[Completed] {
		err = b.complete()
	}
	return err
}

// writeDay writes a voucher, which balances by itself.
func (b *entryBook) writeDay(ctx context.Context, day string) error {
	sum := b.days[day]
	left, err := sum.Amount.Add(sum.Fees)
	if err != nil {
		return err
	}
	b.entries.Vouchers = append(b.entries.Vouchers, b.voucher(day))
	run := b.info.Run
	if run == "" {
		run = b.words.NoName
	}
	if err := b.writePayees(ctx, day, run, sum); err != nil {
		return err
	}
	if sum.Fees != 0 {
		if err := b.line(day, b.options.Fees, "", upperFirst(b.words.Fees)+" · "+run, sum.Fees, 0, ""); err != nil {
			return err
		}
	}
	return b.line(day, b.options.Treasury, "", "Djamo · "+run, 0, left, "")
}

func upperFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// writePayees writes what was paid on a day, to each or to all.
func (b *entryBook) writePayees(ctx context.Context, day, run string, sum Sum) error {
	if b.options.Summed {
		label := run + " · " + b.words.Summed.of(sum.Count, sum.Count)
		return b.line(day, b.options.Salaries, "", label, sum.Amount, 0, "")
	}
	return b.paid(ctx, func(p Payout) error {
		if p.Earlier || b.day(p) != day {
			return nil
		}
		label := p.Description
		if label == "" {
			label = run
		}
		if p.Name != "" {
			label += " · " + p.Name
		}
		return b.line(day, b.options.Salaries, p.Name, label, p.Amount, 0, p.Reference)
	})
}

// line writes one line, and adds it up.
func (b *entryBook) line(day, account, thirdParty, label string, debit, credit djamo.XOF, reference string) (err error) {
	if b.entries.Debit, err = b.entries.Debit.Add(debit); err != nil {
		return err
	}
	if b.entries.Credit, err = b.entries.Credit.Add(credit); err != nil {
		return err
	}
	at, err := time.Parse(entryDay, day)
	if err != nil {
		return err
	}
	amount := func(a djamo.XOF) string {
		if a == 0 {
			return ""
		}
		return francs(a)
	}
	text := func(s string) string { return guard(wordbreak.Visible(maskText(s))) }
	return b.csv.Write([]string{
		b.options.Journal, at.Format(b.language.or(time.DateOnly, "02/01/2006")), b.voucher(day), account, text(thirdParty), text(label),
		amount(debit), amount(credit), text(reference),
	})
}
