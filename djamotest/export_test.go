package djamotest

import (
	"testing"
	"time"
)

// Bind puts another test in place of the one a server reports to, for testing what it reports.
func Bind(t testing.TB, s *Server) error {
	t.Helper()
	s.test.bind(t)
	return nil
}

// Steal takes money off the balance behind the ledger's back.
func Steal(a *API, francs int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.balance -= francs
}

// ForgetLastLine takes the last line out of the ledger.
func ForgetLastLine(a *API) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ledger = a.ledger[:len(a.ledger)-1]
}

// RepeatFirstLine writes the first line of the ledger, and its money, a second time.
func RepeatFirstLine(a *API) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.move(a.entryAt(0), a.ledger[0].delta)
}

// Overstate makes the first charge claim to have been paid more than it was.
func Overstate(a *API, francs int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.charges[0].paid += francs
}

// WebhookConnections is how many connections to receivers of webhooks are open.
func WebhookConnections(s *Server) int { return s.posts.count() }

// CloseWithin sets how long a test waits for its server to end.
func CloseWithin(d time.Duration) Option {
	return func(c *config) error {
		c.closeWithin = d
		return nil
	}
}
