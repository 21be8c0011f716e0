package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

// A keyring that waits for a window that nobody sees is not waited for, and only by commands that need it.
func TestKeyring_ThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	hangs, err := net.Listen("unix", filepath.Join(home, "bus"))
	require.NoError(t, err)
	defer hangs.Close() // nobody accepts: the connection stands, and nothing is answered
	require.NoError(t, os.Mkdir(filepath.Join(home, "djamo"), 0o700))
	config := "profile = \"box\"\n[profiles.box]\nurl = \"http://127.0.0.1:1\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(home, "djamo", "config.toml"), []byte(config), 0o600))
	environment := []string{"XDG_CONFIG_HOME=" + home, "HOME=" + home, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + hangs.Addr().String()}
	got := runProgram(t, "", environment, "balance")
	require.Equal(t, exit.Usage, got.code, got.stderr)
	require.Contains(t, got.stderr, "the keyring of this system has not answered for 3 seconds: set DJAMO_ACCESS_TOKEN, or keep")
	got.isClean(t)
	for _, line := range []string{"whoami", "profiles list", "version", "profiles use box"} {
		got := runProgram(t, "", environment, strings.Fields(line)...)
		require.Zero(t, got.code, got.stderr)
		require.NotContains(t, got.stderr, "keyring")
	}
	got = runProgram(t, "", append(environment, "DJAMO_ACCESS_TOKEN=at_other"), "balance")
	require.Equal(t, exit.Unsent, got.code, got.stderr)
}
