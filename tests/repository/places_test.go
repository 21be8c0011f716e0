package repository_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// What stands in several places stands in all of them. Whoever adds a topic or a fault is told the next place by name;
// CONTRIBUTING.md lists what one addition touches.

func TestPlaces_EveryTopic(t *testing.T) {
	t.Parallel()
	names := map[djamo.Topic]string{}
	declarationsOf(t, "webhook_endpoints.go", func(declaration ast.Decl) {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			return
		}
		for _, spec := range general.Specs {
			constant := spec.(*ast.ValueSpec)
			if kind, ok := constant.Type.(*ast.Ident); ok && kind.Name == "Topic" {
				value, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				names[djamo.Topic(value)] = constant.Names[0].Name
			}
		}
	})
	require.Len(t, djamo.Topics(), len(names), "Topics has every constant")
	for _, topic := range djamo.Topics() {
		require.NotEmpty(t, names[topic], topic)
		for _, place := range []string{
			"webhook_handler.go", "djamotest/webhooks.go", "cmd/djamo/internal/listencmd/trigger.go",
			"cmd/djamo/internal/apicmd/webhooks.go", "cmd/djamo/internal/lang/french_api_more.go",
			"openapi/djamo-business.openapi.yaml", "openapi/djamo-webhooks.asyncapi.yaml",
			"docs/webhooks.md", "docs/sandbox.md", "docs/fr/sandbox.md",
		} {
			text := textOf(t, place)
			require.True(t, strings.Contains(text, string(topic)) || strings.Contains(text, names[topic]), "%s does not name %s", place, topic)
		}
	}
}

func TestPlaces_EveryFault(t *testing.T) {
	t.Parallel()
	faults := 0
	declarationsOf(t, "djamotest/faults.go", func(declaration ast.Decl) {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !function.Name.IsExported() || function.Type.Results == nil {
			return
		}
		if kind, ok := function.Type.Results.List[0].Type.(*ast.Ident); !ok || kind.Name != "Fault" {
			return
		}
		name := function.Name.Name
		faults++
		require.Contains(t, textOf(t, "docs/testing.md"), name+"(")
		// The sandbox is there to refuse a connection, and offers each fault by itself. Its own tests look for the words.
		if name != "RefuseConnection" && name != "AnyOf" {
			require.Contains(t, textOf(t, "sandbox/faults.go"), "djamotest."+name+")")
		}
	})
	require.Greater(t, faults, 10)
}

func declarationsOf(t *testing.T, file string, take func(ast.Decl)) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	for _, declaration := range parsed.Decls {
		take(declaration)
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}
