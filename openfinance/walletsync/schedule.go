package walletsync

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

const (
	firstRetry    = 500 * time.Millisecond
	maxRetryPause = time.Minute
	// maxBusyPause is how often it is looked whether another process has exchanged the tokens, or has had the time for it.
	maxBusyPause = 5 * time.Second
	// afterEnd is how often it is looked, in the store, whether an ended consent was given anew.
	afterEnd = 15 * time.Second
)

// retry is the wait after so many failures in a row.
func (e *Engine) retry(failures int) time.Duration {
	longest := min(maxRetryPause, max(e.poll(), 5*time.Second))
	wait := min(firstRetry<<min(failures-1, 10), longest)
	return wait - wait/8 + e.draw(wait/4+1)
}

// draw is a time below most.
func (e *Engine) draw(most time.Duration) time.Duration {
	if e.random != nil {
		return time.Duration(e.random.Int64N(int64(most)))
	}
	return rand.N(most)
}

// schedule decides when a wallet is read next, after a read that began at a time.
func (e *Engine) schedule(m *memory, from source, began time.Time, out outcome, err error) {
	now := e.now()
	if m.confirming[from]++; err != nil || !out.confirm {
		m.confirming[from] = 0
	}
	if from == history {
		e.scheduleHistory(m, now, out, err)
		return
	}
	switch held, isHeld := errors.AsType[*consent.HeldError](err); {
	case err == nil:
		m.failed, m.ended = 0, false
		e.scheduleNext(m, began, now, out)
		return
	case isHeld:
		m.waitFor(now, held)
	case isEnded(err):
		m.ended = true
		m.nextLive, m.nextHistory = now.Add(afterEnd), now.Add(afterEnd)
	case errors.Is(err, ErrStale):
		m.nextLive = now
		if m.failed++; m.failed > 3 {
			m.nextLive = now.Add(e.retry(m.failed))
		}
	case leadsNowhere(err):
		m.restarts++
		m.nextLive = now
		if m.restarts > calmRestarts || errors.Is(err, ErrCircle) {
			m.nextLive = now.Add(e.retry(m.restarts))
		}
	case errors.Is(err, ErrLeaseLost):
		m.nextLive = now.Add(e.leaseTTL())
	case errors.Is(err, consent.ErrBusy):
		m.failed++
		m.nextLive = now.Add(min(e.retry(m.failed), maxBusyPause))
	default:
		m.failed++
		m.nextLive = now.Add(e.retry(m.failed))
	}
	e.log(
		slog.LevelInfo,
		"a read brought no page",
		slog.String("wallet", m.lease.Wallet),
		slog.Time("next", m.nextLive),
		slog.String("error", err.Error()),
	)
}

// leadsNowhere reports whether a reading begins anew, or would go on for ever. Pages that come well in between count for nothing
// then: what a gateway gives again and again before it refuses to go on is no progress.
func leadsNowhere(err error) bool {
	return errors.Is(err, wallet.ErrMutation) || errors.Is(err, wallet.ErrInvalidCursor) || errors.Is(err, ErrCircle)
}

// waitFor waits until a time of the store's. How far away that is counts, and not the time itself, so that a clock which is set
// meanwhile changes nothing.
func (m *memory) waitFor(now time.Time, held *consent.HeldError) {
	m.nextLive = now.Add(held.Until.Sub(now))
	m.nextHistory = m.nextLive
}

func isEnded(err error) bool {
	_, ended := errors.AsType[*consent.EndedError](err)
	return ended
}

// scheduleNext follows a read that went well.
func (e *Engine) scheduleNext(m *memory, began, now time.Time, out outcome) {
	if !out.ended {
		m.nextLive, m.idle = now, 0
		return
	}
	m.reached, m.restarts = true, 0
	if out.changes+out.removed > 0 {
		m.idle, m.announced = 0, 0
	} else {
		m.idle++
	}
	m.nextLive = began.Add(e.poll())
	if m.announced > 0 {
		m.nextLive = began.Add(min(time.Second<<min(m.announced-1, 10), e.poll()))
		m.announced++
	}
}

func (e *Engine) scheduleHistory(m *memory, now time.Time, out outcome, err error) {
	switch held, isHeld := errors.AsType[*consent.HeldError](err); {
	case err == nil:
		m.historyFailed, m.nextHistory = 0, now
		if out.added > 0 || out.ended {
			m.historyRestarts = 0
		}
	case isHeld:
		m.waitFor(now, held)
	case isEnded(err):
		m.ended = true
		m.nextLive, m.nextHistory = now, now.Add(afterEnd)
	case errors.Is(err, ErrStale):
		m.nextHistory = now
		if m.historyFailed++; m.historyFailed > 3 {
			m.nextHistory = now.Add(e.retry(m.historyFailed))
		}
	case leadsNowhere(err):
		m.historyRestarts++
		m.nextHistory = now.Add(e.retry(m.historyRestarts))
	default:
		m.historyFailed++
		m.nextHistory = now.Add(e.retry(m.historyFailed))
	}
}
