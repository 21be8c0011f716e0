package money_test

import (
	"encoding/json"
	"fmt"

	"github.com/djamo/djamo-go/openfinance/money"
)

func Example() {
	balance, _ := money.ParseJSON(json.RawMessage("184500.00"), money.DJF())
	payment, _ := money.ParseJSON(json.RawMessage(`"-2500.00"`), money.DJF())
	balance, _ = balance.Add(payment)
	fmt.Println(balance.Decimal(), balance.Currency.Code)

	_, err := money.Parse("0.50", money.DJF())
	fmt.Println(err)
	// Output:
	// 182000 DJF
	// money: 0.50 DJF: the currency has no such fraction
}
