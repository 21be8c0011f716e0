package djamo_test

import (
	"fmt"
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

// Code in the documentation is copied from code that runs. Every block fenced as ```go in README.md and docs/*.md must
// stand, line for line, in the body of one Example function with an Output comment, or in one file of a main package
// below examples/. Indentation, alignment and blank lines do not count. A line "// ..." in the block stands for
// lines left out.
func TestReadme_SnippetsComeFromExecutedExamples(t *testing.T) {
	t.Parallel()

	sources := append(executedExamples(t), exampleMains(t)...)
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range append([]string{"README.md"}, pages...) {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		snippets, err := goSnippets(string(content))
		require.NoError(t, err, page)
		if page == "README.md" {
			require.NotEmpty(t, snippets, "a README without Go code shows nobody how to begin")
		}
		for _, snippet := range snippets {
			require.Truef(t, stemsFromAny(snippet, sources),
				"%s: no executed example contains this snippet: copy it from one, or write the example\n\n%s", page, snippet)
		}
	}
}

func TestReadme_SnippetRules(t *testing.T) {
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

func TestReadme_FindsSnippets(t *testing.T) {
	t.Parallel()

	snippets, err := goSnippets("# Title\n```go\na()\n\nb()\n```\n```sh\ngo test work\n```\n   ```go\nc()\n   ```\n")
	require.NoError(t, err)
	require.Equal(t, []string{"a()\n\nb()\n", "c()\n"}, snippets)

	_, err = goSnippets("```go\na()\n")
	require.ErrorContains(t, err, "never closed")
}

// goSnippets cuts the blocks fenced as ```go out of a Markdown page.
func goSnippets(page string) ([]string, error) {
	var snippets []string
	var block strings.Builder
	inBlock := false
	for line := range strings.Lines(page) {
		trimmed := strings.TrimSpace(line)
		switch {
		case !inBlock && (trimmed == "```go" || strings.HasPrefix(trimmed, "```go ")):
			inBlock = true
		case inBlock && trimmed == "```":
			snippets = append(snippets, block.String())
			block.Reset()
			inBlock = false
		case inBlock:
			block.WriteString(line)
		}
	}
	if inBlock {
		return nil, fmt.Errorf("this block is never closed:\n%s", block.String())
	}
	return snippets, nil
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

// executedExamples returns the bodies of the Example functions that go test runs, in every package of the workspace.
func executedExamples(t *testing.T) []string {
	t.Helper()
	var bodies []string
	for _, file := range goFiles(t, ".", everywhere) {
		if !strings.HasSuffix(file, "_test.go") || !strings.Contains(filepath.Base(file), "example") {
			continue
		}
		content, positions, parsed := parseFile(t, file)
		for _, example := range doc.Examples(parsed) {
			if example.Output == "" && !example.EmptyOutput {
				continue // compiled, never run
			}
			start, end := positions.Position(example.Code.Pos()).Offset, positions.Position(example.Code.End()).Offset
			if _, ok := example.Code.(*ast.BlockStmt); ok {
				start, end = start+1, end-1 // without the braces
			}
			bodies = append(bodies, content[start:end])
		}
	}
	return bodies
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
