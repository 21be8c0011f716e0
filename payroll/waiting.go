package payroll

import "time"

// WaitReason is what a run waits for.
type WaitReason string

// The reasons.
const (
	// WaitLostAnswers: requests were sent and their answers were lost. Their payouts are looked for.
	WaitLostAnswers WaitReason = "lost answers"
	// WaitToSend: the API has asked for a pause, or could not be reached.
	WaitToSend WaitReason = "sending"
	// WaitOutcomes: the API has accepted payouts, and not said yet what became of them.
	WaitOutcomes WaitReason = "outcomes"
)

// Wait is a pause of a run.
type Wait struct {
	Reason WaitReason
	Count  int64 // the payouts that it is about
	// Until is when it ends at the latest, if nothing ends it before: when lost payouts may be sent again, when sending goes
	// on, or when the run stops for want of news.
	Until time.Time
}

// reportHindered says what is in the way of a payout, for whoever asks how far the run is.
func (r *run) reportHindered(err error) {
	if r.Hindered == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Hindered(err)
}

// reportWait says what the run waits for, if it waits.
func (r *run) reportWait(sending bool, pause time.Duration, latestNews time.Time) {
	if r.Waiting == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	wait := Wait{Reason: WaitOutcomes, Count: r.sums[Submitted].Count, Until: latestNews.Add(r.IdleTimeout)}
	switch unknown, planned := r.sums[Unknown].Count, r.sums[Planned].Count; {
	case unknown > 0:
		wait.Reason, wait.Count = WaitLostAnswers, unknown
		if quiet := r.lastLost.Add(r.QuietPeriod); quiet.After(now) {
			wait.Until = quiet
		}
	case sending && !r.insufficient && planned > 0:
		wait = Wait{Reason: WaitToSend, Count: planned, Until: now.Add(pause)}
	}
	if wait.Count > 0 {
		r.Waiting(wait)
	}
}
