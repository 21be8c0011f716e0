package djamotest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

func TestTransactions_Create_Validates(t *testing.T) {
	t.Parallel()
	const good = `"msisdn":"+2250700000001","reference":"r","type":"transfer"`
	tests := []struct {
		name, body string
		want       []string
	}{
		{"amount of zero", `{"amount":0,` + good + `}`, []string{"amount must be a positive number"}},
		{"negative amount", `{"amount":-5,` + good + `}`, []string{"amount must be a positive number"}},
		{"fraction", `{"amount":5000.5,` + good + `}`, []string{"amount must be an integer number"}},
		{"float that is whole", `{"amount":5000.0,` + good + `}`, []string{"amount must be an integer number"}},
		{"exponent", `{"amount":5e3,` + good + `}`, []string{"amount must be an integer number"}},
		{"amount as string", `{"amount":"5000",` + good + `}`,
			[]string{"amount must be a positive number", "amount must be an integer number"}},
		{"amount missing", `{` + good + `}`, []string{"amount must be a positive number", "amount must be an integer number"}},
		{"amount null", `{"amount":null,` + good + `}`, []string{"amount must be a positive number", "amount must be an integer number"}},
		{"beyond JavaScript's integers", `{"amount":9007199254740992,` + good + `}`,
			[]string{"amount must not be greater than 9007199254740991"}},
		{"beyond int64", `{"amount":92233720368547758080,` + good + `}`, []string{"amount must not be greater than 9007199254740991"}},
		{"no reference", `{"amount":1,"msisdn":"+2250700000001","type":"transfer"}`,
			[]string{"reference should not be empty", "reference must be a string"}},
		{"blank reference", `{"amount":1,"msisdn":"+2250700000001","type":"transfer","reference":" "}`,
			[]string{"reference should not be empty"}},
		{"number as reference", `{"amount":1,"msisdn":"+2250700000001","type":"transfer","reference":7}`,
			[]string{"reference must be a string"}},
		{"endless reference", `{"amount":1,"msisdn":"+2250700000001","type":"transfer","reference":"` + strings.Repeat("é", 256) +
			`"}`, []string{"reference must be shorter than or equal to 255 characters"}},
		{"other type", `{"amount":1,"msisdn":"+2250700000001","type":"gift","reference":"r"}`,
			[]string{"type must be one of the following values: transfer"}},
		{"no type", `{"amount":1,"msisdn":"+2250700000001","reference":"r"}`, []string{"type must be one of the following values: transfer"}},
		{"unknown fields", `{"amount":1,` + good + `,"zeta":1,"Amount":2}`,
			[]string{"property Amount should not exist", "property zeta should not exist"}},
		{"description of the wrong type", `{"amount":1,` + good + `,"description":{}}`, []string{"description must be a string"}},
		{"sub-company whose id was lost", `{"amount":1,` + good + `,"subCompanyId":""}`, []string{"subCompanyId should not be empty"}},
		{"everything at once", `{"amount":"x","extra":1}`, []string{
			"msisdn must be a valid phone number", "amount must be a positive number", "amount must be an integer number",
			"reference should not be empty", "reference must be a string", "type must be one of the following values: transfer",
			"property extra should not exist",
		}},
		{"array", `[]`, []string{"request body must be a JSON object"}},
		{"null", `null`, []string{"request body must be a JSON object"}},
		{"empty", ``, []string{"Unexpected end of JSON input"}},
		{"cut short", `{"amount":1`, []string{"Unexpected end of JSON input"}},
		{"trailing garbage", `{"amount":1,` + good + `}{}`, []string{"Unexpected token { in JSON at position 72"}},
		{"no JSON", `amount=1`, []string{"Unexpected token a in JSON at position 0"}},
		{"not UTF-8", "{\"amount\":1," + good + ",\"description\":\"\xff\"}", []string{"request body must be valid UTF-8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api, c := newAPI(t)
			require.Equal(t, tt.want, c.refused(400, "POST", "/v1/transactions", tt.body))
			require.Empty(t, api.Transactions())
			require.Equal(t, []djamotest.EntryKind{djamotest.TransferRefused}, kinds(api))
			require.Equal(t, djamotest.DefaultBalance, api.Balance())
		})
	}
}

