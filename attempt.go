package djamo

import (
	"context"

	"github.com/djamo/djamo-go/internal/transport"
)

// Attempt describes a request to a RoundTripper: enough to name it in traces and metrics without the ids and phone numbers in
// its URL.
type Attempt struct {
	// PathTemplate is the path below the base URL with names in place of ids, such as "/v1/transactions/{id}", and without
	// a query. It is empty for Client.Do: only its caller knows which parts of the path are ids.
	PathTemplate string
	// Number is 1 for the first request of a call and counts up with each that repeats it: after trouble, after a 429, on a
	// redirect, and when a payment or charge is sent again because its lost predecessor could not be found. The look-ups
	// that find that out are calls of their own.
	Number int
}

// AttemptFromContext returns the attempt that a request belongs to, by the request's context. The second result is false when
// the request is not a Client's. It must be asked before RoundTrip returns.
func AttemptFromContext(ctx context.Context) (Attempt, bool) {
	call := transport.FromContext(ctx)
	if call == nil {
		return Attempt{}, false
	}
	attempt := Attempt{PathTemplate: call.Template, Number: call.Earlier + call.Attempts}
	if call.Literal {
		attempt.PathTemplate = ""
	}
	return attempt, true
}
