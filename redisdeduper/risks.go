package redisdeduper

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// infoScript asks the server that has the key, which of a cluster is one of several.
const infoScript = `return redis.call('INFO')`

// Risks says what may make this Redis forget a claim or a handled delivery, so that a callback runs twice: a sentence each,
// for the log of a program that starts. None is known when it is empty. It asks one server; of a cluster, one of them.
//
// No setting takes the risk of a failover away: Redis acknowledges a write before its replicas have it. Where a callback
// must not run twice, use the module sqldeduper.
func (d *Deduper) Risks(ctx context.Context) ([]string, error) {
	text, err := d.run(ctx, redis.NewScript(infoScript), "risks")
	if err != nil {
		return nil, fmt.Errorf("redisdeduper: asking for the settings of Redis: %w", err)
	}
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	var risks []string
	if policy := info["maxmemory_policy"]; policy != "" && policy != "noeviction" && info["maxmemory"] != "0" {
		risks = append(risks, fmt.Sprintf("Redis forgets keys when its memory is full (maxmemory-policy %s): set noeviction", policy))
	}
	if info["aof_enabled"] == "0" {
		risks = append(risks, "Redis forgets what came after its last snapshot when it restarts: set appendonly yes")
	}
	if replicas := info["connected_slaves"]; replicas != "" && replicas != "0" {
		risks = append(risks, fmt.Sprintf("a failover to one of %s replicas may forget the deliveries handled last", replicas))
	}
	if info["role"] == "slave" {
		risks = append(risks, "this Redis is a replica: it grants nothing, and knows what its primary has sent so far")
	}
	return risks, nil
}
