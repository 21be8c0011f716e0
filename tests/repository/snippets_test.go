package repository_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Code in the documentation is copied from code that runs: TestDocs_EveryBlockIsChecked compares them by these rules.
func TestDocs_SnippetRules(t *testing.T) {
	t.Parallel()

	const source = "client := dial()\n\n\tdefer client.Close()\n\tid := 1    // first\n\tsend(id)\n"
	tests := []struct {
		name, snippet string
		want          bool
	}{
		{"same lines", "client := dial()\ndefer client.Close()", true},
		{"other indentation, alignment and blank lines", "\t\tdefer client.Close()\n\n\tid := 1 // first", true},
		{"lines left out", "client := dial()\n// ...\nsend(id)", true},
		{"lines left out in the wrong order", "send(id)\n// ...\nclient := dial()", false},
		{"lines left out silently", "client := dial()\nsend(id)", false},
		{"a changed line", "client := dial(1)", false},
		{"a part of a line", "dial()", false},
		{"one line that is elsewhere", "client := dial()\nclose(id)", false},
		{"nothing but what is left out", "// ...", false},
		{"nothing", "\n\n", false},
		{"a segment only matched by lines already used", "send(id)\n// ...\nsend(id)", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, stemsFromAny(tt.snippet, []string{"other()", source}))
		})
	}
}

func stemsFromAny(snippet string, sources []string) bool {
	for _, source := range sources {
		if stemsFrom(snippet, source) {
			return true
		}
	}
	return false
}

// stemsFrom reports whether the segments of the snippet, which "// ..." separates, stand in the source one after the
// other, each without a gap.
func stemsFrom(snippet, source string) bool {
	rest := codeLines(source)
	matched := false
	var segment []string
	for _, line := range append(codeLines(snippet), "// ...") {
		if line != "// ..." && line != "// …" {
			segment = append(segment, line)
			continue
		}
		if len(segment) == 0 {
			continue
		}
		end := endOf(segment, rest)
		if end < 0 {
			return false
		}
		rest, segment, matched = rest[end:], nil, true
	}
	return matched
}

// codeLines splits code into lines without indentation, alignment and blank lines.
func codeLines(code string) []string {
	var lines []string
	for line := range strings.Lines(code) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return lines
}

// endOf returns the index after the first place where all lines of the segment follow each other, -1 without one.
func endOf(segment, lines []string) int {
	for start := 0; start+len(segment) <= len(lines); start++ {
		end := start + len(segment)
		if strings.Join(lines[start:end], "\n") == strings.Join(segment, "\n") {
			return end
		}
	}
	return -1
}

// executedExamples returns the bodies of the Example functions that go test runs, in every package of the workspace, and
// what they print. Whole tests in their files count too: some things can only be shown in one.
func executedExamples(t *testing.T) (bodies, outputs []string) {
	t.Helper()
	for _, file := range goFiles(t, ".", everywhere) {
		if !strings.HasSuffix(file, "_test.go") || !strings.Contains(filepath.Base(file), "example") {
			continue
		}
		content, positions, parsed := parseFile(t, file)
		for _, declaration := range parsed.Decls {
			if test, ok := declaration.(*ast.FuncDecl); ok && strings.HasPrefix(test.Name.Name, "Test") {
				bodies = append(bodies, content[positions.Position(test.Pos()).Offset:positions.Position(test.End()).Offset])
			}
		}
		for _, example := range doc.Examples(parsed) {
			if example.Output == "" && !example.EmptyOutput {
				continue // compiled, never run
			}
			start, end := positions.Position(example.Code.Pos()).Offset, positions.Position(example.Code.End()).Offset
			if _, ok := example.Code.(*ast.BlockStmt); ok {
				start, end = start+1, end-1 // without the braces
			}
			bodies, outputs = append(bodies, content[start:end]), append(outputs, example.Output)
		}
	}
	return bodies, outputs
}

// exampleMains returns the source files of the example programs.
func exampleMains(t *testing.T) []string {
	t.Helper()
	var sources []string
	for _, file := range goFiles(t, "examples", everywhere) {
		content, _, parsed := parseFile(t, file)
		if parsed.Name.Name == "main" && !strings.HasSuffix(file, "_test.go") {
			sources = append(sources, content)
		}
	}
	return sources
}

func parseFile(t *testing.T, file string) (string, *token.FileSet, *ast.File) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, content, parser.ParseComments)
	require.NoError(t, err)
	return string(content), positions, parsed
}
