package payroll

import "time"

// fill gives what is not set its default.
func (r *Runner) fill() {
	orElse(&r.Mode, Batch)
	orElse(&r.BatchSize, 100)
	orElse(&r.Concurrency, 4)
	orElse(&r.SendTimeout, 20*time.Second)
	orElse(&r.QuietPeriod, r.SendTimeout+10*time.Second)
	orElse(&r.Lease, 15*time.Second)
	orElse(&r.PollMin, time.Second)
	orElse(&r.PollMax, max(30*time.Second, r.PollMin))
	orElse(&r.IdleTimeout, 15*time.Minute)
}

// orElse gives a field its default.
func orElse[T comparable](field *T, fallback T) {
	if *field == *new(T) {
		*field = fallback
	}
}
