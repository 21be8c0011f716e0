package djamo_test

import (
	"net/http"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// An object in an envelope is what is in it: nothing of the envelope's own, such as its status, gets into the result.
func TestDecode_NothingOfTheEnvelope(t *testing.T) {
	t.Parallel()
	whole := &djamo.Transaction{ID: "txn_1", Reference: "r", Amount: 5}
	for body, want := range map[string]*djamo.Transaction{
		`{"id":"txn_1","reference":"r","amount":5}`:                                                                                  whole,
		`{"data":{"id":"txn_1","reference":"r","amount":5}}`:                                                                         whole,
		`{"status":"completed","message":"ok","data":{"id":"txn_1","reference":"r","amount":5}}`:                                     whole,
		`{"id":null,"status":"completed","data":{"id":"txn_1","reference":"r","amount":5}}`:                                          whole,
		`{"data":{"id":"txn_1","reference":"r","amount":5},"amount":9,"fee":9,"createdAt":"2023-05-10T12:19:12Z","type":"transfer"}`: whole,
		`{"id":"txn_1","reference":"r","amount":5,"data":{"status":"completed"}}`:                                                    whole,
		`{"id":"txn_1","reference":"r","amount":5,"data":null}`:                                                                      whole,
		`{"id":"txn_1","reference":"r","amount":5,"data":[]}`:                                                                        whole,
		`{"data":{"status":"completed"}}`:                                                                                            nil,
		`{"amount":5,"data":{"id":"txn_1","amount":"five"}}`:                                                                         nil,
		`{"status":"completed","data":{"data":{"id":"txn_1"}}}`:                                                                      nil,
		`{"status":"completed","message":"ok","data":[]}`:                                                                            nil,
		`{"status":"completed","data":{"id":""},"message":"gone"}`:                                                                   nil,
	} {
		tx, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Transactions.Get(t.Context(), "txn_1")
		if want == nil {
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
			continue
		}
		require.NoError(t, err, body)
		require.Equal(t, want, tx, body)
	}
}

// A status that may be the request's says nothing of the customer.
func TestCustomers_Check_NeedsItsOwnFields(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]*djamo.CustomerCheck{
		`{"status":"success","message":"ok","data":{"result":false}}`:          {},
		`{"status":"success","message":"ok","data":{"result":true}}`:           {HasAccount: true},
		`{"status":"success","data":{"kycStatus":"VERIFIED"}}`:                 {HasAccount: true, KYCStatus: "VERIFIED"},
		`{"status":"VERIFIED","msisdn":"+2250748710523"}`:                      {HasAccount: true, KYCStatus: "VERIFIED"},
		`{"status":"error","message":"customer not found"}`:                    nil,
		`{"status":"PENDING","message":null}`:                                  nil,
		`{"status":"Error"}`:                                                   nil,
		`{"status":"ok"}`:                                                      nil,
		`{"status":"VERIFIED","success":false}`:                                nil,
		`{"status":"VERIFIED","statusCode":404}`:                               nil,
		`{"status":"VERIFIED","error":"Not Found"}`:                            nil,
		`{"status":"success","data":{}}`:                                       nil,
		`{"status":"VERIFIED","data":null}`:                                    nil,
		`{"status":"success","data":{"status":"error","message":"not found"}}`: nil,
	} {
		check, err := mocked(t, httpmock.NewStringResponder(http.StatusOK, body)).Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: payment.MSISDN})
		if want == nil {
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, body)
			continue
		}
		require.NoError(t, err, body)
		require.Equal(t, want, check, body)
	}
}
