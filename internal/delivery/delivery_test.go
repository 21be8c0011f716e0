package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/delivery"
)

var errTooLarge = errors.New("too large")

// memory is a Store whose answers a test may replace.
type memory struct {
	mu       sync.Mutex
	done     map[string]bool
	owner    map[string]string
	claims   []string
	leases   []time.Duration
	claimErr func(key string) error
	doneErr  error
}

func (m *memory) Claim(_ context.Context, key, owner string, lease time.Duration) (delivery.Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims, m.leases = append(m.claims, key), append(m.leases, lease)
	if m.claimErr != nil {
		if err := m.claimErr(key); err != nil {
			return delivery.Held, err
		}
	}
	switch {
	case m.done[key]:
		return delivery.Done, nil
	case m.owner[key] != "" && m.owner[key] != owner:
		return delivery.Held, nil
	}
	if m.owner == nil {
		m.owner = map[string]string{}
	}
	m.owner[key] = owner
	return delivery.Granted, nil
}

func (m *memory) Done(_ context.Context, key, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.doneErr != nil {
		return m.doneErr
	}
	if m.done == nil {
		m.done = map[string]bool{}
	}
	m.done[key] = true
	delete(m.owner, key)
	return nil
}

func (m *memory) Release(_ context.Context, key, owner string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owner[key] == owner {
		delete(m.owner, key)
	}
	return nil
}

// push receives batches of names, one a line, that begin with "signed"; a name that begins with "bad" fails.
type push struct {
	delivery.Receiver

	store memory
	log   bytes.Buffer
	ran   []string
	on    func(ctx context.Context, name string) error
}

func newPush() *push {
	p := &push{}
	p.Receiver = delivery.Receiver{
		Name: "push", TooLarge: errTooLarge, MaxBytes: 100, Timeout: 4 * time.Second, Success: http.StatusNoContent, Store: &p.store,
		Verify: func(body []byte, header http.Header) error {
			if header.Get("X-Signature") != "signed" || !bytes.HasPrefix(body, []byte("signed")) {
				return errors.New("the signature is wrong: call +2250748710523")
			}
			return nil
		},
		Logger: slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	p.on = func(_ context.Context, name string) error {
		if strings.HasPrefix(name, "bad") {
			return errors.New("no room for " + name)
		}
		return nil
	}
	return p
}

func (p *push) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := p.Body(w, r)
	if !ok {
		return
	}
	var events []delivery.Event
	for _, name := range strings.Fields(string(body))[1:] {
		events = append(events, delivery.Event{
			Key: name, Attrs: func() []slog.Attr { return []slog.Attr{slog.String("name", name)} },
			Callback: func(ctx context.Context) error {
				p.ran = append(p.ran, name)
				return p.on(ctx, name)
			},
		})
	}
	p.Handle(w, r, events...)
}

func (p *push) deliver(ctx context.Context, names ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader("signed "+strings.Join(names, " ")))
	r.Header.Set("X-Signature", "signed")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestReceiver_ABatchIsClaimedByEvent(t *testing.T) {
	t.Parallel()
	p := newPush()
	w := p.deliver(t.Context(), "a", "b", "a", "c")
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, []string{"a", "b", "c"}, p.ran, "a copy in the same batch is one too")
	require.Equal(t, []time.Duration{12 * time.Second}, slices.Compact(p.store.leases))

	require.Equal(t, http.StatusNoContent, p.deliver(t.Context(), "b", "d").Code, "batches need not be cut alike")
	require.Equal(t, []string{"a", "b", "c", "d"}, p.ran)
	require.Equal(t, http.StatusNoContent, p.deliver(t.Context()).Code, "an empty batch is handled")
}

func TestReceiver_OneThatFailsKeepsNoOtherUp(t *testing.T) {
	t.Parallel()
	p := newPush()
	w := p.deliver(t.Context(), "a", "bad", "c")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, []string{"a", "bad", "c"}, p.ran)
	require.Contains(t, p.log.String(), `msg="push: webhook not handled: the callback failed" name=bad error="no room for bad"`)

	p.on = func(context.Context, string) error { return nil }
	require.Equal(t, http.StatusNoContent, p.deliver(t.Context(), "a", "bad", "c").Code)
	require.Equal(t, []string{"a", "bad", "c", "bad"}, p.ran, "what is done does not run again")
}

