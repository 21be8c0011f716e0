package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/listencmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func completionCommand(t terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the script by which a shell completes commands: bash, zsh, fish or powershell",
		Long: "Prints the script by which a shell completes commands, flags and their values. bash needs the package bash-completion,\n" +
			"version 2 or later, for it.",
		Example: "  djamo completion bash > /etc/bash_completion.d/djamo\n" +
			"  djamo completion zsh > \"${fpath[1]}/_djamo\"\n" +
			"  djamo completion fish > ~/.config/fish/completions/djamo.fish\n" +
			"  djamo completion powershell >> $PROFILE",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return exit.BadUsage("SHELL must be one of bash, zsh, fish and powershell")
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			root := command.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(t.Out, true)
			case "zsh":
				return root.GenZshCompletion(t.Out)
			case "fish":
				return root.GenFishCompletion(t.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(t.Out)
			}
			return exit.BadUsage("SHELL %q: must be one of bash, zsh, fish and powershell", args[0])
		},
	}
}

// isCompletion reports whether a shell asks for completions.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// plainUsages takes the marks around the names of values out of what flags are for: a shell shows it as it is.
func plainUsages(command *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{command.Flags(), command.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	}
	for _, child := range command.Commands() {
		plainUsages(child)
	}
}

// completeFlags gives shells the values of flags that have few. It asks nobody.
func completeFlags(command *cobra.Command) {
	topics := listencmd.Topics()
	for name, values := range map[string][]string{
		"output": {"table", "json", "jsonl"}, "lang": {"en", "fr"}, "country": {"CI", "SN"}, "mode": {"single", "batch"},
		"environment": {"production-civ", "production-sen", "staging-civ", "staging-sen"},
		"topic":       topics, "topics": topics,
	} {
		if command.Flags().Lookup(name) != nil || command.PersistentFlags().Lookup(name) != nil {
			_ = command.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // it is there
		}
	}
	for _, child := range command.Commands() {
		completeFlags(child)
	}
}
