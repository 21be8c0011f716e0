package djamo_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// What a look-up finds under the key is the payment that was sent, another one, or shows too little to tell. Only what
// it does show can make it another: a false ErrDuplicateReference says that a payment was not made that was.
func TestPolicy_Keyed_WhatWasFound(t *testing.T) {
	t.Parallel()
	const ours = `"id":"txn_1","reference":"payroll-2026-06/0042","externalId":"order-7"`
	for name, row := range map[string]struct {
		call  policyCall
		found string
		err   error // nil: it is the answer
	}{
		"whole":                      {create, `"amount":50000,"msisdn":"+2250748710523"`, nil},
		"no payee":                   {create, `"amount":50000`, nil},
		"payee with double zero":     {create, `"amount":50000,"msisdn":"002250748710523"`, nil},
		"payee in brackets":          {create, `"amount":50000,"msisdn":"(+225) 0748710523"`, nil},
		"payee under a wider mask":   {create, `"amount":50000,"msisdn":"+22507********23"`, nil},
		"payee under another mask":   {create, `"amount":50000,"msisdn":"+22507######23"`, nil},
		"another amount":             {create, `"amount":49999,"msisdn":"+2250748710523"`, djamo.ErrDuplicateReference},
		"another payee":              {create, `"amount":50000,"msisdn":"+2250748710524"`, djamo.ErrDuplicateReference},
		"another payee, masked":      {create, `"amount":50000,"msisdn":"+22507********24"`, djamo.ErrDuplicateReference},
		"another payee, no amount":   {create, `"msisdn":"+2250748710524"`, djamo.ErrDuplicateReference},
		"no amount":                  {create, `"msisdn":"+2250748710523"`, djamo.ErrOutcomeUnknown},
		"amount null":                {create, `"amount":null`, djamo.ErrOutcomeUnknown},
		"amount zero":                {create, `"amount":0`, djamo.ErrOutcomeUnknown},
		"charge":                     {createCharge, `"amount":10000`, nil},
		"charge with another amount": {createCharge, `"amount":10001`, djamo.ErrDuplicateReference},
		"charge without amount":      {createCharge, `"status":"created"`, djamo.ErrOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				client := through(t, func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodPost {
						posts++
						return nil, errors.New("reset")
					}
					return httpmock.NewStringResponse(http.StatusOK, `{"data":[{`+ours+`,`+row.found+`}]}`), nil
				}, djamo.WithRetry(djamo.RetryPolicy{}))
				err := row.call(t.Context(), client)
				require.Equal(t, 1, posts)
				if row.err == nil {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, row.err)
				if row.err == djamo.ErrOutcomeUnknown { //nolint:errorlint // the row's own value, never wrapped
					require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer)
					require.NotErrorIs(t, err, djamo.ErrDuplicateReference)
				}
			})
		})
	}
}
