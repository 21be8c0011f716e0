package auditcmd

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is read whole is read as it is, and what never ends is given up when the program is told to stop.
func TestUntilStopped(t *testing.T) {
	t.Parallel()
	text, err := io.ReadAll(untilStopped(t.Context(), strings.NewReader("checkpoint")))
	require.NoError(t, err)
	require.Equal(t, "checkpoint", string(text))

	ctx, stop := context.WithCancel(t.Context())
	silent, typed := io.Pipe()
	defer typed.Close()
	in := untilStopped(ctx, silent)
	stop()
	_, err = io.ReadAll(in)
	require.ErrorIs(t, err, context.Canceled)
}
