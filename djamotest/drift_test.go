package djamotest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// listing is a recording of a list that was answered so, each time it was asked for.
func listing(t *testing.T, bodies ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i, body := range bodies {
		text := `{"request":{"method":"GET","path":"/v1/charges"},"response":{"status":200,"body":` + body + `}}`
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("GET_v1_charges.%03d.json", i+1)), []byte(text), 0o600))
	}
	return dir
}

// driftOf is how two recordings of that list differ.
func driftOf(t *testing.T, before, now []string) (lines []string) {
	t.Helper()
	changes, err := djamotest.Drift(listing(t, before...), listing(t, now...))
	require.NoError(t, err)
	return texts(changes)
}

func TestDrift_SomeItemsLackAField(t *testing.T) {
	t.Parallel()
	const (
		both    = `{"data":[{"id":"a","fee":1},{"id":"b","fee":2}]}`
		some    = `{"data":[{"id":"a","fee":1},{"id":"b"}]}`
		none    = `{"data":[{"id":"a"},{"id":"b"}]}`
		wrapped = `{"data":[{"id":"a","fee":1,"payment":{"id":"p","at":1}},{"id":"b","fee":2,"payment":null}]}`
	)
	for name, tt := range map[string]struct{ before, now, want []string }{
		"always":              {[]string{both}, []string{both}, nil},
		"sometimes":           {[]string{some}, []string{some}, nil},
		"in other proportion": {[]string{some}, []string{some, both}, nil},
		"became optional":     {[]string{both}, []string{some}, []string{"data[].fee became optional: was in all 2, is in 1 of 2"}},
		"became constant":     {[]string{some}, []string{both}, []string{"data[].fee is always there: was in 1 of 2, is in all 2"}},
		"in another page":     {[]string{both, both}, []string{both, none}, []string{"data[].fee became optional: was in all 4, is in 2 of 4"}},
		"vanished":            {[]string{some}, []string{none}, []string{"data[].fee vanished, was optional integer"}},
		"appeared":            {[]string{none}, []string{some}, []string{"data[].fee appeared as optional integer"}},
		"of one answer in two": {[]string{`{"count":1,"more":1}`, `{"count":2,"more":2}`},
			[]string{`{"count":1,"more":1}`, `{"count":2}`}, []string{
				"more became optional: was in all 2, is in 1 of 2"}},
		"with another type": {[]string{both}, []string{`{"data":[{"id":"a","fee":"1"},{"id":"b"}]}`}, []string{
			"data[].fee changed type from integer to string", "data[].fee became optional: was in all 2, is in 1 of 2"}},
		"below a null": {[]string{wrapped}, []string{wrapped, wrapped}, nil}, // at is in every payment there is
		"below an optional": {[]string{both}, []string{`{"data":[{"id":"a","fee":1,"payment":{"id":"p"}},{"id":"b","fee":2}]}`}, []string{
			"data[].payment appeared as optional object", "data[].payment.id appeared as string"}},
		"no items any more": {[]string{some}, []string{`{"data":[]}`}, nil},
		"of a bare list": {[]string{`[{"id":1,"x":1},{"id":2,"x":1}]`}, []string{`[{"id":1},{"id":2,"x":1}]`},
			[]string{"(body)[].x became optional: was in all 2, is in 1 of 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range tt.want {
				tt.want[i] = "GET /v1/charges 200: " + tt.want[i]
			}
			require.Equal(t, tt.want, driftOf(t, tt.before, tt.now))
		})
	}
}

// What a user stores with a charge is not the API's, and names that look like paths are names.
func TestDrift_NamesAreTakenForWhatTheyAre(t *testing.T) {
	t.Parallel()
	require.Empty(t, driftOf(t, []string{`{"metadata":{"order":7}}`}, []string{`{"metadata":{"basket":{"size":"x"}}}`}))
	require.Equal(t, []string{"GET /v1/charges 200: metadata changed type from object to null"},
		driftOf(t, []string{`{"metadata":{"order":7}}`}, []string{`{"metadata":null}`}))
	require.Equal(t, []string{`GET /v1/charges 200: "a.b" vanished, was integer`, "GET /v1/charges 200: a appeared as object",
		"GET /v1/charges 200: a.b appeared as integer"},
		driftOf(t, []string{`{"a.b":1}`}, []string{`{"a":{"b":1}}`}))
	require.Equal(t, []string{`GET /v1/charges 200: "(body)" vanished, was integer`}, driftOf(t, []string{`{"(body)":1}`}, []string{`{}`}))
}

func TestDrift_AnEmptyListSaysNothingOfItsItems(t *testing.T) {
	t.Parallel()
	const full = `{"data":[{"id":"a","payments":[{"id":1}]}],"count":1}`
	for _, tt := range []struct {
		name, before, now string
		want              []string
	}{
		{"empty", full, `{"data":[],"count":0}`, nil},
		{"empty below", full, `{"data":[{"id":"a","payments":[]}],"count":1}`, nil},
		{"filled", `{"data":[]}`, `{"data":[{"id":"a"}]}`, []string{"data[] appeared as object", "data[].id appeared as string"}},
		{"gone", full, `{"count":1}`, []string{
			"data vanished, was array", "data[] vanished, was object", "data[].id vanished, was string", "data[].payments vanished, was array",
			"data[].payments[] vanished, was object", "data[].payments[].id vanished, was integer",
		}},
		{"a bare list", `[{"id":"a"}]`, `[]`, nil},
	} {
		for i := range tt.want {
			tt.want[i] = "GET /v1/charges 200: " + tt.want[i]
		}
		require.Equal(t, tt.want, driftOf(t, []string{tt.before}, []string{tt.now}), tt.name)
	}
}
