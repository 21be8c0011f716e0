package djamotest

import (
	"math"
	"time"
)

// clock is the server's time: a base (the machine's clock unless WithClock injected another) plus whatever Advance
// added. It never goes back, so that statuses and ledger entries stay in order even when the base does.
type clock struct {
	base   func() time.Time
	offset time.Duration
	last   int64
}

// now returns the server's time in nanoseconds since 1970.
func (c *clock) now() int64 {
	n := c.base().Add(c.offset).UnixNano()
	if n < c.last {
		return c.last
	}
	c.last = n
	return n
}

// moveTo moves the clock forward to the given moment, or leaves it where it is when that moment has passed.
func (c *clock) moveTo(n int64) {
	if gap := n - c.now(); gap > 0 {
		c.offset += time.Duration(gap)
		c.last = n
	}
}

// later is an instant that much after another, or the last there is: a duration such as 1<<63-1 stands for never.
func later(at int64, d time.Duration) int64 {
	if d > 0 && at > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return at + int64(d)
}

// moment is the public form of an instant.
func moment(n int64) time.Time { return time.Unix(0, n).UTC() }

const (
	layoutMillis  = "2006-01-02T15:04:05.000Z"
	layoutCompact = "20060102T150405.000Z" // the reference's charge example
	layoutSeconds = "2006-01-02T15:04:05Z"
)

// timestamp writes an instant as the API does.
func (a *API) timestamp(n int64) string { return moment(n).Format(a.cfg.layout) }
