package repository_test

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What pkg.go.dev shows first: what a package is for, and an example of its use. A program says how it is run.
func TestPackages_BeginWithWhatTheyAreForAndAnExample(t *testing.T) {
	t.Parallel()

	byFolder := map[string][]string{}
	for _, file := range goFiles(t, ".", func(dir string) bool { return dir != "tests" && path.Base(dir) != "internal" && dir != "benchmarks" }) {
		byFolder[path.Dir(file)] = append(byFolder[path.Dir(file)], file)
	}
	looked := 0
	for dir, files := range byFolder {
		shown, err := readPackage(files)
		require.NoError(t, err)
		if shown == nil {
			continue
		}
		looked++
		text := strings.TrimSpace(shown.Doc)
		isProgram, hasCode := shown.Name == "main", strings.Contains(shown.Doc, "\n\t")
		if isProgram {
			require.Regexpf(t, `(?i)^(command )?`+path.Base(dir)+` `, text, "%s: the comment of a program begins with its name", dir)
			require.Truef(t, hasCode, "%s: the comment of a program shows how it is run", dir)
			continue
		}
		require.Truef(t, strings.HasPrefix(text, "Package "+shown.Name+" "), "%s: the comment of a package begins with what it is for, got %.60q", dir, text)
		if !exportsAnything(shown) {
			continue
		}
		if strings.HasPrefix(dir, "openfinance/") || dir == "riverwallet" || dir == "otel/walletotel" {
			require.Containsf(t, strings.Join(strings.Fields(text), " "), "compatibility promise", "%s: say that it is outside of the promise", dir)
		}
		require.NotEmptyf(t, shown.Examples, "%s: write a func Example in its tests", dir)
		isFirst := shown.Examples[0].Name == ""
		require.Truef(t, isFirst || hasCode, "%s: show its use in func Example, or in the comment of the package", dir)
	}
	require.Greater(t, looked, 25)
}

// readPackage reads the documentation of a package; nil when there are only tests.
func readPackage(files []string) (*doc.Package, error) {
	positions := token.NewFileSet()
	var parsed, tests []*ast.File
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(positions, name, content, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, "_test.go") {
			tests = append(tests, file)
		} else {
			parsed = append(parsed, file)
		}
	}
	if len(parsed) == 0 {
		return nil, nil //nolint:nilnil // documented
	}
	shown, err := doc.NewFromFiles(positions, parsed, module)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files[0], err)
	}
	shown.Examples = doc.Examples(tests...) // of the package, and of its symbols
	return shown, nil
}

func exportsAnything(shown *doc.Package) bool {
	return len(shown.Consts)+len(shown.Vars)+len(shown.Funcs)+len(shown.Types) > 0
}
