package transport

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go/internal/wire"
)

// Whatever the header says, the pause it makes is never negative and never past the cap, and it is that of the seconds or
// of the date that it names.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "7", "+7", "-7", " 7", "1.5", "1e3", "0x10", "007", "18446744073709551615", "99999999999999999999999", "soon",
		"Sat, 01 Jan 2000 00:00:30 GMT", "Saturday, 01-Jan-00 00:00:30 GMT", "Sat Jan  1 00:00:30 2000", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT",
	} {
		f.Add(value, "")
		f.Add(value, "Sat, 01 Jan 2000 00:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		synctest.Test(t, func(t *testing.T) {
			const maxPause = time.Minute
			header := http.Header{"Retry-After": {value}, "Date": {date}}
			after, _ := wire.RetryAfter(header)
			if after < 0 {
				t.Fatalf("%q after %q is %v", value, date, after)
			}
			if seconds, err := strconv.ParseUint(value, 10, 32); err == nil && after != min(time.Duration(seconds)*time.Second, 100*365*24*time.Hour) {
				t.Fatalf("%q is %v", value, after)
			}
			if at, err := http.ParseTime(value); err == nil && date == "" && after != max(time.Until(at), 0) {
				t.Fatalf("%q is %v, want %v", value, after, time.Until(at))
			}
			transport := New(Config{Retry: Retry{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Second, MaxRetryAfter: maxPause}})
			for attempt := range 3 {
				if pause := transport.backoff(attempt, header); pause <= 0 || pause > maxPause {
					t.Fatalf("%q after %q pauses for %v", value, date, pause)
				}
			}
		})
	})
}
