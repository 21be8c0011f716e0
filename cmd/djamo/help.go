package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// translate puts what the commands say of themselves into the operator's language.
func translate(command *cobra.Command, l lang.Language) {
	command.Short, command.Long = l.Text(command.Short), l.Text(command.Long)
	command.Flags().BoolP("help", "h", false, "explain this command")
	for _, flags := range []*pflag.FlagSet{command.Flags(), command.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { f.Usage = l.Text(f.Usage) })
	}
	for _, child := range command.Commands() {
		translate(child, l)
	}
}

// usage is how a command is typed, with what may follow.
func usage(command *cobra.Command, l lang.Language, out io.Writer) string {
	var text strings.Builder
	line := strings.Replace(command.UseLine(), "[flags]", l.Text("[flags]"), 1)
	if command.HasAvailableSubCommands() {
		line = command.CommandPath() + " " + l.Text("COMMAND")
	}
	fmt.Fprintf(&text, "%s\n  %s\n", l.Text("Usage:"), line)
	if command.Example != "" {
		fmt.Fprintf(&text, "\n%s\n%s\n", l.Text("Examples:"), command.Example)
	}
	if command.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "\n%s\n", l.Text("Commands:"))
		width := 0
		for _, child := range command.Commands() {
			width = max(width, len(child.Name()))
		}
		for _, child := range command.Commands() {
			if child.IsAvailableCommand() {
				fmt.Fprintf(&text, "  %-*s  %s\n", width, child.Name(), child.Short)
			}
		}
	}
	if flags := command.LocalFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(&text, "\n%s\n%s", l.Text("Flags:"), flagUsages(flags, l, out))
	}
	if flags := command.InheritedFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(&text, "\n%s\n%s", l.Text("Flags of the group:"), flagUsages(flags, l, out))
	}
	return text.String()
}

// flagUsages describes flags, each within the width of the terminal.
func flagUsages(flags *pflag.FlagSet, l lang.Language, out io.Writer) string {
	maxWidth := 100
	if width := terminal.Width(out); width > 0 && width < maxWidth {
		maxWidth = width
	}
	// pflag counts bytes, and breaks a line at any space: letters with accents would put columns out of line, and a line would
	// begin with the semicolon that French sets apart.
	letters, usages := singleBytes{}, map[*pflag.Flag]string{}
	flags.VisitAll(func(f *pflag.Flag) {
		usages[f] = f.Usage
		f.Usage = letters.encode(strings.NewReplacer(" ;", "\u00a0;", " :", "\u00a0:").Replace(f.Usage))
	})
	text := strings.ReplaceAll(letters.decode(flags.FlagUsagesWrapped(maxWidth)), "\u00a0", " ")
	flags.VisitAll(func(f *pflag.Flag) { f.Usage = usages[f] })
	return strings.ReplaceAll(text, "(default ", l.Text("(default "))
}

// singleBytes writes letters outside of ASCII as control characters, one byte each, which no text of ours has.
type singleBytes map[rune]byte

// controls are those that neither pflag nor a page gives a meaning.
const controls = "\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1c\x1d\x1e\x1f"

func (s singleBytes) encode(text string) string {
	var out strings.Builder
	for _, r := range text {
		if _, known := s[r]; !known && r >= utf8.RuneSelf && len(s) < len(controls) {
			s[r] = controls[len(s)]
		}
		if b, known := s[r]; known {
			out.WriteByte(b)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func (s singleBytes) decode(text string) string {
	for r, b := range s {
		text = strings.ReplaceAll(text, string(rune(b)), string(r))
	}
	return text
}

// setHelp has every command explain itself in the operator's language.
func setHelp(root *cobra.Command, l lang.Language) {
	translate(root, l)
	root.SetUsageFunc(func(command *cobra.Command) error {
		_, err := fmt.Fprint(command.OutOrStderr(), usage(command, l, command.OutOrStderr()))
		return err
	})
	root.SetHelpFunc(func(command *cobra.Command, _ []string) {
		about := command.Long
		if about == "" {
			about = command.Short
		}
		out := command.OutOrStdout()
		if terminal.Width(out) > 0 {
			about = inParagraphs(about)
		}
		fmt.Fprintf(terminal.Prose(out), "%s\n\n%s", about, usage(command, l, out))
	})
}

// inParagraphs joins the lines of each paragraph, which were broken for a page: a terminal may be narrower.
func inParagraphs(text string) string {
	const full = 80 // a line that is shorter was meant to end
	var out strings.Builder
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		out.WriteString(line)
		switch {
		case i == len(lines)-1:
		case len(line) > full && lines[i+1] != "" && lines[i+1][0] != ' ':
			out.WriteString(" ")
		default:
			out.WriteString("\n")
		}
	}
	return out.String()
}
