package riverpayroll

import (
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The settings of jobs.
const (
	jobTimeout  = time.Minute      // a step that takes longer is stopped, records where it is, and goes on in the next
	rescueAfter = 90 * time.Second // River's own look for lost jobs; an hour by default
	maxBackoff  = 30 * time.Second // between attempts of a job that fails
	maxAttempts = 3000             // about a day of them
	stopWithin  = 30 * time.Second // then running jobs are stopped, and have a few seconds to record
	fetchPause  = 20 * time.Millisecond
)

// ClientConfig is a configuration of a River client that suits the workers; change what you like. sending and settling
// are how many parts this process sends and asks about at the same time: 4 and 8 when zero. Each may use two
// connections of the pool for a moment, and River uses a few more.
//
//   - JobTimeout (1 min) must be longer than Runner.SendTimeout, and RescueStuckJobsAfter (90 s) longer than both. A
//     job that was lost with its worker is found soon after Runner.Lease all the same, by its part's lease; River's own
//     rescue is the second net.
//   - MaxAttempts (3,000) and RetryPolicy (up to 30 s) outlast a database that is away for a night. Discarded jobs
//     deserve an alarm; enqueueing the run again makes new ones.
//   - SoftStopTimeout (30 s) bounds a graceful stop.
//   - FetchCooldown (20 ms) bounds how fast jobs are fetched: River's default of 100 ms is made for longer jobs.
//   - PeriodicJobs has the look for abandoned parts.
//
// Every client on the database must have the workers registered, since its leader's clean-up discards jobs of kinds that
// it does not know.
func ClientConfig(workers *river.Workers, sending, settling int) *river.Config {
	if sending == 0 {
		sending = 4
	}
	if settling == 0 {
		settling = 8
	}
	return &river.Config{
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			QueueSend:   {MaxWorkers: sending},
			QueueSettle: {MaxWorkers: settling},
		},
		FetchCooldown:        fetchPause,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
		RetryPolicy:          retryPolicy{},
		MaxAttempts:          maxAttempts,
		SoftStopTimeout:      stopWithin,
		PeriodicJobs:         []*river.PeriodicJob{periodic()},
	}
}

// retryPolicy doubles from a second to maxBackoff.
type retryPolicy struct{}

// NextRetry implements river.ClientRetryPolicy.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(backoff(len(job.Errors)))
}

// backoff is how long to wait after so many failures: it doubles from a second to maxBackoff, with jitter.
func backoff(failures int) time.Duration {
	wait := min(time.Second<<min(failures, 5), maxBackoff)
	return wait/2 + rand.N(wait/2) //nolint:gosec // jitter needs no secrecy
}
