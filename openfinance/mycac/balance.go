package mycac

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/djamo/djamo-go/openfinance/money"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Balance is what an account holds.
type Balance struct {
	AccountID string
	Amount    money.Amount
	AsOf      time.Time // zero: the gateway does not say
	Raw       json.RawMessage
}

// Balance asks what an account holds. The error is an *Error, or a *PageError when the answer must be refused.
func (s *Session) Balance(ctx context.Context, accountID string) (*Balance, error) {
	if err := checkAsked(accountID, wallet.Date{}, wallet.Date{}); err != nil {
		return nil, err
	}
	var balance *Balance
	err := s.read(ctx, s.client.options.Paths.Balance, request{AccountID: accountID}, func(body []byte) error {
		f, err := decodeFields(body)
		if err != nil {
			return &PageError{What: "balance", Page: 1, Field: "the answer", Rule: err.Error()}
		}
		f.checkAccount(accountID)
		currency := f.currency("currency", s.client, money.Currency{})
		balance = &Balance{AccountID: accountID, Amount: f.amount("balance", currency), AsOf: f.moment("as_of"), Raw: slices.Clone(body)}
		if f.problem != nil {
			return f.problem.at("balance", 1, 0, "")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return balance, nil
}
