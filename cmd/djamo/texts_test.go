package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// saying are the functions whose text is said in the operator's language, by the place of the text among their arguments.
func saying(call *ast.CallExpr) (text ast.Expr, ok bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	if name == "tof" && len(call.Args) > 1 {
		return call.Args[1], true
	}
	if !slices.Contains([]string{"Tell", "Say", "Text", "Errorf", "BadUsage", "say", "Phrase"}, name) || len(call.Args) == 0 {
		return nil, false
	}
	if len(call.Args) == 2 && name == "say" {
		if _, both := literal(call.Args[1]); both { // its French stands beside it
			return nil, false
		}
	}
	return call.Args[0], true
}

// isEnglishError reports whether a call makes an error that knows no language.
func isEnglishError(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := f.X.(*ast.Ident)
	return ok && (pkg.Name == "fmt" && f.Sel.Name == "Errorf" || pkg.Name == "errors" && f.Sel.Name == "New")
}

// printsWords reports whether a call prints words of a text as they stand.
func printsWords(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(f.Sel.Name, "Fprint") {
		return false
	}
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
		text, ok := literal(arg)
		return ok && regexp.MustCompile(`\pL{3}`).MatchString(verbs.ReplaceAllString(text, "")) && !strings.HasPrefix(text, "djamo ")
	})
}

// literal is the value of a text that is put together of literals only.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, too := literal(e.Y)
		return left + right, ok && too && e.Op == token.ADD
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return "", false
}

// said are all texts of the program that are said by a function, and all that its commands say of themselves.
func said(t *testing.T) map[string]bool {
	t.Helper()
	texts := map[string]bool{}
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/lang/") ||
			strings.HasPrefix(path, "internal/programtest/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok {
				require.False(t, printsWords(call), "%s: what is printed as it stands is said in English alone", path)
				require.False(t, isEnglishError(call), "%s: an error of fmt or errors is said in English alone: write lang.Errorf", path)
				if arg, ok := saying(call); ok {
					if text, ok := literal(arg); ok {
						texts[text] = true
					}
				}
			}
			return true
		})
		return nil
	}))
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		texts[c.Short], texts[c.Long] = true, true
		for _, flags := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) { texts[f.Usage] = true })
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(newRoot(terminal.Terminal{Lang: lang.English}, &options.Options{}, nil))
	// What stands in tables of the program's.
	for _, text := range []string{
		"Account", "Company", "Token", "Payee", "Amount", "Reference", "Sub-company", "Balance", "File", "Payments", "Charge", "Paid", "Refunded",
		"sandbox", "staging", "production", "planned", "accepted", "completed", "paid earlier under these references, not paid now", "failed",
		"refused", "conflict", "unknown", "open", "the file to pay", "the journal", "there is a word for it",
	} {
		texts[text] = true
	}
	delete(texts, "there is a word for it")
	return texts
}

// needsNone are texts without a word, and names that are the same in both languages.
func needsNone(text string) bool {
	return regexp.MustCompile(`^[^\p{L}]*(%[a-z][^\p{L}]*)*$`).MatchString(text)
}

var verbs = regexp.MustCompile(`%(\[\d+\])?[-+#]?\d*[a-z]`)

func TestTexts_EveryTextIsInFrench(t *testing.T) {
	t.Parallel()
	texts := said(t)
	require.Contains(t, texts, "nothing was sent: %w")
	require.Contains(t, texts, "Send money to one person, once")
	french := lang.Translations()
	var missing []string
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		if _, ok := french[text]; !ok && !needsNone(text) {
			missing = append(missing, strconv.Quote(text))
		}
	}
	require.Empty(t, missing, "texts without French:\n%s", strings.Join(missing, "\n"))
}

func TestTexts_BothLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	for english, french := range lang.Translations() {
		require.NotEmpty(t, french, english)
		plain := func(text string) []string {
			found := verbs.FindAllString(strings.ReplaceAll(text, "%w", "%v"), -1)
			for i, verb := range found {
				found[i] = regexp.MustCompile(`\[\d+\]`).ReplaceAllString(verb, "")
			}
			slices.Sort(found)
			return found
		}
		require.Equal(t, plain(english), plain(french), english)
		require.Equal(t, strings.Count(english, "`"), strings.Count(french, "`"), "the name of a flag's value: %s", english)
	}
}
