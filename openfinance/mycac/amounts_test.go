package mycac_test

import "github.com/djamo/djamo-go/openfinance/money"

func amountOf(minor int64, code string) money.Amount {
	currency, _ := money.Lookup(code)
	return money.Amount{Minor: minor, Currency: currency}
}

func codeOf(amount money.Amount) string { return amount.Currency.Code }
