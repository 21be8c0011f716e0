package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/accountcmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/apicmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/auditcmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/clustercmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/listencmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payrollcmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/sandboxcmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/cmd/djamo/internal/walletscmd"
)

// run carries out a command line and returns the exit code.
func run(ctx context.Context, args []string, t terminal.Terminal) (code int) {
	defer func() { // Go would exit with 2
		if reason := recover(); reason != nil {
			t.Tell("the program failed, start it again: %s\n\n%s", terminal.Printable(djamo.MaskPhones(fmt.Sprint(reason))), debug.Stack())
			code = exit.Failed
		}
	}()
	t, err := setUp(args, t)
	o := &options.Options{}
	command := newRoot(t, o, args)
	if err == nil {
		command, err = command.ExecuteContextC(ctx)
	}
	if err == nil || onlyClosed(err) {
		return exit.OK
	}
	if asked := jsonFormat(args); asked != "" { // also where something before it was wrong, so that it was not read
		o.Output = asked
	}
	report(err, command, t, o)
	return exit.Code(err)
}

// setUp learns from the command line and the environment what must be known before the commands are put together.
func setUp(args []string, t terminal.Terminal) (terminal.Terminal, error) {
	t.Lang = lang.Of(os.Getenv)
	var err error
	if named := os.Getenv(envLanguage); named != "" {
		language, ok := lang.Parse(named)
		if t.Lang = language; !ok {
			err = exit.BadUsage("%s %q: must be en or fr", envLanguage, named)
		}
	}
	for i, arg := range args {
		if arg == "--" {
			break
		}
		value, given := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if given {
			language, ok := lang.Parse(value)
			if err = nil; ok {
				t.Lang = language
			} else { // said in the language of the environment
				err = exit.BadUsage("--lang %q: must be en or fr", value)
			}
		}
		t.Interactive = t.Interactive && arg != "--no-input" && arg != "--no-input=true"
	}
	return t, err
}

// jsonFormat is the JSON format that a command line asks for; "" when it asks for none.
func jsonFormat(args []string) (format string) {
	for i, arg := range args {
		value, given := strings.CutPrefix(arg, "--output=")
		switch {
		case arg == "--":
			return format
		case arg == "--output" && i+1 < len(args):
			value, given = args[i+1], true
		}
		if given && (value == options.JSON || value == options.JSONL) {
			format = value
		} else if given {
			format = ""
		}
	}
	return format
}

// report says what went wrong: to programs that read JSON in JSON.
func report(err error, command *cobra.Command, t terminal.Terminal, o *options.Options) {
	if o.IsJSON() {
		raw, failed := json.Marshal(struct {
			Error exit.Report `json:"error"`
		}{exit.ReportOf(err, t.Lang)})
		if failed == nil {
			fmt.Fprintf(t.Err, "%s\n", raw)
			return
		}
	}
	if text := lang.WithoutName(t.Lang.Error(err)); text != "" { // the program's name says it
		fmt.Fprintln(terminal.Prose(t.Err), terminal.Printable(djamo.MaskPhones(text)))
	}
	if coded := (*exit.Error)(nil); errors.As(err, &coded) && coded.Next != "" {
		t.Tell("Next, type: %s", terminal.Printable(coded.Next))
	}
	if errors.As(err, new(*exit.UsageError)) {
		t.Tell("See: %s --help", command.CommandPath())
	}
}

// newRoot puts all commands together.
func newRoot(t terminal.Terminal, o *options.Options, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "djamo",
		Short:         "Send and collect money with Djamo, pay salaries, or develop against a fake API",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			return o.Check(command.Flags())
		},
	}
	root.SetArgs(joinValues(args))
	root.SetIn(t.In)
	root.SetOut(t.Out)
	root.SetErr(t.Err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true
	// Their values are looked for before the commands are put together: see setUp.
	root.PersistentFlags().String("lang", string(t.Lang), "language of what people read: `en|fr`; default: "+envLanguage+", then the system's")
	root.PersistentFlags().Bool("no-input", false, "never ask, as without a terminal")
	version := root.Flags().Bool("version", false, "print the version of this program")
	root.Args = cobra.ArbitraryArgs
	root.RunE = func(c *cobra.Command, args []string) error {
		if *version && len(args) == 0 {
			return printVersion(t)
		}
		return chooseCommand(c, args)
	}
	payroll := payrollcmd.Command(t, o)
	payroll.AddCommand(clustercmd.Command(t, o))
	root.AddCommand(accountcmd.Commands(t, o)...)
	root.AddCommand(apicmd.Commands(t, o)...)
	root.AddCommand(listencmd.Commands(t, o)...)
	root.AddCommand(payroll, sandboxcmd.Command(t), walletscmd.Command(t), auditcmd.Command(t), completionCommand(t), versionCommand(t))
	requireCommands(root)
	completeFlags(root)
	root.InitDefaultHelpCmd()
	setHelp(root, t.Lang)
	if isCompletion(args) {
		plainUsages(root)
	}
	return root
}

