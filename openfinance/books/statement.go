package books

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/mycac"
	"github.com/djamo/djamo-go/openfinance/wallet"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// Statement is what happened on a wallet or an account on some days. It adds up: opening + credits + debits = closing, to the
// last unit, in one currency.
type Statement struct {
	Account   string
	Currency  money.Currency
	From, To  wallet.Date // both included
	Opening   money.Amount
	Movements []Movement
	Closing   money.Amount   // as the gateway has it, which must be what the movements lead to
	Zone      *time.Location // in which a time falls on a day; nil: UTC, as in Abidjan and Dakar
	// Listed is a statement whose bank says which movements are of these days: a refund may have a value date long before them.
	Listed bool
}

// Totals are the sums of a statement.
type Totals struct {
	Credits     money.Amount
	CreditCount int
	Debits      money.Amount // negative
	DebitCount  int
}

// ErrTotals is a statement that does not add up.
var ErrTotals = errors.New("books: the statement does not add up")

// Totals checks the statement and adds it up. The error names the movement that is of another account, currency or day, or
// stands there twice, and matches ErrTotals when the closing is another than the movements lead to.
func (s *Statement) Totals() (Totals, error) {
	zero := money.Amount{Currency: s.Currency}
	t := Totals{Credits: zero, Debits: zero}
	if err := s.check(); err != nil {
		return t, err
	}
	seen := make(map[string]bool, len(s.Movements))
	balance := s.Opening
	for i := range s.Movements {
		m := &s.Movements[i]
		if err := s.fits(m, seen); err != nil {
			return t, err
		}
		seen[m.TxID] = true
		sum, count := &t.Credits, &t.CreditCount
		if m.Amount.Minor < 0 {
			sum, count = &t.Debits, &t.DebitCount
		}
		var err, beyond error
		*sum, err = sum.Add(m.Amount)
		*count++
		if balance, beyond = balance.Add(m.Amount); err != nil || beyond != nil {
			return t, fmt.Errorf("books: movement %s: %w", m.TxID, errors.Join(err, beyond))
		}
	}
	if balance != s.Closing {
		return t, fmt.Errorf("%w: the movements lead to %s, and the closing balance is %s", ErrTotals, balance, s.Closing)
	}
	return t, nil
}

func (s *Statement) check() error {
	switch {
	case s.Account == "":
		return errors.New("books: a statement needs the wallet or account that it is of")
	case s.Currency.Code == "" || s.Opening.Currency != s.Currency || s.Closing.Currency != s.Currency:
		return fmt.Errorf("books: the statement of %s needs a currency, and both balances in it", s.Account)
	case s.From == (wallet.Date{}) || s.To == (wallet.Date{}) || s.To.Before(s.From):
		return fmt.Errorf("books: the statement of %s needs a first and a last day", s.Account)
	}
	return nil
}

func (s *Statement) fits(m *Movement, seen map[string]bool) error {
	date := s.date(m)
	switch {
	case m.Account != s.Account:
		return fmt.Errorf("books: movement %q is of %q, and the statement of %q", m.TxID, m.Account, s.Account)
	case m.TxID == "":
		return fmt.Errorf("books: a movement of %s has no tx_id", s.Account)
	case seen[m.TxID]:
		return fmt.Errorf("books: movement %q stands in the statement of %s twice", m.TxID, s.Account)
	case m.Amount.Currency != s.Currency:
		return fmt.Errorf("books: movement %q is in %q, and the statement in %s", m.TxID, m.Amount.Currency.Code, s.Currency.Code)
	case date == (wallet.Date{}):
		return fmt.Errorf("books: movement %q has neither a value date nor a time", m.TxID)
	case !s.Listed && !s.covers(date):
		return fmt.Errorf("books: movement %q is of %s, and the statement from %s to %s", m.TxID, date, s.From, s.To)
	}
	return nil
}

// covers reports whether a day is one of the statement's.
func (s *Statement) covers(date wallet.Date) bool { return !date.Before(s.From) && !s.To.Before(date) }

func (s *Statement) date(m *Movement) wallet.Date {
	if s.Zone == nil {
		return m.Date(time.UTC)
	}
	return m.Date(s.Zone)
}

