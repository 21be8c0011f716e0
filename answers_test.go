package djamo

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// agrees reads a text both ways. What is read in one pass must be what encoding/json reads.
func agrees[T any](t *testing.T, body []byte) (inOnePass bool) {
	t.Helper()
	var got, want T
	inOnePass = readInOnePass(body, &got)
	err := json.Unmarshal(body, &want)
	if !inOnePass {
		require.Zero(t, got, "encoding/json must find it as new")
		return false
	}
	require.NoError(t, err, "%T: read in one pass, and no JSON of it: %s", got, body)
	require.Equal(t, want, got, "%s", body)
	return true
}

const (
	onePayment = `{"id":"txn_1","createdAt":"2023-11-24T17:43:15.970Z","updatedAt":"20250128T083908.249Z","amount":50000,"fee":5e2,` +
		`"totalAmount":50500,"status":"completed","msisdn":"+2250748710523","reference":"payroll-2026-06/0042","failureReason":null,` +
		`"description":"Salaire d'été","type":"transfer","batchId":"17f9956f","subCompanyId":"sub_1","djamoTransactionReference":"DJ1"}`
	oneCharge = `{"id":"ch_1","externalId":"order 1","status":"due","amount":1,"currency":"XOF","due":1,"paid":0,"refunded":0,"fees":0,` +
		`"paymentUrl":"https://pay.djamo.io/ch_1","description":"caf\u00e9 \/ \"th\u00e9\"\n","createdAt":null,"updatedAt":""}`
)

func TestReadInOnePass_WhatIsUsual(t *testing.T) {
	t.Parallel()
	require.True(t, agrees[Transaction](t, []byte(onePayment)))
	require.True(t, agrees[Charge](t, []byte(oneCharge)))
	for _, body := range []string{
		`{}`, ` { "id" : "txn_1" , "amount" : 5 } `, `{"id":"a","id":"b"}`, `{"id":"a","id":null}`, `{"amount":5,"amount":null}`, `{"id":""}`,
		`{"amount":-0}`, `{"amount":5.0}`, `{"amount":9223372036854775807}`, `{"createdAt":"2023-11-24T17:43:15Z","createdAt":null}`,
		`{"createdAt":"2023-11-24T17:43:15\u002b01:00"}`, `{"id":"\b\f\n\r\t\"\\\/\u0041\u00E9\u20ac\u0000"}`, `{"id":"é€😀"}`,
		`{"":1,"new":[1,-2.5e+7,{"a":{},"b":[]},[],"x\\\"",true,false,null],"other":"text","n":0}`, `{"id":"caf\u00e9","id":"tea"}`,
	} {
		require.True(t, agrees[Transaction](t, []byte(body)), body)
	}
	for _, body := range []string{
		`{"count":2,"limit":15,"cursor":{"prev":null,"next":"c2"},"data":[` + onePayment + `,` + onePayment + `]}`, `{"data":[]}`, `{"count":-3,"data":[{}]}`,
		`{"cursor":null,"data":[null,{"id":"x"}]}`, `{"cursor":{"next":"a"},"cursor":{"prev":"b"}}`, `{"cursor":{"next":"a"},"cursor":{"next":null,"new":{}}}`,
		`{"total":{"pages":[1,2]},"count":null}`,
	} {
		require.True(t, agrees[Page[Transaction]](t, []byte(body)), body)
	}
	require.True(t, agrees[Page[Charge]](t, []byte(`{"data":[`+oneCharge+`,`+oneCharge+`]}`)))
	require.True(t, agrees[[]Charge](t, []byte(`[`+oneCharge+`,{"id":"ch_2"}]`)))
	require.True(t, agrees[[]Transaction](t, []byte(` [ {"status":"pending","type":"transfer"} , {"status":"pending","type":"other"} ] `)))
	require.True(t, agrees[Batch](t, []byte(`{"id":"b_1","status":"processing","totalAmount":5,"totalFee":0,"subCompanyId":"s","transactions":[`+
		onePayment+`],"createdAt":"2023-11-24T17:43:15.970Z","updatedAt":null}`)))
}

