package djamotest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

// reporter holds the test a server belongs to, until that test is over.
type reporter struct {
	mu sync.Mutex
	t  testing.TB
}

// noTest stands in where there is no test: it reports nothing, so the method's error is the only sign.
type noTest struct{ testing.TB }

func (noTest) Helper()               {}
func (noTest) Errorf(string, ...any) {}

func (r *reporter) bind(t testing.TB) { //nolint:thelper // it only stores the test, which may be nil
	r.mu.Lock()
	defer r.mu.Unlock()
	r.t = t
}

// release forgets the test: reporting to one that has ended panics.
func (r *reporter) release() { r.bind(nil) }

func (r *reporter) tb() testing.TB {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.t == nil {
		return noTest{}
	}
	return r.t
}

// misuse is how every steering method complains: as an error, and in the test, if there is one, at the caller's line.
// The caller must have called t.Helper itself. Errorf rather than Fatalf, since any goroutine may steer a server.
func misuse(t testing.TB, format string, args ...any) error {
	t.Helper()
	err := errors.New("djamotest: " + maskText(fmt.Errorf(format, args...).Error()))
	t.Errorf("%s", err)
	return err
}
