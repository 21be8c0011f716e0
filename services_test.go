package djamo_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// as the recorded requests show it

func TestServices_PutOnTheWireWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	for _, row := range clienttest.Endpoints(t) {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			client := clienttest.Mocked(t, func(req *http.Request) (*http.Response, error) {
				if got := req.Method + " " + req.URL.String(); got != row.Method+" "+clienttest.BaseURL+row.Path {
					t.Errorf("sent %s", got)
				}
				for name, want := range map[string]string{"Authorization": "Bearer at_secret_token", "X-Company-Id": "company-1", "Accept": "application/json", "Idempotency-Key": "", "X-Idempotency-Key": ""} {
					if got := req.Header.Get(name); got != want {
						t.Errorf("%s: %q", name, got)
					}
				}
				if !strings.HasPrefix(req.Header.Get("User-Agent"), "djamo-go/"+djamo.Version) {
					t.Errorf("User-Agent: %q", req.Header.Get("User-Agent"))
				}
				if (row.Body == "") != (req.Body == nil) || (row.Body == "") != (req.Header.Get("Content-Type") == "") {
					t.Error("a body and its Content-Type go together, and only where one is due")
				}
				if row.Body != "" {
					sent, err := io.ReadAll(req.Body)
					if err != nil || !sameJSON(string(sent), row.Body) {
						t.Errorf("sent %s, %v", sent, err)
					}
				}
				return httpmock.NewStringResponse(http.StatusOK, row.Answer), nil
			})
			got, err := row.Call(t.Context(), client)
			require.NoError(t, err)
			row.Check(t, got)
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return clienttest.Marshal(x) == clienttest.Marshal(y)
}

// Every method reads its object inside {"data": …} too, says what the API says, and never returns nil without an error.
func TestServices_WrappedAnswersAndRefusals(t *testing.T) {
	t.Parallel()
	for _, row := range clienttest.Endpoints(t) {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(row.Answer, `"cursor"`) {
				client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"data":`+row.Answer+`}`))
				got, err := row.Call(t.Context(), client)
				require.NoError(t, err)
				row.Check(t, got)
			}
			_, err := row.Call(t.Context(), clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusBadRequest, clienttest.Fixture(t, "error_400_response"))))
			require.ErrorIs(t, err, djamo.ErrInvalidRequest)
			require.Equal(t, []string{"Error message"}, clienttest.AnswerOf(err).Messages)
			require.Equal(t, "34f66c14821e8ba0e2d7749406c06081", clienttest.AnswerOf(err).CorrelationID)
			for _, nothing := range []string{"", "null", "{}", "[]", "<html>", `{"data":null}`, `{"id":`} {
				_, err := row.Call(t.Context(), clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, nothing)))
				require.Error(t, err, "answered with %q", nothing)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestChargePay_SendsTheRecipient(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		params djamo.ChargePayParams
		body   string
	}{
		"a number": {djamo.ChargePayParams{RecipientMSISDN: "+2250747000000"}, `{"recipientMsisdn":"+2250747000000"}`},
		"no plus":  {djamo.ChargePayParams{RecipientMSISDN: "2250747000000"}, `{"recipientMsisdn":"2250747000000"}`},
		"fails":    {djamo.ChargePayParams{RecipientMSISDN: "2251212121205"}, `{"recipientMsisdn":"2251212121205"}`},
		"none":     {djamo.ChargePayParams{}, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent string
			client, err := djamo.NewClient("at_x", djamo.WithBaseURL("https://djamo.test"), djamo.WithHTTPClient(&http.Client{
				Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(r.Body)
					sent = string(body)
					return &http.Response{
						StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
						Body: io.NopCloser(strings.NewReader(`{"id":"ch_1","status":"paid","amount":5}`)), Request: r,
					}, err
				}),
			}))
			require.NoError(t, err)
			charge, err := client.Charges.Pay(t.Context(), "ch_1", row.params)
			require.NoError(t, err)
			require.Equal(t, djamo.ChargePaid, charge.Status)
			require.JSONEq(t, row.body, sent)
		})
	}
}

func TestChargePay_RefusesAnInvalidRecipient(t *testing.T) {
	t.Parallel()
	client, err := djamo.NewClient("at_x", djamo.WithBaseURL("https://djamo.test"))
	require.NoError(t, err)
	_, err = client.Charges.Pay(t.Context(), "ch_1", djamo.ChargePayParams{RecipientMSISDN: "0747000000"})
	var invalid *djamo.ValidationError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "recipientMsisdn", invalid.Field)
	require.NotContains(t, fmt.Sprintf("%v %+v", err, djamo.ChargePayParams{RecipientMSISDN: "+2250747000000"}), "47000000")
}
