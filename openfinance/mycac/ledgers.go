package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// StandingOrder is a payment that the bank makes by itself, again and again.
type StandingOrder struct {
	ID           string
	AccountID    string
	Counterparty string
	Amount       money.Amount // each time; negative is money that leaves the account
	Frequency    string       // such as once, weekly or monthly; an open set
	Interval     int          // every so many weeks or months; 0: 1
	First        wallet.Date  // the day of the first, which is the one of each later month; zero: the gateway does not say
	Next         wallet.Date  // the day of the next; zero: the gateway does not say
	Last         wallet.Date  // none is made later; zero: no end
	Times        int          // how many there are in all, the past ones counted; 0: no bound
	Status       string       // such as active, suspended or ended; an open set
	Raw          json.RawMessage
}

// Loan is a loan that is paid back from an account.
type Loan struct {
	ID          string
	AccountID   string
	Principal   money.Amount
	Outstanding money.Amount
	Instalment  money.Amount // each time; negative is money that leaves the account
	Frequency   string       // such as monthly; an open set
	NextDue     wallet.Date  // zero: none, or the gateway does not say
	LastDue     wallet.Date  // zero: the gateway does not say
	Remaining   int          // instalments that are left; 0: the gateway does not say, or the loan is paid back
	Status      string       // such as active or repaid; an open set
	Schedule    []Instalment // where the gateway has one, in its order
	Raw         json.RawMessage
}

// Instalment is one payment of a loan.
type Instalment struct {
	Due    wallet.Date
	Amount money.Amount // negative is money that leaves the account
	Status string       // such as due or paid; an open set
}

// WalletEntry is a line of the wallet ledger, which is beside the account's statement.
type WalletEntry struct {
	ID           string
	WalletID     string
	ValueDate    wallet.Date
	Amount       money.Amount // negative is money that leaves the wallet
	Type         string       // an open set
	Counterparty string
	BalanceAfter *money.Amount // nil: the gateway does not say
	Raw          json.RawMessage
}

// Bill is a bill that was presented to the holder, paid or not.
type Bill struct {
	ID        string
	Biller    string
	Reference string       // the biller's own
	Amount    money.Amount // what is to be paid, not negative
	Due       wallet.Date  // zero: none
	Status    string       // such as due or paid; an open set
	TxID      string       // of the line that paid it; empty: not paid, or the gateway does not say
	Raw       json.RawMessage
}

// CrossBorder is the confirmation of a transfer to or from another country. Its two amounts are in two currencies and are
// never converted here.
type CrossBorder struct {
	ID           string
	TxID         string        // of the line in the statement; empty: the gateway does not say
	Amount       money.Amount  // in the account's currency; negative is money that left
	Counter      *money.Amount // in the other currency; nil: the gateway does not say
	Fee          *money.Amount // nil: the gateway does not say
	Rate         string        // as the gateway writes it: it has been applied already
	Country      string
	Counterparty string
	Status       string    // such as confirmed, pending or returned; an open set
	ConfirmedAt  time.Time // zero: not yet
	Raw          json.RawMessage
}

// ListParams asks for a list of an account. From and To bound it where the gateway can; zero: everything.
type ListParams struct {
	AccountID string
	From, To  wallet.Date
}

// StandingOrders lists the standing orders of an account. It stops at the first error: a *PageError names what is wrong.
func (s *Session) StandingOrders(ctx context.Context, params ListParams) iter.Seq2[StandingOrder, error] {
	return list(ctx, s, "standing orders", s.client.options.Paths.StandingOrders, params, "order_id", func(
		f *fields, c money.Currency,
	) StandingOrder {
		return StandingOrder{
			ID: f.id("order_id"), AccountID: params.AccountID, Counterparty: f.text("counterparty"), Amount: f.amount("amount", c),
			Frequency: f.text("frequency"), Interval: f.number("interval"), First: f.date("first_date"), Next: f.date("next_date"),
			Last: f.date("last_date"), Times: f.number("times"), Status: f.text("status"),
		}
	}, func(o *StandingOrder, raw json.RawMessage) { o.Raw = raw })
}

// Loans lists the loans of an account. It stops at the first error: a *PageError names what is wrong.
func (s *Session) Loans(ctx context.Context, params ListParams) iter.Seq2[Loan, error] {
	return list(ctx, s, "loans", s.client.options.Paths.Loans, params, "loan_id", func(f *fields, c money.Currency) Loan {
		return Loan{
			ID: f.id("loan_id"), AccountID: params.AccountID, Principal: f.amount("principal", c), Outstanding: f.amount("outstanding", c),
			Instalment: f.amount("instalment", c), Frequency: f.text("frequency"), NextDue: f.date("next_due"), LastDue: f.date("last_due"),
			Remaining: f.number("remaining"), Status: f.text("status"), Schedule: f.schedule(c),
		}
	}, func(l *Loan, raw json.RawMessage) { l.Raw = raw })
}

