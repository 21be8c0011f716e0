package protocol

import "math/bits"

// worker adds what one worker may do next.
func (s *state) worker(rules Rules, i int, add adder) {
	me := s.workers[i]
	if me.at != idle && s.left.Crashes > 0 {
		add("a worker crashes", func(s *state) { s.left.Crashes--; s.workers[i] = worker{late: me.late} })
	}
	switch me.at {
	case idle:
		for q := range s.jobs {
			if s.jobs[q] == available {
				add("fetch a job", func(s *state) {
					s.jobs[q] = running
					s.workers[i] = worker{at: fetched, queue: uint8(q), mine: true, late: me.late} //nolint:gosec // a handful of jobs
				})
			}
		}
	case fetched:
		add("open the part", func(s *state) { s.workers[i].at = choose[uint8](s.cancelled, stopping, opened) })
	case opened:
		add("acquire the lease", func(s *state) { s.acquire(i) })
	case acquired:
		add("take over what was on its way", func(s *state) { s.takeOver(i) })
	case working:
		s.workOn(rules, i, add)
	case claimed:
		add("ask to send", func(s *state) { s.askToSend(rules, i) })
	case letGo:
		add("send", func(s *state) { s.send(rules, i) })
	case waiting:
		s.answer(i, add)
	case stepped, stopping:
		s.finish(rules, i, add)
	case handing:
		add("end the job by what was read", func(s *state) { s.end(i, s.workers[i].saw) })
	}
}

func choose[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// current reports whether a worker may write, as the database sees it.
func (s *state) current(i int) bool { return s.workers[i].holds && s.held && s.live }

func (s *state) acquire(i int) {
	if s.held && s.live {
		s.snooze(i)
		return
	}
	for j := range s.workers {
		s.workers[j].holds = j == i
	}
	s.held, s.live = true, true
	s.workers[i].at = acquired
}

// takeOver marks what the holder before was sending: it is looked up before anything is sent.
func (s *state) takeOver(i int) {
	if !s.current(i) {
		s.abandon(i)
		return
	}
	for p := range s.payout {
		if s.payout[p] == submitting {
			s.payout[p] = unknown
		}
	}
	s.workers[i].at = working
}

// workOn settles, claims, or ends the step.
func (s *state) workOn(rules Rules, i int, add adder) {
	if !s.current(i) {
		add("find the lease lost", func(s *state) { s.abandon(i) })
		return
	}
	for p := range s.payout {
		if s.payout[p] != unknown {
			continue
		}
		switch {
		case s.paid[p] > 0:
			add("find it at the API", func(s *state) { s.payout[p] = completed })
		case s.flight[p] == 0 || rules.NoQuietPeriod:
			add("plan it again after the quiet period", func(s *state) {
				s.payout[p] = planned
				for j := range s.workers { // the deadline of whatever was let go has passed by then
					if s.workers[j].at == letGo && int(s.workers[j].payout) == p {
						s.workers[j].expired = true
					}
				}
			})
		}
	}
	add("end the step", func(s *state) { s.release(i) })
	if s.cancelled {
		return // the claim is refused, in the transaction that makes it; the step ends
	}
	var claims uint8
	for p := range s.payout {
		if s.payout[p] == planned {
			claims |= 1 << p
		}
	}
	if claims != 0 {
		add("claim", func(s *state) {
			for p := range s.payout {
				if claims&(1<<p) != 0 {
					s.payout[p] = submitting
				}
			}
			s.workers[i].claims, s.workers[i].at = claims, claimed
		})
	}
}

// askToSend is Journal.CheckSend, right before the request.
func (s *state) askToSend(rules Rules, i int) {
	me := &s.workers[i]
	current := s.current(i)
	switch {
	case !current && !rules.NoLeaseCheck:
		s.abandon(i)
		return
	case s.cancelled && !rules.NoStateCheck:
		for p := range s.payout {
			if me.claims&(1<<p) != 0 && s.payout[p] == submitting {
				s.payout[p] = planned
			}
		}
		s.release(i)
		return
	}
	p := bits.TrailingZeros8(me.claims)
	me.claims &^= 1 << p
	me.payout, me.at, me.expired = uint8(p), letGo, false //nolint:gosec // at most 8
}

func (s *state) send(rules Rules, i int) {
	me := &s.workers[i]
	if me.expired && !rules.NoDeadline {
		s.abandon(i) // it was frozen for longer than a request may take: the request is refused
		return
	}
	s.flight[me.payout]++
	if s.cancelled {
		me.late++
	}
	me.at = waiting
}

// answer is what a request ends with.
func (s *state) answer(i int, add adder) {
	p := s.workers[i].payout
	if s.flight[p] == 0 {
		add("record the answer", func(s *state) { s.record(i, completed) })
	}
	if s.left.Losses > 0 {
		add("lose the answer", func(s *state) { s.left.Losses--; s.record(i, unknown) })
	}
}

// record writes what became of a request, if the worker may still write, and goes on with what it has claimed.
func (s *state) record(i int, to uint8) {
	me := &s.workers[i]
	if !s.current(i) || s.payout[me.payout] != submitting {
		s.abandon(i)
		return
	}
	s.payout[me.payout] = to
	me.at = choose[uint8](me.claims != 0, claimed, working)
	me.payout = 0
}

// abandon ends a step under a lease that is another's, or nobody's: nothing is written.
func (s *state) abandon(i int) {
	me := &s.workers[i]
	*me = worker{at: stepped, queue: me.queue, mine: me.mine, late: me.late, holds: me.holds}
}

// release gives the lease up at the end of a step.
func (s *state) release(i int) {
	if s.workers[i].holds && s.held {
		s.held, s.live = false, false
	}
	s.abandon(i)
	s.workers[i].holds = false
}
