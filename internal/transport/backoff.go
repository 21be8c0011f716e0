package transport

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/djamo/djamo-go/internal/wire"
)

// backoff is the pause after the given attempt (0 is the first): what Retry-After says, capped, or else exponential
// with jitter. The jitter keeps half of the pause, so that it never comes to nothing.
func (t *Transport) backoff(attempt int, header http.Header) time.Duration {
	retry := t.config.Retry
	if after, _ := wire.RetryAfter(header); after > 0 {
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