// schedule reads the instalments of a loan.
func (f *fields) schedule(c money.Currency) (all []Instalment) {
	value, ok := f.given("schedule")
	var items []json.RawMessage
	if ok && json.Unmarshal(value, &items) != nil {
		f.fail("schedule", "must be a list", nil)
	}
	for _, item := range items {
		inner, err := decodeFields(item)
		if err != nil {
			f.fail("schedule", "must be a list of instalments", nil)
			return nil
		}
		all = append(all, Instalment{Due: inner.needDate("due"), Amount: inner.amount("amount", c), Status: inner.text("status")})
		if inner.problem != nil && f.problem == nil {
			inner.problem.Field = "schedule, " + inner.problem.Field
			f.problem = inner.problem
		}
	}
	return all
}

// WalletLedger lists the lines of the wallet of an account. It stops at the first error: a *PageError names what is wrong.
func (s *Session) WalletLedger(ctx context.Context, params ListParams) iter.Seq2[WalletEntry, error] {
	return list(ctx, s, "wallet ledger", s.client.options.Paths.WalletLedger, params, "entry_id", func(
		f *fields, c money.Currency,
	) WalletEntry {
		return WalletEntry{
			ID: f.id("entry_id"), WalletID: f.text("wallet_id"), ValueDate: f.needDate("value_date"), Amount: f.amount("amount", c),
			Type: f.text("type"), Counterparty: f.text("counterparty"), BalanceAfter: f.maybeAmount("balance_after", c),
		}
	}, func(e *WalletEntry, raw json.RawMessage) { e.Raw = raw })
}

// Bills lists the bills of an account's holder. It stops at the first error: a *PageError names what is wrong.
func (s *Session) Bills(ctx context.Context, params ListParams) iter.Seq2[Bill, error] {
	return list(ctx, s, "bills", s.client.options.Paths.Bills, params, "bill_id", func(f *fields, c money.Currency) Bill {
		return Bill{
			ID: f.id("bill_id"), Biller: f.text("biller"), Reference: f.text("reference"), Amount: f.amount("amount", c), Due: f.date("due_date"),
			Status: f.text("status"), TxID: f.text("tx_id"),
		}
	}, func(b *Bill, raw json.RawMessage) { b.Raw = raw })
}

// CrossBorder lists the confirmations of transfers to and from other countries. It stops at the first error: a *PageError
// names what is wrong.
func (s *Session) CrossBorder(ctx context.Context, params ListParams) iter.Seq2[CrossBorder, error] {
	return list(ctx, s, "cross-border confirmations", s.client.options.Paths.CrossBorder, params, "confirmation_id",
		func(f *fields, c money.Currency) CrossBorder {
			confirmation := CrossBorder{
				ID: f.id("confirmation_id"), TxID: f.text("tx_id"), Amount: f.amount("amount", c), Fee: f.maybeAmount("fee", c),
				Country: f.text("country"), Counterparty: f.text("counterparty"), Status: f.text("status"), ConfirmedAt: f.moment("confirmed_at"),
			}
			if rate, ok := f.given("rate"); ok {
				confirmation.Rate = clip(string(rate))
			}
			if _, ok := f.given("counter_amount"); ok {
				confirmation.Counter = f.maybeAmount("counter_amount", f.currency("counter_currency", s.client, money.Currency{}))
			}
			return confirmation
		}, func(b *CrossBorder, raw json.RawMessage) { b.Raw = raw })
}

// list reads a list page by page, as a statement is read: to an empty page, each page whole or not at all. A list that has an
// entry twice is refused.
func list[T any](
	ctx context.Context, s *Session, what, path string, params ListParams, idField string, decode func(*fields, money.Currency) T,
	keep func(*T, json.RawMessage),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := checkAsked(params.AccountID, params.From, params.To); err != nil {
			yield(none, err)
			return
		}
		asked := request{AccountID: params.AccountID, From: params.From.String(), To: params.To.String()}
		reader := listReader[T]{
			pages: pageReader{session: s, what: what, path: path}, account: params.AccountID, idField: idField, decode: decode, keep: keep,
			seen: map[string]bool{},
		}
		for {
			page, err := reader.pages.next(ctx, asked)
			if reader.pages.ended && page == nil && errors.Is(err, io.EOF) {
				return
			}
			var batch []T
			if err == nil {
				batch, err = reader.entries(page)
			}
			if err != nil {
				yield(none, err)
				return
			}
			for _, entry := range batch {
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}

// listReader reads the entries of a list.
type listReader[T any] struct {
	pages   pageReader
	account string
	idField string
	decode  func(*fields, money.Currency) T
	keep    func(*T, json.RawMessage)
	seen    map[string]bool // by id
}

// entries reads those of a page, all or none.
func (r *listReader[T]) entries(page *page) ([]T, error) {
	batch := make([]T, 0, len(page.items))
	client, what := r.pages.session.client, r.pages.what
	for i, raw := range page.items {
		f, err := decodeFields(raw)
		if err != nil {
			return nil, &PageError{What: what, Page: page.number, Line: i + 1, Field: "the entry", Rule: err.Error()}
		}
		f.checkBelongs(client, r.account, page.currency)
		entry := r.decode(f, page.currency)
		id := f.text(r.idField)
		if r.seen[id] && f.problem == nil {
			f.fail(r.idField, "stands in the list twice", nil)
		}
		if f.problem != nil {
			return nil, f.problem.at(what, page.number, i+1, f.shownID(r.idField))
		}
		r.seen[id] = true
		r.keep(&entry, slices.Clone(raw))
		batch = append(batch, entry)
	}
	return batch, nil
}
