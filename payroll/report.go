package payroll

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
)

// ReportFormat is how a report is written.
type ReportFormat string

// The formats of a report. Each has every payout with its whole phone number, so a report is to be kept like the file of
// salaries that it came from.
const (
	// ReportCSV is a table in the order of the plan, for spreadsheets and programs. Its first columns are reference,
	// msisdn, amount, status, transaction_id, fee and failure_reason; others may be added after them. Each row says who has
	// prepared and approved the run, and when. The status is the
	// State; amounts are whole francs in plain digits. A text, or a part of it after a semicolon or a tab, that a
	// spreadsheet would run as a formula stands behind an apostrophe, and lines of a text are joined by spaces.
	// References are written as they are, since programs go by them: a plan has none that could run. The file starts with a
	// byte order mark, by which Excel knows UTF-8. A phone number stands behind an apostrophe, since a spreadsheet would make
	// 2,25E+12 of it; ReadCSV takes it off again.
	ReportCSV ReportFormat = "csv"
	// ReportXLSX is the same table as a workbook: phone numbers and references are texts, amounts are numbers. It has
	// room for 1,048,575 payouts.
	ReportXLSX ReportFormat = "xlsx"
	// ReportJSON is one object with the run, its totals, and the payouts in the order of the plan.
	ReportJSON ReportFormat = "json"
	// ReportHTML is a page to read and to print on A4, in one file that loads nothing: totals, a chart of the outcomes, and
	// every payout, those first that need a person.
	ReportHTML ReportFormat = "html"
)

// ReportFormatOf returns the format that a file's name ends in: .csv, .xlsx, .json or .html.
func ReportFormatOf(path string) (ReportFormat, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".csv", ".xlsx", ".json", ".html":
		return ReportFormat(ending[1:]), nil
	}
	return "", fmt.Errorf("payroll: the report %q must end in .csv, .xlsx, .json or .html", filepath.Base(path))
}

// WriteReport writes what became of each payout of a run, and returns the totals that the report shows. A run that is not
// finished can be reported on too. Memory does not grow with the number of payouts. It changes nothing and is safe to
// repeat.
//
// The totals must add up to the plan (see [SumUp]), and the payouts to the totals: when the run goes on meanwhile the
// report fails and is to be written again. After an error what was written is to be thrown away; [WriteReportFile] does.
func WriteReport(ctx context.Context, w io.Writer, journal Journal, format ReportFormat) (Totals, error) {
	return ReportWriter{}.Write(ctx, w, journal, format)
}

// ReportWriter writes reports as its fields say. Its zero value is what WriteReport and WriteReportFile use.
type ReportWriter struct {
	// Separator stands between the fields of ReportCSV: a comma, which is the default, a semicolon, as a spreadsheet in
	// French expects, or a tab.
	Separator rune
	// Language is that of ReportHTML and ReportXLSX; English when empty. CSV and JSON are for programs.
	Language Language
	// Location is the zone whose clock people read; nil is UTC, which Abidjan and Dakar keep.
	Location *time.Location
	// Company is the name of who pays, Account the account that has paid; both may be empty.
	Company string
	Account djamo.Account
	// Prepared and Approved say who answers for the run, and since when; both may be empty.
	Prepared, Approved Signature
	// ApprovedDigest is the digest that both have signed, such as approval.Terms.Digest; it may be empty.
	ApprovedDigest string
	// MaskPhones shows phone numbers masked, also in texts, for a report that goes to people who need none.
	MaskPhones bool
}

// Signature is a person who answers for a run, and when that person has signed for it.
type Signature struct {
	By string
	At time.Time // zero where it is not known
}

// Write is [WriteReport].
func (o ReportWriter) Write(ctx context.Context, w io.Writer, journal Journal, format ReportFormat) (Totals, error) {
	r, err := o.open(ctx, journal)
	if err != nil {
		return Totals{}, err
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case ReportCSV:
		err = r.writeCSV(ctx, buffered)
	case ReportXLSX:
		err = r.writeWorkbook(ctx, buffered)
	case ReportJSON:
		err = r.writeJSON(ctx, buffered)
	case ReportHTML:
		err = r.writeHTML(ctx, buffered)
	default:
		err = fmt.Errorf("there is no format %q: choose csv, xlsx, json or html", string(format))
	}
	return r.finish(buffered, err)
}

// finish hands on what was written, if all of it was.
func (r *report) finish(w *bufio.Writer, err error) (Totals, error) {
	if err == nil {
		err = r.complete()
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return Totals{}, fmt.Errorf("payroll: writing the report: %w", err)
	}
	return r.totals, nil
}

// report is a run as it stands.
type report struct {
	journal Journal
	info    PlanInfo
	sums    map[State]Sum
	totals  Totals
	written map[State]Sum

	separator               rune // of a CSV report
	language                Language
	words                   reportWords
	zone                    zone
	company, approvedDigest string
	prepared, approved      Signature
	account                 djamo.Account
	maskPhones              bool
}

