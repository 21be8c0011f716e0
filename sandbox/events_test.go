package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// stream is a response writer that keeps what is sent.
type stream struct {
	header http.Header
	mu     sync.Mutex
	text   strings.Builder
}

func (s *stream) Header() http.Header { return s.header }
func (s *stream) WriteHeader(int)     {}
func (s *stream) Flush()              {}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *stream) events() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return regexp.MustCompile(`(?m)^data: .*$`).FindAllString(s.text.String(), -1)
}

// listen opens the stream of a page until the test's end.
func listen(t *testing.T, control http.Handler, lastID string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequest(http.MethodGet, "http://"+controlHost+"/events", nil).WithContext(ctx)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	s := &stream{header: make(http.Header)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		control.ServeHTTP(s, r)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return s
}

func TestEvents_CarryCountersOnlyAndFewOfThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, api.Close()) })
		box, err := sandbox.New(api, sandbox.WithAPIHosts(apiHost), sandbox.WithControlHosts(controlHost))
		require.NoError(t, err)
		s := &stage{api: api, box: box, control: box.Control(), calls: box.API()}
		page := listen(t, s.control, "")
		synctest.Wait()
		require.Len(t, page.events(), 1, "what is, at once")

		for i := range 2000 {
			s.transfer(t, fmt.Sprint("r/", i))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.LessOrEqual(t, len(page.events()), 1+4*3, "at most four a second")
		last := page.events()[len(page.events())-1]
		require.Contains(t, last, `"transfers":2000`)
		require.NotContains(t, page.text.String(), "r/1")
		require.NotContains(t, page.text.String(), payee)

		before := len(page.events())
		time.Sleep(10 * time.Second)
		require.Len(t, page.events(), before, "nothing happened")
		time.Sleep(10 * time.Second)
		require.Len(t, page.events(), before+1, "a heartbeat")

		api.SettleManually()
		synctest.Wait()
		again := listen(t, s.control, fmt.Sprint(api.Changes()))
		synctest.Wait()
		require.Empty(t, again.events(), "a page that knows all is told nothing")
		require.NoError(t, api.SettleAutomatically(30*time.Second))
		synctest.Wait()
		require.Contains(t, again.events()[0], `"pending":`)
	})
}

func TestEvents_TellOfWhatTimeBrings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, err := djamotest.New()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, api.Close()) })
		box, err := sandbox.New(api, sandbox.WithAPIHosts(apiHost), sandbox.WithControlHosts(controlHost))
		require.NoError(t, err)
		s := &stage{api: api, box: box, control: box.Control(), calls: box.API()}
		s.transfer(t, "r/1")
		page := listen(t, s.control, "")
		synctest.Wait()
		require.Contains(t, page.events()[0], `"pending":1`)
		time.Sleep(61 * time.Second) // no webhook endpoint: nothing but the page looks at the time
		synctest.Wait()
		require.Contains(t, page.events()[len(page.events())-1], `"pending":0`)
	})
}
