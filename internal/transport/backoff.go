package transport

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// backoff is the pause after the given attempt (0 is the first): what Retry-After says, capped, or else exponential
// with jitter. The jitter keeps half of the pause, so that it never comes to nothing.
func (t *Transport) backoff(attempt int, header http.Header) time.Duration {
	retry := t.config.Retry
	if after := RetryAfter(header); after > 0 {
		return min(after, retry.MaxRetryAfter)
	}
	pause := retry.MinWait
	for range attempt {
		if pause > retry.MaxWait-pause { // twice as long may be longer than a duration can be
			pause = retry.MaxWait
			break
		}
		pause *= 2
	}
	pause = min(pause, retry.MaxWait)
	return pause - rand.N(pause/2+1) //nolint:gosec // jitter needs no secrecy
}

// RetryAfter reads the header in both its forms, seconds and date; 0 when it is absent, past or unreadable. A date
// counts from the server's own Date where there is one, since the clock here may be wrong.
func RetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) { // beyond it: the most there is
		const most = 100 * 365 * 24 * 3600
		return time.Duration(min(seconds, most)) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(date.Sub(now), 0)
}
