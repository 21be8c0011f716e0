package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// The channels of a statement that the source names. It is an open set.
const (
	ChannelWallet = "WALLET"
	ChannelCACPAY = "CACPAY"
	ChannelBank   = "BANK"
)

// Line is one line of a statement. Two lines are the same when account and TxID are.
type Line struct {
	TxID         string
	ValueDate    wallet.Date // a day, and not when it was booked: it may lie before the line above
	Amount       money.Amount
	Channel      string
	Counterparty string
	BalanceAfter money.Amount
	OriginalTxID string // of a refund: what it gives back; empty: none, or the gateway does not say
	Raw          json.RawMessage
}

// LogValue keeps the counterparty out of a log.
func (l Line) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tx_id", l.TxID), slog.String("amount", l.Amount.String()), slog.String("channel", l.Channel))
}

// StatementParams says which statement is read. AccountID, From and To are required.
type StatementParams struct {
	AccountID string
	From, To  wallet.Date // both included
	// Channels are those that are asked for; none: WALLET, CACPAY and BANK, which are all.
	Channels []string
	// Partial says that Channels are not all that move the balance: then a missing line cannot be found, only a doubled one.
	Partial bool
	// Opening and Closing are the balances before and after the statement, such as the closing of the night before and what
	// Session.Balance says. Without Opening a line that is missing at the beginning cannot be found, and without Closing one
	// at the end, unless the gateway writes them. One that both know must be the same.
	Opening, Closing *money.Amount
	// Quarantine takes a line that cannot be used, and the reading goes on. Nil: such a line ends it. After an error of it the
	// reading ends too.
	Quarantine func(ctx context.Context, line RefusedLine) error
	// Resume goes on where another reading ended, with the same account, days and channels. Nil: from the beginning.
	Resume *Place
}

// RefusedLine is a line that cannot be used, and why.
type RefusedLine struct {
	AccountID string
	Raw       json.RawMessage
	Reason    *PageError
}

// Place is where the reading of a statement can go on. It can be kept as JSON. Its pages were read whole, and their lines
// were yielded.
type Place struct {
	AccountID string        `json:"account_id"`
	From      wallet.Date   `json:"from"`
	To        wallet.Date   `json:"to"`
	Channels  []string      `json:"channels"`
	Pages     int           `json:"pages"` // that were read
	Lines     int           `json:"lines"` // that were yielded
	LastTxID  string        `json:"last_tx_id,omitempty"`
	LastPage  []string      `json:"last_page,omitempty"` // the tx_ids of the last page
	Balance   *money.Amount `json:"balance,omitempty"`   // that the next line must fit
	Opening   *money.Amount `json:"opening,omitempty"`   // of the gateway's, or the caller's
}

// StatementError is a statement that was not read to its end. errors.Is and errors.As find the reason: ErrSessionOver, an
// *Error, a *PageError, a *BalanceError.
type StatementError struct {
	// Place is where to go on: log in again where the session is over, and read with StatementParams.Resume. The page after it
	// is asked for anew, so that nothing is left out.
	Place Place
	cause error
}

// Error says how far the reading came.
func (e *StatementError) Error() string {
	if e.Place.Pages == 0 {
		return fmt.Sprintf("%v (nothing of the statement of %s to %s was given out: read it again from the beginning)",
			e.cause, e.Place.From, e.Place.To)
	}
	return fmt.Sprintf("%v (the statement of %s to %s was read up to page %d, line %d: go on there with StatementParams.Resume)",
		e.cause, e.Place.From, e.Place.To, e.Place.Pages, e.Place.Lines)
}

// Unwrap returns the reason.
func (e *StatementError) Unwrap() error { return e.cause }

