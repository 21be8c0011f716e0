package protocol

// finish is how a worker ends its job: it completes it, hands the part on to the other queue, or lets the job wait.
func (s *state) finish(rules Rules, i int, add adder) {
	me := s.workers[i]
	switch {
	case s.done() && me.at == stepped:
		add("complete the job", func(s *state) { s.complete(i) })
	case me.at == stopping && rules.NoLockToEnd:
		add("end the job without the lock", func(s *state) { s.end(i, true) })
	case me.at == stopping:
		add("end the job if the run is cancelled", func(s *state) {
			if s.cancelled {
				s.end(i, true)
			} else {
				s.snooze(i)
			}
		})
	case me.queue == settleQueue:
		add("let the job wait", func(s *state) { s.snooze(i) })
	case rules.NoLockToHand:
		add("read the run to hand the part on", func(s *state) { s.workers[i].saw, s.workers[i].at = s.cancelled, handing })
		add("let the job wait", func(s *state) { s.snooze(i) })
	default:
		add("hand the part on", func(s *state) { s.end(i, s.cancelled) })
		add("let the job wait", func(s *state) { s.snooze(i) })
	}
}

// end completes a job, with another in the other queue unless the run is cancelled, both or neither.
func (s *state) end(i int, cancelled bool) {
	if s.workers[i].mine && !cancelled && s.workers[i].queue == sendQueue && s.jobs[settleQueue] == none {
		s.jobs[settleQueue] = available
	}
	s.complete(i)
}

func (s *state) complete(i int) { s.change(i, none) }

func (s *state) snooze(i int) { s.change(i, available) }

// change is River's: it changes only a job that still runs, for the one who has it.
func (s *state) change(i int, to uint8) {
	me := s.workers[i]
	if me.mine {
		s.jobs[me.queue] = to
	}
	s.workers[i] = worker{late: me.late}
}
