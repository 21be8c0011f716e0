package riverpayroll_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/djamotest"
)

// posts counts the requests that pay and have arrived since a moment.
func posts(server *djamotest.Server, since time.Time) (count int) {
	for _, request := range server.Requests() {
		if request.Method == http.MethodPost && request.At.After(since) {
			count++
		}
	}
	return count
}

// commits notes when transactions were committed, as their client sees it.
type commits struct {
	mu    sync.Mutex
	times []time.Time
}

type isCommit struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (c *commits) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, isCommit{}, strings.EqualFold(data.SQL, "commit"))
}

// TraceQueryEnd implements pgx.QueryTracer.
func (c *commits) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if committed, _ := ctx.Value(isCommit{}).(bool); committed && data.Err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.times = append(c.times, time.Now())
	}
}

func (c *commits) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = nil
}

func (c *commits) first() (at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.times) > 0 {
		at = c.times[0]
	}
	return at
}

// watchCommits is another pool on a database, and when something was committed through it. What a worker was allowed to send before a
// cancellation was committed may leave after the moment that the cancellation bears: that is one before it.
func watchCommits(t testing.TB, pool *pgxpool.Pool) (*pgxpool.Pool, *commits) {
	t.Helper()
	config, seen := pool.Config(), &commits{}
	config.ConnConfig.Tracer = seen
	another, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(another.Close)
	return another, seen
}