func TestReceiver_AStoreThatFailsEndsIt(t *testing.T) {
	t.Parallel()
	p := newPush()
	p.store.claimErr = func(key string) error {
		switch key {
		case "b":
			return errors.New("the store is down")
		case "p":
			panic("nil map")
		}
		return nil
	}
	require.Equal(t, http.StatusInternalServerError, p.deliver(t.Context(), "a", "b", "c").Code)
	require.Equal(t, []string{"a"}, p.ran)
	require.Equal(t, http.StatusInternalServerError, p.deliver(t.Context(), "p").Code)
	require.Contains(t, p.log.String(), `error="panic: nil map"`)

	p.store.doneErr = errors.New("disk full")
	require.Equal(t, http.StatusNoContent, p.deliver(t.Context(), "d").Code, "it is handled: asked for again it would run twice")
	require.Contains(t, p.log.String(), "cannot remember it")
}

func TestReceiver_WaitsForAnotherCopy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPush()
		p.store.owner = map[string]string{"a": "another process"}
		start := time.Now()
		w := p.deliver(t.Context(), "a")
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
		require.Equal(t, 4*time.Second, time.Since(start))
		require.Empty(t, p.ran)
	})
}

// A sender that gives up after five seconds gets its answer before, however slow the callbacks are, and what was not begun
// is not lost: it comes again.
func TestReceiver_AnswersWithin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPush()
		p.Within = 4500 * time.Millisecond
		p.on = func(ctx context.Context, name string) error {
			pause := time.NewTimer(2 * time.Second)
			defer pause.Stop()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-pause.C:
				return nil
			}
		}
		start := time.Now()
		w := p.deliver(t.Context(), "a", "b", "c", "d")
		require.Equal(t, http.StatusInternalServerError, w.Code, "c was cut off")
		require.Equal(t, p.Within, time.Since(start))
		require.Equal(t, []string{"a", "b", "c"}, p.ran)
		require.Equal(t, http.StatusNoContent, p.deliver(t.Context(), "a", "b", "c", "d").Code)
		require.Equal(t, []string{"a", "b", "c", "c", "d"}, p.ran)

		p.store.owner = map[string]string{"e": "another process"}
		p.on = func(context.Context, string) error { return nil }
		start = time.Now()
		w = p.deliver(t.Context(), "e", "f")
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.LessOrEqual(t, time.Since(start), p.Within)
		require.True(t, p.store.done["f"], "one that is held keeps no other up")

		p.on = func(context.Context, string) error {
			time.Sleep(p.Within) //nolint:forbidigo // in a bubble: a callback that ignores its context
			return nil
		}
		require.Equal(t, http.StatusServiceUnavailable, p.deliver(t.Context(), "g", "h").Code)
		require.True(t, p.store.done["g"])
		require.Empty(t, p.store.owner["h"], "it was claimed too late, and the claim is given up")
	})
}

// A callback goes on when the sender hangs up: half of it may have happened.
func TestReceiver_TheSenderMayHangUp(t *testing.T) {
	t.Parallel()
	p := newPush()
	ctx, cancel := context.WithCancel(t.Context())
	p.on = func(ctx context.Context, _ string) error {
		cancel()
		return ctx.Err()
	}
	require.Equal(t, http.StatusNoContent, p.deliver(ctx, "a").Code)
	require.True(t, p.store.done["a"])
}

