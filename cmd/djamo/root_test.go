package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// lost is an output that panics.
type lost struct{ io.Writer }

func (lost) Write([]byte) (int, error) { panic("lost: +2250748710523") }

// A program that has lost its way does not claim that nothing was sent.
func TestRun_SurvivesAPanic(t *testing.T) {
	t.Parallel()
	var errors bytes.Buffer
	require.Equal(t, exit.Failed, run(t.Context(), []string{"version"}, terminal.Terminal{Out: lost{}, Err: &errors}))
	require.Contains(t, errors.String(), "start it again: lost: +22507******23\n")
	require.Contains(t, errors.String(), "goroutine ", "where it was")
}