// Statement yields the lines of a statement in the order of the gateway. Each page is checked whole before the first of its
// lines is yielded, and each line against the running balance. It ends behind an empty page; a short page is no end. It stops
// at the first error, which is a *StatementError that says where to go on. Reading it again is safe: nothing is changed.
//
// A caller that books what it reads keeps each TxID of an account once, or uses ReadStatement, which gives everything or nothing.
func (s *Session) Statement(ctx context.Context, params StatementParams) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		r, err := s.newStatementReader(params)
		if err != nil {
			yield(Line{}, err)
			return
		}
		for {
			lines, more, err := r.next(ctx)
			if err != nil {
				yield(Line{}, &StatementError{Place: r.place, cause: err})
				return
			}
			for _, line := range lines {
				if !yield(line, nil) {
					return
				}
			}
			if !more {
				return
			}
			r.place = r.reached
		}
	}
}

// WholeStatement is a statement that was read to its end and adds up: Opening + Movements = Closing, in one currency.
type WholeStatement struct {
	AccountID  string
	From, To   wallet.Date
	Currency   money.Currency // the zero value: nothing says which, as there are no lines
	Opening    money.Amount
	Movements  money.Amount
	Closing    money.Amount
	Lines      []Line
	SetAside   []RefusedLine // with StatementParams.Quarantine: the totals are without them, and do not add up
	OpeningSet bool          // Opening was known apart from the lines, and fits them
	ClosingSet bool          // Closing was known apart from the lines, and fits them
}

// ReadStatement reads a statement to its end and returns all of it, or nothing and a *StatementError. With Resume the result
// has the lines from there on.
func (s *Session) ReadStatement(ctx context.Context, params StatementParams) (*WholeStatement, error) {
	w := &WholeStatement{AccountID: params.AccountID, From: params.From, To: params.To}
	if quarantine := params.Quarantine; quarantine != nil {
		params.Quarantine = func(ctx context.Context, line RefusedLine) error {
			w.SetAside = append(w.SetAside, line)
			return quarantine(ctx, line)
		}
	}
	r, err := s.newStatementReader(params)
	if err != nil {
		return nil, err
	}
	start := r.place
	for more := true; more; {
		var lines []Line
		if lines, more, err = r.next(ctx); err != nil {
			return nil, &StatementError{Place: start, cause: err} // nothing was given out, so it goes on where it began
		}
		w.Lines = append(w.Lines, lines...)
	}
	w.Currency = r.pages.currency
	w.Opening, w.Movements, w.Closing = r.check.Totals()
	w.OpeningSet, w.ClosingSet = !params.Partial && r.check.Opening != nil, !params.Partial && r.check.Closing != nil
	return w, nil
}

// statementReader reads a statement page by page.
type statementReader struct {
	session *Session
	params  StatementParams
	pages   pageReader
	check   BalanceCheck
	place   Place // up to which everything was given out
	reached Place // behind the page that was read last
}

func (s *Session) newStatementReader(params StatementParams) (*statementReader, error) {
	none := wallet.Date{}
	if params.From == none || params.To == none {
		return nil, errors.New("mycac: StatementParams.From and To are required")
	}
	if err := checkAsked(params.AccountID, params.From, params.To); err != nil {
		return nil, err
	}
	if len(params.Channels) == 0 {
		params.Channels = []string{ChannelWallet, ChannelCACPAY, ChannelBank}
	}
	r := &statementReader{
		session: s, params: params, pages: pageReader{session: s, what: "statement", path: s.client.options.Paths.Statement},
		check: BalanceCheck{
			Opening: params.Opening, Closing: params.Closing, NewestFirst: s.client.options.NewestFirst, Filtered: params.Partial,
		},
		place: Place{AccountID: params.AccountID, From: params.From, To: params.To, Channels: params.Channels},
	}
	if at := params.Resume; at != nil {
		same := at.AccountID == params.AccountID && at.From == params.From && at.To == params.To && slices.Equal(at.Channels, params.Channels)
		if !same || at.Pages < 0 || at.Lines < 0 {
			return nil, errors.New("mycac: StatementParams.Resume is of another statement: account, days and channels must be the same")
		}
		r.place, r.pages.read = *at, at.Pages
		r.check.resume(*at)
	}
	r.reached = r.place
	return r, nil
}