func (o ReportWriter) open(ctx context.Context, journal Journal) (*report, error) {
	if o.Separator == 0 {
		o.Separator = ','
	}
	if !strings.ContainsRune(",;\t", o.Separator) {
		return nil, fmt.Errorf("payroll: the separator %q must be a comma, a semicolon or a tab", o.Separator)
	}
	language, err := o.Language.known()
	if err != nil {
		return nil, err
	}
	r := &report{
		journal: journal, written: map[State]Sum{}, separator: o.Separator, language: language, words: wordsOf(language),
		zone: zoneOf(o.Location, o.Account), company: o.Company, prepared: o.Prepared, approved: o.Approved, account: o.Account,
		approvedDigest: o.ApprovedDigest, maskPhones: o.MaskPhones,
	}
	if r.info, err = journal.Planned(ctx); err != nil {
		return nil, err
	}
	if r.sums, err = journal.Sums(ctx); err != nil {
		return nil, err
	}
	r.totals, err = SumUp(r.info, r.sums)
	return r, err
}

// errOtherSection is a payout that belongs to another section of the report, and does not count here.
const errOtherSection Error = "a payout of another section"

// each hands the payouts in these states over, or all of them, in the order of the plan, and counts those that are taken. The
// next ones are read meanwhile.
func (r *report) each(ctx context.Context, take func(Payout) error, states ...State) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	after, failure := int64(0), error(nil)
	err := prefetch(0, func(give func([]Payout) bool) error { return r.readPages(ctx, give, states) }, func(page []Payout) bool {
		if failure = r.takeAll(page, &after, take); failure != nil {
			cancel() // the reading that is under way
		}
		return failure == nil
	})
	return cmp.Or(failure, err, ctx.Err())
}

// takeAll hands over payouts that must stand behind the last one, and counts those that are taken.
func (r *report) takeAll(payouts []Payout, last *int64, take func(Payout) error) error {
	for _, payout := range payouts {
		if payout.ID <= *last {
			return fmt.Errorf("%w: payout %d comes after payout %d", ErrJournal, payout.ID, *last)
		}
		*last = payout.ID
		if err := take(payout); errors.Is(err, errOtherSection) {
			continue
		} else if err != nil {
			return err
		}
		if err := r.count(payout); err != nil {
			return err
		}
	}
	return nil
}

// readPages reads payouts page by page, until there are no more.
func (r *report) readPages(ctx context.Context, give func([]Payout) bool, states []State) error {
	const atOnce = 1_000
	for after := int64(0); ; {
		payouts, err := r.journal.Payouts(ctx, after, atOnce, states...)
		if err != nil {
			return err
		}
		if !give(payouts) || len(payouts) < atOnce {
			return nil
		}
		after = payouts[len(payouts)-1].ID
	}
}

func (r *report) count(p Payout) error {
	sum, err := addSums(r.written[p.State], p.sum())
	r.written[p.State] = sum
	return err
}

// complete checks that what was written is what the totals say, state by state.
func (r *report) complete() error {
	for _, state := range States() {
		if r.written[state] != r.sums[state] {
			return fmt.Errorf("the run went on meanwhile (%s: %d payouts read, %d counted): write it again", state,
				r.written[state].Count, r.sums[state].Count)
		}
	}
	return nil
}

// group is an outcome as the totals of a JSON report name it.
type group struct {
	name string
	sum  Sum
}

// groups are the outcomes whose sums make up the plan.
func (r *report) groups() []group {
	t := r.totals
	groups := []group{
		{"failed", t.Failed}, {"refused", t.Refused}, {"conflict", t.Conflict}, {"unknown", t.Unknown}, {"open", t.Open},
		{"completed", t.PaidNow},
	}
	if t.PaidEarlier.Count > 0 {
		groups = append(groups, group{"paidEarlier", t.PaidEarlier})
	}
	return groups
}

// PaidEarlier reports whether the payee was paid under this reference before the journal's run had sent it: the run has
// paid nothing for it.
func (p Payout) PaidEarlier() bool { return p.Earlier && p.State == Completed }

// Note explains the state of a payout to a person. Reasons come from the API, as it wrote them.
func (p Payout) Note() string { return p.NoteIn(English) }

// guard keeps a spreadsheet from running a text as a formula, by the apostrophe that marks it as text: at its start, and
// where a spreadsheet whose list separator is a semicolon or a tab, as in French, starts a cell or a row in its middle.
func guard(text string) string {
	if !strings.ContainsAny(text, "=+-@\t\r\n") {
		return text
	}
	var safe strings.Builder
	starts := true // a cell does, here
	if strings.ContainsAny(text, "\r\n") {
		text = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ").Replace(text)
	}
	for i, r := range text {
		if starts && strings.ContainsRune("=+-@", r) || i == 0 && r == '\t' {
			safe.WriteByte('\'')
		}
		safe.WriteRune(r)
		// White space may be left out before a cell, and quotation marks may stand around it.
		starts = r == ';' || r == '\t' || starts && (r == ' ' || r == '\u00a0' || r == '"')
	}
	return safe.String()
}

// francs is an amount in plain digits.
func francs(amount djamo.XOF) string { return fmt.Sprint(int64(amount)) }
