package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// request is the body of a read.
type request struct {
	AccountID string   `json:"account_id"`
	From      string   `json:"from_date,omitempty"`
	To        string   `json:"to_date,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Page      int      `json:"page,omitempty"`
}

// checkAsked refuses what the gateway could misunderstand.
func checkAsked(account string, from, to wallet.Date) error {
	switch none := (wallet.Date{}); {
	case account == "":
		return errors.New("mycac: AccountID is missing")
	case from != none && to != none && to.Before(from):
		return fmt.Errorf("mycac: the last day %s is before the first, %s", to, from)
	}
	return nil
}

// page is one answer with items, whose heading was checked.
type page struct {
	number           int
	currency         money.Currency
	items            []json.RawMessage
	opening, closing *money.Amount // nil: the gateway does not say
}

// pageReader asks for one page after the other.
type pageReader struct {
	session  *Session
	what     string
	path     string
	read     int            // pages that were read
	currency money.Currency // of the pages before; the zero value: of none
	ended    bool
}

// next reads the next page; behind the last the error is io.EOF. The last page is an empty one, and never one that is only short.
func (r *pageReader) next(ctx context.Context, asked request) (*page, error) {
	options := r.session.client.options
	switch {
	case r.ended:
		return nil, io.EOF
	case r.read >= options.MaxPages:
		return nil, fmt.Errorf("%w: %s: more than %d pages: the whole was not read", ErrPage, r.what, options.MaxPages)
	}
	want := r.read + 1
	if !options.Unpaged {
		asked.Page = want
	}
	var next *page
	if err := r.session.read(ctx, r.path, asked, func(body []byte) (err error) {
		next, err = r.decode(body, asked.AccountID, want)
		return err
	}); err != nil {
		return nil, err
	}
	r.read, r.currency = want, next.currency
	r.ended = options.Unpaged || len(next.items) == 0
	return next, nil
}

// decode reads the heading of a page and holds it to what was asked.
func (r *pageReader) decode(body []byte, account string, want int) (*page, error) {
	f, err := decodeFields(body)
	if err != nil {
		return nil, &PageError{What: r.what, Page: want, Field: "the answer", Rule: err.Error()}
	}
	p := &page{number: want}
	f.checkAccount(account)
	p.currency = f.currency("currency", r.session.client, r.currency)
	if f.problem == nil && r.currency.Code != "" && p.currency != r.currency {
		f.fail("currency", "must be "+r.currency.Code+", as before", nil)
	}
	if number := f.number("page"); f.problem == nil && number != want && (number != 0 || !r.session.client.options.Unpaged) {
		rule := "must be " + strconv.Itoa(want) + ", which was asked for"
		if number < want {
			rule += ": the pages go backwards"
		}
		f.fail("page", rule, nil)
	}
	value, ok := f.members["items"]
	if !ok || value[0] != '[' || json.Unmarshal(value, &p.items) != nil {
		f.fail("items", "must be a list", nil)
	}
	if f.problem == nil {
		p.opening, p.closing = f.maybeAmount("opening_balance", p.currency), f.maybeAmount("closing_balance", p.currency)
	}
	if f.problem != nil {
		return nil, f.problem.at(r.what, want, 0, "")
	}
	return p, nil
}

// at adds where a problem is.
func (e *PageError) at(what string, page, line int, id string) *PageError {
	e.What, e.Page, e.Line, e.ID = what, page, line, id
	return e
}

// checkAccount refuses what is of another account. Whose it is, is not said: it is somebody's.
func (f *fields) checkAccount(account string) {
	if other := f.text("account_id"); other != account && f.problem == nil {
		f.problem = &PageError{Field: "account_id", Rule: "must be the one that was asked for: it is of another account"}
	}
}

// checkBelongs refuses a line of another account or currency than those of its page.
func (f *fields) checkBelongs(client *Client, account string, c money.Currency) {
	if _, ok := f.given("account_id"); ok {
		f.checkAccount(account)
	}
	if own := f.currency("currency", client, c); f.problem == nil && own != c {
		f.fail("currency", "must be "+c.Code+", which is the account's", nil)
	}
}

// shownID is the id of a line, as an error may show it.
func (f *fields) shownID(name string) string {
	var id string
	_ = json.Unmarshal(f.members[name], &id) // what is no text is not shown
	return shownTxID(id)
}
