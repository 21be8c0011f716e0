package djamotest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// recorded is a recording with one exchange of a call.
func recorded(t *testing.T, method, path, header string, status int, bodies ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i, body := range bodies {
		if body != "" {
			body = `,"body":` + body
		}
		text := fmt.Sprintf(`{"request":{"method":%q,"path":%q},"response":{"status":%d,"header":{%s}%s}}`, method, path, status, header, body)
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("call.%03d.json", i+1)), []byte(text), 0o600))
	}
	return dir
}

// list is a page of objects.
func list(items ...string) string { return `{"data":[` + strings.Join(items, ",") + `]}` }

func TestDrift_ValuesThatNoClientExpects(t *testing.T) {
	t.Parallel()
	const (
		uuid  = "507f1f77-4123-8123-9abc-070012345678"
		other = "f2a1c9d8-0a1b-4c3d-8e4f-99aabbccddee"
	)
	ids := func(values ...string) string {
		for i, value := range values {
			values[i] = `{"id":` + value + `}`
		}
		return list(values...)
	}
	for name, tt := range map[string]struct{ before, now, want string }{
		"beyond int64": {`{"amount":1}`, `{"amount":9223372036854775808}`,
			"amount changed type from integer to integer beyond int64"},
		"below int64":         {`{"amount":-1}`, `{"amount":-9223372036854775809}`, "amount changed type from integer to integer beyond int64"},
		"the last int64":      {`{"amount":1}`, `{"amount":9223372036854775807}`, ""},
		"negative":            {`{"amount":5}`, `{"amount":-5}`, "amount has a new sign: negative, was zero or more"},
		"negative in a list":  {list(`{"fee":1}`, `{"fee":0}`), list(`{"fee":1}`, `{"fee":-1}`), "data[].fee has a new sign: negative, was zero or more"},
		"negative fraction":   {`{"rate":0.5}`, `{"rate":-0.5}`, "rate has a new sign: negative, was zero or more"},
		"positive":            {`{"amount":-5}`, `{"amount":5}`, "amount has a new sign: zero or more, was negative"},
		"zero of a debit":     {`{"amount":-5}`, `{"amount":0}`, "amount has a new sign: zero or more, was negative"},
		"minus zero":          {`{"amount":5}`, `{"amount":-0}`, ""},
		"both signs before":   {`[{"a":-5},{"a":5}]`, `[{"a":-7}]`, ""},
		"other amounts":       {`{"amount":5}`, `{"amount":0}`, ""},
		"in an array":         {`{"fees":[1,2]}`, `{"fees":[1,-2]}`, "fees[] has a new sign: negative, was zero or more"},
		"empty text":          {`{"note":"a b"}`, `{"note":""}`, `note became empty: "", was never so`},
		"spaces":              {`{"note":"a b"}`, `{"note":" \t"}`, `note became empty: " \t", was never so`},
		"the word null":       {`{"note":"a b"}`, `{"note":"null"}`, `note became empty: "null", was never so`},
		"the word undefined":  {`{"note":"a b"}`, `{"note":"Undefined"}`, `note became empty: "Undefined", was never so`},
		"another word":        {`[{"n":"a b"},{"n":""}]`, `[{"n":"NULL"}]`, `(body)[].n became empty: "NULL", was ""`},
		"was empty sometimes": {`[{"n":"a b"},{"n":""}]`, `[{"n":""},{"n":"c d"}]`, ""},
		"was always empty":    {`{"note":""}`, `{"note":"null"}`, ""},
		"a status nobody knows": {`{"status":"due"}`, `{"status":"settled_later"}`,
			"status has a new value: settled_later, was due"},
		"a status that is known": {`{"status":"due"}`, `{"status":"refunded"}`, ""},
		"a status in a list":     {list(`{"status":"due"}`), list(`{"status":"due"}`, `{"status":"Paid"}`), "data[].status has a new value: Paid, was due"},
		"a status of a wrapped object": {`{"data":{"status":"due"}}`, `{"data":{"status":"lost"}}`,
			"data.status has a new value: lost, was due"},
		"a status that is no word": {`{"status":"due"}`, `{"status":"due 2"}`, "status has a new value: texts of another kind, was due"},
		"another currency":         {`{"currency":"XOF"}`, `{"currency":"XAF"}`, "currency has a new value: XAF, was XOF"},
		"a set that was seen": {list(`{"kind":"a"}`, `{"kind":"a"}`, `{"kind":"b"}`, `{"kind":"b"}`), list(`{"kind":"c"}`),
			"data[].kind has a new value: c, was a or b"},
		"a set that was seen in part":  {list(`{"kind":"a"}`, `{"kind":"a"}`, `{"kind":"b"}`), list(`{"kind":"c"}`), ""},
		"what a person wrote":          {list(`{"externalId":"a"}`, `{"externalId":"a"}`), list(`{"externalId":"c"}`), ""},
		"sentences":                    {list(`{"error":"Not found"}`, `{"error":"Not found"}`), list(`{"error":"Gone away"}`), ""},
		"UUIDs":                        {ids(`"` + uuid + `"`), ids(`"` + other + `"`), ""},
		"a UUID became a number":       {ids(`"` + uuid + `"`), ids(`17`), "data[].id changed type from string to integer"},
		"a UUID became digits":         {ids(`"` + uuid + `"`), ids(`"17"`), "data[].id changed its form from UUID and 36 of 0-9a-f to 2 of 0-9"},
		"a UUID without dashes":        {ids(`"` + uuid + `"`), ids(`"507f1f7741238123fabc070012345678"`), "data[].id changed its form from UUID and 36 of 0-9a-f to 32 of 0-9a-f"},
		"a UUID in capitals":           {ids(`"` + other + `"`), ids(`"` + strings.ToUpper(other) + `"`), "data[].id changed its form from UUID and 36 of 0-9a-f to UUID and 36 of 0-9A-F"},
		"a prefix appeared":            {ids(`"` + uuid + `"`), ids(`"txn_` + uuid + `"`), "data[].id changed its form from UUID and 36 of 0-9a-f to txn_UUID and 36 of 0-9a-f"},
		"another prefix":               {ids(`"txn_` + uuid + `"`), ids(`"tr_` + uuid + `"`), "data[].id changed its form from txn_UUID and 36 of 0-9a-f to tr_UUID and 36 of 0-9a-f"},
		"longer":                       {ids(`"tx_00000001"`), ids(`"tx_0000000012"`), "data[].id changed its form from tx_ and 8 of 0-9 to tx_ and 10 of 0-9"},
		"lengths that differ anyway":   {ids(`"tx_1"`, `"tx_22"`), ids(`"tx_333"`), ""},
		"another alphabet":             {ids(`"01HJ3KZZQWERTYUP0123"`), ids(`"01hj3kzzqwertyup0123"`), "data[].id changed its form from 20 of 0-9A-Z to 20 of 0-9a-z"},
		"digits became letters":        {ids(`"12345678901234567890"`), ids(`"1a2b3c4d5e6f7a8b9c0d"`), "data[].id changed its form from 20 of 0-9 to 20 of 0-9a-f"},
		"too few to tell an alphabet":  {ids(`"12"`), ids(`"1a"`), ""},
		"one object has another":       {ids(`"txn_`+uuid+`"`, `"txn_`+uuid+`"`), ids(`"txn_`+uuid+`"`, `"ch_`+uuid+`"`), "data[].id changed its form from txn_UUID and 36 of 0-9a-f to ch_UUID and 36 of 0-9a-f or txn_UUID and 36 of 0-9a-f"},
		"an id under another name":     {`{"subCompanyId":"` + uuid + `"}`, `{"subCompanyId":"7"}`, "subCompanyId changed its form from UUID and 36 of 0-9a-f to 1 of 0-9"},
		"a list of ids":                {`{"transactionIds":["` + uuid + `"]}`, `{"transactionIds":["7"]}`, "transactionIds[] changed its form from UUID and 36 of 0-9a-f to 1 of 0-9"},
		"a reference of the caller's":  {`{"externalId":"order-7"}`, `{"externalId":"A"}`, ""},
		"a text that looks like an id": {`{"title":"` + uuid + `"}`, `{"title":"7"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, err := djamotest.Drift(recorded(t, "GET", "/v1/charges", "", 200, tt.before), recorded(t, "GET", "/v1/charges", "", 200, tt.now))
			require.NoError(t, err)
			if tt.want == "" {
				require.Empty(t, texts(changes))
				return
			}
			require.Equal(t, []string{"GET /v1/charges 200: " + tt.want}, texts(changes))
		})
	}
}

func TestDrift_HeadersThatMatter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ before, now, want string }{
		"wait appeared":         {``, `"Retry-After":"7"`, "(header Retry-After) appeared as seconds"},
		"wait vanished":         {`"Retry-After":"7"`, ``, "(header Retry-After) vanished, was seconds"},
		"another wait":          {`"Retry-After":"7"`, `"Retry-After":"60"`, ""},
		"a date":                {`"Retry-After":"7"`, `"Retry-After":"Sat, 28 Nov 2026 23:00:00 GMT"`, "(header Retry-After) changed type from seconds to date"},
		"a duration":            {`"Retry-After":"7"`, `"Retry-After":"7s"`, "(header Retry-After) changed type from seconds to duration"},
		"an empty wait":         {`"Retry-After":"7"`, `"Retry-After":""`, "(header Retry-After) changed type from seconds to string"},
		"location appeared":     {``, `"Location":"/v1/charges/7"`, "(header Location) appeared as /v1/charges/{id}"},
		"another object":        {`"Location":"/v1/charges/a-b"`, `"Location":"/v1/charges/c-d"`, ""},
		"another host":          {`"Location":"https://a.test/v1/charges/7"`, `"Location":"https://b.test/v1/charges/7"`, "(header Location) changed type from https://a.test/v1/charges/{id} to https://b.test/v1/charges/{id}"},
		"another path":          {`"Location":"/v1/charges/7"`, `"Location":"/v2/charges/7"`, "(header Location) changed type from /v1/charges/{id} to /v2/charges/7"},
		"content type":          {`"Content-Type":"application/json"`, `"Content-Type":"text/html"`, "(content type) changed type from application/json to text/html"},
		"content type vanished": {`"Content-Type":"application/json"`, ``, "(content type) vanished, was application/json"},
		"the usual charset":     {`"Content-Type":"application/json"`, `"Content-Type":"application/json; charset=UTF-8"`, ""},
		"another charset":       {`"Content-Type":"application/json"`, `"Content-Type":"application/json; charset=latin1"`, "(content type) changed type from application/json to application/json; charset=latin1"},
		"a server's name":       {`"Server":"nginx"`, `"Server":"cloudflare"`, ""},
		"an end is announced":   {``, `"Sunset":"Sat, 28 Nov 2026 23:00:00 GMT"`, "(header Sunset) appeared as date"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, err := djamotest.Drift(recorded(t, "POST", "/v1/charges", tt.before, 429, ""), recorded(t, "POST", "/v1/charges", tt.now, 429, ""))
			require.NoError(t, err)
			if tt.want == "" {
				require.Empty(t, texts(changes))
				return
			}
			require.Equal(t, []string{"POST /v1/charges 429: " + tt.want}, texts(changes))
		})
	}

	some := recorded(t, "GET", "/v1/balance", `"Retry-After":"7"`, 429, "", "")
	raw, err := json.Marshal(map[string]any{"request": map[string]any{"method": "GET", "path": "/v1/balance"}, "response": map[string]any{"status": 429}})
	require.NoError(t, err)
	all := recorded(t, "GET", "/v1/balance", `"Retry-After":"7"`, 429, "", "")
	require.NoError(t, os.WriteFile(filepath.Join(some, "call.002.json"), raw, 0o600))
	changes, err := djamotest.Drift(all, some)
	require.NoError(t, err)
	require.Equal(t, []string{"GET /v1/balance 429: (header Retry-After) became optional: was in all 2, is in 1 of 2"}, texts(changes))
}

// Only a charge's metadata is its maker's.
func TestDrift_MetadataElsewhereIsTheAPIs(t *testing.T) {
	t.Parallel()
	const before, now = `{"metadata":{"order":7}}`, `{"metadata":{"basket":8}}`
	for _, tt := range []struct {
		path, before, now string
		skipped           bool
	}{
		{"/v1/charges", before, now, true},
		{"/v1/charges/c-1", before, now, true},
		{"/v1/charges", list(before), list(now), true},
		{"/v1/charges", `[` + before + `]`, `[` + now + `]`, true},
		{"/v1/charges/c-1", `{"data":` + before + `}`, `{"data":` + now + `}`, true},
		{"/v1/charges/c-1", `{"transactions":[` + before + `]}`, `{"transactions":[` + now + `]}`, false},
		{"/v1/charges/c-1", `{"error":` + before + `}`, `{"error":` + now + `}`, false},
		{"/v1/transactions", list(before), list(now), false},
		{"/v1/balance", before, now, false},
		{"/v1/sub-companies/s-1", before, now, false},
		{"/v2/unknown", before, now, false},
	} {
		changes, err := djamotest.Drift(recorded(t, "GET", tt.path, "", 200, tt.before), recorded(t, "GET", tt.path, "", 200, tt.now))
		require.NoError(t, err)
		require.Equal(t, tt.skipped, len(changes) == 0, "%s %s: %v", tt.path, tt.before, texts(changes))
	}
}

// An API of somebody else's has routes of its own.
func TestDrift_OwnRoutes(t *testing.T) {
	t.Parallel()
	own := djamotest.Routes{
		Calls: []djamotest.Route{{
			Method: "GET", Pattern: "/loans/{id}", Foreign: []string{"notes"}, Closed: map[string][]string{"state": {"open", "repaid"}},
		}},
		Lookups: []string{"borrower"},
	}
	before := recorded(t, "GET", "/loans/x", "", 200, `{"state":"open","notes":{"a":1}}`)
	now := recorded(t, "GET", "/loans/y", "", 200, `{"state":"sold","notes":{"b":1}}`)
	changes, err := djamotest.Drift(before, now, own)
	require.NoError(t, err)
	require.Equal(t, []string{"GET /loans/{id} 200: state has a new value: sold, was open"}, texts(changes))
	changes, err = djamotest.Drift(before, now)
	require.NoError(t, err)
	require.Equal(t, []string{"GET /loans/x 200 answer vanished", "GET /loans/y 200 answer appeared"}, texts(changes))
}
