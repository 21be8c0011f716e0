package redisdeduper_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/redisdeduper"
)

func TestDeduper_Risks(t *testing.T) {
	t.Parallel()
	rdb := redis.NewClient(&redis.Options{})
	defer rdb.Close()
	safe := "# Memory\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"
	for name, tt := range map[string]struct {
		change []string
		want   []string
	}{
		"none":                 {nil, nil},
		"eviction":             {[]string{"noeviction", "allkeys-lru"}, []string{"Redis forgets keys when its memory is full (maxmemory-policy allkeys-lru): set noeviction"}},
		"of keys that end":     {[]string{"noeviction", "volatile-ttl"}, []string{"Redis forgets keys when its memory is full (maxmemory-policy volatile-ttl): set noeviction"}},
		"memory is never full": {[]string{"maxmemory:100", "maxmemory:0", "noeviction", "allkeys-lru"}, nil},
		"snapshots only":       {[]string{"aof_enabled:1", "aof_enabled:0"}, []string{"Redis forgets what came after its last snapshot when it restarts: set appendonly yes"}},
		"replicas":             {[]string{"slaves:0", "slaves:2"}, []string{"a failover to one of 2 replicas may forget the deliveries handled last"}},
		"a replica":            {[]string{"role:master", "role:slave"}, []string{"this Redis is a replica: it grants nothing, and knows what its primary has sent so far"}},
	} {
		d, err := redisdeduper.New(answering{rdb, strings.NewReplacer(tt.change...).Replace(safe)})
		require.NoError(t, err)
		risks, err := d.Risks(t.Context())
		require.NoError(t, err)
		require.Equal(t, tt.want, risks, name)
	}
	d, err := redisdeduper.New(answering{rdb, nil})
	require.NoError(t, err)
	_, err = d.Risks(t.Context())
	require.ErrorContains(t, err, "redisdeduper: asking for the settings of Redis: ")
	require.ErrorIs(t, err, redis.Nil)
}

// What a server answers is read.
func TestDeduper_RisksOfAServer(t *testing.T) {
	t.Parallel()
	d := realRedis(t).machine(t)
	risks, err := d.Risks(t.Context())
	require.NoError(t, err)
	for _, risk := range risks {
		require.NotContains(t, risk, "is a replica")
	}
}
