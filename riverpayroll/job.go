package riverpayroll

import (
	"encoding/json"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// The queues.
const (
	QueueSend   = "djamo_payroll"        // parts of which nothing was sent yet
	QueueSettle = "djamo_payroll_settle" // parts whose outcomes are asked for, and the search for abandoned parts
)

// DefaultPartSize is how many payouts a part has unless Options say otherwise: as many as one batch.
const DefaultPartSize = 100

// Part is the job that takes one part of a run further. It holds no personal data. There is at most one for a part in
// each queue.
type Part struct {
	Run  string `json:"run" river:"unique"`
	Part int64  `json:"part" river:"unique"`
}

// Kind implements river.JobArgs.
func (Part) Kind() string { return "djamo_payroll_part" }

// inQueue are the options of a part's job in a queue.
func inQueue(queue string) *river.InsertOpts {
	return &river.InsertOpts{
		Queue:       queue,
		MaxAttempts: maxAttempts,
		Priority:    2, // after the look for abandoned parts
		UniqueOpts:  river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: unfinished()},
	}
}

// unfinished are the states of a job that is not over.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		rivertype.JobStateRetryable,
	}
}

// notBefore is what a job that was handed over bears: when its part is to be looked at first.
type notBefore struct {
	At time.Time `json:"djamo_not_before"` //nolint:tagliatelle // as River names its own
}

// schedulerTick is how often River looks at jobs that are scheduled. One that is snoozed for less is available all the
// time, and found within a second after its time; one that is added for so soon would wait for the tick.
const schedulerTick = 5 * time.Second

// settleIn are the options of a part's job that asks for outcomes after a while. It is added at once where that is
// before the next tick, and snoozes when it first runs.
func settleIn(wait time.Duration) (*river.InsertOpts, error) {
	options, at := inQueue(QueueSettle), time.Now().Add(wait)
	if wait > schedulerTick {
		options.ScheduledAt = at
		return options, nil
	}
	var err error
	options.Metadata, err = json.Marshal(notBefore{At: at})
	return options, err
}

// notYet is how long a job still has to wait that was added before its time. It waits once, and for no more than a tick.
func notYet(job *rivertype.JobRow) time.Duration {
	var handed notBefore
	if len(job.AttemptedBy) > 1 || json.Unmarshal(job.Metadata, &handed) != nil {
		return 0
	}
	return min(time.Until(handed.At), schedulerTick)
}
