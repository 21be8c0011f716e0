// Package money holds exact amounts in several currencies: whole minor units and the currency they are of. It reads amounts
// as gateways write them, JSON numbers and strings such as -2500.00, adds them with checks, never across currencies, and
// prints them for people in English and French. No float is near an amount.
//
// The package belongs to openfinance, which is outside the promise of compatibility until a gateway confirms its shapes.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the shapes.
package money

import (
	"errors"
	"fmt"
)

// Currency is a currency and how many decimals its amounts have. Two are the same when both fields are: == compares them.
type Currency struct {
	// Code is the code of ISO 4217, such as DJF.
	Code string
	// Exponent is how many decimals an amount has: 0 for DJF and XOF, 2 for USD and EUR.
	Exponent int
}

// MaxExponent is the largest number of decimals that a currency can have. ISO 4217 knows none with more than 4.
const MaxExponent = 8

// XOF is the franc of the West African monetary union, without decimals.
func XOF() Currency { return Currency{Code: "XOF"} }

// DJF is the franc of Djibouti, without decimals.
func DJF() Currency { return Currency{Code: "DJF"} }

// USD is the dollar of the United States, with two decimals.
func USD() Currency { return Currency{Code: "USD", Exponent: 2} }

// EUR is the euro, with two decimals.
func EUR() Currency { return Currency{Code: "EUR", Exponent: 2} }

// Lookup returns the currency of a code among XOF, DJF, USD and EUR; others are made by NewCurrency.
func Lookup(code string) (Currency, bool) {
	for _, c := range []Currency{XOF(), DJF(), USD(), EUR()} {
		if c.Code == code {
			return c, true
		}
	}
	return Currency{}, false
}

// NewCurrency returns the currency of a code of three capital letters, whose amounts have as many decimals as exponent
// says. It fails for another form of code, for an exponent below 0 or above MaxExponent, and for a currency that Lookup
// knows with another exponent.
func NewCurrency(code string, exponent int) (Currency, error) {
	c := Currency{Code: code, Exponent: exponent}
	return c, c.check()
}

func (c Currency) check() error {
	known, ok := Lookup(c.Code)
	switch {
	case !isCode(c.Code):
		return fmt.Errorf("money: currency %q: must be three capital letters", clip(c.Code))
	case c.Exponent < 0 || c.Exponent > MaxExponent:
		return fmt.Errorf("money: currency %s: %d decimals: must be 0 to %d", c.Code, c.Exponent, MaxExponent)
	case ok && known != c:
		return fmt.Errorf("money: currency %s has %d decimals, not %d", c.Code, known.Exponent, c.Exponent)
	}
	return nil
}

func isCode(text string) bool {
	for _, r := range text {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return len(text) == len("XOF")
}

// Amount is an amount of a currency in its smallest unit: 250 in DJF is 250 francs, in USD 2 dollars and 50 cents. It may
// be negative. Amounts are comparable by ==. The zero value is nothing in no currency, a start for sums.
type Amount struct {
	Minor    int64
	Currency Currency
}

// The reasons for which amounts cannot be read or added; errors.Is tells them.
var (
	// ErrFraction is an amount that is finer than its currency, such as half a franc.
	ErrFraction = errors.New("the currency has no such fraction")
	// ErrRange is an amount beyond 64 bits.
	ErrRange = errors.New("the amount is beyond what can be counted")
	// ErrCurrency is a sum of two currencies.
	ErrCurrency = errors.New("amounts of two currencies cannot be added or compared")
)

// Add returns a + b. It fails with ErrCurrency when the currencies differ, and with ErrRange when the sum is beyond 64
// bits. The zero Amount can be added to every currency.
func (a Amount) Add(b Amount) (Amount, error) {
	c, err := a.with(b)
	if err != nil {
		return Amount{}, err
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) {
		return Amount{}, fmt.Errorf("money: %s + %s: %w", a, b, ErrRange)
	}
	return Amount{Minor: sum, Currency: c}, nil
}

// Sub returns a - b, and fails as Add does.
func (a Amount) Sub(b Amount) (Amount, error) {
	c, err := a.with(b)
	if err != nil {
		return Amount{}, err
	}
	difference := a.Minor - b.Minor
	if (difference < a.Minor) != (b.Minor > 0) {
		return Amount{}, fmt.Errorf("money: %s - %s: %w", a, b, ErrRange)
	}
	return Amount{Minor: difference, Currency: c}, nil
}

// Neg returns -a. It fails with ErrRange for the smallest amount, whose opposite is beyond 64 bits.
func (a Amount) Neg() (Amount, error) {
	return Amount{Currency: a.Currency}.Sub(a)
}

// Cmp returns -1, 0 or 1 as a is less than, equal to or greater than b. It fails with ErrCurrency as Add does.
func (a Amount) Cmp(b Amount) (int, error) {
	if _, err := a.with(b); err != nil {
		return 0, err
	}
	switch {
	case a.Minor < b.Minor:
		return -1, nil
	case a.Minor > b.Minor:
		return 1, nil
	}
	return 0, nil
}

// IsZero reports whether the amount is nothing, in whatever currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// with returns the currency of two amounts that are added.
func (a Amount) with(b Amount) (Currency, error) {
	switch {
	case a.Currency == b.Currency, b == Amount{}:
		return a.Currency, nil
	case a == Amount{}:
		return b.Currency, nil
	}
	return Currency{}, fmt.Errorf("money: %s and %s: %w", a, b, ErrCurrency)
}
