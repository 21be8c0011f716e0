package redisdeduper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/claim"
)

// defaultRetention is longer than anybody delivers again.
const defaultRetention = 30 * 24 * time.Hour

// A key holds "done", or "claimed by " and the owner. The scripts are atomic: Redis runs one at a time, and decides by
// its own clock when a key has ended.
const (
	claimScript = `
local held = redis.call('GET', KEYS[1])
if held == 'done' then
	return 'done'
end
if held and held ~= 'claimed by ' .. ARGV[1] then
	return 'held'
end
redis.call('SET', KEYS[1], 'claimed by ' .. ARGV[1], 'PX', ARGV[2])
return 'granted'`

	doneScript = `
if redis.call('GET', KEYS[1]) ~= 'done' then
	redis.call('SET', KEYS[1], 'done', 'PX', ARGV[1])
end
return 'done'`

	releaseScript = `
if redis.call('GET', KEYS[1]) == 'claimed by ' .. ARGV[1] then
	redis.call('DEL', KEYS[1])
end
return 'released'`
)

// Deduper is a [djamo.Deduper] on Redis. It is safe for concurrent use, and any number of them, on any number of
// machines, may share the keys. A Redis that does not answer is an error, never a grant.
type Deduper struct {
	rdb                  redis.Scripter
	prefix               string
	retention            time.Duration
	claim, done, release *redis.Script
}

var _ djamo.Deduper = (*Deduper)(nil)

// Option changes what New makes.
type Option func(*Deduper)

// WithPrefix sets what every key starts with, "djamo:delivery:" without it. Programs with different prefixes handle the
// same deliveries each for itself.
func WithPrefix(prefix string) Option { return func(d *Deduper) { d.prefix = prefix } }

// WithRetention says how long a handled delivery is remembered, 30 days without it. It holds for deliveries that are
// handled from then on.
func WithRetention(retention time.Duration) Option {
	return func(d *Deduper) { d.retention = retention }
}

// New makes a Deduper on a client that the caller opens and closes: a *redis.Client, *redis.ClusterClient, *redis.Ring or
// redis.UniversalClient. It asks Redis nothing.
func New(rdb redis.Scripter, options ...Option) (*Deduper, error) {
	d := &Deduper{
		rdb: rdb, prefix: "djamo:delivery:", retention: defaultRetention,
		claim: redis.NewScript(claimScript), done: redis.NewScript(doneScript), release: redis.NewScript(releaseScript),
	}
	for _, option := range options {
		if option != nil {
			option(d)
		}
	}
	switch {
	case rdb == nil:
		return nil, errors.New("redisdeduper: the client must not be nil")
	case d.retention < time.Millisecond:
		return nil, fmt.Errorf("redisdeduper: the retention must be positive, got %s", d.retention)
	}
	return d, nil
}

// Claim implements [djamo.Deduper]. A lease is rounded up to the millisecond.
func (d *Deduper) Claim(ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	if err := check(key, owner, lease); err != nil {
		return djamo.ClaimHeld, err
	}
	answer, err := d.run(ctx, d.claim, key, owner, claim.Milliseconds(lease))
	if err != nil {
		return djamo.ClaimHeld, fmt.Errorf("redisdeduper: claiming a delivery: %w", err)
	}
	switch answer {
	case "granted":
		return djamo.ClaimGranted, nil
	case "done":
		return djamo.ClaimDone, nil
	case "held":
		return djamo.ClaimHeld, nil
	}
	return djamo.ClaimHeld, fmt.Errorf("redisdeduper: claiming a delivery: the script answered %q", answer)
}

// Done implements [djamo.Deduper].
func (d *Deduper) Done(ctx context.Context, key, owner string) error {
	if err := check(key, owner, 1); err != nil {
		return err
	}
	if _, err := d.run(ctx, d.done, key, claim.Milliseconds(d.retention)); err != nil {
		return fmt.Errorf("redisdeduper: remembering a delivery: %w", err)
	}
	return nil
}

// Release implements [djamo.Deduper].
func (d *Deduper) Release(ctx context.Context, key, owner string) error {
	if err := check(key, owner, 1); err != nil {
		return err
	}
	if _, err := d.run(ctx, d.release, key, owner); err != nil {
		return fmt.Errorf("redisdeduper: releasing a delivery: %w", err)
	}
	return nil
}

// run sends the digest of a script, and the script itself to a server that does not know it yet.
func (d *Deduper) run(ctx context.Context, script *redis.Script, key string, args ...any) (string, error) {
	return script.Run(ctx, d.rdb, []string{d.prefix + key}, args...).Text()
}

func check(key, owner string, lease time.Duration) error {
	if fault := claim.Check(key, owner, lease); fault != nil {
		return &djamo.ValidationError{Field: fault.Field, Value: fault.Value, Rule: fault.Rule}
	}
	return nil
}
