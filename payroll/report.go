package payroll

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/djamo/djamo-go"
)

// ReportFormat is how a report is written.
type ReportFormat string

// The formats of a report. Each has every payout with its whole phone number, so a report is to be kept like the file of
// salaries that it came from.
const (
	// ReportCSV is a table in the order of the plan, for spreadsheets and programs. Its first columns are reference,
	// msisdn, amount, status, transaction_id, fee and failure_reason; others may be added after them. The status is the
	// State; amounts are whole francs in plain digits. A text, or a part of it after a semicolon or a tab, that a
	// spreadsheet would run as a formula stands behind an apostrophe, and lines of a text are joined by spaces.
	// References are written as they are, since programs go by them: a plan has none that could run.
	ReportCSV ReportFormat = "csv"
	// ReportJSON is one object with the run, its totals, and the payouts in the order of the plan.
	ReportJSON ReportFormat = "json"
	// ReportHTML is a page to read and to print on A4, in one file that loads nothing: totals, a chart of the outcomes, and
	// every payout, those first that need a person.
	ReportHTML ReportFormat = "html"
)

// ReportFormatOf tells the format by the ending of a file's name: .csv, .json or .html.
func ReportFormatOf(path string) (ReportFormat, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".csv", ".json", ".html":
		return ReportFormat(ending[1:]), nil
	}
	return "", fmt.Errorf("payroll: the report %q must end in .csv, .json or .html", filepath.Base(path))
}

// WriteReport writes what became of each payout of a run, and returns the totals that the report shows. A run that is not
// finished can be reported on too. Memory does not grow with the number of payouts. It changes nothing and is safe to
// repeat.
//
// The totals must add up to the plan (see [SumUp]), and the payouts to the totals: when the run goes on meanwhile the
// report fails and is to be written again. After an error what was written is to be thrown away; [WriteReportFile] does.
func WriteReport(ctx context.Context, w io.Writer, journal Journal, format ReportFormat) (Totals, error) {
	r, err := newReport(ctx, journal)
	if err != nil {
		return Totals{}, err
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case ReportCSV:
		err = r.writeCSV(ctx, buffered)
	case ReportJSON:
		err = r.writeJSON(ctx, buffered)
	case ReportHTML:
		err = r.writeHTML(ctx, buffered)
	default:
		err = fmt.Errorf("there is no format %q: choose csv, json or html", string(format))
	}
	if err == nil {
		err = r.complete()
	}
	if err == nil {
		err = buffered.Flush()
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
}

func newReport(ctx context.Context, journal Journal) (*report, error) {
	r := &report{journal: journal, written: map[State]Sum{}}
	var err error
	if r.info, err = journal.Planned(ctx); err != nil {
		return nil, err
	}
	if r.sums, err = journal.Sums(ctx); err != nil {
		return nil, err
	}
	r.totals, err = SumUp(r.info, r.sums)
	return r, err
}

// each hands the payouts in these states over, or all of them, in the order of the plan.
func (r *report) each(ctx context.Context, take func(Payout) error, states ...State) error {
	const atOnce = 1_000
	for after := int64(0); ; {
		page, err := r.journal.Payouts(ctx, after, atOnce, states...)
		if err != nil {
			return err
		}
		for _, payout := range page {
			if payout.ID <= after {
				return fmt.Errorf("%w: payout %d comes after payout %d", ErrJournal, payout.ID, after)
			}
			after = payout.ID
			if err := r.count(payout); err != nil {
				return err
			}
			if err := take(payout); err != nil {
				return err
			}
		}
		if len(page) < atOnce {
			return nil
		}
	}
}

func (r *report) count(p Payout) error {
	sum, err := addSums(r.written[p.State], Sum{Count: 1, Amount: p.Amount, Fees: p.Fee})
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

// group is an outcome as the totals and the sections of a report name it.
type group struct {
	name   string
	about  string
	states []State
	sum    Sum
}

// groups are the outcomes whose sums make up the plan, those first that need a person.
func (r *report) groups() []group {
	t := r.totals
	return []group{
		{"failed", "accepted, and then not paid", []State{Failed}, t.Failed},
		{"refused", "not accepted, so not paid", []State{Refused}, t.Refused},
		{"conflict", "the reference was used before, for another payee or amount", []State{Conflict}, t.Conflict},
		{"unknown", "sent, and the answer was lost: run again to find out", []State{Unknown}, t.Unknown},
		{"open", "not sent yet, on the way, or accepted and without an outcome: run again to finish", []State{Submitted, Submitting, Planned}, t.Open},
		{"completed", "paid", []State{Completed}, t.Completed},
	}
}

// PaidEarlier reports whether the payee was paid under this reference before the journal's run had sent it: the run has
// paid nothing for it.
func (p Payout) PaidEarlier() bool { return p.Earlier && p.State == Completed }

// Note is what a person is told about a payout beside its state. Reasons come from the API and are as it wrote them.
func (p Payout) Note() string {
	earlier := ""
	switch {
	case p.PaidEarlier():
		earlier = "already paid earlier; "
	case p.Earlier:
		earlier = "was sent earlier; "
	}
	return strings.TrimSuffix(earlier+p.Reason, "; ")
}

// guard keeps a spreadsheet from running a text as a formula, by the apostrophe that marks it as text: at its start, and
// where a spreadsheet whose list separator is a semicolon or a tab, as in French, starts a cell or a row in its middle.
func guard(text string) string {
	if !strings.ContainsAny(text, "=+-@\t\r\n") {
		return text
	}
	var safe strings.Builder
	starts := true // a cell does, here
	for i, r := range strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ").Replace(text) {
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
