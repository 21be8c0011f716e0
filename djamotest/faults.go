package djamotest

import (
	"net/http"
	"strconv"
	"time"
)

// Fault is one way for a request, or a webhook, to go wrong. Make one with the functions of this package and hand it to
// [API.Inject] with the rules that say when it strikes.
type Fault struct {
	name    string
	phase   phase
	answers bool // with the status
	status  int
	retry   func(now time.Time) string // the Retry-After header of a 429
	delay   time.Duration
	choice  []Fault // AnyOf
}

// String names the fault as [Request.Faults] does.
func (f Fault) String() string { return f.name }

// phase is when in the life of a request a fault strikes. At most one fault answers a request in the
// API's place and at most one spoils the answer; the others add up.
type phase int

const (
	atDial    phase = iota // the connection is not made
	late                   // before processing, delaying it
	before                 // instead of processing
	lookup                 // while reading
	after                  // instead of the answer
	pace                   // while the answer is sent
	onWebhook              // when a webhook is about to be sent
)

// The names that distinguish faults.
const (
	stalled          = "stalled"
	truncated        = "truncated"
	replyReset       = "reset after processing"
	duplicateWebhook = "duplicate webhook"
	reorderedWebhook = "reordered webhook"
	droppedWebhook   = "dropped webhook"
)

// RefuseConnection makes dialling fail with "connection refused", so that nothing of the request leaves. It can only
// strike requests that go through [API.Transport]: on a [Server] it is misuse, except in [AnyOf], where it strikes those
// alone; to refuse real connections, see [Server.Refuse].
func RefuseConnection() Fault { return Fault{name: "connection refused", phase: atDial} }

// CloseConnection closes the connection without an answer, and without processing the request.
func CloseConnection() Fault { return Fault{name: "closed before processing", phase: before} }

// FailBefore answers with an HTML error page, as a proxy in front of the API does (500, 502, 503, 504), without processing
// the request.
func FailBefore(status int) Fault {
	return Fault{name: strconv.Itoa(status) + " before processing", phase: before, answers: true, status: status}
}

// RateLimit answers 429 without a Retry-After, and without processing the request.
func RateLimit() Fault {
	return Fault{name: "429", phase: before, status: http.StatusTooManyRequests, retry: func(time.Time) string { return "" }}
}

// RateLimitFor answers 429 with Retry-After in seconds, rounded up, without processing the request.
func RateLimitFor(d time.Duration) Fault {
	seconds := strconv.FormatInt(int64(d/time.Second)+min(1, int64(d%time.Second)), 10)
	return Fault{name: "429 with seconds", phase: before, status: http.StatusTooManyRequests, delay: d,
		retry: func(time.Time) string { return seconds }}
}

// RateLimitUntil answers 429 with Retry-After as a date, that far in the future of the server's clock (whole seconds,
// rounded up), without processing the request.
func RateLimitUntil(d time.Duration) Fault {
	return Fault{name: "429 with a date", phase: before, status: http.StatusTooManyRequests, delay: d, retry: func(now time.Time) string {
		return roundUp(now, d).UTC().Format(http.TimeFormat)
	}}
}

// roundUp is that much after a moment, in whole seconds, and no later than a date can say.
func roundUp(now time.Time, d time.Duration) time.Time {
	return moment(later(later(now.UnixNano(), d), time.Second-1)).Truncate(time.Second)
}

// Blocked answers with the firewall's page, a 403 in HTML, without processing the request. Combine it with [For].
func Blocked() Fault {
	return Fault{name: "blocked by the firewall", phase: before, status: http.StatusForbidden}
}

// ProcessLate holds a request for that long (real time) before it is processed. It is processed even if the caller has
// given up meanwhile: the request that looked lost and was only slow.
func ProcessLate(d time.Duration) Fault { return Fault{name: "processed late", phase: late, delay: d} }

// LoseReply processes the request, then closes the connection without an answer.
func LoseReply() Fault { return Fault{name: "reply lost", phase: after} }

// ResetReply processes the request, then resets the connection ("connection reset by peer") without an answer.
func ResetReply() Fault { return Fault{name: replyReset, phase: after} }

// FailAfter processes the request, then answers with an error all the same: 500 in the API's envelope, other statuses
// as a proxy's HTML page.
func FailAfter(status int) Fault {
	return Fault{name: strconv.Itoa(status) + " after processing", phase: after, answers: true, status: status}
}

// TruncateReply processes the request, then sends half of the answer and closes the connection.
func TruncateReply() Fault { return Fault{name: truncated, phase: after} }

// Stall processes the request, then stays silent until the caller gives up. With a duration above 0 it answers after that
// long (real time) if the caller is still there.
func Stall(d time.Duration) Fault { return Fault{name: stalled, phase: after, delay: d} }

// SlowBody sends the answer's body in small pieces over that long (real time).
func SlowBody(d time.Duration) Fault { return Fault{name: "slow body", phase: pace, delay: d} }

// LookupLag makes lists and lookups by reference blind to what was created less than that long ago on the server's clock,
// as an index does that lags behind. Reading by id is never blind.
func LookupLag(d time.Duration) Fault { return Fault{name: "lookup lag", phase: lookup, delay: d} }

// DuplicateWebhook sends a webhook twice.
func DuplicateWebhook() Fault { return Fault{name: duplicateWebhook, phase: onWebhook} }

// ReorderWebhook holds a webhook back until the next one about the same object has been sent, or for a minute.
func ReorderWebhook() Fault { return Fault{name: reorderedWebhook, phase: onWebhook} }

// DropWebhook never sends a webhook. [API.Redeliver] can.
func DropWebhook() Fault { return Fault{name: droppedWebhook, phase: onWebhook} }

// AnyOf strikes as one of several faults, chosen at random by the server's seed among those that make sense for the
// request: Inject(AnyOf(LoseReply(), FailBefore(503)), Probability(0.3)) disturbs 30 % of all requests.
func AnyOf(faults ...Fault) Fault {
	f := Fault{name: "any of several faults", choice: []Fault{}}
	for _, one := range faults {
		f.choice = append(f.choice, one.all()...)
	}
	return f
}

// all is the fault itself, or what AnyOf chooses from.
func (f Fault) all() []Fault {
	if f.choice != nil {
		return f.choice
	}
	return []Fault{f}
}

// candidates are the faults f can strike as, given which phases make sense.
func (f Fault) candidates(sensible func(phase) bool) []Fault {
	var out []Fault
	for _, one := range f.all() {
		if sensible(one.phase) {
			out = append(out, one)
		}
	}
	return out
}

// complaint says what is wrong with a fault.
func (f Fault) complaint() string {
	for _, one := range f.all() {
		switch {
		case one.name == "":
			return "make faults with this package's functions, such as LoseReply()"
		case one.delay < 0:
			return one.name + ": a duration must not be negative"
		case one.delay == 0 && (one.phase == late || one.phase == pace || one.phase == lookup):
			return one.name + " needs a duration above 0"
		case one.answers && (one.status < 400 || one.status > 599):
			return one.name + ": a fault's status is between 400 and 599"
		}
	}
	if len(f.all()) == 0 {
		return "AnyOf needs at least one fault"
	}
	return ""
}
