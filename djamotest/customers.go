package djamotest

import (
	"net/http"
	"strings"
)

// noAccount is why a transfer fails to somebody AddCustomer does not know.
const noAccount = "the recipient has no Djamo account"

func (a *API) checkCustomer(c *call) (reply, error) {
	problems := a.unknownQuery(c, "msisdn", "subCompanyId")
	msisdn := c.query.Get("msisdn")
	if !validMSISDN(msisdn) {
		problems = append(problems, "msisdn must be a valid phone number")
	}
	if c.query.Has("subCompanyId") && strings.TrimSpace(c.query.Get("subCompanyId")) == "" {
		problems = append(problems, "subCompanyId should not be empty")
	}
	if len(problems) > 0 {
		return reply{}, invalid(problems)
	}
	a.lock()
	defer a.mu.Unlock()
	if _, err := a.activeSubCompany(c.query.Get("subCompanyId")); err != nil {
		return reply{}, err
	}
	if a.cfg.customerKYC {
		return kycReply(a.hasAccount(msisdn))
	}
	return reply{status: http.StatusOK, body: struct {
		Result bool `json:"result"`
	}{a.hasAccount(msisdn)}}, nil
}

func (a *API) getBalance(c *call) (reply, error) {
	if problems := a.unknownQuery(c); len(problems) > 0 {
		return reply{}, invalid(problems)
	}
	a.lock()
	defer a.mu.Unlock()
	return reply{status: http.StatusOK, body: struct {
		Balance  int64  `json:"balance"`
		Currency string `json:"currency"`
	}{a.balance, "XOF"}}, nil
}

func (a *API) hasAccount(msisdn string) bool { return a.customers == nil || a.customers[msisdn] }

func (s *state) addCustomer(msisdn string) {
	if s.customers == nil {
		s.customers = make(map[string]bool)
	}
	s.customers[msisdn] = true
}

// AddCustomer names phone numbers that have a Djamo account. Before the first call everybody has one; after it only those
// named: the customer check says so, and transfers to others are accepted and then fail (assumption).
func (a *API) AddCustomer(msisdns ...string) error {
	t := a.test.tb()
	t.Helper()
	if len(msisdns) == 0 {
		return misuse(t, "AddCustomer(): name at least one phone number; without one everybody has an account")
	}
	for _, m := range msisdns {
		if !validMSISDN(m) {
			return misuse(t, "AddCustomer(%s): want a phone number in E.164 form, such as +2250700000001", maskMSISDN(m))
		}
	}
	a.lock()
	defer a.mu.Unlock()
	for _, m := range msisdns {
		a.addCustomer(m)
	}
	a.changes.bump()
	return nil
}

// Balance is what the account holds, in whole francs.
func (a *API) Balance() int64 {
	a.lock()
	defer a.mu.Unlock()
	return a.balance
}

// SetBalance puts the balance at a number of francs; the ledger records the difference. Negative is misuse.
func (a *API) SetBalance(francs int64) error {
	t := a.test.tb()
	t.Helper()
	if francs < 0 || francs > maxAmount {
		return misuse(t, "SetBalance(%d): want between 0 and %d francs", francs, int64(maxAmount))
	}
	now := a.lock()
	defer a.mu.Unlock()
	a.move(entry{at: now, kind: BalanceSet}, francs-a.balance)
	return nil
}
