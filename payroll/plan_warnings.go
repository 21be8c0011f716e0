package payroll

import "fmt"

// oddities are what is noticed of single rows on the first reading and may be right.
type oddities struct {
	limit   int
	spans   []Warning // rows of more than one line
	more    int       // how many of them there are beyond those listed
	unnamed Warning   // the first row with something in a column without a name
}

func (o *oddities) add(r row) {
	if r.end > r.payout.Line {
		if len(o.spans) < o.limit {
			o.spans = append(o.spans, spanning(r.payout.Line, r.end))
		} else {
			o.more++
		}
	}
	if r.unnamed && o.unnamed.Text == "" {
		o.unnamed = Warning{Lines: []int64{r.payout.Line}, Text: fmt.Sprintf(
			"no column is called reference, so references are derived; not read: a column without a name, which is filled on line %d", r.payout.Line)}
	}
}

func (o *oddities) warnings() []Warning {
	list := o.spans
	if o.more > 0 {
		list = append(list, Warning{Text: fmt.Sprintf("%d more rows have several lines", o.more)})
	}
	if o.unnamed.Text != "" {
		list = append(list, o.unnamed)
	}
	return list
}

// spanning warns of a row that goes on over lines: a mark that opens in one payee's row and closes in another's makes
// all of them one payout.
func spanning(first, last int64) Warning {
	return Warning{Lines: []int64{first, last}, Text: fmt.Sprintf("lines %d to %d are one row: a quotation mark may be open", first, last)}
}
