package lang_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// Why a signature is refused is said in French as well, in each of the ways in which it can be wrong.
func TestFrench_EveryRefusedSignature(t *testing.T) {
	t.Parallel()

	body := []byte(`{"topic":"charge/events"}`)
	refusals := []error{
		djamo.VerifySignature(body, "", "secret"), djamo.VerifySignature(body, "%", "secret"),
		djamo.VerifySignature(body, djamo.SignWebhook(body, "other"), "secret"), djamo.VerifySignature(nil, djamo.SignWebhook(body, "secret"), "secret"),
	}
	mistakes := mistakesOf(t)
	require.Greater(t, len(mistakes), 20)
	for _, mistake := range mistakes {
		refusals = append(refusals, fmt.Errorf("%w: the %s header is wrong: %s", djamo.ErrInvalidSignature, djamo.SignatureHeader, mistake))
	}
	english := regexp.MustCompile(`(?i)\b(the|it|its|of|was|is|what|with|verify|invalid|have)\b`)
	for _, refusal := range refusals {
		said := lang.French.Error(refusal)
		require.NotRegexp(t, english, said)
		require.Contains(t, said, "signature de webhook invalide : ")
	}
}

func TestFrench_LookUpThatFoundNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, `GET /v1/transactions : il n'y a rien sous "salaire 1"`,
		lang.French.Error(fmt.Errorf("djamo: %s %s: nothing under %q: %w", "GET", "/v1/transactions", "salaire 1", djamo.ErrNotFound)))
}

// mistakesOf are the mistakes that the client knows, as they are written in its source.
func mistakesOf(t *testing.T) []string {
	t.Helper()
	values, wholes := map[string]string{}, map[string]bool{}
	var value func(ast.Expr) string
	value = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(e.Value)
			require.NoError(t, err)
			return text
		case *ast.Ident:
			require.Contains(t, values, e.Name)
			wholes[e.Name] = false // it is the beginning of others
			return values[e.Name]
		case *ast.BinaryExpr:
			return value(e.X) + value(e.Y)
		}
		t.Fatalf("%T", e)
		return ""
	}
	for _, file := range []string{"diagnose.go", "reencode.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "../../../../internal/signature/"+file, nil, 0)
		require.NoError(t, err)
		for _, declaration := range parsed.Decls {
			constants, ok := declaration.(*ast.GenDecl)
			if !ok || constants.Tok != token.CONST {
				continue
			}
			for _, spec := range constants.Specs {
				constant := spec.(*ast.ValueSpec)
				if kind, ok := constant.Type.(*ast.Ident); ok && kind.Name == "Mistake" {
					name := constant.Names[0].Name
					values[name], wholes[name] = value(constant.Values[0]), true
				}
			}
		}
	}
	var mistakes []string
	for name, text := range values {
		if wholes[name] {
			mistakes = append(mistakes, text)
		}
	}
	return mistakes
}
