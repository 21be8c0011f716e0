package repository_test

import (
	"go/ast"
	"go/token"
	"os/exec"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/stretchr/testify/require"
)

// What the pages say in tables and by name, compared with the code.

func TestDocs_PayrollPagesNameEveryFlag(t *testing.T) {
	t.Parallel()

	want := map[string]bool{"--lang": true} // which every command has
	for _, file := range []string{
		"payrollcmd/command.go", "payrollcmd/flags.go", "payoutfile/file.go", "paper/presentation.go", "review/confirm.go", "review/recipients.go",
		"payrollcmd/approve.go", "payrollcmd/approvers.go",
	} {
		_, _, program := parseFile(t, "cmd/djamo/internal/"+file)
		ast.Inspect(program, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) != 4 && len(call.Args) != 3 {
				return true
			}
			if callee, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasSuffix(callee.Sel.Name, "Var") {
				if name, ok := call.Args[1].(*ast.BasicLit); ok {
					want["--"+strings.Trim(name.Value, `"`)] = true
				}
			}
			return true
		})
	}
	require.Contains(t, want, "--country")
	require.Contains(t, want, "--quiet-period")

	flag := regexp.MustCompile("`(--[a-z-]+)")
	for _, page := range []string{"docs/payroll.md", "docs/fr/payroll.md"} {
		got := map[string]bool{}
		for _, row := range tableRows(markdownFiles(t)[page]) {
			if strings.HasPrefix(row[0], "`--") {
				for _, match := range flag.FindAllStringSubmatch(row[0], -1) {
					got[match[1]] = true
				}
			}
		}
		require.Equal(t, want, got, page)
	}
}

func TestDocs_PayrollPagesNameEveryExitCode(t *testing.T) {
	t.Parallel()

	want := map[string]bool{}
	_, _, program := parseFile(t, "cmd/djamo/internal/exit/exit.go")
	ast.Inspect(program, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 {
			if code, ok := spec.Values[0].(*ast.BasicLit); ok && code.Kind == token.INT {
				want[code.Value] = true
			}
		}
		return true
	})
	require.Len(t, want, 5)

	for _, page := range []string{"docs/payroll.md", "docs/fr/payroll.md"} {
		got := map[string]bool{}
		for _, row := range tableRows(markdownFiles(t)[page]) {
			if _, err := strconv.Atoi(row[0]); err == nil {
				got[row[0]] = true
			}
		}
		require.Equal(t, want, got, page)
	}
}

// The page on errors has a row for each sentinel, and where the row names a status, an answer with that status is one.
func TestDocs_ErrorsPageNamesEverySentinel(t *testing.T) {
	t.Parallel()

	want := map[string]djamo.ErrorCode{}
	for _, file := range goFiles(t, ".", func(string) bool { return false }) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		_, _, parsed := parseFile(t, file)
		for name, text := range sentinelsOf(parsed, "ErrorCode") {
			want[name] = djamo.ErrorCode(text)
		}
	}
	require.Contains(t, want, "ErrWebhookTooLarge")

	status := regexp.MustCompile(`^\d{3}$`)
	got := map[string]bool{}
	for _, row := range tableRows(markdownFiles(t)["docs/errors.md"]) {
		name := strings.Trim(row[0], "`")
		if !strings.HasPrefix(name, "Err") {
			continue
		}
		require.Containsf(t, want, name, "there is no such sentinel in package djamo")
		require.Falsef(t, got[name], "%s has two rows", name)
		got[name] = true
		if status.MatchString(row[1]) {
			code, err := strconv.Atoi(row[1])
			require.NoError(t, err)
			require.ErrorIs(t, &djamo.Error{StatusCode: code}, want[name])
		}
	}
	require.Len(t, got, len(want), "sentinels with a row: %v, in the code: %v", got, want)
}

