package transport

// What this package itself has to say of an attempt.
const (
	// ErrHeldBack is a single attempt that was not made, because the API has asked for a pause.
	ErrHeldBack = attemptError("the API has asked for a pause: nothing was sent")
	// errNoAnswer is what a RoundTripper of the caller's must not do, and sometimes does.
	errNoAnswer = attemptError("the RoundTripper returned neither an answer nor an error")
	// errResent ends an attempt that was about to become two.
	errResent = attemptError("no answer, and net/http was about to send the request a second time")
	// errSealed is for who reads the body of an attempt that is over.
	errSealed = attemptError("the attempt is over, its body must not be sent")
)

type attemptError string

func (e attemptError) Error() string { return string(e) }
