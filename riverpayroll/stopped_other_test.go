//go:build !linux

package riverpayroll_test

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

const envStopAt = "DJAMO_TEST_STOP_AT"

type stopping struct{ pgx.QueryTracer }

// newStopping is for the test of processes that stand still, which looks into /proc.
func newStopping(string) (*stopping, error) {
	return nil, errors.ErrUnsupported
}
