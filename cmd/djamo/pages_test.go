package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// The archives of a release hold completion scripts and man pages beside the program. They are made here, so that the program
// itself links nothing for them. DJAMO_WRITE_PAGES names the folder to write them to; SOURCE_DATE_EPOCH is their date.
func TestPagesOfTheArchive(t *testing.T) {
	t.Parallel()

	dir := os.Getenv("DJAMO_WRITE_PAGES")
	if dir == "" {
		dir = t.TempDir()
	}
	var date time.Time
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		date = time.Unix(seconds, 0).UTC()
	}
	for shell, name := range map[string]string{"bash": "djamo.bash", "zsh": "_djamo", "fish": "djamo.fish", "powershell": "djamo.ps1"} {
		var script bytes.Buffer
		root := newRoot(terminal.Terminal{Out: &script}, &options.Options{}, []string{"completion", shell})
		require.NoError(t, root.Execute())
		require.Contains(t, script.String(), "djamo")
		writePage(t, filepath.Join(dir, "completions", name), script.String())
	}

	headings := strings.NewReplacer(".SH NAME\n", ".SH NOM\n", ".SH OPTIONS INHERITED FROM PARENT COMMANDS\n", ".SH OPTIONS HÉRITÉES\n",
		".SH EXAMPLE\n", ".SH EXEMPLES\n", ".SH SEE ALSO\n", ".SH VOIR AUSSI\n")
	for l, folder := range map[lang.Language]string{lang.English: "man/man1", lang.French: "man/fr/man1"} {
		root := newRoot(terminal.Terminal{Lang: l}, &options.Options{}, nil)
		root.DisableAutoGenTag = true // it would hold the day of the build
		pages := map[string]string{}
		var walk func(*cobra.Command)
		walk = func(c *cobra.Command) {
			if c.Hidden || c.Name() == "help" {
				return
			}
			name := strings.ReplaceAll(c.CommandPath(), " ", "-")
			var page bytes.Buffer
			header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Source: "djamo " + djamo.Version, Manual: "djamo", Date: &date}
			require.NoError(t, doc.GenMan(c, header, &page))
			pages[name] = page.String()
			if l == lang.French {
				pages[name] = headings.Replace(page.String())
				require.NotContains(t, pages[name], ".SH SEE ALSO")
			}
			require.Contains(t, pages[name], c.Short[1:], "%s says what it is for", name)
			for _, child := range c.Commands() {
				walk(child)
			}
		}
		walk(root)
		require.Contains(t, pages, "djamo-payroll-run")
		for name, page := range pages {
			writePage(t, filepath.Join(dir, folder, name+".1"), page)
		}
	}
}

func writePage(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}
