package openapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// Inspection must be able to fail: each of these exchanges differs in one thing from a good one.
func TestInspector_FindsWhatIsAltered(t *testing.T) {
	t.Parallel()

	const (
		create = `{"msisdn":"+2250700000001","amount":5000,"reference":"a","type":"transfer"}`
		answer = `{"id":"txn_1","amount":5000,"fee":50,"totalAmount":5050,"msisdn":"+22507XXXXXX00","status":"pending",` +
			`"reference":"a","type":"transfer","createdAt":"2023-05-10T12:19:12Z","updatedAt":"2023-05-10T12:19:12Z"}`
		page = `{"count":1,"limit":15,"cursor":{"prev":null,"next":null},"data":[` + answer + `]}`
	)
	tests := []struct {
		name, method, path, request, answer string
		status                              int
		change                              func(*http.Request)
		finds                               string // "" for a good exchange
	}{
		{name: "as described", method: "POST", path: "/v1/transactions", request: create, status: 201, answer: answer},
		{name: "a status nobody knew", method: "POST", path: "/v1/transactions", request: create, status: 201,
			answer: strings.Replace(answer, "pending", "under_review", 1)},
		{name: "a failure of a proxy", method: "GET", path: "/v1/balance", status: 504, answer: `{"message":"timeout"}`},
		{name: "an error with one field", method: "GET", path: "/v1/balance", status: 400, answer: `{"message":"no"}`},
		{name: "a page", method: "GET", path: "/v1/transactions", status: 200, answer: page},

		{name: "unknown path", method: "GET", path: "/v1/cards", status: 200, answer: `{}`, finds: "is not described"},
		{name: "unknown method", method: "DELETE", path: "/v1/sub-companies/subco_1", status: 200, answer: `{}`, finds: "is not described"},
		{name: "unknown query parameter", method: "GET", path: "/v1/transactions?page=2", status: 200, answer: page, finds: "page"},
		{name: "limit of 0", method: "GET", path: "/v1/transactions?limit=0", status: 200, answer: page, finds: "limit"},
		{name: "no msisdn", method: "GET", path: "/v1/transactions/customers/check", status: 200, answer: `{"result":true}`, finds: "msisdn"},
		{name: "amount in a string", method: "POST", path: "/v1/transactions", request: strings.Replace(create, "5000", `"5000"`, 1),
			status: 201, answer: answer, finds: "amount"},
		{name: "amount with centimes", method: "POST", path: "/v1/transactions", request: strings.Replace(create, "5000", "5000.5", 1),
			status: 201, answer: answer, finds: "amount"},
		{name: "amount of 0", method: "POST", path: "/v1/transactions", request: strings.Replace(create, "5000", "0", 1), status: 201,
			answer: answer, finds: "amount"},
		{name: "no reference", method: "POST", path: "/v1/transactions", request: strings.Replace(create, `"reference":"a",`, "", 1),
			status: 201, answer: answer, finds: "reference"},
		{name: "short Ivorian number", method: "POST", path: "/v1/transactions",
			request: strings.Replace(create, "0700000001", "07000001", 1), status: 201, answer: answer, finds: "msisdn"},
		{name: "undescribed request field", method: "POST", path: "/v1/transactions",
			request: strings.Replace(create, `"type"`, `"colour":"red","type"`, 1), status: 201, answer: answer, finds: "colour"},
		{name: "no token", method: "GET", path: "/v1/balance", status: 200, answer: `{"balance":1}`, finds: "Authorization",
			change: func(r *http.Request) { r.Header.Del("Authorization") }},
		{name: "no company on charges", method: "POST", path: "/v1/charges", request: `{"amount":5,"externalId":"a"}`, status: 201, answer: `{"cursor":{"next":null},"data":[]}`,
			finds: "X-Company-Id", change: func(r *http.Request) { r.Header.Del("X-Company-Id") }},

		{name: "answer without id", method: "POST", path: "/v1/transactions", request: create, status: 201,
			answer: strings.Replace(answer, `"id":"txn_1",`, "", 1), finds: "201"},
		{name: "answer with a string amount", method: "GET", path: "/v1/transactions/txn_1", status: 200,
			answer: strings.Replace(answer, "5000", `"5000"`, 1), finds: "200"},
		{name: "answer with an odd timestamp", method: "GET", path: "/v1/transactions/txn_1", status: 200,
			answer: strings.Replace(answer, "2023-05-10T", "10.05.2023 ", 1), finds: "200"},
		{name: "undescribed answer field", method: "GET", path: "/v1/balance", status: 200,
			answer: `{"balance":1,"currency":"XOF","iban":"CI93"}`, finds: "iban"},
		{name: "undescribed status", method: "GET", path: "/v1/balance", status: 302, answer: `{}`, finds: "302"},
		{name: "page that is no list", method: "GET", path: "/v1/transactions", status: 200, answer: `{"items":[]}`, finds: "200"},
		{name: "broken JSON", method: "GET", path: "/v1/balance", status: 200, answer: `{"balance":`, finds: "200"},
		{name: "message that is a number", method: "GET", path: "/v1/balance", status: 400, answer: `{"message":7}`, finds: "400"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newInspector(t, roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: tt.status, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(tt.answer))}, nil
			}), true)
			r, err := http.NewRequestWithContext(t.Context(), tt.method, "https://api-civ.djamo.com"+tt.path, nil)
			require.NoError(t, err)
			if tt.request != "" {
				r.Body = io.NopCloser(strings.NewReader(tt.request))
				r.Header.Set("Content-Type", "application/json")
			}
			r.Header.Set("Authorization", "Bearer "+djamotest.DefaultToken)
			r.Header.Set("X-Company-Id", djamotest.DefaultCompanyID)
			if tt.change != nil {
				tt.change(r)
			}
			resp, err := i.RoundTrip(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			if tt.finds == "" {
				require.Empty(t, i.found())
				return
			}
			require.Contains(t, strings.Join(i.found(), "\n"), tt.finds)
		})
	}
}
