package repository_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Defect 14, two ways to do everything and global keys: there is no state outside a Client, so there is one way, and
// nothing to reset between tests. These variables are all there are: errors that wrap a sentinel, and a header value.
// None is exported by the root package, whose sentinels are constants, so no program can change what another part of it
// relies on. TestDefect14_NoGlobalsAndNoHiddenEnvironment looks for the environment and for init.
func TestDefect14_NoPackageVariables(t *testing.T) {
	t.Parallel()
	var found []string
	for _, file := range goFiles(t, ".", insideRootModule) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "internal/clienttest/") || strings.Contains(file, "/") && !strings.HasPrefix(file, "internal/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, declaration := range parsed.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if name.Name != "_" { // a check by the compiler
						found = append(found, strings.TrimSuffix(file, ".go")+": "+name.Name)
					}
				}
			}
		}
	}
	require.ElementsMatch(t, []string{
		"lookup: errOthers",
		"internal/transport/transport: ErrTooLarge",
		"internal/transport/redirect: errRedirect",
	}, found, "let a new one be a constant, or a field of what needs it")
}
