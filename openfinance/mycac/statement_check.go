package mycac

import (
	"errors"
	"fmt"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/openfinance/money"
)

// What the running balance of a statement shows. A *BalanceError matches one of them.
var (
	// ErrMissingLine is a balance that the lines do not explain: one or more are missing, or the balance is wrong.
	ErrMissingLine = errors.New("mycac: a line of the statement is missing, or a balance is wrong")
	// ErrDoubledLine is a line that stands in the statement twice.
	ErrDoubledLine = errors.New("mycac: a line stands in the statement twice")
)

// BalanceError is a statement that does not add up, and the line at which that shows.
type BalanceError struct {
	Line     int          // of the statement, from 1: the doubled line, or the one before which one is missing; behind the last: the end
	TxID     string       // of that line; empty at the end
	After    string       // tx_id of the line before; empty at the beginning
	First    int          // of a doubled line: where it stands already
	Expected money.Amount // the balance that the lines before it lead to
	Found    money.Amount // the balance that the gateway says
	Gap      money.Amount // what the missing lines add up to; zero for a doubled line

	kind error
}

// Error names the line.
func (e *BalanceError) Error() string {
	if e.kind == ErrDoubledLine { //nolint:errorlint // a value of this file
		return fmt.Sprintf("%v: line %d (%s) is line %d again", ErrDoubledLine, e.Line, shownTxID(e.TxID), e.First)
	}
	where := fmt.Sprintf("before line %d (%s)", e.Line, shownTxID(e.TxID))
	switch {
	case e.TxID == "" && e.Line == 1:
		where = "at the beginning"
	case e.TxID == "":
		where = "at the end"
	}
	if e.After != "" {
		where += ", after " + shownTxID(e.After)
	}
	return fmt.Sprintf("%v: %s: the lines lead to %s and the gateway says %s, the gap is %s",
		ErrMissingLine, where, e.Expected, e.Found, e.Gap)
}

// Is reports whether a line is missing or doubled.
func (e *BalanceError) Is(target error) bool { return target == e.kind }

// BalanceCheck follows the running balance of a statement, line by line. The zero value checks from the first line on, oldest
// first; with Opening it also finds a line that is missing at the beginning. A line of nothing leaves no trace in a balance, so
// one that is missing cannot be found. It is not safe for concurrent use.
type BalanceCheck struct {
	Opening     *money.Amount // the balance before the oldest line; nil: not known
	Closing     *money.Amount // the balance after the newest line; nil: not known
	NewestFirst bool
	// Filtered is a statement of some channels only: its balances also move with lines that are not in it, so that only doubled
	// lines can be found.
	Filtered bool

	lines   int
	seen    map[string]int
	last    Line
	balance *money.Amount // that the next line must fit; nil: not known
	opening money.Amount  // of what was seen
	closing money.Amount
	sum     money.Amount
	begun   bool // a line was taken in
	broken  bool // a line was left out
}

// Next takes in a line. The error is a *BalanceError, or a sum beyond 64 bits; then the line was not taken in.
func (c *BalanceCheck) Next(line Line) error {
	number := c.lines + 1
	if first, twice := c.seen[line.TxID]; twice {
		return &BalanceError{Line: number, TxID: line.TxID, After: c.last.TxID, First: first, kind: ErrDoubledLine}
	}
	before, err := line.BalanceAfter.Sub(line.Amount)
	if err != nil {
		return fmt.Errorf("mycac: line %d (%s): %w", number, shownTxID(line.TxID), err)
	}
	start, end := before, line.BalanceAfter // in the order of reading
	if c.NewestFirst {
		start, end = end, start
	}
	if err := c.fits(number, line, start, end); err != nil {
		return err
	}
	sum, err := c.sum.Add(line.Amount)
	if err != nil {
		return fmt.Errorf("mycac: line %d (%s): the sum of the movements: %w", number, shownTxID(line.TxID), err)
	}
	if !c.begun {
		c.opening, c.closing, c.begun = before, line.BalanceAfter, true
	}
	if c.NewestFirst {
		c.opening = before
	} else {
		c.closing = line.BalanceAfter
	}
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[line.TxID] = number
	c.lines, c.last, c.sum, c.balance = number, line, sum, &end
	return nil
}

// fits compares where a line starts with where the one before it ended.
func (c *BalanceCheck) fits(number int, line Line, start, end money.Amount) error {
	expected := c.balance
	if c.lines == 0 && !c.broken {
		expected = c.Opening
		if c.NewestFirst {
			expected = c.Closing
		}
	}
	if expected == nil || c.Filtered || *expected == start {
		return nil
	}
	again := c.lines > 0 && !c.broken && line.Amount == c.last.Amount && line.BalanceAfter == c.last.BalanceAfter && !line.Amount.IsZero()
	if again {
		return &BalanceError{
			Line: number, TxID: line.TxID, After: c.last.TxID, First: c.lines, Expected: *expected, Found: end, kind: ErrDoubledLine,
		}
	}
	return c.gap(number, line.TxID, *expected, start)
}

// gap is a missing line: what is expected and what the gateway says are balances at the same place.
func (c *BalanceCheck) gap(number int, txID string, expected, found money.Amount) error {
	gap, err := found.Sub(expected)
	if c.NewestFirst && err == nil {
		gap, err = gap.Neg()
	}
	if err != nil {
		return fmt.Errorf("mycac: line %d (%s): %w", number, shownTxID(txID), err)
	}
	return &BalanceError{Line: number, TxID: txID, After: c.last.TxID, Expected: expected, Found: found, Gap: gap, kind: ErrMissingLine}
}

// Skip leaves a line out that could not be read: the next one is not compared with those before it.
func (c *BalanceCheck) Skip(txID string) {
	c.lines++
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	if txID != "" {
		c.seen[txID] = c.lines
	}
	c.balance, c.broken = nil, true
}

// End compares the last line with the balance at that end of the statement, where it is known. The error is a *BalanceError.
func (c *BalanceCheck) End() error {
	known, reached := c.Closing, c.balance
	if c.NewestFirst {
		known = c.Opening
	}
	if c.lines == 0 {
		reached = c.Opening
		if c.NewestFirst {
			reached = c.Closing
		}
	}
	if known == nil || reached == nil || c.Filtered || *known == *reached {
		return nil
	}
	return c.gap(c.lines+1, "", *reached, *known)
}

// Totals are the balance before the oldest line, the sum of the lines, and the balance after the newest. Where no line was
// read they are Opening and Closing. Unless End has found something, or a line was skipped, opening + movements = closing.
func (c *BalanceCheck) Totals() (opening, movements, closing money.Amount) {
	if !c.begun {
		switch {
		case c.Opening != nil:
			return *c.Opening, money.Amount{Currency: c.Opening.Currency}, *c.Opening
		case c.Closing != nil:
			return *c.Closing, money.Amount{Currency: c.Closing.Currency}, *c.Closing
		}
	}
	return c.opening, c.sum, c.closing
}

// shownTxID is an id of the gateway's, as an error may show it.
func shownTxID(id string) string { return clip(redact.OneLine(redact.MaskPhones(id))) }
