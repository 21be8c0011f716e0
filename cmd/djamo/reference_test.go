package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// reference describes every command in Markdown.
func reference(l lang.Language) string {
	var text strings.Builder
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() && c.Name() != "help" {
			describe(&text, c, l)
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(newRoot(terminal.Terminal{Lang: l}, &options.Options{}, nil))
	return text.String()
}

func describe(text *strings.Builder, c *cobra.Command, l lang.Language) {
	use := strings.TrimSuffix(c.UseLine(), " [flags]")
	fmt.Fprintf(text, "\n### `%s`\n\n%s.\n", use, c.Short)
	if c.Long != "" {
		fmt.Fprintf(text, "\n%s\n", quoteAddresses(c.Long))
	}
	if c.Example != "" {
		var lines []string
		for line := range strings.Lines(c.Example) {
			lines = append(lines, "`"+strings.TrimSpace(line)+"`")
		}
		fmt.Fprintf(text, "\n%s %s\n", l.Text("Examples:"), strings.Join(lines, "  \n"))
	}
	var rows []string
	seen := map[string]bool{}
	add := func(f *pflag.Flag) {
		if seen[f.Name] || f.Hidden || f.Name == "help" || f.Name == "lang" || f.Name == "no-input" {
			return
		}
		seen[f.Name] = true
		name, usage := pflag.UnquoteUsage(f)
		usage = quoteAddresses(usage)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
			usage += " (`" + f.DefValue + "`)"
		}
		flag := "--" + f.Name
		if f.Value.Type() != "bool" {
			flag += " " + name
			if f.NoOptDefVal != "" { // a value that stands apart would be taken for a file
				flag = "--" + f.Name + "=" + name
			}
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", strings.ReplaceAll(flag, "|", `\|`), strings.ReplaceAll(usage, "|", `\|`)))
	}
	c.Flags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	if len(rows) > 0 {
		fmt.Fprintf(text, "\n| | |\n| --- | --- |\n%s", strings.Join(rows, ""))
	}
}

// quoteAddresses keeps addresses in a text from becoming links.
func quoteAddresses(text string) string {
	return regexp.MustCompile(`https?://[^\s,;()"]*[^\s,;:()".]`).ReplaceAllString(text, "`$0`")
}

// The pages end with what the program says of itself. DJAMO_WRITE_DOCS=1 writes them.
func TestReference_PagesSayWhatTheProgramSays(t *testing.T) {
	t.Parallel()
	for _, page := range []struct {
		path, heading string
		language      lang.Language
	}{
		{"../../docs/cli.md", "## Every command\n", lang.English},
		{"../../docs/fr/cli.md", "## Toutes les commandes\n", lang.French},
	} {
		content, err := os.ReadFile(page.path)
		require.NoError(t, err)
		before, after, found := strings.Cut(string(content), page.heading)
		require.True(t, found, page.path)
		want := reference(page.language)
		if os.Getenv("DJAMO_WRITE_DOCS") != "" {
			require.NoError(t, os.WriteFile(page.path, []byte(before+page.heading+want), 0o600))
			continue
		}
		// A string that differs would be printed as a whole, twice.
		if want != after {
			t.Errorf("%s is out of step: write it with DJAMO_WRITE_DOCS=1 go test -run TestReference .", page.path)
		}
	}
}
