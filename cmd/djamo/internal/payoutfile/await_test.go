package payoutfile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStoppable_EndsInTheMiddleOfAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "salaries.csv")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", 100_000)), 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	ctx, interrupt := context.WithCancel(t.Context())
	reader := stoppable{file, ctx.Err}
	defer reader.Close()
	n, err := reader.Read(make([]byte, 10_000))
	require.NoError(t, err)
	require.Equal(t, 10_000, n)
	interrupt()
	n, err = reader.Read(make([]byte, 10_000))
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, n)
}