// resume continues a check behind a place.
func (c *BalanceCheck) resume(at Place) {
	c.lines, c.last.TxID, c.balance = at.Lines, at.LastTxID, at.Balance
	c.broken = at.Lines > 0 && at.Balance == nil
	c.seen = map[string]int{}
	for i, id := range at.LastPage {
		c.seen[id] = at.Lines - len(at.LastPage) + i + 1
	}
	if at.Opening != nil && c.Opening == nil {
		c.Opening = at.Opening
	}
}

// next reads and checks a page; more is false behind the last. After an error nothing of the page counts.
func (r *statementReader) next(ctx context.Context) (lines []Line, more bool, err error) {
	page, err := r.pages.next(ctx, request{
		AccountID: r.params.AccountID, From: r.params.From.String(), To: r.params.To.String(), Channels: r.params.Channels,
	})
	switch {
	case errors.Is(err, io.EOF) && page == nil && r.pages.ended:
		return nil, false, r.check.End()
	case err != nil:
		return nil, false, err
	}
	if err := r.anchor(page); err != nil {
		return nil, false, err
	}
	ids := make([]string, 0, len(page.items))
	for i, raw := range page.items {
		line, problem := r.decodeLine(raw, page, i+1)
		if problem != nil {
			if r.params.Quarantine == nil {
				return nil, false, problem
			}
			if err := r.params.Quarantine(ctx, RefusedLine{AccountID: r.params.AccountID, Raw: slices.Clone(raw), Reason: problem}); err != nil {
				return nil, false, err
			}
			r.check.Skip(line.TxID)
			ids = append(ids, line.TxID)
			continue
		}
		if err := r.check.Next(line); err != nil {
			return nil, false, err
		}
		lines, ids = append(lines, line), append(ids, line.TxID)
	}
	r.reached.Pages, r.reached.Lines = page.number, r.check.lines
	r.reached.LastTxID, r.reached.LastPage, r.reached.Balance, r.reached.Opening = r.check.last.TxID, ids, r.check.balance, r.check.Opening
	return lines, true, nil
}

// anchor takes in the balances that a page gives for the whole statement, and compares them with those that are known. The
// closing may move while a statement of today is read, so that only the last one counts, unless it is where the reading began.
func (r *statementReader) anchor(p *page) error {
	c := &r.check
	if p.opening != nil && c.Opening != nil && *p.opening != *c.Opening {
		return r.moved(1, *c.Opening, *p.opening)
	}
	fixed := c.NewestFirst || len(p.items) == 0
	if known := r.params.Closing; p.closing != nil && fixed {
		if known == nil && c.NewestFirst {
			known = c.Closing
		}
		if known != nil && *known != *p.closing {
			return r.moved(c.lines+1, *p.closing, *known)
		}
	}
	if p.opening != nil {
		c.Opening = p.opening
	}
	if p.closing != nil && r.params.Closing == nil {
		c.Closing = p.closing
	}
	return nil
}

// moved is a balance at an end of the statement of which two are known.
func (r *statementReader) moved(line int, expected, found money.Amount) error {
	gap, err := found.Sub(expected)
	if err != nil {
		return fmt.Errorf("mycac: the opening or closing of the statement: %w", err)
	}
	return &BalanceError{Line: line, After: r.check.last.TxID, Expected: expected, Found: found, Gap: gap, kind: ErrMissingLine}
}

// decodeLine reads one line. With a problem only the TxID is of use.
func (r *statementReader) decodeLine(raw json.RawMessage, p *page, number int) (Line, *PageError) {
	f, err := decodeFields(raw)
	if err != nil {
		return Line{}, (&PageError{Field: "the line", Rule: err.Error()}).at(r.pages.what, p.number, number, "")
	}
	line := Line{
		TxID: f.id("tx_id"), ValueDate: f.needDate("value_date"), Channel: f.text("channel"), Counterparty: f.text("counterparty"),
		OriginalTxID: f.text("original_tx_id"), Raw: slices.Clone(raw),
	}
	f.checkBelongs(r.session.client, r.params.AccountID, p.currency)
	line.Amount, line.BalanceAfter = f.amount("amount", p.currency), f.amount("balance_after", p.currency)
	if f.problem != nil {
		return line, f.problem.at(r.pages.what, p.number, number, f.shownID("tx_id"))
	}
	return line, nil
}
