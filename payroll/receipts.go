package payroll

import (
	"bufio"
	"context"
	_ "embed" // the page
	"errors"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/djamo/djamo-go/internal/wordbreak"
)

// receiptParts are the parts of the page of receipts. Everything in {{ }} is escaped by html/template.
//
//go:embed receipts.html
var receiptParts string

// ReceiptOptions say which receipts are written. Its zero value is one receipt for each payout that was paid, with the
// payee's number masked.
type ReceiptOptions struct {
	// WholePhones shows the payees' numbers whole. Masked, a receipt can lie on a desk, and its payee still knows the number.
	WholePhones bool
	// Earlier writes receipts also for what was paid before this run, under the same references.
	Earlier bool
	// Skip leaves out so many receipts at the beginning, and Most ends after so many, 0 for all: a long run makes several
	// files, which a browser prints one by one.
	Skip, Most int64
}

type (
	receiptHead struct {
		Lang    Language
		Words   receiptWords
		RunText string
	}
	receipt struct {
		Words                                              receiptWords
		Company, Name, Description, Reference, Transaction []string
		CompanyID, Run                                     []string
		Account                                            string
		Phone, Amount, Day, Clock, Number, Written         string
	}
)

// receiptWords are the texts of a receipt in one language.
type receiptWords struct {
	Title, Paid, To, By, On, For, Reference, Transaction, Account, Number string
	Issued, None, Statement                                               string
}

func receiptWordsOf(language Language) receiptWords {
	if language == French {
		return receiptWords{
			Title: "Reçu de paiement", Paid: "Montant payé", To: "Payé à", By: "Payé par", On: "Payé le", For: "Motif", Reference: "Référence",
			Transaction: "Transaction Djamo", Account: "Compte", Number: "Numéro", Issued: "Reçu établi le %s.",
			None:      "Cette paie n’a payé personne : il n’y a aucun reçu.",
			Statement: "Ce montant a été versé sur votre compte Djamo. Les frais sont à la charge du payeur.",
		}
	}
	return receiptWords{
		Title: "Payment receipt", Paid: "Amount paid", To: "Paid to", By: "Paid by", On: "Paid on", For: "For", Reference: "Reference",
		Transaction: "Djamo transaction", Account: "Account", Number: "Number", Issued: "Receipt issued on %s.",
		None:      "This run has paid nobody: there are no receipts.",
		Statement: "This amount was paid into your Djamo account. The payer bears the fees.",
	}
}

// WriteReceipts writes a receipt for each payout that was paid, each on a page of its own when it is printed, in one file
// that loads nothing. It returns how many there are. Memory does not grow with their number. The errors are those of
// Write.
func (o ReportWriter) WriteReceipts(ctx context.Context, w io.Writer, journal Journal, options ReceiptOptions) (int64, error) {
	r, err := o.open(ctx, journal)
	if err != nil {
		return 0, err
	}
	r.maskPhones = !options.WholePhones
	buffered := bufio.NewWriterSize(w, 64<<10)
	count, err := r.writeReceipts(ctx, buffered, options)
	if err != nil {
		return 0, fmt.Errorf("payroll: writing the receipts: %w", err)
	}
	return count, nil
}

// WriteReceiptsFile writes the receipts of [ReportWriter.WriteReceipts] to a file, as [WriteReportFile] writes a report.
func (o ReportWriter) WriteReceiptsFile(
	ctx context.Context, path string, journal Journal, options ReceiptOptions,
) (count int64, err error) {
	err = replaceFile(path, func(w io.Writer) error {
		count, err = o.WriteReceipts(ctx, w, journal, options)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

func (r *report) writeReceipts(ctx context.Context, w *bufio.Writer, options ReceiptOptions) (count int64, err error) {
	if options.Skip < 0 || options.Most < 0 {
		return 0, errors.New("ReceiptOptions.Skip and Most must not be negative")
	}
	page, err := template.New("receipts").Parse(receiptParts)
	if err != nil {
		return 0, err
	}
	words := receiptWordsOf(r.language)
	if err := page.ExecuteTemplate(w, "head", receiptHead{r.language, words, wordbreak.Visible(r.text(r.info.Run))}); err != nil {
		return 0, err
	}
	written := fmt.Sprintf(words.Issued, r.moment(time.Now()))
	found := int64(0)
	err = r.each(ctx, func(p Payout) error {
		if p.Earlier && !options.Earlier {
			return nil
		}
		if found++; found <= options.Skip || options.Most > 0 && count >= options.Most {
			return nil
		}
		count++
		return page.ExecuteTemplate(w, "receipt", r.receipt(p, words, written))
	}, Completed)
	if err == nil && r.written[Completed] != r.sums[Completed] {
		err = r.complete() // says what has changed
	}
	if err == nil && count == 0 {
		err = page.ExecuteTemplate(w, "none", words)
	}
	if err == nil {
		err = page.ExecuteTemplate(w, "foot", nil)
	}
	if err != nil {
		return 0, err
	}
	return count, w.Flush()
}

func (r *report) receipt(p Payout, words receiptWords, written string) receipt {
	made := receipt{
		Words: words, Company: wordbreak.Text(r.company), Name: wordbreak.Text(r.text(p.Name)),
		Description: wordbreak.Text(r.text(p.Description)), Reference: wordbreak.Code(r.text(p.Reference)),
		Transaction: wordbreak.Code(p.TransactionID), Account: r.accountText(), CompanyID: wordbreak.Code(r.account.CompanyID),
		Run: wordbreak.Text(r.text(r.info.Run)), Phone: phoneText(p.MSISDN, r.maskPhones), Amount: amountText(p.Amount),
		Number: countText(p.ID), Written: written,
	}
	if at := p.paidAt(); !at.IsZero() {
		at = at.In(r.zone.Location)
		made.Day, made.Clock = dateText(at, r.language, false), at.Format("15:04")+" ("+r.zone.name+", "+r.zone.offset(at)+")"
	}
	return made
}
