package wire_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/wire"
)

func invalidID(value, rule string) error { return fmt.Errorf("id %q %s", value, rule) }

func invalidField(field, value, rule string) error {
	return fmt.Errorf("%s %q %s", field, value, rule)
}

func TestAtID(t *testing.T) {
	t.Parallel()
	const template = "/v1/charges/{id}/refund"
	for id, want := range map[string]string{
		"ch_1":           "/v1/charges/ch_1/refund",
		"a b?c#d&e=f+g%": "/v1/charges/a%20b%3Fc%23d&e=f+g%25/refund",
		"é":              "/v1/charges/%C3%A9/refund",
		"{id}":           "/v1/charges/%7Bid%7D/refund",
		"a.b":            "/v1/charges/a.b/refund",
	} {
		e, err := wire.AtID("POST", template, id, invalidID)
		require.NoError(t, err, id)
		require.Equal(t, wire.Endpoint{Method: "POST", Template: template, Path: want}, e)
	}
	for _, id := range []string{"", ".", "..", "a/b", "../x", `a\b`, "a..b", "a\nb", "\x00", "\u0085"} {
		_, err := wire.AtID("GET", template, id, invalidID)
		require.ErrorContains(t, err, fmt.Sprintf("id %q must not", id))
	}
}

func TestRaw(t *testing.T) {
	t.Parallel()
	e, err := wire.Raw("GET", "/v2/things/th_1?x=%2B1", invalidField)
	require.NoError(t, err)
	require.Equal(t, wire.Endpoint{Method: "GET", Template: "/v2/things/th_1", Path: "/v2/things/th_1?x=%2B1", Literal: true}, e)
	for _, row := range []struct{ method, path, want string }{
		{"", "/x", "method"}, {"get", "/x", "method"}, {"GET ", "/x", "method"}, {"G\nT", "/x", "method"},
		{"GET", "", "path"}, {"GET", "x", "path"}, {"GET", "//host/x", "path"}, {"GET", "https://host/x", "path"}, {"GET", "/x y", "path"},
		{"GET", "/x#y", "path"}, {"GET", "/%zz", "path"}, {"GET", "/a/../b", "path"}, {"GET", "/a/%2e%2e/b", "path"}, {"GET", `/a\..\b`, "path"},
	} {
		_, err := wire.Raw(row.method, row.path, invalidField)
		require.ErrorContains(t, err, row.want, row)
	}
}

func TestEndpoint_WithQuery(t *testing.T) {
	t.Parallel()
	type params struct {
		Cursor string `url:"cursor,omitempty"`
		Limit  int    `url:"limit,omitempty"`
	}
	at := wire.At("GET", "/v1/charges")
	e, err := at.WithQuery(params{})
	require.NoError(t, err)
	require.Equal(t, at, e, "nothing to add")
	e, err = at.WithQuery(params{Cursor: "+2 &", Limit: 3})
	require.NoError(t, err)
	require.Equal(t, "/v1/charges?cursor=%2B2+%26&limit=3", e.Path)
	require.Equal(t, "/v1/charges", e.Template)
	require.Equal(t, "/v1/charges", at.Path, "an endpoint is a value")
	_, err = at.WithQuery(7)
	require.ErrorContains(t, err, "GET /v1/charges: ")
}

func TestRepeatable(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "PUT": true, "DELETE": true, "POST": false, "PATCH": false, "": false, "QUERY": false} {
		require.Equal(t, want, wire.Repeatable(method), method)
	}
}

// However an id reads, the path leads to one segment of the template, and back to the same id.
func FuzzAtID(f *testing.F) {
	for _, id := range []string{"ch_1", "..", "a/b", "%2e%2e", "a?b", "é"} {
		f.Add(id)
	}
	refused := errors.New("refused")
	f.Fuzz(func(t *testing.T, id string) {
		e, err := wire.AtID("GET", "/v1/charges/{id}", id, func(string, string) error { return refused })
		if err != nil {
			require.ErrorIs(t, err, refused)
			return
		}
		u, err := url.Parse("https://host" + e.Path)
		require.NoError(t, err)
		require.Equal(t, "/v1/charges/"+id, u.Path)
		require.Empty(t, u.RawQuery)
		require.Equal(t, 3, strings.Count(e.Path, "/"))
	})
}
