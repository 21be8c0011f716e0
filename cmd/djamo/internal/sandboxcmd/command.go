// Package sandboxcmd is the command djamo sandbox: it serves the fake API, and steers one that is being served.
package sandboxcmd

import (
	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/control"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// Command is djamo sandbox with everything below it.
func Command(t terminal.Terminal) *cobra.Command {
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "Develop against a fake Djamo API, without an account",
		Long: "Serves the Djamo Business API in memory, with pages that show and steer it. No money moves.\n" +
			"Everything but start talks to a sandbox that is being served: --control names it, and " + control.EnvToken +
			" holds its\ncontrol token when it has one of its own.",
	}
	command.AddCommand(startCommand(t))
	c := &caller{terminal: t}
	for _, child := range c.commands() {
		command.AddCommand(child)
	}
	return command
}
