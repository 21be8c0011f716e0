package redisdeduper_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/redisdeduper"
)

// calls are all that ask Redis, and what their errors say.
func calls() map[string]func(ctx context.Context, d *redisdeduper.Deduper) error {
	return map[string]func(ctx context.Context, d *redisdeduper.Deduper) error{
		"claiming a delivery": func(ctx context.Context, d *redisdeduper.Deduper) error {
			answer, err := d.Claim(ctx, "key", "owner", time.Minute)
			if err != nil && answer != djamo.ClaimHeld {
				return errors.New("an error that grants something")
			}
			return err
		},
		"remembering a delivery": func(ctx context.Context, d *redisdeduper.Deduper) error { return d.Done(ctx, "key", "owner") },
		"releasing a delivery":   func(ctx context.Context, d *redisdeduper.Deduper) error { return d.Release(ctx, "key", "owner") },
	}
}

func TestDeduper_OutageIsAnErrorAndNoGrant(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	rdb := redis.NewClient(&redis.Options{
		MaxRetries: -1,
		Dialer:     func(context.Context, string, string) (net.Conn, error) { return nil, refused },
	})
	defer rdb.Close()
	d, err := redisdeduper.New(rdb)
	require.NoError(t, err)
	for doing, call := range calls() {
		err := call(t.Context(), d)
		require.ErrorIs(t, err, refused, doing)
		require.ErrorContains(t, err, "redisdeduper: "+doing+": ")
	}
}

// A server that answers with errors, as one that is loading, full or a read-only replica does.
func TestDeduper_RefusalIsAnErrorAndNoGrant(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.SetError("OOM command not allowed when used memory > 'maxmemory'")
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	defer rdb.Close()
	d, err := redisdeduper.New(rdb)
	require.NoError(t, err)
	for doing, call := range calls() {
		require.ErrorContains(t, call(t.Context(), d), "redisdeduper: "+doing+": OOM", doing)
	}
}

// A proxy may answer anything: what is no answer of the script grants nothing.
func TestDeduper_StrangeAnswerIsAnErrorAndNoGrant(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	for _, strange := range []any{"OK", "", "GRANTED", int64(1), nil} {
		d, err := redisdeduper.New(answering{rdb, strange})
		require.NoError(t, err)
		answer, err := d.Claim(t.Context(), "key", "owner", time.Minute)
		require.Error(t, err, "%v", strange)
		require.Equal(t, djamo.ClaimHeld, answer)
	}
}

type answering struct {
	*redis.Client

	answer any
}

func (a answering) EvalSha(context.Context, string, []string, ...any) *redis.Cmd {
	if a.answer == nil {
		return redis.NewCmdResult(nil, redis.Nil)
	}
	return redis.NewCmdResult(a.answer, nil)
}

// Whatever is kept ends by itself: a claim with its lease, a handled delivery with the retention.
func TestDeduper_KeysEnd(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			rdb := s.client(t)
			lives := func(key string, want time.Duration) {
				t.Helper()
				left, err := rdb.PTTL(t.Context(), s.prefix+key).Result()
				require.NoError(t, err)
				require.InDelta(t, want.Seconds(), left.Seconds(), 30, key)
			}
			d := s.machine(t)
			_, err := d.Claim(t.Context(), "claimed", "a", time.Hour)
			require.NoError(t, err)
			lives("claimed", time.Hour)
			_, err = d.Claim(t.Context(), "claimed", "a", 2*time.Hour)
			require.NoError(t, err)
			lives("claimed", 2*time.Hour)
			require.NoError(t, d.Done(t.Context(), "claimed", "a"))
			lives("claimed", 30*24*time.Hour)

			short := s.machine(t, redisdeduper.WithRetention(time.Hour))
			require.NoError(t, short.Done(t.Context(), "claimed", "a"))
			lives("claimed", 30*24*time.Hour) // as it was handled
			require.NoError(t, short.Done(t.Context(), "handled", "a"))
			lives("handled", time.Hour)
		})
	}
}

func TestDeduper_ForgetsAfterTheRetention(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer rdb.Close()
	d, err := redisdeduper.New(rdb, redisdeduper.WithRetention(time.Hour), nil)
	require.NoError(t, err)
	require.NoError(t, d.Done(t.Context(), "key", "a"))
	require.Equal(t, []string{"djamo:delivery:key"}, server.Keys())

	server.FastForward(time.Hour - time.Millisecond)
	claims(t, d, "key", "b", djamo.ClaimDone)
	server.FastForward(time.Millisecond)
	claims(t, d, "key", "b", djamo.ClaimGranted)
}

func TestDeduper_PrefixesAreIndependent(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	accounting, shop := s.machine(t), s.machine(t, redisdeduper.WithPrefix("shop:"))
	claims(t, accounting, "key", "a", djamo.ClaimGranted)
	claims(t, shop, "key", "b", djamo.ClaimGranted)
	claims(t, accounting, "key", "b", djamo.ClaimHeld)
}

// A server that restarted, or was told to, knows no scripts any more.
func TestDeduper_ScriptsAreSentAgain(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			d := s.machine(t)
			claims(t, d, "key", "a", djamo.ClaimGranted)
			require.NoError(t, s.client(t).ScriptFlush(t.Context()).Err())
			claims(t, d, "key", "b", djamo.ClaimHeld)
			require.NoError(t, d.Done(t.Context(), "key", "a"))
			claims(t, d, "key", "b", djamo.ClaimDone)
		})
	}
}

// Each script names the one key it works on, so that a cluster knows where to run it.
func TestDeduper_OnACluster(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{server.Addr()}})
	defer cluster.Close()
	d, err := redisdeduper.New(cluster)
	require.NoError(t, err)
	for _, key := range []string{"one", "two", "three"} {
		claims(t, d, key, "a", djamo.ClaimGranted)
		claims(t, d, key, "b", djamo.ClaimHeld)
		require.NoError(t, d.Release(t.Context(), key, "a"))
		claims(t, d, key, "b", djamo.ClaimGranted)
		require.NoError(t, d.Done(t.Context(), key, "b"))
		claims(t, d, key, "c", djamo.ClaimDone)
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{})
	defer rdb.Close()

	_, err := redisdeduper.New(nil)
	require.EqualError(t, err, "redisdeduper: the client must not be nil")
	_, err = redisdeduper.New(rdb, redisdeduper.WithRetention(0))
	require.EqualError(t, err, "redisdeduper: the retention must be positive, got 0s")
	_, err = redisdeduper.New(rdb, redisdeduper.WithRetention(time.Microsecond))
	require.EqualError(t, err, "redisdeduper: the retention must be positive, got 1µs")
}

// claims asks for a minute and checks the answer.
func claims(t testing.TB, d djamo.Deduper, key, owner string, want djamo.Claim) {
	t.Helper()
	answer, err := d.Claim(t.Context(), key, owner, time.Minute)
	require.NoError(t, err)
	require.Equal(t, want, answer, "%s by %s", key, owner)
}
