package djamo

import (
	"context"
	"net/http"

	"github.com/djamo/djamo-go/internal/wire"
)

// Balance is what the account holds.
type Balance struct {
	Balance  XOF    `json:"balance"` // whole francs
	Currency string `json:"currency"`
}

// BalanceService reads the account's balance.
type BalanceService struct{ client *Client }

// Get reads the balance. Safe to repeat.
func (s BalanceService) Get(ctx context.Context, opts ...RequestOption) (*Balance, error) {
	answer, err := read[balanceAnswer](ctx, s.client, wire.At(http.MethodGet, "/v1/balance"), nil, opts)
	if err != nil {
		return nil, err
	}
	balance := Balance{Balance: *answer.Balance, Currency: answer.Currency}
	if balance.Currency == "" {
		balance.Currency = "XOF" // documented: absent means XOF
	}
	return &balance, nil
}

// balanceAnswer tells a balance of nothing from no balance at all.
type balanceAnswer struct {
	Balance  *XOF   `json:"balance"`
	Currency string `json:"currency"`
}

func (a *balanceAnswer) missing() string {
	if a.Balance == nil {
		return "balance"
	}
	return ""
}
