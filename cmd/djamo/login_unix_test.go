//go:build unix

package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

// Whoever turns back at the question for the token gets a terminal back that shows what is typed, in whatever way it was ended.
func TestLogin_InterruptedLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			command := exec.CommandContext(t.Context(), program, "login", "--url", "http://127.0.0.1:1", "--lang", "fr")
			command.Env = []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "TERM=xterm", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
			screen, typed, err := pty.Open()
			require.NoError(t, err)
			defer screen.Close()
			defer typed.Close()
			command.Stdin, command.Stdout, command.Stderr = typed, typed, typed
			before, err := term.GetState(int(typed.Fd()))
			require.NoError(t, err)
			require.NoError(t, command.Start())
			said := ""
			for buffer := make([]byte, 1<<10); !strings.Contains(said, "Jeton"); {
				n, err := screen.Read(buffer)
				require.NoError(t, err, said)
				said += string(buffer[:n])
			}
			for { // until nothing is shown any more
				now, err := term.GetState(int(typed.Fd()))
				require.NoError(t, err)
				if *now != *before {
					break
				}
			}
			require.NoError(t, command.Process.Signal(signal))
			_ = command.Wait()
			require.Equal(t, exit.Interrupted, command.ProcessState.ExitCode(), said)
			after, err := term.GetState(int(typed.Fd()))
			require.NoError(t, err)
			require.Equal(t, before, after)
			kept, err := os.ReadDir(home)
			require.NoError(t, err)
			require.Empty(t, kept, "nothing is kept")
		})
	}
}
