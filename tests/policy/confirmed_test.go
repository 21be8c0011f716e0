package policy_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// A success about some payment, even one that cannot be believed, says that something was carried out: nothing is sent
// again, and no refusal is waited for.
func TestPolicy_Keyed_SuccessThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"another amount":      `{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50500}`,
		"another payee":       `{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50000,"msisdn":"+2250701010101"}`,
		"no reference":        `{"id":"txn_1","amount":50000}`,
		"another's reference": `{"id":"txn_1","reference":"other","amount":50000}`,
		"wrapped, another's":  `{"data":{"id":"txn_1","reference":"other","amount":50000}}`,
		"wrapped, none":       `{"success":true,"data":{"id":"txn_1","amount":50000}}`,
		"wrapped, unreadable": `{"data":{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":"50000"}}`,
		"with data beside it": `{"id":"txn_1","reference":"other","amount":50000,"data":{}}`,
		"a number for an id":  `{"id":1,"reference":"` + clienttest.Payment.Reference + `","amount":50000}`,
		"no id":               `{"reference":"` + clienttest.Payment.Reference + `","amount":50000}`,
		"in a list":           `[{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50000}]`,
		"under another name":  `{"transaction":{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50000}}`,
		"cut off":             `{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amou`,
		"nothing":             ``,
		"an empty object":     `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodGet {
						return httpmock.NewStringResponse(http.StatusOK, `{"count":0,"cursor":{"prev":null,"next":null},"data":[]}`), nil
					}
					if posts++; posts > 1 {
						return httpmock.NewStringResponse(http.StatusUnprocessableEntity, `{"statusCode":422,"message":"insufficient funds"}`), nil
					}
					return httpmock.NewStringResponse(http.StatusCreated, answer), nil
				}, djamo.WithRetry(djamo.RetryPolicy{}))
				_, err := client.Transactions.Create(t.Context(), clienttest.Payment)
				require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
				require.Equal(t, 1, posts)
			})
		})
	}
}

// Any success but a 200 is the API's, and so is a 200 in JSON.
func TestPolicy_Keyed_SuccessOfAnyStatus(t *testing.T) {
	t.Parallel()
	for status, bodies := range map[int][]string{
		200: {`{"id":"txn_1"}`, "\ufeff" + `{"id":"txn_1"}`}, 201: {``, `OK`}, 202: {``, `{}`}, 204: {``}, 205: {``}, 206: {`x`},
	} {
		for _, body := range bodies {
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodGet {
						return httpmock.NewStringResponse(http.StatusOK, `{"count":0,"cursor":{"prev":null,"next":null},"data":[]}`), nil
					}
					posts++
					return httpmock.NewStringResponse(status, body), nil
				}, djamo.WithRetry(djamo.RetryPolicy{}))
				require.ErrorIs(t, clienttest.Create(t.Context(), client), djamo.ErrOutcomeUnknown, "%d %q", status, body)
				require.Equal(t, 1, posts, "%d %q", status, body)
			})
		}
	}
}

// A success that tells of nothing is a lost answer like any other: the hotel network gives one too.
func TestPolicy_Keyed_SuccessThatTellsOfNothing(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{``, ` `, `{}`, `[]`, `null`, `OK`, `<html>welcome to the hotel network</html>`, `{"success":false,"data":{"id":"txn_1"}}`, `{"statusCode":500,"message":"no"}`} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodGet {
						return httpmock.NewStringResponse(http.StatusOK, `{"count":0,"cursor":{"prev":null,"next":null},"data":[]}`), nil
					}
					if posts++; posts > 1 {
						return httpmock.NewStringResponse(http.StatusCreated, `{"id":"txn_1","reference":"`+clienttest.Payment.Reference+`","amount":50000}`), nil
					}
					return httpmock.NewStringResponse(http.StatusOK, answer), nil
				}, djamo.WithRetry(djamo.RetryPolicy{}))
				require.NoError(t, clienttest.Create(t.Context(), client))
				require.Equal(t, 2, posts)
			})
		})
	}
}

// After a success, what is found under the key cannot have been there before, whatever it is: the API refuses a key that
// was used. To call it a duplicate would say that nothing was carried out.
func TestPolicy_Keyed_SuccessIsNoDuplicate(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"id":"txn_1","amount":50000}`, `{"data":{"id":"txn_1","reference":"other"}}`, `{"id":"txn_1","refer`} {
		synctest.Test(t, func(t *testing.T) {
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodGet {
					return httpmock.NewStringResponse(http.StatusOK, `{"data":[{"id":"txn_0","reference":"`+clienttest.Payment.Reference+`","amount":49999}]}`), nil
				}
				return httpmock.NewStringResponse(http.StatusCreated, answer), nil
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			err := clienttest.Create(t.Context(), client)
			require.ErrorIs(t, err, djamo.ErrOutcomeUnknown, answer)
			require.NotErrorIs(t, err, djamo.ErrDuplicateReference, answer)
		})
	}
}

