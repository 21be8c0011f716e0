package clustercmd

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRiverLogger_KeepsTheRoutineForDebugging(t *testing.T) {
	t.Parallel()

	const routine = "producer: Producer job counts"
	for name, test := range map[string]struct {
		level   slog.Level // of what River says
		message string
		want    string // in a log that begins at Info
	}{
		"counts of jobs":          {slog.LevelInfo, routine, ""},
		"jobs that are scheduled": {slog.LevelInfo, "JobScheduler: Ran successfully", ""},
		"a job that failed":       {slog.LevelInfo, "JobExecutor: Job errored; retrying", "level=INFO"},
		"the start":               {slog.LevelInfo, "River client started", "level=INFO"},
		"a warning":               {slog.LevelWarn, "JobExecutor: Job appears to be stuck", "level=WARN"},
		"a warning of that name":  {slog.LevelWarn, routine, "level=WARN"},
		"an error":                {slog.LevelError, "producer: Error fetching jobs", "level=ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var brief, whole bytes.Buffer
			logger := riverLogger(slog.New(slog.NewTextHandler(&brief, nil))).With("queue", "q").WithGroup("g")
			logger.Log(t.Context(), test.level, test.message, "n", 1) //nolint:sloglint // a text of the row
			if test.want == "" {
				require.Empty(t, brief.String())
			} else {
				require.Contains(t, brief.String(), test.want)
				require.Contains(t, brief.String(), "queue=q g.n=1")
			}
			riverLogger(slog.New(slog.NewTextHandler(&whole, &slog.HandlerOptions{Level: slog.LevelDebug}))).
				Log(t.Context(), test.level, test.message) //nolint:sloglint // a text of the row
			require.Contains(t, whole.String(), test.message, "nothing is lost where everything is asked for")
		})
	}
}
