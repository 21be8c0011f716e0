package payroll

import (
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
)

// The columns of a plan.
const (
	columnMSISDN      = "msisdn"
	columnAmount      = "amount"
	columnReference   = "reference"
	columnDescription = "description"
)

const (
	defaultMinAmount   djamo.XOF = 5_000
	defaultMaxAmount   djamo.XOF = 500_000
	defaultMaxProblems           = 100
)

// row is one payout of a source and what is wrong with it. A field that is wrong is zero.
type row struct {
	payout   Payout
	end      int64  // the line it ends on, if it came from a file
	derived  bool   // it came without a reference
	unnamed  bool   // the file has no references, and something stands here in a column without a name
	remark   string // what the file notes about it in a column that is not read, if that may say not to pay
	garbled  string // a text of it that was read in a wrong encoding before it came into the file
	problems []Problem
}

// line is where the row stands, as problems and warnings name it.
func (r *row) line() int64 {
	if r.payout.Line > 0 {
		return r.payout.Line
	}
	return r.payout.ID
}

func (r *row) refused(column string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Column == column })
}

// rows reads a source from its start, each time it is called, and hands its rows over until take returns false. The
// error is about the source itself, not about a row.
type rows func(take func(row) bool) error

// rules are what every row is checked by.
type rules struct {
	run         string
	defaultRun  string // of a plan in which no reference is derived
	limits      djamo.Limits
	maxProblems int
	letters     *base32.Encoding
	last        string // the column at the end of the last line, which may be cut off: amount, reference or none
}

func newRules(options PlanOptions) (*rules, error) {
	r := &rules{
		run: options.Run, maxProblems: options.MaxProblems, limits: djamo.Limits{MinAmount: defaultMinAmount, MaxAmount: defaultMaxAmount},
		letters: base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding),
	}
	if r.maxProblems <= 0 {
		r.maxProblems = defaultMaxProblems
	}
	if options.Limits != nil {
		r.limits = *options.Limits
	}
	if l := r.limits; l.MinAmount < 0 || l.MaxAmount < 0 || l.ReferenceLength < 0 || l.MaxAmount != 0 && l.MaxAmount < l.MinAmount {
		return nil, fmt.Errorf("%w: its limits contradict themselves: at least %s and at most %s, references of at most %d bytes",
			ErrBadPlan, l.MinAmount, l.MaxAmount, l.ReferenceLength)
	}
	if masked := djamo.MaskPhones(r.run); masked != r.run {
		return nil, fmt.Errorf(
			"%w: the name of the run must not hold a phone number, got %s: it is shown and stored as it is", ErrBadPlan, masked)
	}
	if p := (Payout{MSISDN: anyMSISDN, Amount: 1, Reference: r.run}); r.run != "" {
		if problem := refusal(p, columnReference, djamo.Limits{}); problem != nil {
			return nil, fmt.Errorf("%w: the name of the run %s, got %s", ErrBadPlan, problem.Rule, problem.Value)
		}
	}
	return r, nil
}

// planRun is the name of the run, as the plan has it.
func (r *rules) planRun() string {
	if r.run == "" {
		return r.defaultRun
	}
	return r.run
}

// What stands in for the other fields while one field is checked.
const (
	anyMSISDN    = djamo.MSISDN("+2250700000000")
	anyReference = "any"
)

// check notes what is wrong with a row, takes what is wrong out of it, and gives it a reference if it has none. It is
// called once for a row, which may bring problems of cells that could not be read.
func (r *rules) check(x *row) {
	p := &x.payout
	if x.derived = p.Reference == "" && !x.refused(columnReference); x.derived {
		p.Reference = anyReference
	}
	if len(x.problems) > 0 || p.Params().Validate(r.limits) != nil || oddText(*p) {
		r.checkFields(x)
	}
	if x.derived {
		p.Reference = ""
		r.checkDescription(x)
		if len(x.problems) == 0 && r.run != "" {
			p.Reference = r.reference(*p)
			r.checkField(x, columnReference)
		}
	}
}

// checkDescription refuses a description that the same file may hold in other bytes when it is saved by another program:
// the reference is derived from it, so the payout would be another one, and be paid again.
func (r *rules) checkDescription(x *row) {
	if mark := combining(x.payout.Description); mark >= 0 && r.run != "" {
		x.problems = append(x.problems, Problem{
			Line: x.line(), Column: columnDescription, Value: maskedExcerpt(columnDescription, x.payout.Description),
			Rule: fmt.Sprintf("must hold letters and their accents in one (NFC), not %U by itself, since the reference is derived from it", mark),
		})
		x.payout.Description = ""
	}
}

// checkFields looks at one field after the other, so that all faults are listed and not just the first.
func (r *rules) checkFields(x *row) {
	for _, column := range []string{columnMSISDN, columnAmount, columnReference, columnDescription} {
		r.checkField(x, column)
	}
}

func (r *rules) checkField(x *row, column string) {
	p := &x.payout
	if !x.refused(column) {
		problem := refusal(*p, column, r.limits)
		if problem == nil {
			return
		}
		problem.Line = x.line()
		x.problems = append(x.problems, *problem)
	}
	switch column {
	case columnMSISDN:
		p.MSISDN = ""
	case columnAmount:
		p.Amount = 0
	case columnReference:
		p.Reference = ""
	case columnDescription:
		p.Description = ""
	}
}

// refusal says what is wrong with one field; nil when nothing is.
func refusal(p Payout, column string, limits djamo.Limits) *Problem {
	params, value := djamo.TransactionParams{MSISDN: anyMSISDN, Amount: 1, Reference: anyReference}, ""
	switch column {
	case columnMSISDN:
		params.MSISDN, value = p.MSISDN, p.MSISDN.String()
	case columnAmount:
		params.Amount, value = p.Amount, fmt.Sprint(int64(p.Amount))
	case columnReference:
		params.Reference, value = p.Reference, p.Reference
	case columnDescription:
		params.Description, value = p.Description, p.Description
	}
	rule := ""
	switch {
	case column == columnAmount && p.Amount > 0 && p.Amount < limits.MinAmount:
		rule = fmt.Sprintf("must be at least %s", limits.MinAmount)
	case column == columnAmount && limits.MaxAmount != 0 && p.Amount > limits.MaxAmount:
		rule = fmt.Sprintf("must be at most %s", limits.MaxAmount)
	case column == columnReference && utf8.ValidString(value) && !hasControl(value) && referenceRule(value) != "":
		rule = referenceRule(value)
	case column == columnDescription && isLong(value):
		rule = fmt.Sprintf("must not be longer than %d characters: a quotation mark may be open", maxDescription)
	case column == columnDescription && strings.ContainsRune(value, 0):
		rule = "must not hold a zero byte, which no database stores"
	}
	if rule != "" {
		return &Problem{Column: column, Value: maskedExcerpt(column, value), Rule: rule}
	}
	if err := params.Validate(djamo.Limits{ReferenceLength: limits.ReferenceLength}); err != nil {
		problem := refuse(0, column, value, err)
		return &problem
	}
	return nil
}

// oddText reports whether a payout holds text that the client would send and this package refuses.
func oddText(p Payout) bool {
	return referenceRule(p.Reference) != "" || isLong(p.Description) || strings.IndexByte(p.Description, 0) >= 0
}

// maxDescription is far more than a payee reads, in characters.
const maxDescription = 1_000

func hasControl(text string) bool { return strings.IndexFunc(text, unicode.IsControl) >= 0 }

func isLong(description string) bool {
	return len(description) > maxDescription && utf8.RuneCountInString(description) > maxDescription
}