// An envelope that says it failed is no success, whatever is in it.
func TestPolicy_EnvelopeOfAFailure(t *testing.T) {
	t.Parallel()
	for _, envelope := range []string{`"success":false`, `"ok":false`, `"statusCode":500`, `"error":"Refund failed"`} {
		client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(http.StatusOK, `{`+envelope+`,"data":{"id":"ch_1","status":"paid","amount":500,"refunded":0}}`), nil
		})
		_, err := client.Charges.Refund(t.Context(), "ch_1")
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown, envelope)
	}
}

// A batch is accepted when its answer tells of every payment.
func TestPolicy_BatchAnswers(t *testing.T) {
	t.Parallel()
	params := djamo.BatchParams{Transactions: []djamo.TransactionParams{
		{MSISDN: "+2250748710523", Amount: 5_000, Reference: "a"}, {MSISDN: "+2250748710524", Amount: 6_000, Reference: "b"},
	}}
	for transactions, known := range map[string]bool{
		`{"id":"t1","reference":"a"},{"id":"t2","reference":"b"}`: true,
		`{"id":"t1","reference":"b"},{"id":"t2","reference":"a"}`: true,
		`{"id":"t1","reference":"x"},{"id":"t2","reference":"y"}`: true, // as in the documentation's own example
		`{"id":"t1","reference":"a"}`:                             false,
		`{"id":"t1","reference":"a"},{"id":"t2","reference":"a"}`: false,
		`{"id":"t1","reference":"a"},{"id":"t2","reference":"y"}`: true,
		`{"id":"t1","reference":"a"},{"reference":"b"}`:           false,
		`null,null`: false,
		`{},{}`:     false,
		`{"id":"t1","reference":"a"},{"id":"t2","reference":"b"},{"id":"t3","reference":"c"}`: false,
	} {
		client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(http.StatusCreated, `{"id":"bat_1","transactions":[`+transactions+`]}`), nil
		})
		_, err := client.Batches.Create(t.Context(), params)
		if known {
			require.NoError(t, err, transactions)
			continue
		}
		require.ErrorIs(t, err, djamo.ErrOutcomeUnknown, transactions)
	}
}

// Words that deny an account are no account.
func TestCustomers_Check_WordsThatDeny(t *testing.T) {
	t.Parallel()
	for body, has := range map[string]bool{
		`{"result":"True"}`: true, `{"result":"False"}`: false, `{"result":"no"}`: false, `{"result":"0"}`: false, `{"result":"not_found"}`: false,
		`{"kycStatus":"VERIFIED"}`: true, `{"kycStatus":"NONE"}`: false, `{"kycStatus":"NOT FOUND"}`: false, `{"status":"NOT FOUND"}`: false, `{"status":"VERIFIED"}`: true,
	} {
		client := clienttest.Through(t, func(*http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(http.StatusOK, body), nil
		})
		check, err := client.Customers.Check(t.Context(), djamo.CustomerCheckParams{MSISDN: "+2250748710523"})
		if !has && err != nil {
			continue // an answer that cannot be read is none either
		}
		require.NoError(t, err, body)
		require.Equal(t, has, check.HasAccount, body)
	}
}
