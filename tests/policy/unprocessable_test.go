package policy_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/clienttest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// Whatever a 422 says, and whoever has written it, a payment and a charge are looked up before they are called refused, and never
// sent again.
func TestPolicy_D19_422IsLookedUpWhateverItSays(t *testing.T) {
	t.Parallel()
	page := func(item string) string {
		return `{"count":1,"limit":15,"cursor":{"prev":null,"next":null},"data":[` + item + `]}`
	}
	const empty = `{"count":0,"limit":15,"cursor":{"prev":null,"next":null},"data":[]}`
	for kind, row := range map[string]struct {
		call        clienttest.Call
		same, other string
	}{
		"payment": {
			clienttest.Create, `{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":50000,"status":"pending"}`,
			`{"id":"txn_1","reference":"` + clienttest.Payment.Reference + `","amount":1,"status":"pending"}`,
		},
		"charge": {
			clienttest.CreateCharge, `{"id":"ch_1","externalId":"order-7","amount":10000,"status":"due"}`,
			`{"id":"ch_1","externalId":"order-7","amount":1,"status":"due"}`,
		},
	} {
		for said, body := range map[string]string{
			"as documented": `{"statusCode":422,"message":"An error occurred during the process. If it persists, contact Djamo"}`,
			"a list":        `{"statusCode":422,"message":["insufficient funds"],"error":"Unprocessable Entity"}`,
			"nothing":       ``, "null": `null`, "an empty object": `{}`, "a page of a firewall": `<html><title>Unprocessable</title></html>`,
			"another status": `{"statusCode":400,"message":"bad"}`, "the object": row.same, "a text": `insufficient funds`,
		} {
			for found, want := range map[string]struct {
				status int
				body   string
				err    error
			}{
				"it is there":           {200, page(row.same), nil},
				"nothing":               {200, empty, djamo.ErrUnprocessable},
				"another amount":        {200, page(row.other), djamo.ErrDuplicateReference},
				"the look-up is down":   {503, ``, djamo.ErrOutcomeUnknown},
				"it makes no sense":     {200, `{"data":null}`, djamo.ErrOutcomeUnknown},
				"the token has expired": {401, `{"statusCode":401,"message":"Unauthorized"}`, djamo.ErrOutcomeUnknown},
				"it is 422 as well":     {422, `{"statusCode":422,"message":"no"}`, djamo.ErrOutcomeUnknown},
			} {
				t.Run(fmt.Sprint(kind, "/", said, "/", found), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						posts := 0
						client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
							if req.Method == http.MethodPost {
								posts++
								return httpmock.NewStringResponse(http.StatusUnprocessableEntity, body), nil
							}
							return httpmock.NewStringResponse(want.status, want.body), nil
						}, djamo.WithRetry(djamo.RetryPolicy{}))
						err := row.call(t.Context(), client)
						require.Equal(t, 1, posts, "never sent again")
						if want.err == nil {
							require.NoError(t, err)
							return
						}
						verdict := want.err
						if errors.Is(verdict, djamo.ErrUnprocessable) && !strings.HasPrefix(body, "{") {
							verdict = djamo.ErrOutcomeUnknown // the API did not say it: what is absent now may still arrive
						}
						require.ErrorIs(t, err, verdict)
						require.Equal(t, errors.Is(verdict, djamo.ErrOutcomeUnknown), errors.Is(err, djamo.ErrOutcomeUnknown))
					})
				})
			}
		}
	}
}
