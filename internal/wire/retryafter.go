package wire

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter reads the header in both its forms, seconds and date. A date that is past is 0. It returns false when the
// header is absent or cannot be read. A date counts from the server's own Date where there is one, since the clock here may
// be wrong. The longest pause is a hundred years.
func RetryAfter(header http.Header) (time.Duration, bool) {
	const maxSeconds = 100 * 365 * 24 * 3600
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) { // beyond it: the longest
		return time.Duration(min(seconds, maxSeconds)) * time.Second, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(date.Sub(now), 0), true
}
