package djamotest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func TestAssertPaidOnce_TellsOfRequestsThatWereTurnedAway(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t)
	r := c.request("POST", "/v1/transactions", transferTo(awa, 5000, "salary"))
	r.Header.Set("Authorization", "Bearer at_wrong")
	require.Equal(t, 401, c.exchange(r).status)
	for _, fault := range []djamotest.Fault{djamotest.RateLimit(), djamotest.CloseConnection()} {
		_, err := srv.Inject(fault, djamotest.OneShot())
		require.NoError(t, err)
		c.exchange(c.request("POST", "/v1/transactions/batch",
			object{"transactions": []object{{"msisdn": awa, "amount": 1, "reference": "salary"}}}))
	}
	s := &spy{TB: t}
	require.False(t, srv.AssertPaidOnce(s, "salary"))
	for _, says := range []string{
		"request 1: POST /v1/transactions named it and was not carried out: answered 401, correlation id",
		"request 2: POST /v1/transactions/batch named it and was not carried out: answered 429, injected: 429, correlation id",
		"request 3: POST /v1/transactions/batch named it, was not carried out and got no answer, injected: closed before processing",
	} {
		require.Contains(t, s.failures[0], says)
	}
	require.NotContains(t, s.failures[0], "no request ever named it")

	c.pay(awa, 5000, "salary")
	c.refused(409, "POST", "/v1/transactions", transferTo(awa, 5000, "salary"))
	s = &spy{TB: t}
	require.False(t, srv.AssertNotPaid(s, "salary"))
	require.NotContains(t, s.failures[0], "request 4: POST /v1/transactions named it", "the ledger tells of this one")
}
