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

// What a look-up finds under the key is the payment that was sent, another one, or shows too little to tell. Only what
// it does show can make it another: a false ErrDuplicateReference says that a payment was not made that was.
func TestPolicy_Keyed_WhatWasFound(t *testing.T) {
	t.Parallel()
	const ours = `"id":"txn_1","reference":"payroll-2026-06/0042","externalId":"order-7"`
	for name, row := range map[string]struct {
		call  clienttest.Call
		found string
		err   error // nil: it is the answer
	}{
		"whole":                      {clienttest.Create, `"amount":50000,"msisdn":"+2250748710523"`, nil},
		"no payee":                   {clienttest.Create, `"amount":50000`, nil},
		"payee with double zero":     {clienttest.Create, `"amount":50000,"msisdn":"002250748710523"`, nil},
		"payee in brackets":          {clienttest.Create, `"amount":50000,"msisdn":"(+225) 0748710523"`, nil},
		"payee under a wider mask":   {clienttest.Create, `"amount":50000,"msisdn":"+22507********23"`, nil},
		"payee under another mask":   {clienttest.Create, `"amount":50000,"msisdn":"+22507######23"`, nil},
		"another amount":             {clienttest.Create, `"amount":49999,"msisdn":"+2250748710523"`, djamo.ErrDuplicateReference},
		"another payee":              {clienttest.Create, `"amount":50000,"msisdn":"+2250748710524"`, djamo.ErrDuplicateReference},
		"another payee, masked":      {clienttest.Create, `"amount":50000,"msisdn":"+22507********24"`, djamo.ErrDuplicateReference},
		"another payee, no amount":   {clienttest.Create, `"msisdn":"+2250748710524"`, djamo.ErrDuplicateReference},
		"no amount":                  {clienttest.Create, `"msisdn":"+2250748710523"`, djamo.ErrOutcomeUnknown},
		"amount null":                {clienttest.Create, `"amount":null`, djamo.ErrOutcomeUnknown},
		"amount zero":                {clienttest.Create, `"amount":0`, djamo.ErrOutcomeUnknown},
		"charge":                     {clienttest.CreateCharge, `"amount":10000`, nil},
		"charge with another amount": {clienttest.CreateCharge, `"amount":10001`, djamo.ErrDuplicateReference},
		"charge without amount":      {clienttest.CreateCharge, `"status":"created"`, djamo.ErrOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				posts := 0
				client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
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

// Two payments under one key: which of them was sent cannot be told, so neither is taken for it, nor for a duplicate.
func TestPolicy_Keyed_TwoUnderOneKey(t *testing.T) {
	t.Parallel()
	const key = `"reference":"payroll-2026-06/0042","externalId":"order-7"`
	for name, call := range map[string]clienttest.Call{"payment": clienttest.Create, "charge": clienttest.CreateCharge} {
		for _, found := range []string{
			`{"id":"txn_0",` + key + `,"amount":1},{"id":"txn_1",` + key + `,"amount":50000}`,
			`{"id":"txn_1",` + key + `,"amount":50000},{"id":"txn_2",` + key + `,"amount":50000}`,
			`{"id":"txn_0",` + key + `,"amount":10000,"status":"failed"},{"id":"txn_1",` + key + `,"amount":10000}`,
		} {
			posts := 0
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					posts++
					return nil, errors.New("reset")
				}
				return httpmock.NewStringResponse(http.StatusOK, `{"data":[`+found+`],"cursor":{"next":null}}`), nil
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			err := call(t.Context(), client)
			require.ErrorIs(t, err, djamo.ErrOutcomeUnknown, name)
			require.ErrorIs(t, err, djamo.ErrUnexpectedAnswer, name)
			require.Equal(t, 1, posts)
		}
	}
}

// A success that does not bear the key, or bears it with something else than was sent, is not believed: what was carried
// out is looked up, and nothing is sent again before.
func TestPolicy_Keyed_WhatWasAnswered(t *testing.T) {
	t.Parallel()
	const ours = `"id":"txn_1","reference":"payroll-2026-06/0042","externalId":"order-7"`
	const found = `{"data":[{` + ours + `,"amount":50000,"msisdn":"+2250748710523"}]}`
	const foundCharge = `{"data":[{` + ours + `,"amount":10000}]}`
	for name, row := range map[string]struct {
		call         clienttest.Call
		answer, find string
		gets         int
		err          error
	}{
		"the payment":                 {clienttest.Create, `{` + ours + `,"amount":50000,"msisdn":"+22507******23"}`, found, 0, nil},
		"without amount and payee":    {clienttest.Create, `{` + ours + `}`, found, 0, nil},
		"wrapped":                     {clienttest.Create, `{"data":{` + ours + `}}`, found, 0, nil},
		"in an envelope with an id":   {clienttest.Create, `{"id":"req_1","data":{` + ours + `}}`, found, 0, nil},
		"in an envelope with id null": {clienttest.Create, `{"id":null,"data":{` + ours + `}}`, found, 0, nil},
		"no reference":                {clienttest.Create, `{"id":"txn_1","amount":50000}`, found, 1, nil},
		"reference empty":             {clienttest.Create, `{"id":"txn_1","reference":"","amount":50000}`, found, 1, nil},
		"another reference":           {clienttest.Create, `{"id":"txn_1","reference":"r","amount":50000}`, found, 1, nil},
		"another amount":              {clienttest.Create, `{` + ours + `,"amount":5}`, found, 1, nil},
		"another payee":               {clienttest.Create, `{` + ours + `,"msisdn":"+2250748710524"}`, found, 1, nil},
		"another amount, found too":   {clienttest.Create, `{` + ours + `,"amount":5}`, `{"data":[{` + ours + `,"amount":5}]}`, 1, djamo.ErrUnexpectedAnswer},
		"another amount, found none":  {clienttest.Create, `{` + ours + `,"amount":5}`, `{"data":[{` + ours + `}]}`, 1, djamo.ErrUnexpectedAnswer},
		"the charge":                  {clienttest.CreateCharge, `{` + ours + `,"amount":10000}`, foundCharge, 0, nil},
		"charge without its key":      {clienttest.CreateCharge, `{"id":"ch_1","amount":10000}`, foundCharge, 1, nil},
		"charge of another amount":    {clienttest.CreateCharge, `{` + ours + `,"amount":1}`, foundCharge, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			posts, gets := 0, 0
			client := clienttest.Through(t, func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					posts++
					return httpmock.NewStringResponse(http.StatusCreated, row.answer), nil
				}
				gets++
				return httpmock.NewStringResponse(http.StatusOK, row.find), nil
			}, djamo.WithRetry(djamo.RetryPolicy{}))
			err := row.call(t.Context(), client)
			require.Equal(t, []int{1, row.gets}, []int{posts, gets})
			if row.err == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, djamo.ErrOutcomeUnknown)
			require.ErrorIs(t, err, row.err)
			require.NotErrorIs(t, err, djamo.ErrDuplicateReference)
		})
	}
}

