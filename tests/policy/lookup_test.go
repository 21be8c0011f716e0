package policy_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// What the look-ups after a lost answer must say for a payment, or a charge, to be sent again. Whatever else they say
// leaves the outcome unknown: to take a doubtful answer for absence is to pay twice.
func TestPolicy_Keyed_D18_ProofOfAbsence(t *testing.T) {
	t.Parallel()
	const other = `{"id":"x_9","externalId":"other","reference":"other","amount":1}`
	for _, row := range []struct {
		status          int
		body            string
		payment, charge bool // taken for absence
	}{
		{200, `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`, true, true},
		{200, `{"data":[]}`, true, false}, // a listing says where it ends
		{200, `[]`, true, false},
		{404, `{"statusCode":404,"message":"no such transaction"}`, true, false}, // a listing is always there, even an empty one
		// The filter may be ignored, and the listing has then been read to its end.
		{200, `{"data":[` + other + `],"cursor":{"next":null}}`, true, true},
		{200, `{"count":1,"limit":100,"cursor":{"prev":null,"next":null},"data":[` + other + `]}`, true, true},

		{200, `{"count":2,"limit":100,"cursor":{"prev":null,"next":null},"data":[` + other + `]}`, false, false},
		{200, `{"data":[{"id":"ch_1","amount":10000,"status":"created"}],"cursor":{"next":null}}`, false, false},
		{200, `{"data":[` + other + `,{"id":"ch_1"}],"cursor":{"next":null}}`, false, false},
		{200, `{"data":[null],"cursor":{"next":null}}`, false, false},
		{200, `{"data":[{}]}`, false, false},
		{200, other, false, false},
		{200, `{"data":` + other + `}`, false, false},
		{200, `{"data":` + other + `,"cursor":{"next":null}}`, false, false},
		{200, `[` + other + `]`, false, false},
		{200, `[null]`, false, false},
		{200, `[{}]`, false, false},
		{200, `{"id":"x"}`, false, false},
		{200, `null`, false, false},
		{200, `{"data":null}`, false, false},
		{200, `{"count":1,"data":[]}`, false, false},
		{200, `{"success":false,"data":[]}`, false, false},
		{200, `{"statusCode":503,"data":[]}`, false, false},
		{200, `{"data":[` + other + `],"Data":[]}`, false, false},
		{200, `{"data":[],"hasMore":true}`, false, false},
		{200, `{"status":"error","data":[]}`, false, false},
		{200, `{"status":503,"data":[]}`, false, false},
		{200, `{"ok":false,"data":[]}`, false, false},
		{200, `{"code":500,"data":[]}`, false, false},
		{200, `{"message":"index unavailable","data":[]}`, false, false},
		{200, `{"total":1,"data":[]}`, false, false},
		{200, `{"meta":{"total":1},"data":[]}`, false, false},
		{200, `{"data":[],"cursor":{"hasMore":true}}`, false, false},
		{200, `{"data":[],"next":"abc"}`, false, false},
		{200, `{"data":[` + other + `],"cursor":{"prev":null,"next":null,"after":"abc"}}`, false, false},
		{200, `{"data":[` + other + `],"cursor":{"end_cursor":"abc"}}`, false, false},
		{200, `{"data":[` + other + `],"cursor":{"next":null},"hasNextPage":true}`, false, false},
		{200, `{"data":[` + other + `],"cursor":{"next":null},"pagination":{"page":1,"totalPages":3}}`, false, false},
		{200, `{"data":[` + other + `],"cursor":{"next":null},"nextPageToken":"abc"}`, false, false},
		{200, `{"data":[` + other + `],"cursor":{"next":null,"after":null},"page":1,"totalPages":1,"hasNextPage":false,"lastPage":true}`, true, true},
		{202, `{"data":[],"cursor":{"next":null}}`, false, false},
		{206, `{"data":[],"cursor":{"next":null}}`, false, false},
		{404, `{}`, false, false},
		{404, `{"message":"no Route matched with those values"}`, false, false},
		{404, `{"statusCode":404,"message":"Cannot GET /v1/transactions?reference=r"}`, false, false},
		{404, `{"statusCode":404,"error":"Not Found","message":"Route GET:/v1/transactions?reference=r not found"}`, false, false},
		{404, `{"statusCode":404,"message":"Resource not found"}`, false, false},
		{404, `{"statusCode":404,"message":"Resource not found","correlationId":"c0ffee"}`, true, false},
		{404, `{"statusCode":503,"message":"upstream"}`, false, false},
		{404, `"company not found"`, false, false},
		{404, `default backend - 404`, false, false},
		{404, ``, false, false},
	} {
		for name, kind := range map[string]struct {
			call   clienttest.Call
			absent bool
			answer string
		}{
			"payment": {clienttest.Create, row.payment, `{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50000}`},
			"charge":  {clienttest.CreateCharge, row.charge, `{"id":"ch_1","externalId":"order-7","amount":10000}`},
		} {
			t.Run(name+"/"+http.StatusText(row.status)+row.body, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					posts := 0
					client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
						if req.Method == http.MethodGet {
							return httpmock.NewStringResponse(row.status, row.body), nil
						}
						if posts++; posts == 1 {
							return nil, errors.New("reset")
						}
						return httpmock.NewStringResponse(http.StatusCreated, kind.answer), nil
					}, djamo.WithRetry(djamo.RetryPolicy{}))
					err := kind.call(t.Context(), client)
					if kind.absent {
						require.NoError(t, err)
						require.Equal(t, 2, posts)
						return
					}
					require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
					require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
					require.Equal(t, 1, posts)
				})
			})
		}
	}
}
