package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// In each language what flags are for stands in one column, and no line begins with punctuation.
func TestHelp_FlagsStandInColumns(t *testing.T) {
	t.Parallel()
	for _, language := range []lang.Language{lang.English, lang.French} {
		var walk func(*cobra.Command)
		walk = func(command *cobra.Command) {
			for _, flags := range []*pflag.FlagSet{command.LocalFlags(), command.InheritedFlags()} {
				column := 0
				for line := range strings.Lines(flagUsages(flags, language, &bytes.Buffer{})) {
					at := strings.LastIndex(line, "   ")
					if strings.HasPrefix(strings.TrimSpace(line), "-") && at < 0 {
						continue
					}
					begins := utf8.RuneCountInString(line[:at+3])
					if column == 0 {
						column = begins
					}
					require.Equal(t, column, begins, "%s: %s", command.CommandPath(), line)
					require.NotContains(t, ";:", strings.TrimSpace(line)[:1], "%s: %s", command.CommandPath(), line)
				}
			}
			for _, child := range command.Commands() {
				walk(child)
			}
		}
		walk(newRoot(terminal.Terminal{Lang: language}, &options.Options{}, nil))
	}
}
