package djamotest

import (
	"slices"
	"strings"
)

// Customer is a phone number that the API was told something about.
type Customer struct {
	MSISDN        string
	HasAccount    bool
	FailureReason string // why transfers to it fail, if [API.Fail] says that they do
}

// Customers returns the phone numbers that [API.AddCustomer] and [API.Fail] named, in their order as texts, and whether
// everybody has an account, named or not.
func (a *API) Customers() (named []Customer, everybody bool) {
	a.lock()
	defer a.mu.Unlock()
	numbers := make(map[string]bool, len(a.customers)+len(a.failing))
	for m := range a.customers {
		numbers[m] = true
	}
	for m := range a.failing {
		numbers[m] = true
	}
	named = make([]Customer, 0, len(numbers))
	for m := range numbers {
		named = append(named, Customer{MSISDN: m, HasAccount: a.hasAccount(m), FailureReason: a.failing[m]})
	}
	slices.SortFunc(named, func(x, y Customer) int { return strings.Compare(x.MSISDN, y.MSISDN) })
	return named, a.customers == nil
}

// RemoveCustomer takes an account away from phone numbers that [API.AddCustomer] named. After the last one nobody has one;
// see [API.AdmitEverybody]. A number that has none is misuse, and then none is taken away.
func (a *API) RemoveCustomer(msisdns ...string) error {
	t := a.test.tb()
	t.Helper()
	a.lock()
	defer a.mu.Unlock()
	for _, m := range msisdns {
		if !a.customers[m] {
			return misuse(t, "RemoveCustomer(%s): AddCustomer was not called for this number", maskMSISDN(m))
		}
	}
	for _, m := range msisdns {
		delete(a.customers, m)
	}
	a.changes.bump()
	return nil
}

// AdmitEverybody forgets whom [API.AddCustomer] named: everybody has an account again.
func (a *API) AdmitEverybody() {
	a.lock()
	defer a.mu.Unlock()
	a.customers = nil
	a.changes.bump()
}
