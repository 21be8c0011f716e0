package repository_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The rules that keep the house easy to move into: a root that is taken in at a glance, lines that fit a window, and one
// word for one thing.

func TestRules_TheRootIsTakenInAtAGlance(t *testing.T) {
	t.Parallel()

	const maxEntries = 90
	listed, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	entries := map[string]bool{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		first, _, _ := strings.Cut(name, "/")
		if _, err := os.Stat(name); err == nil {
			entries[first] = true
		}
	}
	require.Greater(t, len(entries), 20, "the listing must be that of the repository")
	require.LessOrEqual(t, len(entries), maxEntries, "tests of the client from outside belong below tests/, small files beside their subject")
}

func TestRules_LinesFitAWindow(t *testing.T) {
	t.Parallel()

	const maxWidth = 140
	var faults []string
	for _, file := range goFiles(t, ".", everywhere) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "internal/clienttest/") {
			continue // tables
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		number := 0
		for line := range strings.Lines(string(content)) {
			number++
			line = strings.TrimSuffix(line, "\n")
			if width := utf8.RuneCountInString(line); width > maxWidth {
				faults = append(faults, fmt.Sprintf("%s:%d is %d wide", file, number, width))
			}
		}
	}
	require.Empty(t, faults, "a line has at most %d characters, and one idea", maxWidth)
}

// fieldsWord says, for a word that was invented here once, which word the field has for it.
func fieldsWord(name string) string {
	return map[string]string{
		"hold": "lease.Holder", "fresh": "Trusted", "turn": "a mutex named after what it guards", "advancing": "advanceMu", "amending": "updateMu",
		"together": "chunkSize", "hear": "recordOutcome", "brake": "circuit breaker", "braked": "tripped", "feed": "claimAndDispatch", "mayLeave": "checkLease",
		"judge": "classify", "lose": "markUnknown", "ranOut": "insufficientFunds", "sweep": "pollPages", "learn": "applyTransactions", "amend": "update",
		"adopt": "applyTransaction", "tolerate": "fatal", "heard": "wake", "told": "confirmed", "tells": "isAPIBody", "maybe": "outcomeUnknown",
		"neverLeft": "notSent", "doubt": "ambiguity", "differs": "mismatch", "naming": "withReferences", "contain": "recoverPanic", "linger": "drain",
		"mention": "rejected", "suffer": "injected", "kick": "wake", "story": "rejections", "Quiet": "QuietPeriod", "Silence": "SinceLostAnswer",
		"Patience": "IdleTimeout", "ErrHeld": "ErrLeaseHeld", "ErrLost": "ErrLeaseLost", "ErrShort": "ErrInsufficientFunds",
	}[name]
}

func TestRules_NamesAreTheFields(t *testing.T) {
	t.Parallel()

	var faults []string
	for _, file := range goFiles(t, ".", everywhere) {
		_, positions, parsed := parseFile(t, file)
		complain := func(name *ast.Ident) {
			if word := fieldsWord(name.Name); word != "" {
				faults = append(faults, fmt.Sprintf("%s: %s, for which the field's word is %s", positions.Position(name.Pos()), name.Name, word))
			}
		}
		for _, declaration := range parsed.Decls {
			switch declaration := declaration.(type) {
			case *ast.FuncDecl:
				complain(declaration.Name)
			case *ast.GenDecl:
				if declaration.Tok != token.IMPORT {
					ast.Inspect(declaration, func(node ast.Node) bool { complainAbout(node, complain); return true })
				}
			}
		}
	}
	require.Empty(t, faults)
}

// A limit is a maximum or a minimum: "most" and "fewest" are read as adjectives without a noun.
func TestRules_LimitsAreCalledMaxAndMin(t *testing.T) {
	t.Parallel()

	adjective := regexp.MustCompile(`^(?i:most|longest|largest|highest|fewest|least|shortest|smallest|lowest)([A-Z].*)?$`)
	var faults []string
	for _, file := range goFiles(t, ".", everywhere) {
		_, positions, parsed := parseFile(t, file)
		ast.Inspect(parsed, func(node ast.Node) bool {
			declaration, ok := node.(*ast.GenDecl)
			if !ok || declaration.Tok != token.CONST {
				return true
			}
			for _, spec := range declaration.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if adjective.MatchString(name.Name) {
						faults = append(faults, fmt.Sprintf("%s: %s", positions.Position(name.Pos()), name.Name))
					}
				}
			}
			return true
		})
	}
	require.Empty(t, faults, "a constant that bounds something is called max… or min…, and of what")
}

// A comment that begins with a name which was given up is about nothing that a reader can find.
func TestRules_CommentsBeginWithNoNameThatWasGivenUp(t *testing.T) {
	t.Parallel()

	var faults []string
	for _, file := range goFiles(t, ".", everywhere) {
		_, positions, parsed := parseFile(t, file)
		for _, declaration := range parsed.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Doc == nil {
				continue
			}
			first, _, _ := strings.Cut(function.Doc.Text(), " ")
			if word := fieldsWord(first); word != "" && first != function.Name.Name {
				faults = append(faults, fmt.Sprintf("%s: %s begins with %s", positions.Position(function.Pos()), function.Name.Name, first))
			}
		}
	}
	require.Empty(t, faults)
}

// complainAbout looks at the names that a declaration outside of functions gives: of types, fields, constants, variables.
func complainAbout(node ast.Node, complain func(*ast.Ident)) {
	switch node := node.(type) {
	case *ast.TypeSpec:
		complain(node.Name)
	case *ast.ValueSpec:
		for _, name := range node.Names {
			complain(name)
		}
	case *ast.StructType:
		for _, field := range node.Fields.List {
			for _, name := range field.Names {
				complain(name)
			}
		}
	}
}
