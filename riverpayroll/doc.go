// Package riverpayroll pays a payroll run on many machines: River (https://riverqueue.com) says when and where, package
// payroll says how, and one PostgreSQL database holds the truth.
//
// A run is divided into parts of 100 payouts. [Enqueue] writes the payouts and one job for each part in one
// transaction; [AddWorkers] registers the worker that takes a part one [payroll.Runner.Step] further. What a payout
// means, when it is sent and when it is settled is exactly what it is on one machine.
//
// # What is guaranteed
//
// A payout is sent only under the lease of its part, which is checked against the clock right before the request leaves,
// and only after the journal has recorded, durably, that it is about to. A worker that was killed leaves its payouts
// in a state that stands for "may have been sent": whoever takes the part over looks each of them up, and sends it again
// only when the API does not know it after the quiet period, which counts by the clock of the database. A worker that
// was frozen past its lease and wakes up finds that it has expired, and sends nothing.
//
// A run that was cancelled is paid no further, on any worker: each asks the database right before each request. A message
// that is lost, or a worker that was frozen, changes nothing about that.
//
// None of this depends on River: a job that runs twice, at the same time or again, finds the lease taken or the part
// done. River decides how soon something happens, never whether it may.
//
// # Queues
//
// A part is sent in [QueueSend]. What was sent goes on in [QueueSettle], as a job that snoozes between questions: the
// outcomes of a run that is being sent do not wait behind the rest of it.
package riverpayroll
