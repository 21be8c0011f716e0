package djamotest_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// TestAssertBalanced_NoticesEveryMissingFranc makes the server lie, since an audit that never fails proves nothing.
func TestAssertBalanced_NoticesEveryMissingFranc(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		tamper func(*djamotest.API)
		want   string
	}{
		{"a franc is gone", func(a *djamotest.API) { djamotest.Steal(a, 1) }, "the ledger adds up to 99995989 francs, the balance is 99995988"},
		{"a line is gone", func(a *djamotest.API) { djamotest.ForgetLastLine(a) }, "in 1 acceptances"},
		{"a line is doubled", func(a *djamotest.API) { djamotest.RepeatFirstLine(a) }, "and moved -10100 in 2 acceptances"},
		{"a charge is wrong", func(a *djamotest.API) { djamotest.Overstate(a, 5) }, "paid charge "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, c := newAPI(t, djamotest.WithManualSettlement())
			c.pay(awa, 5000, "kept")
			c.must(201, "POST", "/v1/charges", chargeOf(1050, "x"))
			require.NoError(t, api.Pay("x"))
			c.pay(awa, 5000, "failed")
			require.NoError(t, api.Reject("failed", "limit reached"))
			require.True(t, api.AssertBalanced(t))
			tt.tamper(api)
			s := &spy{}
			require.False(t, api.AssertBalanced(s))
			require.Len(t, s.failures, 1)
			require.Contains(t, s.failures[0], tt.want)
			require.Contains(t, s.failures[0], "djamotest: the books do not balance (")
			require.NotContains(t, s.failures[0], awa)
			require.Equal(t, []string{"audit_test.go"}, s.places)
		})
	}
}

func TestAssertPaidOnce_PrintsNoMoreThanAPersonReads(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithRepeatedReferences())
	refs := make([]string, 30)
	for i := range refs {
		refs[i] = strings.Repeat("r", i+1)
	}
	for range 12 {
		c.pay(awa, 100, "r")
	}
	s := &spy{}
	require.False(t, api.AssertPaidOnce(s, refs...))
	require.Contains(t, s.failures[0], "30 of 30 references are wrong")
	require.Contains(t, s.failures[0], "but was paid 12 times:")
	require.Contains(t, s.failures[0], "… and 4 more entries")
	require.Contains(t, s.failures[0], "… and 10 more")
	require.Less(t, strings.Count(s.failures[0], "\n"), 60)
}

func TestOptions_AreWhatAClientMeets(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t, djamotest.WithToken("at_other"), djamotest.WithCompanyID("company"), djamotest.WithPageSize(2, 3),
		djamotest.WithChargeFee(func(amount int64) int64 { return amount + 1 }), nil)
	require.Equal(t, []string{"at_other", "company", djamotest.DefaultWebhookSecret}, []string{api.Token, api.CompanyID, api.WebhookSecret})
	for _, name := range []string{"x", "y", "z", "last"} {
		c.must(201, "POST", "/v1/charges", chargeOf(500, name))
	}
	require.Len(t, c.must(200, "GET", "/v1/charges", nil)["data"], 2)
	require.Len(t, c.must(200, "GET", "/v1/charges?limit=3", nil)["data"], 3)
	require.NoError(t, api.Pay("x"))
	require.Equal(t, djamotest.DefaultBalance, api.Balance(), "fees are never more than the charge")
	r := c.request("GET", "/v1/balance", nil)
	r.Header.Set("Authorization", "Bearer "+djamotest.DefaultToken)
	status, _ := c.send(r)
	require.Equal(t, http.StatusUnauthorized, status)
}

func TestRequests_CutOffOnTheirWayInAreNotProcessed(t *testing.T) {
	t.Parallel()
	srv, c := newServer(t)
	for _, framing := range []string{"Content-Length: 500", "Transfer-Encoding: chunked"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
		require.NoError(t, err)
		_, err = io.WriteString(conn, "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+srv.Token+
			"\r\nContent-Type: application/json\r\n"+framing+"\r\n\r\n5\r\n{\"amo")
		require.NoError(t, err)
		tcp, ok := conn.(*net.TCPConn)
		require.True(t, ok)
		require.NoError(t, tcp.CloseWrite())
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Minute)))
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Empty(t, answer)
		require.NoError(t, conn.Close())
	}
	require.Empty(t, srv.Transactions())
	require.Empty(t, srv.Ledger())
	c.pay(awa, 5000, "r")
}
