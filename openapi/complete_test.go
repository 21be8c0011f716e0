package openapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

// route is a call that djamotest answers.
type route struct {
	method, pattern string
	query           []string
}

func (r route) String() string { return r.method + " " + r.pattern }

// routesOf reads the table of routes out of djamotest's source: a route that is added there must be described here.
func routesOf(t *testing.T) (routes []route) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../djamotest/routes.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		var r route
		for _, element := range literal.Elts {
			field, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, _ := field.Key.(*ast.Ident)
			switch {
			case key == nil:
			case key.Name == "method":
				r.method = strings.Join(stringsIn(t, field.Value), "")
			case key.Name == "pattern":
				r.pattern = strings.Join(stringsIn(t, field.Value), "")
			case key.Name == "query":
				r.query = stringsIn(t, field.Value)
			}
		}
		if r.method != "" && r.pattern != "" {
			routes = append(routes, r)
		}
		return true
	})
	require.Len(t, routes, strings.Count(tableSource(t), "handle: (*API)."), "every row of the table must have been read")
	return routes
}

// stringsIn are the string literals of an expression.
func stringsIn(t *testing.T, e ast.Expr) (values []string) {
	t.Helper()
	ast.Inspect(e, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			values = append(values, value)
		}
		return true
	})
	return values
}

// described are the operations of the description with the names of their query parameters.
func described(t *testing.T) map[string][]string {
	t.Helper()
	operations := map[string][]string{}
	for path, item := range callsModel(t).Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			query := []string{}
			for _, parameter := range operation.Parameters {
				if parameter.In == "query" {
					query = append(query, parameter.Name)
				}
			}
			operations[strings.ToUpper(method)+" "+path] = query
		}
	}
	return operations
}

func operationIDs(t *testing.T) (ids []string) {
	t.Helper()
	for _, item := range callsModel(t).Paths.PathItems.FromOldest() {
		for _, operation := range item.GetOperations().FromOldest() {
			ids = append(ids, operation.OperationId)
		}
	}
	return ids
}

func TestCalls_AreTheRoutesOfDjamotest(t *testing.T) {
	t.Parallel()

	operations := described(t)
	var answered []string
	for _, r := range routesOf(t) {
		answered = append(answered, r.String())
		query := operations[r.String()]
		require.ElementsMatch(t, r.query, query, "the query parameters of %s", r)
	}
	var known []string
	for operation := range operations {
		known = append(known, operation)
	}
	require.ElementsMatch(t, answered, known)
}

func TestCalls_NameStagingAlone(t *testing.T) {
	t.Parallel()

	var hosts []string
	for _, server := range callsModel(t).Servers {
		hosts = append(hosts, server.URL)
	}
	require.Equal(t, []string{djamo.StagingCIV.BaseURL(), djamo.StagingSEN.BaseURL()}, hosts, "a tool sends its examples to these")
}

func tableSource(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../djamotest/routes.go")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(raw), "return []route{")
	table, _, _ = strings.Cut(table, "\n}\n")
	return table
}
