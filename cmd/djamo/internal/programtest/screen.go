package programtest

import (
	"bytes"
	"sync"
)

// Screen is an output that can be read while it is written to. The zero value is empty.
type Screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds text.
func (s *Screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(text)
}

// String is what was written so far.
func (s *Screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
