package payroll

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/djamo/djamo-go"
)

// Problem is one thing in a plan that must be put right before anything of it is paid.
type Problem struct {
	// Line is where it is in the file, counted from 1; among payouts that came from no file, the place of the payout. 0
	// is the whole.
	Line   int64
	Column string // msisdn, amount, reference or description; "" when it is about more than one
	Value  string // what stands there, bounded and with phone numbers masked; "" when there is nothing to show
	Rule   string // what it must be
}

// String names line, column, rule and value.
func (p Problem) String() string {
	var text strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&text, "line %d: ", p.Line)
	}
	if p.Column != "" {
		text.WriteString(p.Column + ": ")
	}
	text.WriteString(p.Rule)
	if p.Value != "" {
		text.WriteString(", got " + p.Value)
	}
	return text.String()
}

// PlanError lists what is wrong with a plan, in the order of the lines. It matches ErrBadPlan.
type PlanError struct {
	Problems []Problem
	More     int // how many problems there are beyond those listed
	// NeedsRun says that rows have no reference and the run has no name to derive them from. A name must come from whoever
	// pays, and not from the name of a file: a second copy of the file would pay everybody again.
	NeedsRun bool
}

// Error lists the problems, each on a line of its own.
func (e *PlanError) Error() string {
	if len(e.Problems) == 1 && e.More == 0 {
		return ErrBadPlan.Error() + ": " + e.Problems[0].String()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d problems", ErrBadPlan.Error(), len(e.Problems)+e.More)
	for _, problem := range e.Problems {
		text.WriteString("\n" + problem.String())
	}
	if e.More > 0 {
		fmt.Fprintf(&text, "\nand %d more", e.More)
	}
	return text.String()
}

// Is makes errors.Is(err, ErrBadPlan) work.
func (e *PlanError) Is(target error) bool { return target == ErrBadPlan }

// problemList keeps the first problems, by line, and counts the rest.
type problemList struct {
	limit int
	kept  []Problem
	more  int
}

func (l *problemList) add(problems ...Problem) {
	room := min(len(problems), l.limit-len(l.kept))
	l.kept = append(l.kept, problems[:room]...)
	l.more += len(problems) - room
}

// merge adds problems whose lines may lie before those that are kept.
func (l *problemList) merge(problems []Problem, more int) {
	l.kept = append(l.kept, problems...)
	slices.SortStableFunc(l.kept, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	over := max(0, len(l.kept)-l.limit)
	l.kept = l.kept[:len(l.kept)-over]
	l.more += over + more
}

func (l *problemList) err(needsRun bool) error {
	if len(l.kept) == 0 && l.more == 0 {
		return nil
	}
	return &PlanError{Problems: l.kept, More: l.more, NeedsRun: needsRun}
}

// refuse is a problem of one cell, in the words of the error that it was refused with.
func refuse(line int64, column, value string, err error) Problem {
	if refused, ok := errors.AsType[*djamo.ValidationError](err); ok {
		problem := Problem{Line: line, Column: column, Value: refused.Value, Rule: refused.Rule}
		if column == columnMSISDN && !mayBeNumber(value) {
			problem.Value = maskedExcerpt("", value) // "TOTAL" is nobody's number, and stars would hide what to mend
		}
		switch column {
		case columnMSISDN:
			problem.Rule = withCodePoint(problem.Rule, value)
		case columnAmount:
			problem.Value += oddSign(value)
		}
		return problem
	}
	text := err.Error()
	if value != "" { // an error of a caller's own may show the number that it refuses
		text = strings.ReplaceAll(text, value, djamo.MSISDN(value).String())
	}
	return Problem{Line: line, Column: column, Rule: excerpt(djamo.MaskPhones(text), 200)}
}

// withCodePoint adds to a rule that shows a character which one it is, unless it is on every keyboard: a Cyrillic О looks like a
// letter that looks like a zero.
func withCodePoint(rule, value string) string {
	for _, r := range value {
		if r >= utf8.RuneSelf && strings.HasSuffix(rule, strconv.QuoteRune(r)) {
			return rule + fmt.Sprintf(" (%U)", r)
		}
	}
	return rule
}

// oddSign is the code point of the first character of an amount that is on no keyboard here: a ５ of double width is no 5.
func oddSign(value string) string {
	for _, r := range value {
		if r >= utf8.RuneSelf && !unicode.IsSpace(r) && !isTyped(r) && strconv.IsPrint(r) {
			return fmt.Sprintf(" (%U)", r)
		}
	}
	return ""
}

// maxShownDigits is how many digits a text may have that is no phone number.
const maxShownDigits = 5

// mayBeNumber reports whether a cell may hold a phone number, or a part of one. "Total 2026" does not.
func mayBeNumber(value string) bool {
	const minDigits = 4
	digits := countDigits(value)
	return digits >= minDigits && (digits > maxShownDigits || !strings.ContainsFunc(value, unicode.IsLetter))
}

// maskedExcerpt is a value in a problem: bounded, on one line, and without phone numbers. What is none, such as TOTAL, is there
// as it is.
func maskedExcerpt(column, value string) string {
	if column == columnMSISDN && mayBeNumber(value) {
		value = djamo.MSISDN(value).String()
	}
	return excerpt(djamo.MaskPhones(value), 60)
}

// excerpt cuts a text at so many bytes and quotes it if it would not show as it is.
func excerpt(text string, limit int) string {
	more := ""
	if len(text) > limit {
		text, more = strings.ToValidUTF8(text[:limit], ""), "…"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) || strings.TrimSpace(text) != text {
		text = strconv.Quote(text)
	}
	return text + more
}
