package lang

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What fails several steps is said once, and what differs is all said.
func TestError_NamesEachCauseOnce(t *testing.T) {
	t.Parallel()
	full := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	closed := &fs.PathError{Op: "close", Path: "/dev/stdout", Err: syscall.EIO}
	report := Errorf("the report cannot be written: %w", full)
	for _, tt := range []struct {
		err             error
		english, french string
	}{
		{full, "write /dev/stdout: no space left on device", "/dev/stdout : il n'y a plus de place sur le disque"},
		{errors.Join(full, full), "write /dev/stdout: no space left on device", "/dev/stdout : il n'y a plus de place sur le disque"},
		{
			errors.Join(report, full), "the report cannot be written: write /dev/stdout: no space left on device",
			"le rapport ne peut pas être écrit : /dev/stdout : il n'y a plus de place sur le disque",
		},
		{
			Errorf("the report cannot be written: %w", errors.Join(full, errors.Join(full, nil))),
			"the report cannot be written: write /dev/stdout: no space left on device",
			"le rapport ne peut pas être écrit : /dev/stdout : il n'y a plus de place sur le disque",
		},
		{errors.Join(full, report), report.Error(), "le rapport ne peut pas être écrit : /dev/stdout : il n'y a plus de place sur le disque"},
		{
			errors.Join(full, closed), "write /dev/stdout: no space left on device\nclose /dev/stdout: input/output error",
			"/dev/stdout : il n'y a plus de place sur le disque\nclose /dev/stdout: input/output error",
		},
		{fmt.Errorf("%w (%w)", full, full), full.Error() + " (" + full.Error() + ")", ""}, // a sentence of somebody's own
	} {
		require.Equal(t, tt.english, English.Error(tt.err))
		if tt.french != "" {
			require.Equal(t, tt.french, French.Error(tt.err))
		}
	}
}
