package repository_test

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The promises of the repository as a whole: what it depends on, which way imports point, how files are kept.

const module = "github.com/djamo/djamo-go"

// allowedImports says, for each directory of the root module, what its packages may import beside the standard
// library and packages below that same directory. A package belongs to the longest directory that fits. Imports only
// point down, and tests, which may import what they like, never decide what a user's program links.
var allowedImports = map[string][]string{
	".":        {module + "/internal"},
	"internal": {},
	"internal/clienttest": { // no program imports it
		module,
		"github.com/jarcoal/httpmock",
		"github.com/stretchr/testify",
	},
	"internal/sqldb":          {module + "/internal/clock"},
	"internal/delivery":       {module + "/internal/clock", module + "/internal/redact"}, // never the transport: it only receives
	"internal/transport":      {module + "/internal/clock", module + "/internal/redact", module + "/internal/wire", "github.com/hashicorp/go-retryablehttp"},
	"internal/wire":           {"github.com/google/go-querystring/query"},
	"djamotest":               {},
	"dedupertest":             {module},
	"openfinance":             {module, module + "/internal"},
	"openfinance/gatewaytest": {}, // the fake gateway shares no code with its clients
	"sandbox":                 {module + "/djamotest", module + "/openfinance/gatewaytest"},
	"payroll": {
		module,
		module + "/internal/clock",
		module + "/internal/columns",
		module + "/internal/decimals",
		module + "/internal/edit",
		module + "/internal/filekind",
		module + "/internal/lease",
		module + "/internal/recent",
		module + "/internal/sqldb",
		module + "/internal/wordbreak",
	},
}

func TestRepository_RequiresTheGivenModulesOnly(t *testing.T) {
	t.Parallel()

	content, err := os.ReadFile("go.mod")
	require.NoError(t, err)

	require.ElementsMatch(t, []string{
		"github.com/google/go-querystring v1.2.0",
		"github.com/hashicorp/go-retryablehttp v0.7.8",
		"github.com/jarcoal/httpmock v1.4.2",
		"github.com/stretchr/testify v1.12.1",
	}, directRequirements(string(content)), "every dependency of the root module becomes one of each user: nothing may be added")
	require.NotContains(t, string(content), "replace ", "a replace directive holds for us but not for users")
}

// directRequirements lists the "path version" pairs that a go.mod requires for itself.
func directRequirements(content string) []string {
	var requirements []string
	inBlock := false
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			inBlock = true
		case line == ")":
			inBlock = false
		case strings.HasSuffix(line, "// indirect") || line == "" || strings.HasPrefix(line, "//"):
		case inBlock:
			requirements = append(requirements, line)
		case strings.HasPrefix(line, "require "):
			requirements = append(requirements, strings.TrimPrefix(line, "require "))
		}
	}
	return requirements
}

func TestRepository_ImportsPointDown(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for _, file := range goFiles(t, ".", insideRootModule) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		home := homeOf(path.Dir(file))
		seen[home] = true
		for _, imported := range importsOf(t, file) {
			require.NotEqual(t, module+"/internal/clienttest", imported, "%s: only tests import it", file)
			require.Truef(t, mayImport(home, imported),
				"%s imports %s: allowedImports in repository_test.go says what each directory may import", file, imported)
		}
	}
	require.True(t, seen["."] && seen["internal/transport"], "the walk must have met the packages it is about")
}