// OfMyCAC is the statement of a MyCAC account. One that lines were set aside from is refused: it does not add up.
func OfMyCAC(whole *mycac.WholeStatement) (*Statement, error) {
	if len(whole.SetAside) > 0 {
		return nil, fmt.Errorf("%w: %d lines of %s were set aside", ErrTotals, len(whole.SetAside), whole.AccountID)
	}
	s := &Statement{
		Account: whole.AccountID, Currency: whole.Currency, From: whole.From, To: whole.To, Opening: whole.Opening, Closing: whole.Closing,
		Listed: true,
	}
	for i := range whole.Lines {
		s.Movements = append(s.Movements, OfLine(whole.AccountID, &whole.Lines[i]))
	}
	_, err := s.Totals()
	return s, err
}

// OfLine is the movement of a line of a MyCAC statement.
func OfLine(account string, line *mycac.Line) Movement {
	return Movement{
		Account: account, TxID: line.TxID, Amount: line.Amount, ValueDate: line.ValueDate, Type: line.Channel, Counterparty: line.Counterparty,
		Reference: line.OriginalTxID,
	}
}

// Wallets is what a statement of a wallet is made from: a walletsync.Store has it.
type Wallets interface {
	Changes

	Load(ctx context.Context, wallet string) (walletsync.State, error)
}

// ErrBalance is a wallet whose balance the gateway has not said yet.
var ErrBalance = errors.New("books: the balance of the wallet is not known yet: read it first")

// OfWallet is the statement of a wallet for some days, by the day on which each transaction has its value date or, without
// one, its time in the zone; nil is UTC. The balance is the gateway's: what it has more than the stored transactions was there
// before the first of them, and stands in the opening balance.
func OfWallet(ctx context.Context, from Wallets, id string, currency money.Currency, first, last wallet.Date, zone *time.Location) (
	*Statement, error,
) {
	state, err := from.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if !state.HasBalance {
		return nil, ErrBalance
	}
	current, err := currentOf(ctx, from, &state, currency)
	if err != nil {
		return nil, err
	}
	s := &Statement{
		Account: id, Currency: currency, From: first, To: last, Closing: money.Amount{Minor: state.Balance, Currency: currency}, Zone: zone,
	}
	for _, m := range current { // back from the balance
		if date := s.date(&m); last.Before(date) {
			if s.Closing, err = s.Closing.Sub(m.Amount); err != nil {
				return nil, err
			}
		} else if !date.Before(first) {
			s.Movements = append(s.Movements, m)
		}
	}
	s.Opening = s.Closing
	for i := range s.Movements {
		if s.Opening, err = s.Opening.Sub(s.Movements[i].Amount); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(s.Movements, func(a, b Movement) int {
		if order := strings.Compare(s.date(&a).String(), s.date(&b).String()); order != 0 {
			return order
		}
		if order := a.Time.Compare(b.Time); order != 0 {
			return order
		}
		return strings.Compare(a.TxID, b.TxID)
	})
	_, err = s.Totals()
	return s, err
}

// currentOf are the transactions of a wallet that are current at a state, which must be what the state says.
func currentOf(ctx context.Context, from Changes, state *walletsync.State, currency money.Currency) ([]Movement, error) {
	const batch = 1000
	current := map[string]Movement{}
	for after := int64(0); after < state.Seq; {
		changes, err := from.Changes(ctx, state.Wallet, after, batch)
		if err != nil {
			return nil, err
		}
		if len(changes) == 0 {
			return nil, fmt.Errorf("books: the store has no change after %d of %s, though there are %d", after, state.Wallet, state.Seq)
		}
		for _, change := range changes {
			if after = change.Seq; after > state.Seq {
				break // it came since the state was read
			}
			event, err := wallet.DecodeEvent(change.Raw)
			if err != nil {
				return nil, fmt.Errorf("books: change %d of %s cannot be read, though it was stored: %w", change.Seq, state.Wallet, err)
			}
			if delete(current, change.ID); change.Kind != walletsync.Removed {
				current[change.ID] = OfEvent(state.Wallet, &event, currency)
			}
		}
	}
	sum := money.Amount{Currency: currency}
	list := make([]Movement, 0, len(current))
	for _, m := range current {
		var err error
		if sum, err = sum.Add(m.Amount); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	if sum.Minor != state.Sum {
		return nil, fmt.Errorf("%w: the transactions of %s make %s, and the store has counted %d", ErrTotals, state.Wallet, sum, state.Sum)
	}
	return list, nil
}
