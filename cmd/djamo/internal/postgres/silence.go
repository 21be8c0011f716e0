package postgres

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// SilentError ends the connection to a server that has let the program in and then answers nothing, neither on it nor to
// somebody who comes anew.
type SilentError struct {
	For time.Duration // how long the answer has been waited for
}

func (e *SilentError) Error() string { return e.In(lang.English) }

// Timeout and Temporary implement net.Error: of another error the driver forgets the reason where it looks ahead.
func (e *SilentError) Timeout() bool { return true }

// Temporary says that the server may answer again.
func (e *SilentError) Temporary() bool { return true }

// Waited is how long the answer has been waited for.
func (e *SilentError) Waited() time.Duration { return e.For }

// In says the error in a language.
func (e *SilentError) In(l lang.Language) string {
	return l.Say("the database has let this program in, and has not answered it for %s: look whether its server, or what is before it, hangs",
		e.For.Round(time.Second))
}

// watch bounds how long a connection waits for an answer of which nothing comes. A statement may take its time, and wait for
// the locks of others, as long as the server lets somebody in who asks the same moment: that it goes on waiting is told then.
// What is not asked for, such as notifications, may take for ever.
type watch struct {
	after time.Duration                   // how long nothing may be heard before somebody asks
	ask   func(ctx context.Context) error // the server on another connection
	tell  func(waited time.Duration)

	mu       sync.Mutex // held by whoever asks
	answered time.Time  // the last time that somebody was
}

// Watch bounds the silence of connections that are made by a configuration, which may take twice as long as the server may take
// to let the program in. tell is told what is waited for.
func Watch(config *pgx.ConnConfig, tell func(waited time.Duration)) {
	visitor := config.Copy()
	w := &watch{after: 2 * config.ConnectTimeout, tell: tell}
	w.ask = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout)
		defer cancel()
		conn, err := pgx.ConnectConfig(ctx, visitor)
		if err == nil {
			_, err = conn.PgConn().Exec(ctx, "SELECT 1").ReadAll()
			_ = conn.Close(ctx) //nolint:contextcheck // it is what is left of the time
		}
		if answer := (*pgconn.PgError)(nil); errors.As(err, &answer) {
			return nil // it refuses, and so is there
		}
		return err
	}
	config.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		return w.over(conn), nil
	}
}

// isThere asks the server whether it is, unless somebody has done so just before.
func (w *watch) isThere(ctx context.Context) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.answered) < w.after/2 {
		return true
	}
	if w.ask(ctx) != nil {
		return false
	}
	w.answered = time.Now()
	return true
}

// watched is a connection under watch.
type watched struct {
	net.Conn

	watch *watch

	mu             sync.Mutex
	sent, received frames
	owed           int // answers to what was sent
	reading        int // calls under way
	writing        int
	since          time.Time // nothing has moved, while something should
	announced      bool      // of this wait
	silent         error
	timer          *time.Timer
}

func (w *watch) over(conn net.Conn) *watched {
	c := &watched{Conn: conn, watch: w, sent: frames{bare: true}}
	c.timer = time.AfterFunc(w.after, c.inquire)
	c.timer.Stop()
	return c
}

// Write implements net.Conn.
func (c *watched) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.sent.read(b, func(kind byte) {
		if kind == 'Q' || kind == 'S' || kind == 'F' { // Query, Sync and FunctionCall are answered to the end
			c.owed++
		}
	})
	c.writing++
	c.moved()
	c.mu.Unlock()
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing--
	c.moved()
	return n, c.reason(err)
}

// Read implements net.Conn.
func (c *watched) Read(b []byte) (int, error) {
	c.mu.Lock()
	c.reading++
	c.moved()
	c.mu.Unlock()
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading--
	c.received.read(b[:n], func(kind byte) {
		if kind == 'Z' && c.owed > 0 { // ReadyForQuery ends an answer
			c.owed--
		}
	})
	c.moved()
	return n, c.reason(err)
}

// Close implements net.Conn.
func (c *watched) Close() error {
	c.timer.Stop()
	return c.Conn.Close()
}

// moved starts the wait anew, or ends it. The caller holds mu.
func (c *watched) moved() {
	c.announced = false
	if c.silent == nil && (c.reading > 0 && c.owed > 0 || c.writing > 0) {
		c.since = time.Now()
		c.timer.Reset(c.watch.after)
		return
	}
	c.since = time.Time{}
	c.timer.Stop()
}

// reason is why a call has failed.
func (c *watched) reason(err error) error {
	if err != nil && c.silent != nil {
		return c.silent
	}
	return err
}

// inquire finds out whether the server is there, after it has been silent for long.
func (c *watched) inquire() {
	c.mu.Lock()
	since := c.since
	c.mu.Unlock()
	if since.IsZero() {
		return
	}
	there := c.watch.isThere(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.since.Equal(since) {
		return // something has moved meanwhile
	}
	waited := time.Since(since)
	if there {
		if !c.announced && c.watch.tell != nil {
			c.watch.tell(waited)
		}
		c.announced = true
		c.timer.Reset(c.watch.after)
		return
	}
	c.silent = &SilentError{For: waited}
	c.since = time.Time{}
	_ = c.Conn.Close()
}
