package riverpayroll

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

// A job that waits for less than River's scheduler ticks is added at once and waits by itself.
func TestSettleIn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wait      time.Duration
		scheduled bool
	}{
		"at once":          {wait: time.Millisecond},
		"before the tick":  {wait: time.Second},
		"with the tick":    {wait: schedulerTick},
		"beyond the tick":  {wait: schedulerTick + time.Millisecond, scheduled: true},
		"the longest poll": {wait: time.Minute, scheduled: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options, err := settleIn(test.wait)
				require.NoError(t, err)
				require.Equal(t, QueueSettle, options.Queue)
				if test.scheduled {
					require.Equal(t, time.Now().Add(test.wait), options.ScheduledAt)
					require.Zero(t, notYet(first(options.Metadata)), "River itself waits")
					return
				}
				require.Zero(t, options.ScheduledAt)
				require.Equal(t, test.wait, notYet(first(options.Metadata)))
				time.Sleep(test.wait) //nolint:forbidigo // of the bubble
				require.LessOrEqual(t, notYet(first(options.Metadata)), time.Duration(0))
			})
		})
	}
}

// first is the row of a job that runs for the first time.
func first(metadata []byte) *rivertype.JobRow {
	return &rivertype.JobRow{AttemptedBy: []string{"worker"}, Metadata: metadata}
}

func TestNotYet_OtherMetadata(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{"", "{}", `{"snoozes": 3}`, `{"djamo_not_before": 17}`} {
		require.LessOrEqual(t, notYet(first([]byte(metadata))), time.Duration(0), metadata)
	}
}

func TestNotYet_WrongClock(t *testing.T) {
	t.Parallel()
	job := first([]byte(`{"djamo_not_before": "2999-01-01T00:00:00Z"}`))
	require.Equal(t, schedulerTick, notYet(job))
	job.AttemptedBy = append(job.AttemptedBy, "worker")
	require.Zero(t, notYet(job), "it has waited")
}
