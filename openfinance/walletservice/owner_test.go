package walletservice_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// A process is dead only where that can be known: one of another machine lives, also when both machines have one name.
func TestOwnerOfThisProcess(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Skip("there is no Linux that could tell which processes live")
	}
	owner, alive := walletservice.OwnerOfThisProcess()
	require.True(t, alive(owner))
	parts := strings.Split(owner, "|")
	require.Len(t, parts, 4)
	parts[1] = "999999999" // there is no such process here
	dead := strings.Join(parts, "|")
	require.False(t, alive(dead))
	boot := strings.TrimSpace(string(text))
	require.Contains(t, owner, boot)
	require.True(t, alive(strings.ReplaceAll(dead, boot, "26a1f0e5-0000-4000-8000-000000000000")), "another machine has it")
	require.True(t, alive("another kind of name"))
}
