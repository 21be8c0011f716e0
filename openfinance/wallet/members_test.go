package wallet

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The quick way to a hash must give what the slow one gives, wherever it gives anything.
func TestCanonical_IsThatOfEncodingJSON(t *testing.T) {
	t.Parallel()
	for text, quick := range map[string]bool{
		`{}`:                          false, // nobody sends it
		`{"id":"a","amount_minor":5}`: true,
		" { \"b\" : -12 ,\n\"a\":\t\"x y\" , \"n\" : null,\"t\":true,\"f\":false } ": true,
		`{"ab":1,"a":2,"a!":3,"a\"":4}`:                                              false,
		`{"ab":1,"a":2,"a!":3}`:                                                      true,
		`{"é":"Côte d’Ivoire 😀"}`:                                                    true,
		"{\"a\":\"\u2028\"}":                                                         false,
		"{\"a\":\"\xff\"}":                                                           false,
		`{"a":"<b>"}`:                                                                false,
		`{"a":"\u00e9"}`:                                                             false,
		`{"a":1.0}`:                                                                  false,
		`{"a":01}`:                                                                   false,
		`{"a":-}`:                                                                    false,
		`{"a":1,"a":2}`:                                                              false,
		`{"a":{"z":1,"b":null}}`:                                                     false,
		`{"a":[1]}`:                                                                  false,
		`{"a":tru}`:                                                                  false,
		`{"a":1,}`:                                                                   false,
		`{"a"}`:                                                                      false,
		`{"a":1`:                                                                     false,
		`{,}`:                                                                        false,
		`{1:2}`:                                                                      false,
		`[1]`:                                                                        false,
		``:                                                                           false,
		`{"a`:                                                                        false,
	} {
		got, ok := canonical([]byte(text), nil)
		require.Equal(t, quick, ok, text)
		if ok {
			require.Equal(t, string(canonicalAny([]byte(text))), string(got), text)
		}
	}
	require.Equal(t, Hash([]byte(`{"a":1,"b":{"y":2,"x":1}}`)), Hash([]byte(`{"b":{"x":1,"y":2},"a":1}`)))
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"id":"tx","amount_minor":-5,"n":null,"t":true}`))
	f.Add([]byte(`{"a":"é","b":1e3} `))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, ok := canonical(text, nil); ok {
			require.Equal(t, string(canonicalAny(text)), string(got))
		}
	})
}

// Members are found where encoding/json finds them.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(` { "a\"b" : [1,{"x":"]"}] , "c":"\\" } `))
	f.Add([]byte(`{"a":{"b":"}"},"a":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		var want map[string]json.RawMessage
		isObject := json.Unmarshal(text, &want) == nil && want != nil
		got := map[string]json.RawMessage{}
		require.Equal(t, isObject, eachMember(text, func(name []byte, from, to int) {
			got[strings.ToValidUTF8(string(name), "\ufffd")] = text[from:to]
		}))
		if isObject && len(got) == len(want) { // invalid bytes in a name may count differently
			for name, value := range want {
				if _, ok := got[name]; ok {
					require.Equal(t, string(value), string(got[name]))
				}
			}
		}
		var list []json.RawMessage
		isArray := json.Unmarshal(text, &list) == nil && list != nil
		found, ok := elements(text, len(text)+1)
		require.Equal(t, isArray, ok)
		require.Len(t, found, len(list))
		for i := range found {
			require.Equal(t, string(list[i]), string(found[i]))
		}
	})
}

// BenchmarkDecodePage reads pages of 100 items of 300 bytes and hashes them, as a reader of a wallet does.
func BenchmarkDecodePage(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"wallet_id":"w","currency":"XOF","balance_minor":254300,"items":[`)
	const items = 100
	for i := range items {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"tx_%08d","ts":"2026-05-28T09:14:02Z","type":"mobile_money_in","rail":"wave","counterparty_masked":"***-77-12",`+
			`"amount_minor":5000,"status":"settled","rail_reference":"wave-000000000000000","custodian":"Ecobank","filler":"%0100d"}`, i, i)
	}
	body.WriteString(`],"next_cursor":"abc"}`)
	text := []byte(body.String())
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		page, err := DecodePage(text)
		if err != nil || len(page.Items) != items {
			b.Fatal(err)
		}
		for _, item := range page.Items {
			_ = Hash(item.Raw)
		}
	}
	b.ReportMetric(float64(items*b.N)/b.Elapsed().Seconds(), "items/s")
}
