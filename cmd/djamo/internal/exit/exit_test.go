package exit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/payroll"
)

// Each error leads to the code of the contract, and a file or a database is not taken for the API.
func TestCode(t *testing.T) {
	t.Parallel()
	answer := func(status int) error { return lang.Errorf("nothing was sent: %w", &djamo.Error{StatusCode: status}) }
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	full := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	for _, row := range []struct {
		err  error
		code int
	}{
		{nil, exit.OK}, {errors.New("x"), exit.Failed}, {exit.BadUsage("x"), exit.Usage}, {exit.BadInput(answer(401)), exit.Usage},
		{answer(400), exit.Failed}, {answer(401), exit.Failed}, {exit.API(t.Context(), answer(401)), exit.Unauthorized}, {answer(404), exit.Failed},
		{exit.API(t.Context(), answer(403)), exit.Unauthorized}, {exit.API(t.Context(), answer(429)), exit.Unsent}, {answer(500), exit.Failed},
		{exit.API(t.Context(), answer(400)), exit.Refused}, {exit.API(t.Context(), answer(404)), exit.NotFound},
		{exit.API(t.Context(), answer(409)), exit.Refused}, {exit.API(t.Context(), answer(422)), exit.Refused},
		{exit.API(t.Context(), &djamo.OutcomeUnknownError{Err: answer(500)}), exit.OutcomeUnknown},
		{fmt.Errorf("%w: %w", payroll.ErrJournal, answer(401)), exit.Failed}, {fmt.Errorf("the database: %w", refused), exit.Failed},
		{full, exit.Failed}, {exit.API(t.Context(), full), exit.Failed}, {exit.API(t.Context(), refused), exit.Unsent},
		{exit.API(t.Context(), context.DeadlineExceeded), exit.Unsent}, {exit.API(t.Context(), exit.BadUsage("x")), exit.Usage},
	} {
		require.Equal(t, row.code, exit.Code(row.err), "%v", row.err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, exit.Interrupted, exit.Code(exit.API(ended, refused)))
}

// A database that is away may be back; one that is named wrongly is not mended by a second try.
func TestIsBadDatabase(t *testing.T) {
	t.Parallel()
	silent := fmt.Errorf("%w: %w", payroll.ErrJournal, &postgres.SilentError{For: time.Minute})
	require.False(t, exit.IsBadDatabase(silent))
	require.True(t, exit.IsAwayDatabase(silent))
	require.True(t, exit.IsBadDatabase(payroll.ErrJournal))
	require.False(t, exit.IsBadDatabase(fmt.Errorf("%w: %w", payroll.ErrJournal, context.DeadlineExceeded)), "it was slow, and may be tried again")
	require.False(t, exit.IsAwayDatabase(payroll.ErrJournal))
}