// The examples of the documentation are what is usual.
func TestReadInOnePass_TheDocumentationsExamples(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(*testing.T, []byte) bool{
		"transaction_create_response": agrees[Transaction], "transaction_create_subcompany_response": agrees[Transaction],
		"transaction_get_response": agrees[Transaction], "batch_create_response": agrees[Batch], "batch_create_subcompany_response": agrees[Batch],
	} {
		body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		require.NoError(t, err)
		require.True(t, read(t, body), name)
	}
}

// What encoding/json reads otherwise, or not at all, is left to it.
func TestReadInOnePass_LeavesTheRestToEncodingJSON(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for _, body := range []string{
		``, ` `, `[]`, `7`, `"x"`, `{`, `{"id"`, `{"id":`, `{"id":"x"`, `{"id":"x",}`, `{,"id":"x"}`, `{"id":"x"}}`, `{"id":"x"} x`, `{"id" "x"}`,
		`{"id":"x" "amount":1}`, `{"id":"x",,"amount":1}`, `{id:"x"}`, `{"id":x}`, `{"id":nul}`, `{"id":5}`, `{"id":{}}`, `{"id":"x`, `{"id":"\x"}`, `{"id":"\u12"}`,
		`{"id":"\u12g4"}`, `{"id":"\`, `{"id":"\u`, "{\"id\":\"a\nb\"}", "{\"id\":\"\\n\n\"}", "{\"id\":\"\xff\"}", "{\"id\":\"\\n\xff\"}",
		`{"ID":"x"}`, `{"Amount":5}`, `{"i\u0064":"x"}`, `{"ſtatus":"x"}`, `{"id":"\ud83d\ude00"}`, `{"id":"\ud83d"}`,
		`{"amount":01}`, `{"amount":-}`, `{"amount":5.}`, `{"amount":.5}`, `{"amount":5e}`, `{"amount":+5}`, `{"amount":5.5}`, `{"amount":"5"}`,
		`{"amount":9223372036854775808}`, `{"createdAt":5}`, `{"createdAt":"yesterday"}`, `{"new":tru}`, `{"new":[1,]}`, `{"new":[1 2]}`,
		`{"new":{"a":1,}}`, `{"new":[}`, `{"new":{]}`, `{"new":"` + "\x01" + `"}`, `{"new":` + deep + `}`, `{"a":{}"}`, `{"a":{}"\u0061":1}`, `nul`,
		`{"new":01}`, `{"new":1.5.5}`, `{"new":"\ud83d"}`,
	} {
		require.False(t, agrees[Transaction](t, []byte(body)), body)
	}
	for _, body := range []string{
		`{"data":null}`, `{"data":[{}],"data":[{}]}`, `{"data":{}}`, `{"data":[{"id":"x"},]}`, `{"data":[,]}`, `{"data":[5]}`, `{"count":1.0}`, `{"count":1e2}`,
		`{"count":"5"}`, `{"count":12345678901}`, `{"count":-}`, `{"DATA":[]}`, `{"cursor":[]}`, `{"cursor":{"Next":"x"}}`, `{"limit":true}`,
	} {
		require.False(t, agrees[Page[Transaction]](t, []byte(body)), body)
	}
	require.False(t, agrees[Charge](t, []byte(`{"id":"ch_1","metadata":{}}`)))
	require.False(t, agrees[Charge](t, []byte(`{"id":"ch_1","transactions":[]}`)))
	require.False(t, agrees[Batch](t, []byte(`{"transactions":null}`)))
	require.False(t, agrees[Balance](t, []byte(`{}`)), "nobody reads it by the thousand")
}

// A field that is added to a type must be read, or left to encoding/json, and not be skipped as unknown.
func TestReadInOnePass_KnowsEveryField(t *testing.T) {
	t.Parallel()
	knowsEveryField[Transaction](t)
	knowsEveryField[Charge](t, "metadata", "transactions")
	knowsEveryField[Batch](t)
	knowsEveryField[Page[Transaction]](t)
	knowsEveryField[Page[Charge]](t)
}

func knowsEveryField[T any](t *testing.T, left ...string) {
	t.Helper()
	for field := range reflect.TypeFor[T]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		value := map[string]string{
			"XOF": "7", "int": "7", "Timestamp": `"2023-11-24T17:43:15.970Z"`, "Cursor": `{"prev":"p","next":"n"}`, "[]Transaction": `[{"id":"x"}]`,
			"[]Charge": `[{"id":"x"}]`, "RawMessage": "{}", "[]RawMessage": "[{}]",
		}[strings.NewReplacer("djamo.", "", "json.", "").Replace(field.Type.String())]
		if field.Type.Kind() == reflect.String {
			value = `"text"`
		}
		require.NotEmpty(t, value, "%T: %s: a value of %s", *new(T), field.Name, field.Type)
		var read T
		body := fmt.Appendf(nil, `{%q:%s}`, name, value)
		require.NoError(t, json.Unmarshal(body, &read))
		require.NotZero(t, read, "%s", body)
		isLeft := false
		for _, one := range left {
			isLeft = isLeft || one == name
		}
		require.Equal(t, !isLeft, agrees[T](t, body), "%s", body)
		require.False(t, agrees[T](t, fmt.Appendf(nil, `{%q:%s}`, strings.ToUpper(name), value)), "%s in another case", name)
	}
}

// One payment that is kept must not keep the whole page in memory.
func TestReadInOnePass_AnItemKeepsLittleMemory(t *testing.T) {
	t.Parallel()
	body := []byte(`{"data":[` + onePayment + `,` + onePayment + `]}`)
	var page Page[Transaction]
	require.True(t, readInOnePass(body, &page))
	for i := range body {
		body[i] = 'x'
	}
	require.Equal(t, "txn_1", page.Data[0].ID)
	require.Equal(t, "payroll-2026-06/0042", page.Data[1].Reference, "the body is used again for another answer")
	require.Equal(t, "Salaire d'été", page.Data[1].Description)
}

// The page that encoding/json reads after all must not hold what was read before the trouble.
func TestListing_NothingIsLeftOfWhatWasReadInOnePass(t *testing.T) {
	t.Parallel()
	read := &listing[Transaction]{Page: Page[Transaction]{Data: make([]Transaction, 0, 3)}, limit: 3}
	require.NoError(t, read.decode([]byte(`{"count":9,"cursor":{"next":"c"},"data":[{"id":"a","fee":7},{"ID":"b"}],"count":2}`)))
	want := []Transaction{{ID: "a", Fee: 7}, {ID: "b"}}
	require.Equal(t, Page[Transaction]{Count: 2, Cursor: Cursor{Next: "c"}, Data: want}, read.Page)
	read = &listing[Transaction]{Page: Page[Transaction]{Data: make([]Transaction, 0, 3)}, limit: 3}
	require.NoError(t, read.decode([]byte(`{"data":[{"id":"a","fee":7}],"DATA":[{"id":"b"}],"cursor":{"next":"c"}}`)))
	require.Equal(t, "b", read.Data[0].ID)
	read = &listing[Transaction]{Page: Page[Transaction]{Data: make([]Transaction, 0, 3)}, limit: 3}
	require.ErrorContains(t, read.decode([]byte(`{"Cursor":{"next":"c"}}`)), `no "data"`)
}

func FuzzReadInOnePass(f *testing.F) {
	for _, seed := range []string{
		onePayment, oneCharge, `{"data":[` + onePayment + `],"cursor":{"prev":null,"next":"c"},"count":1}`, `[` + oneCharge + `]`,
		`{"id":"\u00e9\ud83d\ude00","new":{"a":[1.5e-3,null]},"ID":"x"}`, `{"transactions":[{}],"data":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		agrees[Transaction](t, body)
		agrees[Charge](t, body)
		agrees[Batch](t, body)
		agrees[Page[Transaction]](t, body)
		agrees[Page[Charge]](t, body)
		agrees[[]Transaction](t, body)
		agrees[[]Charge](t, body)
	})
}

func BenchmarkReadInOnePass(b *testing.B) {
	page := []byte(`{"data":[` + strings.Repeat(onePayment+",", 99) + onePayment + `]}`)
	for name, read := range map[string]func([]byte, *Page[Transaction]) bool{
		"onepass":       readInOnePass[Page[Transaction]],
		"encoding-json": func(body []byte, out *Page[Transaction]) bool { return json.Unmarshal(body, out) == nil },
	} {
		b.Run("with="+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				require.True(b, read(page, &Page[Transaction]{Data: make([]Transaction, 0, 100)}))
			}
		})
	}
}

func TestMSISDN_matches(t *testing.T) {
	t.Parallel()
	const sent = MSISDN("+2250799322003")
	for name, row := range map[string]struct {
		got  MSISDN
		want bool
	}{
		"same":                             {sent, true},
		"absent":                           {"", true},
		"masked as the API does":           {"+22507XXXXXX03", true},
		"masked in lower case":             {"+22507xxxxxx03", true},
		"masked with stars":                {"+22507******03", true},
		"masked with bullets":              {"+22507••••••03", true},
		"masked throughout":                {"+XXXXXXXXXXXXX", true},
		"shortened as the documents do":    {"+225079932203", true},
		"shortened and masked":             {"+22507XXX03", true},
		"national":                         {"0799322003", true},
		"last four":                        {"2003", true},
		"without the plus":                 {"2250799322003", true},
		"with spaces":                      {"+225 07 99 32 20 03", true},
		"another number":                   {"+2250799322004", false},
		"two digits swapped":               {"+2250799320203", false},
		"masked, another end":              {"+22507XXXXXX04", false},
		"masked, another operator":         {"+22505XXXXXX03", false},
		"shortened, digits out of order":   {"+225079932230", false},
		"shortened, a digit we never sent": {"+22507993220", true},
		"shortened, a foreign digit":       {"+225079832203", false},
		"one digit more":                   {"+22507993220033", false},
		"a wider mask":                     {"+22507********03", true},
		"a wider mask, another end":        {"+22507********04", false},
		"a wider mask, another beginning":  {"+22509********03", false},
		"a wider mask, ends overlap":       {"+225079932200*003", false},
		"two masks":                        {"+225****93****03", true},
		"two masks, digits out of order":   {"+225****39****03", false},
		"masked with signs":                {"+22507######03", true},
		"masked, digits elsewhere":         {"+22579XXXXXX03", false},
		"masked, without the plus":         {"22507XXXXXX03", true},
		"masked, national":                 {"07XXXXXX03", true},
		"masked wider, national":           {"07*********03", true},
		"masked, national, another end":    {"07XXXXXX04", false},
		"a mask at the end":                {"+2250799****", true},
		"a mask at the end, another begin": {"+2250798****", false},
		"a mask before the end":            {"****2003", true},
		"a mask before another end":        {"****2004", false},
		"a mask after all of it":           {"+2250799322003XXX", true},
		"double zero":                      {"002250799322003", true},
		"double zero, another number":      {"002250799322004", false},
		"brackets":                         {"(+225) 0799322003", true},
		"brackets around the operator":     {"+225 (07) 99-32-20-03", true},
		"slashes":                          {"07/99/32/20/03", true},
		"underscores, another number":      {"07_99_32_20_04", false},
		"another country":                  {"+221799322003", false},
		"a word":                           {"unknown", true},
		"a word that ends in the number":   {"tel 0799322003", true},
		"a word that ends in another":      {"tel 0799322004", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, row.want, sent.matches(row.got))
		})
	}
}

func TestMSISDN_matches_OnlyFromTheSentSide(t *testing.T) {
	t.Parallel()
	require.True(t, MSISDN("+2250748710523").matches("+22507XXXXXX23"))
	require.False(t, MSISDN("+22507XXXXXX23").matches("+2250748710523"), "a mask that was sent is no wildcard")
}

func TestMSISDN_matches_ItsOwnMaskAndEveryShortening(t *testing.T) {
	t.Parallel()
	const sent = "+2250748710523"
	require.True(t, MSISDN(sent).matches(MSISDN(MSISDN(sent).String())))
	for i := 1; i < len(sent); i++ {
		require.True(t, MSISDN(sent).matches(MSISDN(sent[:i]+sent[i+1:])), "without character %d", i)
		require.True(t, MSISDN(sent).matches(MSISDN(sent[:i])))
		changed := '0' + (sent[i]-'0'+1)%10
		require.False(t, MSISDN(sent).matches(MSISDN(sent[:i]+string(changed)+sent[i+1:])), "another digit at %d", i)
	}
	require.False(t, MSISDN("").matches(sent))
	require.True(t, MSISDN("").matches(""))
}