// joinValues puts a value of --check-recipients that stands apart behind an equals sign. The flag may stand without one, so that
// the value would be taken for a file.
func joinValues(args []string) []string {
	const flag = "--check-recipients"
	joined := make([]string, 0, len(args)) // cobra takes nil for the arguments of the process
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(joined, args[i:]...)
		}
		if args[i] == flag && i+1 < len(args) && slices.Contains([]string{"auto", "yes", "no", "true", "false"}, args[i+1]) {
			i++
			joined = append(joined, flag+"="+args[i])
			continue
		}
		joined = append(joined, args[i])
	}
	return joined
}

// envLanguage is the language of what people read.
const envLanguage = "DJAMO_LANG"

func versionCommand(t terminal.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return printVersion(t) },
	}
}

func printVersion(t terminal.Terminal) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	_, err := fmt.Fprintf(t.Out, "djamo %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// requireCommands makes mistakes of every command usage errors, and has a command that only groups others ask for one of
// them: by itself it would print its help and end with 0, which a script takes for done.
func requireCommands(command *cobra.Command) {
	if args := command.Args; args != nil {
		command.Args = func(c *cobra.Command, given []string) error {
			err := args(c, given)
			if err != nil && !errors.As(err, new(*exit.UsageError)) {
				return exit.BadUsage("%w", err)
			}
			return err
		}
	}
	if !command.Runnable() && command.HasSubCommands() {
		command.Args = cobra.ArbitraryArgs
		command.RunE = chooseCommand
	}
	for _, child := range command.Commands() {
		requireCommands(child)
	}
}

func chooseCommand(command *cobra.Command, args []string) error {
	var names []string
	for _, child := range command.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	choice := strings.Join(names, ", ")
	if len(args) == 0 {
		return exit.BadUsage("%s: a command must follow: %s", command.CommandPath(), choice)
	}
	return exit.BadUsage("%s: %q is no command: must be one of %s", command.CommandPath(), args[0], choice)
}

// flagError names the flag, its value and the rule.
func flagError(command *cobra.Command, err error) error {
	unknown, invalid, bare := (*pflag.NotExistError)(nil), (*pflag.InvalidValueError)(nil), (*pflag.ValueRequiredError)(nil)
	switch {
	case errors.As(err, &bare):
		return exit.BadUsage("--%s: a value must follow", bare.GetSpecifiedName())
	case errors.As(err, &unknown):
		if group := unknown.GetSpecifiedShortnames(); group != "" {
			if command.Flags().Lookup(group) != nil {
				return exit.BadUsage("-%s: flags have two dashes: type --%s", group, group)
			}
			return exit.BadUsage("-%s is no flag of %s", group, command.CommandPath())
		}
		if command.HasSubCommands() { // as in djamo --yes payroll run
			return exit.BadUsage("--%s is no flag of %s: type flags behind the command that they are for", unknown.GetSpecifiedName(),
				command.CommandPath())
		}
		return exit.BadUsage("--%s is no flag of %s", unknown.GetSpecifiedName(), command.CommandPath())
	case errors.As(err, &invalid):
		name, value := invalid.GetFlag().Name, invalid.GetValue()
		switch invalid.GetFlag().Value.Type() {
		case "int", "int64":
			return exit.BadUsage("--%s %q: must be a whole number", name, value)
		case "duration":
			return exit.BadUsage("--%s %q: must be a time such as \"20s\" or \"15m\"", name, value)
		case "bool":
			return exit.BadUsage("--%s %q: must be true or false", name, value)
		}
		return exit.BadUsage("--%s %q: %w", name, value, invalid.Unwrap())
	}
	return exit.BadUsage("%w", err)
}
