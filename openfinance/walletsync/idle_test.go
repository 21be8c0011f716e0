package walletsync

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// failing is a store that cannot record reads for a while.
type failing struct {
	*slowStore

	down     atomic.Bool
	recorded atomic.Int64
}

func (s *failing) Touch(ctx context.Context, reads []Idle) error {
	if s.down.Load() {
		return errors.New("the disk is full")
	}
	for _, read := range reads {
		s.recorded.Add(read.Count)
	}
	return s.slowStore.Touch(ctx, reads)
}

// Every read is shown to an auditor, also those that found nothing while the store could not be written to.
func TestRunner_RecordsIdleReadsAfterTheStoreFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScale(t, 5, false)
		store := &failing{slowStore: s.store}
		s.runner.engine.Store = store
		s.run(t, func() {
			for _, down := range []bool{false, true, false} {
				store.down.Store(down)
				time.Sleep(3 * time.Minute) //nolint:forbidigo // in a bubble
			}
		})
		reads := int64(0)
		for _, polls := range s.fleet.polls {
			reads += int64(polls)
		}
		updates, _ := s.store.counts()
		require.Equal(t, reads-int64(updates), store.recorded.Load())
	})
}
