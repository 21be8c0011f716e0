// Package wire makes the method and the path of a call, so that no id and no parameter leads to another resource.
package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/google/go-querystring/query"
)

// Endpoint is a call's method and place below the base URL.
type Endpoint struct {
	Method   string
	Template string // for logs: the path with names in place of ids
	Path     string // what is sent: escaped, with the query
	Literal  bool   // Template is only a path, which may hold ids
}

// At is an endpoint without an id.
func At(method, path string) Endpoint { return Endpoint{Method: method, Template: path, Path: path} }

// AtID puts an id into a template such as /v1/transactions/{id}. The id is escaped. One that could lead to another resource
// is refused with what invalid makes of the id and the rule it breaks.
func AtID(method, template, id string, invalid func(value, rule string) error) (Endpoint, error) {
	switch {
	case id == "":
		return Endpoint{}, invalid(id, "must not be empty")
	case strings.ContainsAny(id, `/\`), strings.Contains(id, ".."), id == ".", strings.ContainsFunc(id, unicode.IsControl):
		return Endpoint{}, invalid(id, `must not hold "/", "\", ".." or control characters`)
	}
	return Endpoint{Method: method, Template: template, Path: strings.Replace(template, "{id}", url.PathEscape(id), 1)}, nil
}

// Raw is an endpoint that a caller wrote. The method must be in upper case, and the path must stay below the base URL:
// otherwise invalid makes an error of the field, its value and the rule it breaks.
func Raw(method, path string, invalid func(field, value, rule string) error) (Endpoint, error) {
	if method == "" || strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return Endpoint{}, invalid("method", method, "must be an HTTP method in upper case")
	}
	u, err := url.Parse(path)
	switch {
	case err != nil || strings.Contains(path, " ") || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || u.Fragment != "":
		return Endpoint{}, invalid("path", path, `must start with "/" and stay below the base URL`)
	case slices.Contains(strings.Split(strings.ReplaceAll(u.Path, `\`, "/"), "/"), ".."):
		return Endpoint{}, invalid("path", path, `must not hold ".."`)
	}
	return Endpoint{Method: method, Template: u.Path, Path: path, Literal: true}, nil
}

// WithQuery adds the parameters of a struct, whose fields bear url tags. The error begins with method and template.
func (e Endpoint) WithQuery(params any) (Endpoint, error) {
	values, err := query.Values(params)
	if err != nil {
		return e, fmt.Errorf("%s %s: %w", e.Method, e.Template, err)
	}
	if len(values) > 0 {
		e.Path += "?" + values.Encode()
	}
	return e, nil
}

// Repeatable reports whether HTTP promises that repeating the method changes nothing.
func Repeatable(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
