package protocol

import "slices"

// The size of the model.
const (
	workers = 2
	payouts = 2
)

// Rules say what the program leaves out. The zero value is the program as it is.
type Rules struct {
	NoStateCheck    bool // a request leaves without asking whether the run was cancelled
	NoLeaseCheck    bool // a request leaves without asking whether the lease is current
	NoDeadline      bool // a request that was let go leaves however late
	NoQuietPeriod   bool // what the API does not know is sent again although the request may still arrive
	NoLockToEnd     bool // a worker that found the run cancelled ends its job without locking the run
	NoLockToHand    bool // a worker hands its part on by what it has read before
	NoLockToReplace bool // an abandoned job is replaced by what was read before
	NoLockToResume  bool // the jobs that a resumed run has are read before it is locked
}

// Limits bound what may happen, and so how many states there are.
type Limits struct{ Cancels, Resumes, Crashes, Expiries, Losses uint8 }

// The states of a payout, as in package payroll.
const (
	planned = iota
	submitting
	unknown
	completed
)

// The queues, and the states of a job.
const (
	sendQueue = iota
	settleQueue
	queues
)

const (
	none = iota
	available
	running
)

// Where a worker is.
const (
	idle     = iota
	fetched  // it has a job
	opened   // it has read that the run is not cancelled
	acquired // it has the lease
	working  // it has taken over what was on its way
	claimed  // payouts are submitting in its name
	letGo    // the database has allowed the request
	waiting  // the request has left
	stepped  // it has given the lease up, and ends its job or hands it on
	handing  // (with a lock left out) it has read the run's state, and acts by it
	stopping // it has read that the run is cancelled
)

// worker is one process, or rather one goroutine of it that sends.
type worker struct {
	at      uint8
	queue   uint8
	mine    bool  // the job in its queue is still the one it has
	holds   bool  // nobody has acquired the lease since
	claims  uint8 // payouts that it has claimed and not sent, as bits
	payout  uint8 // that it is sending
	late    uint8 // requests that left since the run was cancelled
	expired bool  // the deadline of its request has passed
	saw     bool  // what it has read of the run: cancelled
}

// state is all there is. It is comparable: that is how it is known whether one was met before.
type state struct {
	left Limits

	cancelled bool
	ending    bool // the jobs that wait are still to be ended
	payout    [payouts]uint8
	flight    [payouts]uint8 // requests that have left and not arrived
	paid      [payouts]uint8

	held    bool // somebody has the lease ...
	live    bool // ... and it has not run out
	jobs    [queues]uint8
	workers [workers]worker

	replacing [queues]bool // (with a lock left out) an abandoned job was read, and the run as well
	sawThen   [queues]bool
	resuming  bool // (with a lock left out) the jobs were read
	sawJob    bool
}

func start(limits Limits) state {
	s := state{left: limits}
	s.jobs[sendQueue] = available
	return s
}

// done reports that everything is paid.
func (s *state) done() bool {
	return !slices.ContainsFunc(s.payout[:], func(p uint8) bool { return p != completed })
}

// active reports whether the part has a job that goes on.
func (s *state) active() bool { return s.jobs[sendQueue] != none || s.jobs[settleQueue] != none }

// violation says what must not be, or nothing.
func (s *state) violation() string {
	for _, paid := range s.paid {
		if paid > 1 {
			return "a payout was paid twice"
		}
	}
	for _, w := range s.workers {
		if w.late > 1 {
			return "more than one request left a worker after the run was cancelled"
		}
	}
	if !s.cancelled && !s.done() && !s.active() {
		return "the part is lost: nobody goes on with it"
	}
	return ""
}

// step is a state that may follow, and what led there.
type step struct {
	action string
	to     state
}

// next are all states that may follow.
func (s *state) next(rules Rules) []step {
	var steps []step
	add := func(action string, change func(*state)) {
		to := *s
		change(&to)
		steps = append(steps, step{action, to})
	}
	s.people(rules, add)
	s.world(rules, add)
	for i := range s.workers {
		s.worker(rules, i, add)
	}
	return steps
}

type adder func(action string, change func(*state))

// people cancel and resume.
func (s *state) people(rules Rules, add adder) {
	if !s.cancelled && s.left.Cancels > 0 {
		add("cancel", func(s *state) {
			s.left.Cancels--
			s.cancelled, s.ending = true, true
			for i := range s.workers {
				s.workers[i].late = 0
			}
		})
	}
	if s.ending {
		add("end the jobs that wait", func(s *state) {
			s.ending = false
			for q := range s.jobs {
				if s.cancelled && s.jobs[q] == available {
					s.jobs[q] = none
				}
			}
		})
	}
	if s.cancelled && s.left.Resumes > 0 && !rules.NoLockToResume {
		add("resume", func(s *state) { s.resume(s.active()) })
	}
	if s.cancelled && s.left.Resumes > 0 && rules.NoLockToResume && !s.resuming {
		add("read the jobs to resume", func(s *state) { s.resuming, s.sawJob = true, s.active() })
	}
	if s.resuming {
		add("resume by what was read", func(s *state) { s.resume(s.sawJob) })
	}
}

func (s *state) resume(hasJob bool) {
	s.resuming, s.sawJob = false, false
	if !s.cancelled {
		return
	}
	s.left.Resumes--
	s.cancelled = false
	if !hasJob && s.jobs[sendQueue] == none && !s.done() {
		s.jobs[sendQueue] = available
	}
}

// world is what the network, the clock and River do.
func (s *state) world(rules Rules, add adder) {
	for i, count := range s.flight {
		if count > 0 {
			add("a request arrives", func(s *state) { s.flight[i]--; s.paid[i]++ })
		}
	}
	dead := !slices.ContainsFunc(s.workers[:], func(w worker) bool { return w.holds })
	switch {
	case s.held && s.live && dead:
		add("the lease of a dead worker ends", func(s *state) { s.live = false })
	case s.held && s.live && s.left.Expiries > 0:
		add("the lease of a frozen worker ends", func(s *state) { s.left.Expiries--; s.live = false })
	}
	free := !s.held || !s.live
	for q := range s.jobs {
		if s.jobs[q] == running && free && !rules.NoLockToReplace {
			add("replace an abandoned job", func(s *state) { s.replace(q, s.cancelled) })
		}
		if s.jobs[q] == running && free && rules.NoLockToReplace && !s.replacing[q] {
			add("read an abandoned job", func(s *state) { s.replacing[q], s.sawThen[q] = true, s.cancelled })
		}
		if s.replacing[q] {
			add("replace it by what was read", func(s *state) { s.replace(q, s.sawThen[q]) })
		}
	}
}

// replace completes a job that runs, and adds another unless the run is cancelled.
func (s *state) replace(q int, cancelled bool) {
	s.replacing[q], s.sawThen[q] = false, false
	if s.jobs[q] != running {
		return
	}
	s.disown(q)
	s.jobs[q] = available
	if cancelled {
		s.jobs[q] = none
	}
}

// disown takes the job in a queue from whoever had it.
func (s *state) disown(q int) {
	for i := range s.workers {
		if s.workers[i].at != idle && int(s.workers[i].queue) == q {
			s.workers[i].mine = false
		}
	}
}
