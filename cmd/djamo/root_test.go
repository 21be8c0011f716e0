package main

import (
	"bytes"
	"io"
	"strings"
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

// The flag may stand without a value, and yet people write one behind it.
func TestJoinValues_NoAnswerIsTakenForAFile(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"payroll run --check-recipients no a.csv":        "payroll run --check-recipients=no a.csv",
		"payroll run a.csv --check-recipients auto":      "payroll run a.csv --check-recipients=auto",
		"payroll run --check-recipients a.csv":           "payroll run --check-recipients a.csv",
		"payroll run a.csv --check-recipients --yes":     "payroll run a.csv --check-recipients --yes",
		"payroll run a.csv --check-recipients":           "payroll run a.csv --check-recipients",
		"payroll run --check-recipients=yes no":          "payroll run --check-recipients=yes no",
		"payroll run -- --check-recipients no":           "payroll run -- --check-recipients no",
		"payroll run --check-recipients yes --yes a.csv": "payroll run --check-recipients=yes --yes a.csv",
	} {
		require.Equal(t, strings.Fields(want), joinValues(strings.Fields(typed)), typed)
	}
	require.NotNil(t, joinValues(nil), "nil stands for the arguments of the process")
}
