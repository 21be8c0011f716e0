package djamotest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// The name of a recorded file follows from the call, whatever its id looks like.
func TestRecord_NamesFollowFromTheCall(t *testing.T) {
	t.Parallel()
	ids := map[string]string{
		"of the API": "txn_2c1e4a8b-9f3d-4c5e-8a7b-1d2e3f4a5b6c",
		"a UUID":     "2c1e4a8b-9f3d-4c5e-8a7b-1d2e3f4a5b6c", "short": "7", "a word": "newest",
		"another call's word": "batch", "a resource": "balance", "escaped": "a%2Fb%20c", "a phone number": "%2B2250700000001", "dots": "...",
		"other letters": "r%C3%A9f%C3%A9rence", "capitals": "TXN-9", "long": strings.Repeat("x", 4000), "asterisk": "*", "dashes": "--",
	}
	for name, id := range ids {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, row := range []struct{ method, path, want string }{
				{"GET", "/v1/transactions/ID", "GET_v1_transactions_id"},
				{"GET", "/v1/charges/ID", "GET_v1_charges_id"},
				{"POST", "/v1/charges/ID/refund", "POST_v1_charges_id_refund"},
				{"POST", "/v1/charges/ID/pay", "POST_v1_charges_id_pay"},
				{"POST", "/v1/charges/ID/cancel", "POST_v1_charges_id_cancel"}, // no such call, but charges are known
				{"PUT", "/v1/sub-companies/ID", "PUT_v1_sub_companies_id"},
				{"GET", "/v1/webhooks/ID", "GET_v1_webhooks_id"},
				{"GET", "/gateway/djamo/v1/webhooks/ID", "GET_gateway_djamo_v1_webhooks_id"},
			} {
				require.Equal(t, []string{row.want + ".001.json"}, recordedAs(t, row.method, strings.Replace(row.path, "ID", id, 1)))
			}
		})
	}
	for _, row := range []struct{ method, path, want string }{
		{"POST", "/v1/transactions/batch", "POST_v1_transactions_batch"},
		{"GET", "/v1/transactions/customers/check?msisdn=%2B2250700000001", "GET_v1_transactions_customers_check"},
		{"GET", "/v1/transactions?limit=1", "GET_v1_transactions"},
		{"GET", "/v1/transactions?reference=a", "GET_v1_transactions_reference"},
		{"DELETE", "/v1/charges/7/refund", "DELETE_v1_charges_id_refund"},
		{"GET", "/v1/transactions/", "GET_v1_transactions"},
		{"GET", "/v2/nothing/txn_2c1e4a8b-9f3d-4c5e-8a7b-1d2e3f4a5b6c", "GET_v2_nothing_id"}, // a guess
		{"GET", "/", "GET"},
	} {
		require.Equal(t, []string{row.want + ".001.json"}, recordedAs(t, row.method, row.path))
	}
	long := recordedAs(t, "GET", "/v2/"+strings.Repeat("x", 4000))
	require.Len(t, long[0], 200+len(".001.json"))
}

// recordedAs records one call and names its file; a replay must find it again, and another id must not.
func recordedAs(t *testing.T, method, path string) (names []string) {
	t.Helper()
	dir := t.TempDir()
	recorder := djamotest.Record(dir)
	recorder.Next = tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
	})
	request := func(path string) *http.Request {
		r, err := http.NewRequest(method, "https://api.test"+path, nil)
		require.NoError(t, err)
		return r
	}
	_, err := recorder.RoundTrip(request(path)) //nolint:bodyclose // there is none
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		names = append(names, filepath.Base(file))
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, string(raw), "2250700000001")
	}
	_, err = djamotest.Replay(dir).RoundTrip(request(path)) //nolint:bodyclose // there is none
	require.NoError(t, err)
	other := request(strings.Replace(path, "?", "/other?", 1) + "/other")
	_, err = djamotest.Replay(dir).RoundTrip(other) //nolint:bodyclose // there is none
	require.ErrorContains(t, err, "record it with Record")
	return names
}
