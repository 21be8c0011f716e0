package djamotest

import "testing"

// Bind puts another test in place of the one a server reports to, for testing what it reports.
func Bind(s *Server, t testing.TB) error {
	s.test.bind(t)
	return nil
}
