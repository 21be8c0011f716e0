//go:build unix

package main

import (
	"bytes"
	"io"
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
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			code, said := turnBack(t, func(program *os.Process, _ io.Writer) {
				require.NoError(t, program.Signal(signal))
			})
			require.Equal(t, exit.Interrupted, code, said)
		})
	}
}

// Ctrl-D ends the question, and so does the end of a line that nothing was typed into.
func TestLogin_NoTokenIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for typed, says := range map[string]string{"\x04": "rien n'a été enregistré, car aucun jeton n'a été tapé", "\n": "le jeton est vide"} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			code, said := turnBack(t, func(_ *os.Process, keyboard io.Writer) {
				_, err := keyboard.Write([]byte(typed))
				require.NoError(t, err)
			})
			require.Equal(t, exit.Usage, code, said)
			require.Contains(t, said, says)
		})
	}
}

// turnBack does something at the question for the token, and returns how the program ended and what it has said. It fails the test
// when something was kept, or when the terminal is not as it was.
func turnBack(t *testing.T, do func(program *os.Process, keyboard io.Writer)) (code int, text string) {
	t.Helper()
	program, err := exec.LookPath("djamo")
	require.NoError(t, err)
	home := t.TempDir()
	command := exec.CommandContext(t.Context(), program, "login", "--url", "http://127.0.0.1:1", "--lang", "fr")
	command.Env = []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "TERM=xterm", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}
	screen, typed, err := pty.Open()
	require.NoError(t, err)
	defer screen.Close()
	defer typed.Close()
	var said bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = typed, typed, typed
	before, err := term.GetState(int(typed.Fd()))
	require.NoError(t, err)
	require.NoError(t, command.Start())
	for buffer := make([]byte, 1<<10); !strings.Contains(said.String(), "Jeton"); {
		n, err := screen.Read(buffer)
		require.NoError(t, err, said.String())
		said.Write(buffer[:n])
	}
	for { // until nothing is shown any more
		now, err := term.GetState(int(typed.Fd()))
		require.NoError(t, err)
		if *now != *before {
			break
		}
	}
	do(command.Process, screen)
	_ = command.Wait()
	after, err := term.GetState(int(typed.Fd()))
	require.NoError(t, err)
	require.Equal(t, before, after)
	kept, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, kept, "nothing is kept")
	require.NoError(t, typed.Close())
	_, _ = said.ReadFrom(screen) // to its end, which Linux says with an error
	return command.ProcessState.ExitCode(), said.String()
}
