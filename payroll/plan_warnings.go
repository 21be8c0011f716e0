package payroll

import (
	"fmt"
	"strconv"
	"strings"
)

// oddities are what is noticed of single rows on the first reading and may be right.
type oddities struct {
	limit   int
	spans   []Warning // rows of more than one line
	more    int       // how many of them there are beyond those listed
	unnamed Warning   // the first row with something in a column without a name
	remark  Warning   // about rows whose remarks may say not to pay them; its text is the first
	remarks int64     // how many of these there are
	garbled Warning   // about texts that were read in a wrong encoding; its text is the first
	wrong   int64     // how many of these there are
	blank   []int64   // the lines of the first rows without a reference
	blanks  int64     // how many of them there are
	given   bool      // some row has a reference
}

func (o *oddities) add(r row) {
	if r.end > r.payout.Line {
		if len(o.spans) < o.limit {
			o.spans = append(o.spans, spanning(r.payout.Line, r.end))
		} else {
			o.more++
		}
	}
	if r.remark != "" {
		if o.remarks++; o.remarks == 1 {
			o.remark.Text = r.remark
		}
		if len(o.remark.Lines) < maxLines {
			o.remark.Lines = append(o.remark.Lines, r.line())
		}
	}
	if r.garbled != "" {
		if o.wrong++; o.wrong == 1 {
			o.garbled.Text = maskedExcerpt("", r.garbled)
		}
		if len(o.garbled.Lines) < maxLines {
			o.garbled.Lines = append(o.garbled.Lines, r.line())
		}
	}
	o.given = o.given || !r.derived
	if r.derived {
		if o.blanks++; len(o.blank) < maxLines {
			o.blank = append(o.blank, r.line())
		}
	}
	if r.unnamed && o.unnamed.Text == "" {
		o.unnamed = Warning{Kind: WarnHeadings, Lines: []int64{r.payout.Line}, Text: fmt.Sprintf(
			"no column is called reference, so references are derived; not read: a column without a name, which is filled on line %d",
			r.payout.Line,
		)}
	}
}

func (o *oddities) warnings() []Warning {
	list := o.spans
	if o.more > 0 {
		list = append(list, Warning{Kind: WarnSeveralLines, Text: fmt.Sprintf("%d more rows have several lines", o.more)})
	}
	if o.unnamed.Text != "" {
		list = append(list, o.unnamed)
	}
	if o.remarks > 0 {
		list = append(list, Warning{Kind: WarnHeadings, Lines: o.remark.Lines, Text: fmt.Sprintf(
			"remarks that are not read and may say not to pay: %d, first line %d: %s", o.remarks, o.remark.Lines[0], o.remark.Text)})
	}
	if o.wrong > 0 {
		list = append(list, Warning{Kind: WarnEncoding, Lines: o.garbled.Lines, Text: fmt.Sprintf(
			"texts that were read in a wrong encoding before: %d, first line %d: %s; payees see them so",
			o.wrong, o.garbled.Lines[0], o.garbled.Text)})
	}
	if o.given && o.blanks > 0 {
		list = append(list, Warning{Kind: WarnNoReference, Lines: o.blank, Text: o.blankText()})
	}
	return list
}

// maxLines is how many lines a text names one by one.
const maxLines = 10

// blankText says that references are made for some of the rows. Among rows that have one, a reference was forgotten.
func (o *oddities) blankText() string {
	lines := make([]string, len(o.blank))
	for i, line := range o.blank {
		lines[i] = strconv.FormatInt(line, 10)
	}
	if n := o.blanks - int64(len(o.blank)); n > 0 {
		return fmt.Sprintf("no reference stands on line %s and %d more: one is made from the run's name and the row",
			strings.Join(lines, ", "), n)
	}
	return fmt.Sprintf("no reference stands on line %s: one is made from the run's name and the row", strings.Join(lines, ", "))
}

// spanning warns of a row that goes on over lines: a mark that opens in one payee's row and closes in another's makes
// all of them one payout.
func spanning(first, last int64) Warning {
	return Warning{Kind: WarnSeveralLines, Lines: []int64{first, last}, Text: fmt.Sprintf(
		"lines %d to %d are one row: a quotation mark may be open", first, last)}
}

// lengths are those of a column that stands at the end of each line. A file that was cut off, or is not written to its end, may
// have an amount in its last line that is the beginning of another one.
type lengths struct {
	rows           int
	shortest, last int // of all rows but the last, and of that
	line           int64
}

func (l *lengths) add(r row, column string) {
	if column == "" {
		return
	}
	if l.rows++; l.rows > 1 && (l.rows == 2 || l.last < l.shortest) {
		l.shortest = l.last
	}
	l.line, l.last = r.line(), len(r.payout.Reference)
	if column == columnAmount {
		l.last = len(strconv.FormatInt(int64(r.payout.Amount), 10))
	}
}

func (l *lengths) warnings(column string) []Warning {
	const minRows = 3 // rows, of which the last may be told from the others
	if l.rows < minRows || l.last >= l.shortest {
		return nil
	}
	return []Warning{{Kind: WarnHeadings, Lines: []int64{l.line}, Text: fmt.Sprintf(
		"the last line, %d, has no end, and its %s is shorter than all others: the file may be cut off, or not written to its end",
		l.line, column)}}
}