func TestReceiver_PanicsAreErrors(t *testing.T) {
	t.Parallel()
	var none map[string]int
	for name, panics := range map[string]func(){
		"a value":      func() { panic("no such thing") },
		"a nil map":    func() { none[time.Now().String()] = 1 },
		"an abort":     func() { panic(http.ErrAbortHandler) },
		"a typed nil":  func() { panic((*panicky)(nil)) },
		"its own text": func() { panic(&panicky{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPush()
			p.on = func(context.Context, string) error {
				panics()
				return nil
			}
			require.Equal(t, http.StatusInternalServerError, p.deliver(t.Context(), "a").Code)
			require.Empty(t, p.store.owner, "the claim is given up")
			require.Equal(t, name != "an abort", strings.Contains(p.log.String(), "stack="))
		})
	}
}

type panicky struct{}

func (*panicky) Error() string { panic("an error that cannot be read") }

// runtime.Goexit ends the goroutine, and no answer is made; the claim is given up all the same.
func TestReceiver_Goexit(t *testing.T) {
	t.Parallel()
	p := newPush()
	p.on = func(context.Context, string) error {
		runtime.Goexit()
		return nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.deliver(context.Background(), "a")
	}()
	<-ended
	require.Empty(t, p.store.owner)
	require.False(t, p.store.done["a"])
}

func TestReceiver_Refuses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		method, body, signature string
		ready                   error
		want                    int
	}{
		"another method": {http.MethodGet, "", "signed", nil, http.StatusMethodNotAllowed},
		"no signature":   {http.MethodPost, "signed a", "", nil, http.StatusUnauthorized},
		"other bytes":    {http.MethodPost, "a", "signed", nil, http.StatusUnauthorized},
		"no secret":      {http.MethodPost, "signed a", "signed", errors.New("no secret"), http.StatusInternalServerError},
		"too long":       {http.MethodPost, "signed " + strings.Repeat("a", 94), "signed", nil, http.StatusRequestEntityTooLarge},
		"just fits":      {http.MethodPost, "signed " + strings.Repeat("a", 93), "signed", nil, http.StatusNoContent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, announced := range []bool{true, false} {
				p := newPush()
				p.Ready = func() error { return row.ready }
				r := httptest.NewRequestWithContext(t.Context(), row.method, "/", strings.NewReader(row.body))
				if !announced {
					r.ContentLength = -1
				}
				r.Header.Set("X-Signature", row.signature)
				w := httptest.NewRecorder()
				p.ServeHTTP(w, r)
				require.Equal(t, row.want, w.Code)
				if row.want != http.StatusNoContent {
					require.Equal(t, http.StatusText(row.want)+"\n", w.Body.String(), "nothing of the reason")
					require.Empty(t, p.ran)
					require.Contains(t, p.log.String(), `msg="push: webhook refused" status=`+fmt.Sprint(row.want))
					require.NotContains(t, p.log.String(), "0748710523")
				}
			}
		})
	}
}

// A body that never ends, never comes or breaks off is answered in time, over a real connection and a recorder alike.
func TestReceiver_SlowAndBrokenBodies(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		body io.Reader
		want int
	}{
		"nothing comes":  {stalled{}, http.StatusRequestTimeout},
		"it breaks off":  {io.MultiReader(strings.NewReader("signed"), broken{errors.New("connection reset")}), http.StatusBadRequest},
		"it panics":      {broken{nil}, http.StatusBadRequest},
		"it gives none":  {empty{}, http.StatusBadRequest},
		"net/http's cap": {broken{&http.MaxBytesError{Limit: 10}}, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPush()
				ended, cancel := context.WithCancel(t.Context())
				defer cancel()
				if _, ok := row.body.(stalled); ok {
					row.body = stalled{ended}
				}
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", row.body)
				r.Header.Set("X-Signature", "signed")
				w := httptest.NewRecorder()
				start := time.Now()
				p.ServeHTTP(w, r)
				require.Equal(t, row.want, w.Code)
				require.LessOrEqual(t, time.Since(start), p.Timeout)
			})
		})
	}
}

type stalled struct{ ended context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ended.Done()
	return 0, io.ErrUnexpectedEOF
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	if b.err == nil {
		panic("a body that panics")
	}
	return 0, b.err
}

type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, nil }

func TestReceiver_Read(t *testing.T) {
	t.Parallel()
	p := newPush()
	_, err := p.Read(nil)
	require.EqualError(t, err, "push: reading a webhook: the request has no body to read")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(strings.Repeat("a", 101)))
	_, err = p.Read(r)
	require.ErrorIs(t, err, errTooLarge)
	require.EqualError(t, err, "too large: its body is longer than 100 bytes")

	r = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("a copy")), nil }
	body, err := p.Read(r)
	require.NoError(t, err)
	require.Equal(t, "a copy", string(body))
	r.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	_, err = p.Read(r)
	require.EqualError(t, err, "push: reading a webhook again: gone")
}
