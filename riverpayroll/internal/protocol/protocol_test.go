package protocol

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// In every interleaving: at most one request leaves a worker after a cancellation, nobody is paid twice, and no part is
// lost.
func TestProtocol(t *testing.T) {
	t.Parallel()
	limits := map[string]Limits{
		"cancelled, with a frozen worker":  {Cancels: 1, Expiries: 1},
		"cancelled and resumed":            {Cancels: 2, Resumes: 2},
		"cancelled, resumed and crashed":   {Cancels: 1, Resumes: 1, Crashes: 1},
		"cancelled, resumed and frozen":    {Cancels: 1, Resumes: 1, Expiries: 1},
		"crashed and frozen, answers lost": {Crashes: 1, Expiries: 1, Losses: 1},
	}
	if os.Getenv("DJAMO_TEST_FULL") != "" {
		limits["all of it"] = Limits{Cancels: 2, Resumes: 2, Crashes: 1, Expiries: 1, Losses: 1}
	}
	for name, limits := range limits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := Explore(Rules{}, limits)
			t.Log(result)
			require.Empty(t, result.Violation, "%s", result)
		})
	}
}

// Each lock and each check is needed: without it the model finds a way to do harm.
func TestProtocol_EachRuleIsNeeded(t *testing.T) {
	t.Parallel()
	limits := Limits{Cancels: 1, Resumes: 1, Expiries: 1}
	for name, row := range map[string]struct {
		rules Rules
		want  string
	}{
		"the state, before each request":       {Rules{NoStateCheck: true}, "after the run was cancelled"},
		"the lease, before each request":       {Rules{NoLeaseCheck: true}, "paid twice"},
		"the deadline of a request":            {Rules{NoDeadline: true}, "paid twice"},
		"the quiet period":                     {Rules{NoQuietPeriod: true}, "paid twice"},
		"the run's lock, to end a job":         {Rules{NoLockToEnd: true}, "lost"},
		"the run's lock, to hand a part on":    {Rules{NoLockToHand: true}, "lost"},
		"the run's lock, to replace a job":     {Rules{NoLockToReplace: true}, "lost"},
		"the run's lock, to look for its jobs": {Rules{NoLockToResume: true}, "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := Explore(row.rules, limits)
			t.Log(result)
			require.Contains(t, result.Violation, row.want)
			require.NotEmpty(t, result.Trace)
		})
	}
}
