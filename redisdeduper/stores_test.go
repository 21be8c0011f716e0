package redisdeduper_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/redisdeduper"
)

// store is one Redis, with a prefix that no other test uses.
type store struct {
	url, prefix string
}

// inMemory is a Redis inside the test, whose clock runs with ours.
func inMemory(t testing.TB) store {
	t.Helper()
	server := miniredis.RunT(t)
	tick, ended := time.NewTicker(time.Millisecond), make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		last := time.Now()
		for {
			select {
			case <-ended:
				return
			case now := <-tick.C:
				server.FastForward(now.Sub(last))
				last = now
			}
		}
	}()
	t.Cleanup(func() { close(ended); <-stopped; tick.Stop() })
	return store{"redis://" + server.Addr() + "/0", "test:"}
}

func realRedis(t testing.TB) store {
	t.Helper()
	url := os.Getenv("DJAMO_TEST_REDIS_URL")
	if url == "" {
		t.Skip("*** SKIPPED: set DJAMO_TEST_REDIS_URL to a Redis to run this test on it too ***")
	}
	s := store{url, "djamo-test:" + rand.Text() + ":"}
	t.Cleanup(func() {
		options, err := redis.ParseURL(s.url)
		require.NoError(t, err)
		rdb := redis.NewClient(options)
		defer rdb.Close()
		ctx := context.Background() // that of the test has ended by now
		keys := rdb.Scan(ctx, 0, s.prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			require.NoError(t, rdb.Del(ctx, keys.Val()).Err())
		}
		require.NoError(t, keys.Err())
	})
	return s
}

// client is the connection of one more machine.
func (s store) client(t testing.TB) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(s.url)
	require.NoError(t, err)
	rdb := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, rdb.Close()) })
	return rdb
}

// machine is one more machine on the store.
func (s store) machine(t testing.TB, options ...redisdeduper.Option) *redisdeduper.Deduper {
	t.Helper()
	d, err := redisdeduper.New(s.client(t), append([]redisdeduper.Option{redisdeduper.WithPrefix(s.prefix)}, options...)...)
	require.NoError(t, err)
	return d
}

// stores are the servers that a test runs on.
func stores() map[string]func(t testing.TB) store {
	return map[string]func(t testing.TB) store{"in memory": inMemory, "Redis": realRedis}
}