// What was asked of one object is not answered by another.
func TestServices_AnotherObjectIsNoAnswer(t *testing.T) {
	t.Parallel()
	client := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"id":"other","status":"completed","amount":5}`))
	for name, call := range map[string]struct {
		err   error
		write bool
	}{
		"Transactions.Get":     {clienttest.Second(client.Transactions.Get(t.Context(), "txn_1")), false},
		"Transactions.Wait":    {clienttest.Second(client.Transactions.Wait(t.Context(), "txn_1", djamo.WaitParams{})), false},
		"SubCompanies.Get":     {clienttest.Second(client.SubCompanies.Get(t.Context(), "subco_1")), false},
		"SubCompanies.Update":  {clienttest.Second(client.SubCompanies.Activate(t.Context(), "subco_1")), false},
		"WebhookEndpoints.Get": {clienttest.Second(client.WebhookEndpoints.Get(t.Context(), "wh_1")), false},
		"Charges.Get":          {clienttest.Second(client.Charges.Get(t.Context(), "ch_1")), false},
		"Charges.Refund":       {clienttest.Second(client.Charges.Refund(t.Context(), "ch_1")), true},
		"Charges.RefundPart":   {clienttest.Second(client.Charges.RefundPart(t.Context(), "ch_1", 5)), true},
		"Charges.Pay":          {clienttest.Second(client.Charges.Pay(t.Context(), "ch_1", djamo.ChargePayParams{})), true},
	} {
		require.ErrorIs(t, call.err, djamo.ErrUnexpectedAnswer, name)
		require.ErrorContains(t, call.err, `about another object, "other"`, name)
		require.Equal(t, call.write, errors.Is(call.err, djamo.ErrOutcomeUnknown), name)
	}
	wrapped := clienttest.Mocked(t, httpmock.NewStringResponder(http.StatusOK, `{"id":"req_1","data":{"id":"txn_1","status":"completed"}}`))
	tx, err := wrapped.Transactions.Get(t.Context(), "txn_1")
	require.NoError(t, err)
	require.Equal(t, djamo.TransactionCompleted, tx.Status)
}
