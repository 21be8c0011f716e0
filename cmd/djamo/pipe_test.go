package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

// A connection that breaks, and a file that is closed, fail as an output does whose reader had enough, and are no success.
func TestOnlyClosed_IsAboutStandardOutputAlone(t *testing.T) {
	t.Parallel()
	output := &fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: os.ErrClosed}
	connection := &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", io.ErrClosedPipe)}
	for name, row := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":             {nil, false},
		"output":              {output, true},
		"output, wrapped":     {fmt.Errorf("writing: %w", output), true},
		"twice":               {errors.Join(output, fmt.Errorf("table: %w", output)), true},
		"and something else":  {errors.Join(output, errors.New("no balance")), false},
		"a pipe":              {io.ErrClosedPipe, true},
		"a connection":        {connection, false},
		"a call":              {fmt.Errorf("GET /v1/balance: %w", connection), false},
		"a payment":           {&djamo.OutcomeUnknownError{References: []string{"a"}, Err: connection}, false},
		"and the output":      {errors.Join(output, connection), false},
		"a file that is read": {fmt.Errorf("reading the file: %w", &fs.PathError{Op: "read", Path: "salaries.csv", Err: os.ErrClosed}), false},
		"a report":            {&fs.PathError{Op: "write", Path: "report.html", Err: os.ErrClosed}, false},
	} {
		require.Equal(t, row.want, onlyClosed(row.err), name)
	}
}
