package review

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/djamo/djamo-go"
)

// writeWorkbook writes a workbook of three sheets: the summary, what is to be confirmed, and every payment. Amounts are
// numbers; everything else is text, which a spreadsheet does not run.
func (r *Review) writeWorkbook(w io.Writer, l words) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	styles, err := newStyles(book)
	if err != nil {
		return err
	}
	summary := l.say("Summary", "Résumé")
	if err := book.SetSheetName("Sheet1", summary); err != nil {
		return err
	}
	if err := r.writeSummary(book, summary, styles, l); err != nil {
		return err
	}
	if err := r.writeFindings(book, styles, l); err != nil {
		return err
	}
	if err := r.writePayments(book, styles, l); err != nil {
		return err
	}
	return book.Write(w)
}

type styles struct{ head, amount int }

func newStyles(book *excelize.File) (styles, error) {
	head, headErr := book.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Border: []excelize.Border{{Type: "bottom", Style: 1, Color: "1B2430"}},
	})
	const thousands = 3 // #,##0
	amount, amountErr := book.NewStyle(&excelize.Style{NumFmt: thousands})
	return styles{head, amount}, errors.Join(headErr, amountErr)
}

// sheet writes rows to a sheet, one after the other.
type sheet struct {
	*excelize.StreamWriter

	row    int
	styles styles
}

func newSheet(book *excelize.File, name string, styles styles, widths ...int) (*sheet, error) {
	stream, err := book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, width := range widths {
		if err := stream.SetColWidth(i+1, i+1, float64(width)); err != nil { //nolint:forbidigo // of a column
			return nil, err
		}
	}
	return &sheet{StreamWriter: stream, styles: styles}, nil
}

func (s *sheet) add(cells ...any) error {
	s.row++
	for i, cell := range cells {
		if amount, ok := cell.(djamo.XOF); ok {
			cells[i] = excelize.Cell{StyleID: s.styles.amount, Value: int64(amount)}
		}
	}
	return s.SetRow(fmt.Sprintf("A%d", s.row), cells)
}

// heads writes the headings, which stay in view.
func (s *sheet) heads(names ...string) error {
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(names))
	for i, name := range names {
		cells[i] = excelize.Cell{StyleID: s.styles.head, Value: name}
	}
	return s.add(cells...)
}

func (r *Review) writeSummary(book *excelize.File, name string, styles styles, l words) error {
	s, err := newSheet(book, name, styles, 44, 28)
	if err != nil {
		return err
	}
	rows := [][]any{
		{l.say("Run", "Paie"), r.Plan.Run},
		{l.say("Payments", "Paiements"), r.Plan.Count},
		{l.say("Payees", "Bénéficiaires"), r.Payees},
		{l.say("Total in francs", "Total en francs"), r.Plan.Total},
		{l.say("Largest", "Plus grand"), r.Largest.Amount, djamo.MaskPhones(r.Largest.Reference)},
		{l.say("Smallest", "Plus petit"), r.Smallest.Amount, djamo.MaskPhones(r.Smallest.Reference)},
		{l.say("Digest of the plan", "Empreinte du plan"), r.Plan.Digest},
		{},
		{djamo.MaskPhones(l.compared(r))},
		{},
	}
	for i, group := range r.Groups {
		rows = append(rows, []any{fmt.Sprintf("%d. %s", i+1, l.title(group.Kind)), len(group.Findings), string(group.Kind)})
	}
	for _, row := range rows {
		if err := s.add(row...); err != nil {
			return err
		}
	}
	return s.Flush()
}

func (r *Review) writeFindings(book *excelize.File, styles styles, l words) error {
	name := l.say("To confirm", "À confirmer")
	if _, err := book.NewSheet(name); err != nil {
		return err
	}
	s, err := newSheet(book, name, styles, 6, 40, 8, 28, 18, 28, 14, 14, 14, 60)
	if err != nil {
		return err
	}
	err = s.heads("N°", l.say("Warning", "Avertissement"), l.say("Line", "Ligne"), l.say("Reference", "Référence"),
		l.say("Phone", "Téléphone"),
		l.say("Name", "Nom"), l.say("Amount", "Montant"), l.say("Before", "Avant"), l.say("Difference", "Écart"),
		l.say("What is different", "Ce qui change"))
	if err != nil {
		return err
	}
	for i, group := range r.Groups {
		for _, f := range group.Findings {
			cells := []any{
				i + 1, l.title(group.Kind), blankZero(f.Line), djamo.MaskPhones(f.Reference), f.MSISDN.String(), djamo.MaskPhones(f.Name),
				blankZero(f.Amount), blankZero(f.Before), nil, djamo.MaskPhones(l.detail(group.Kind, f, whole)),
			}
			if difference, err := f.Difference(); group.Kind == ChangedAmounts && err == nil {
				cells[8] = difference
			}
			if err := s.add(cells...); err != nil {
				return err
			}
		}
	}
	return s.finish(book, name, 10)
}

func (r *Review) writePayments(book *excelize.File, styles styles, l words) error {
	name := l.say("Payments", "Paiements")
	if _, err := book.NewSheet(name); err != nil {
		return err
	}
	s, err := newSheet(book, name, styles, 8, 28, 18, 28, 14, 44)
	if err != nil {
		return err
	}
	err = s.heads(l.say("Line", "Ligne"), l.say("Reference", "Référence"), l.say("Phone", "Téléphone"), l.say("Name", "Nom"),
		l.say("Amount", "Montant"), l.say("Description", "Motif"))
	if err != nil {
		return err
	}
	for p, err := range r.plan.Payouts() {
		if err != nil {
			return err
		}
		err := s.add(lineOf(p), djamo.MaskPhones(p.Reference), p.MSISDN.String(), djamo.MaskPhones(p.Name), p.Amount,
			djamo.MaskPhones(p.Description))
		if err != nil {
			return err
		}
	}
	return s.finish(book, name, 6)
}

// finish ends a sheet, which gets filters for its columns.
func (s *sheet) finish(book *excelize.File, name string, columns int) error {
	if err := s.Flush(); err != nil {
		return err
	}
	last, err := excelize.CoordinatesToCellName(columns, s.row)
	if err != nil {
		return err
	}
	return book.AutoFilter(name, "A1:"+last, nil)
}

// blankZero is a number, or an empty cell for none.
func blankZero[T int64 | djamo.XOF](n T) any {
	if n == 0 {
		return nil
	}
	return n
}