// sentinelsOf are the exported constants of a type of errors, with their texts.
func sentinelsOf(file *ast.File, kind string) map[string]string {
	found := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
			return true
		}
		of, isNamed := spec.Type.(*ast.Ident)
		text, isText := spec.Values[0].(*ast.BasicLit)
		if isNamed && isText && of.Name == kind {
			found[spec.Names[0].Name] = strings.Trim(text.Value, `"`)
		}
		return true
	})
	return found
}

// Tests and exported names that pages mention in code exist: a threat table that names a test which is gone proves nothing.
func TestDocs_NamesExist(t *testing.T) {
	t.Parallel()

	tests := testFunctions(t)
	exported := map[string]map[string]bool{}
	for _, dir := range []string{".", "payroll", "payroll/sqljournal", "payroll/journaltest", "djamotest", "dedupertest", "sqldeduper", "redisdeduper"} {
		name := path.Base(dir)
		if dir == "." {
			name = "djamo"
		}
		exported[name] = exportedNames(t, dir)
	}
	aTest := regexp.MustCompile(`^(?:Test|Fuzz)[A-Z]\w*$`)
	aName := regexp.MustCompile(`^[&*]?([a-z]+)\.([A-Z]\w*)`)
	proven, named := 0, 0
	for page, content := range markdownFiles(t) {
		for _, code := range inlineCode.FindAllString(fencedBlock.ReplaceAllString(content, ""), -1) {
			code = strings.Trim(code, "`")
			if aTest.MatchString(code) {
				require.NotEmptyf(t, tests[code], "%s: there is no test %s", page, code)
				proven++
			}
			if match := aName.FindStringSubmatch(code); match != nil && exported[match[1]] != nil {
				require.Truef(t, exported[match[1]][match[2]], "%s: there is no %s", page, code)
				named++
			}
		}
	}
	require.Greater(t, proven, 20, "the threat table names its tests")
	require.Greater(t, named, 20)
}

// Files that pages name in code exist, by their path or, where the page has said in which folder, by their name alone.
func TestDocs_FilesExist(t *testing.T) {
	t.Parallel()

	listed, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	known := map[string]bool{}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		known[file], known[path.Base(file)] = true, true
	}
	aFile := regexp.MustCompile(`^[\w./-]+\.go$`)
	found := 0
	for page, content := range markdownFiles(t) {
		if page == "docs/mutation.md" {
			continue // the record of a day: its files have the names of that day
		}
		for _, code := range inlineCode.FindAllString(fencedBlock.ReplaceAllString(content, ""), -1) {
			if code = strings.Trim(code, "`"); aFile.MatchString(code) {
				require.Truef(t, known[code], "%s: there is no file %s", page, code)
				found++
			}
		}
	}
	require.Greater(t, found, 20)
}

// testFunctions returns where each test and fuzz target of the workspace stands.
func testFunctions(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, file := range goFiles(t, ".", everywhere) {
		if !strings.HasSuffix(file, "_test.go") {
			continue
		}
		_, _, parsed := parseFile(t, file)
		for _, declaration := range parsed.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil {
				if name := function.Name.Name; strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") {
					found[name] = file
				}
			}
		}
	}
	return found
}

func exportedNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range goFiles(t, dir, func(below string) bool { return below == dir }) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		_, _, parsed := parseFile(t, file)
		for _, declaration := range parsed.Decls {
			switch declared := declaration.(type) {
			case *ast.FuncDecl:
				names[declared.Name.Name] = names[declared.Name.Name] || declared.Recv == nil
			case *ast.GenDecl:
				for _, spec := range declared.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							names[name.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}

// tableRows returns the cells of every row of a page's tables.
func tableRows(page string) [][]string {
	var rows [][]string
	for line := range strings.Lines(page) {
		line, isRow := strings.CutPrefix(strings.TrimSpace(line), "|")
		if !isRow {
			continue
		}
		cells := strings.Split(strings.ReplaceAll(strings.TrimSuffix(line, "|"), `\|`, "¦"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}