func TestRepository_ImportRules(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, home, imported string
		want                 bool
	}{
		{"standard library", ".", "net/http", true},
		{"root to its transport", ".", module + "/internal/transport", true},
		{"root to the fake server", ".", module + "/djamotest", false},
		{"root to payroll", ".", module + "/payroll", false},
		{"root to the retry library", ".", "github.com/hashicorp/go-retryablehttp", false},
		{"root to a test library", ".", "github.com/stretchr/testify/require", false},
		{"transport to the root", "internal/transport", module, false},
		{"delivery to the transport", "internal/delivery", module + "/internal/transport", false},
		{"fake server to the root", "djamotest", module, false},
		{"fake server to its own parts", "djamotest", module + "/djamotest/fault", true},
		{"fake server to a name that only starts alike", "djamotest", module + "/djamotest2", false},
		{"sandbox to the fake server", "sandbox", module + "/djamotest", true},
		{"sandbox to the root", "sandbox", module, false},
		{"payroll to the root", "payroll", module, true},
		{"payroll to the transport", "payroll", module + "/internal/transport", false},
		{"payroll's journal to payroll", "payroll", module + "/payroll", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, mayImport(tt.home, tt.imported))
		})
	}
}

// homeOf finds the row of allowedImports that a directory belongs to.
func homeOf(dir string) string {
	for dir != "." {
		if _, ok := allowedImports[dir]; ok {
			return dir
		}
		dir = path.Dir(dir)
	}
	return "."
}

func mayImport(home, imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library has no dot in its first element
	}
	if home != "." && isBelow(imported, module+"/"+home) {
		return true
	}
	for _, allowed := range allowedImports[home] {
		if imported == allowed || allowed != module && isBelow(imported, allowed) {
			return true
		}
	}
	return false
}

func isBelow(pkg, ancestor string) bool {
	return pkg == ancestor || strings.HasPrefix(pkg, ancestor+"/")
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	require.NoError(t, err)
	imports := make([]string, 0, len(parsed.Imports))
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		imports = append(imports, imported)
	}
	return imports
}

// What a program pays for importing the SDK: two small libraries and what they stand on, and none of the parts of the
// standard library that bring flags, handlers or templates with them.
func TestRepository_UsersLinkNothingHeavy(t *testing.T) {
	t.Parallel()

	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if .Standard}}std {{end}}{{.ImportPath}}", ".")
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.Output()
	require.NoErrorf(t, err, "go list: %s", &complaint)

	var linked []string
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		name, isStandard := strings.CutPrefix(line, "std ")
		if isStandard {
			require.NotContains(t, []string{
				"testing", "net/http/httptest", "net/http/pprof", "expvar", "flag", "html/template", "text/template", "database/sql",
			}, name)
		} else if !isBelow(name, module) {
			linked = append(linked, name)
		}
	}
	require.ElementsMatch(t, []string{
		"github.com/google/go-querystring/query",
		"github.com/hashicorp/go-cleanhttp",
		"github.com/hashicorp/go-retryablehttp",
	}, linked)
}

func TestRepository_FilesAreSmallAndNamedAfterTheirSubject(t *testing.T) {
	t.Parallel()

	const maxProgramLines, maxTestLines = 400, 600
	vague := []string{"util", "utils", "common", "helper", "helpers", "manager", "misc"}
	var faults []string
	for _, file := range goFiles(t, ".", everywhere) {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		maxLines := maxProgramLines
		if strings.HasSuffix(file, "_test.go") {
			maxLines = maxTestLines
		}
		if lines := bytes.Count(content, []byte("\n")); lines > maxLines {
			faults = append(faults, fmt.Sprintf("%s has %d lines, more than %d: split it by subject", file, lines, maxLines))
		}
		name := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".go"), "_test")
		if slices.Contains(vague, name) || slices.Contains(vague, path.Base(path.Dir(file))) {
			faults = append(faults, file+" says nothing by its name: name files and packages after their subject")
		}
	}
	require.Empty(t, faults)
}

// reach says whether a walk enters a directory.
type reach func(dir string) bool

func everywhere(string) bool { return true }

// insideRootModule stops at directories that are modules of their own.
func insideRootModule(dir string) bool {
	_, err := os.Stat(path.Join(dir, "go.mod"))
	return dir == "." || err != nil
}

// goFiles lists the Go files below a directory, as slash-separated paths relative to the root of the repository.
func goFiles(t *testing.T, root string, enters reach) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS("."), root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || !enters(name)) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) == ".go" {
			files = append(files, name)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}