func TestMSISDN_OnlyE164(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, msisdn string
		ok           bool
	}{
		{"Ivorian", "+2250747105623", true},
		{"Senegalese", "+221771234567", true},
		{"another country", "+33612345678", true},
		{"Ivorian of before 2021", "+22547105623", false},
		{"Senegalese too long", "+2217712345678", false},
		{"without plus", "2250747105623", false},
		{"double zero", "002250747105623", false},
		{"plus lost in a query", " 2250747105623", false},
		{"spaces", "+225 07 47 10 56 23", false},
		{"masked as in responses", "+22507XXXXXX00", false},
		{"leading zero", "+0225074710562", false},
		{"too short", "+3361", false},
		{"too long", "+3361234567890123", false},
		{"Arabic digits", "+33٦١٢٣٤٥٦٧٨", false},
		{"empty", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c := newAPI(t)
			status, _ := c.call("POST", "/v1/transactions", transferTo(tt.msisdn, 5000, "r"))
			checked, _ := c.call("GET", "/v1/transactions/customers/check?msisdn="+url.QueryEscape(tt.msisdn), nil)
			if tt.ok {
				require.Equal(t, []int{201, 200}, []int{status, checked})
			} else {
				require.Equal(t, []int{400, 400}, []int{status, checked})
			}
		})
	}
}

func TestRequests_MustBeJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType string
		want              int
	}{
		{"plain", "application/json", 201},
		{"with charset", "application/json; charset=utf-8", 201},
		{"odd spelling", "Application/JSON;charset=UTF-8", 201},
		{"none", "", 415},
		{"form", "application/x-www-form-urlencoded", 415},
		{"text", "text/plain", 415},
		{"other charset", "application/json; charset=latin1", 415},
		{"nonsense", "json", 415},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, c := newAPI(t)
			r := c.request("POST", "/v1/transactions", transferTo(awa, 5000, "r"))
			r.Header.Del("Content-Type")
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			status, body := c.send(r)
			require.Equal(t, tt.want, status, "%v", body)
		})
	}
}

func TestErrors_AreTheAPIsEnvelope(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 10, 30, 8, 35, 51, 624e6, time.UTC)
	api, c := newAPI(t, djamotest.WithClock(func() time.Time { return at }))
	status, got := c.call("POST", "/v1/transactions?x=1", `{"amount":0,"msisdn":"+2250700000001","reference":"r","type":"transfer"}`)
	require.Equal(t, 400, status)
	require.Regexp(t, "^[0-9a-f]{32}$", got["correlationId"])
	require.Equal(t, object{
		"statusCode": number(400), "message": []any{"amount must be a positive number"}, "error": "Bad Request Exception",
		"correlationId": api.Requests()[0].CorrelationID, "path": "/v1/transactions", "timestamp": "2025-10-30T08:35:51.624Z",
	}, got)
	_, second := c.call("GET", "/v1/transactions/nobody", nil)
	require.NotEqual(t, got["correlationId"], second["correlationId"])
}

func TestBodies_TooLargeOrCutOff(t *testing.T) {
	t.Parallel()
	api, c := newAPI(t)
	r := c.request("POST", "/v1/transactions", strings.Repeat(" ", 8<<20+1))
	status, _ := c.send(r)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	r = c.request("POST", "/v1/transactions", strings.Repeat(" ", 8<<20+1))
	r.ContentLength = -1
	status, _ = c.send(r)
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	require.Empty(t, api.Transactions())
}

func TestQueries_MalformedOrUnknownAreRefused(t *testing.T) {
	t.Parallel()
	_, c := newServer(t)
	c.pay(awa, 5000, "a")
	for _, query := range []string{"reference=50%", "reference=a;b", "reference=%zz", "limit=%zz"} {
		require.Equal(t, []string{"query string is malformed"}, c.refused(400, "GET", "/v1/transactions?"+query, nil), query)
	}
	for _, path := range []string{"/v1/sub-companies/x", "/v1/webhooks/x", "/v1/charges/x", "/v1/transactions/x", "/v1/balance"} {
		require.Equal(t, []string{"property foo should not exist"}, c.refused(400, "GET", path+"?foo=1", nil), path)
	}
}
