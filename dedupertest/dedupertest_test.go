package dedupertest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
)

func TestRun_PassesAGoodDeduper(t *testing.T) {
	t.Parallel()
	shared := &djamo.MemoryDeduper{}
	Run(t, func(testing.TB) djamo.Deduper { return shared })
}

// broken is a good Deduper with one fault in it.
type broken struct {
	*djamo.MemoryDeduper

	claim   func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error)
	done    func(d djamo.Deduper, ctx context.Context, key, owner string) error
	release func(d djamo.Deduper, ctx context.Context, key, owner string) error
}

func (b broken) Claim(ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
	if b.claim == nil {
		return b.MemoryDeduper.Claim(ctx, key, owner, lease)
	}
	return b.claim(b.MemoryDeduper, ctx, key, owner, lease)
}

func (b broken) Done(ctx context.Context, key, owner string) error {
	if b.done == nil {
		return b.MemoryDeduper.Done(ctx, key, owner)
	}
	return b.done(b.MemoryDeduper, ctx, key, owner)
}

func (b broken) Release(ctx context.Context, key, owner string) error {
	if b.release == nil {
		return b.MemoryDeduper.Release(ctx, key, owner)
	}
	return b.release(b.MemoryDeduper, ctx, key, owner)
}

type (
	claim  = func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error)
	finish = func(d djamo.Deduper, ctx context.Context, key, owner string) error
)

// Every case fails at one fault at least, and says what is wrong.
func TestCases_FindFaults(t *testing.T) {
	t.Parallel()

	always := func(answer djamo.Claim) claim {
		return func(djamo.Deduper, context.Context, string, string, time.Duration) (djamo.Claim, error) {
			return answer, nil
		}
	}
	key := func(change func(key string) string) broken {
		return broken{
			claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
				return d.Claim(ctx, change(key), owner, lease)
			},
			done: func(d djamo.Deduper, ctx context.Context, key, owner string) error {
				return d.Done(ctx, change(key), owner)
			},
			release: func(d djamo.Deduper, ctx context.Context, key, owner string) error {
				return d.Release(ctx, change(key), owner)
			},
		}
	}
	lease := func(change func(lease time.Duration) time.Duration) broken {
		return broken{claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			return d.Claim(ctx, key, owner, change(lease))
		}}
	}
	ignore := func(djamo.Deduper, context.Context, string, string) error { return nil }

	tests := []struct {
		name  string
		fault broken
		cases string // that find it, separated by semicolons
		says  string
	}{
		{"never grants", broken{claim: always(djamo.ClaimHeld)}, "first claim is granted", "got held, want granted"},
		{"always grants", broken{claim: always(djamo.ClaimGranted)},
			"second claim is held; fifty claim one key, one is granted; fifty claim forty keys, one is granted each; " +
				"fifty claim an expired key, one is granted", "granted"},
		{"grants all that come to a handler", broken{claim: always(djamo.ClaimGranted)},
			"fifty copies to several handlers run the callback once; " +
				"fifty copies to several handlers run the callback until it succeeds", "the answers were"},
		{"thinks all is done", broken{claim: always(djamo.ClaimDone)}, "first claim is granted; expired lease is taken over", "done"},
		{"answers what is no answer", broken{claim: always(7)}, "first claim is granted; fifty claim one key, one is granted", "Claim(7)"},
		{"forgets what is done", broken{done: func(d djamo.Deduper, ctx context.Context, key, owner string) error {
			return d.Release(ctx, key, owner)
		}}, "done is remembered; done outlives the lease; done is safe to repeat; done needs no claim; " +
			"done after the claim was lost stays done; release after done does nothing; fifty ask until it is done, one does it", ""},
		{"never releases", broken{release: ignore}, "release frees at once; release is safe to repeat", "got held, want granted"},
		{"done is an error the second time", broken{done: failsTwice(djamo.Deduper.Done)}, "done is safe to repeat", "not the first time"},
		{"release is an error the second time", broken{release: failsTwice(djamo.Deduper.Release)}, "release is safe to repeat", "not the first time"},
		{"releases for anybody", releasesAll(), "release by a stranger does nothing; release by a stale owner does nothing", "got granted, want held"},
		{"leases never end", lease(func(time.Duration) time.Duration { return 100 * time.Hour }),
			"expired lease is taken over; fifty claim an expired key, one is granted", "must not block a delivery for ever"},
		{"any lease will do", lease(func(lease time.Duration) time.Duration { return max(lease, 1) }),
			"bad arguments are errors", "a lease of zero: got granted and error <nil>"},
		{"leases end early", lease(func(lease time.Duration) time.Duration { return lease / 10 }),
			"expired lease is taken over", "a lease of 50ms was taken over after 5ms"},
		{"leases are not renewed", broken{claim: notRenewed()}, "renewed claim outlives the first lease", "got granted, want held"},
		{"own claims are held", broken{claim: ownIsHeld()}, "own claim is renewed; odd owners", "got held, want granted"},
		{"context is not looked at", broken{claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			return d.Claim(context.WithoutCancel(ctx), key, owner, lease)
		}}, "cancelled context grants nothing", "no error"},
		{"claims before it looks at the context", broken{claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			got, err := d.Claim(context.WithoutCancel(ctx), key, owner, lease)
			if ctx.Err() != nil {
				return djamo.ClaimHeld, ctx.Err()
			}
			return got, err
		}}, "cancelled context grants nothing", "got held, want granted"},
		{"an error grants", broken{claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			got, err := d.Claim(ctx, key, owner, lease)
			if err != nil {
				return djamo.ClaimGranted, err
			}
			return got, nil
		}}, "cancelled context grants nothing; bad arguments are errors", "granted"},
		{"case of keys is lost", key(strings.ToLower), "keys are independent", ""},
		{"spaces around keys are lost", key(strings.TrimSpace), "keys are independent", ""},
		{"keys are cut", key(func(key string) string { return key[:min(len(key), 255)] }), "long keys differ in their last byte", ""},
		{"long keys are refused", broken{claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			if len(key) > 2704 {
				return djamo.ClaimHeld, fmt.Errorf("index row size %d exceeds maximum 2704", len(key))
			}
			return d.Claim(ctx, key, owner, lease)
		}}, "odd keys", "2704"},
		{"odd owners are refused", broken{claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			if strings.ContainsRune(owner, 0) {
				return djamo.ClaimHeld, errors.New("invalid byte sequence for encoding \"UTF8\": 0x00")
			}
			return d.Claim(ctx, key, owner, lease)
		}}, "odd owners", "0x00"},
	}
	found := map[string]bool{}
	for _, tt := range tests {
		tt.fault.MemoryDeduper = &djamo.MemoryDeduper{}
		for name := range strings.SplitSeq(tt.cases, "; ") {
			found[name] = true
			synctest.Test(t, func(t *testing.T) { // a case that waits in vain takes no time here
				says := fails(t, name, tt.fault)
				require.NotEmptyf(t, says, "%q passes: %s", name, tt.name)
				require.Containsf(t, says, tt.says, "what %q says: %s", name, tt.name)
			})
		}
	}
	for _, c := range cases() {
		require.Truef(t, found[c.name], "no fault above shows that %q can fail", c.name)
	}
}

// failsTwice is for calls that must be safe to repeat.
func failsTwice(call finish) finish {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(d djamo.Deduper, ctx context.Context, key, owner string) error {
		mu.Lock()
		defer mu.Unlock()
		if seen[key+owner] {
			return errors.New("not the first time")
		}
		seen[key+owner] = true
		return call(d, ctx, key, owner)
	}
}

// releasesAll looks at the key alone, the way a plain DEL does.
func releasesAll() broken {
	var mu sync.Mutex
	owners := map[string]string{}
	return broken{
		claim: func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
			got, err := d.Claim(ctx, key, owner, lease)
			if got == djamo.ClaimGranted {
				mu.Lock()
				defer mu.Unlock()
				owners[key] = owner
			}
			return got, err
		},
		release: func(d djamo.Deduper, ctx context.Context, key, _ string) error {
			mu.Lock()
			defer mu.Unlock()
			return d.Release(ctx, key, owners[key])
		},
	}
}

// notRenewed grants the owner its own claim and leaves the lease as it is.
func notRenewed() claim {
	var mu sync.Mutex
	mine := map[string]bool{}
	return func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
		mu.Lock()
		defer mu.Unlock()
		if mine[key+owner] {
			return djamo.ClaimGranted, nil
		}
		got, err := d.Claim(ctx, key, owner, lease)
		mine[key+owner] = got == djamo.ClaimGranted
		return got, err
	}
}

// ownIsHeld is a plain SET NX: it does not know its owner again.
func ownIsHeld() claim {
	var mu sync.Mutex
	n := 0
	return func(d djamo.Deduper, ctx context.Context, key, owner string, lease time.Duration) (djamo.Claim, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return d.Claim(ctx, key, fmt.Sprint(owner, n), lease)
	}
}

// fails runs one case against a Deduper and returns what the case says against it, "" when it passes.
func fails(t *testing.T, name string, d djamo.Deduper) string {
	t.Helper()
	for _, c := range cases() {
		if c.name != name {
			continue
		}
		judge := &recorder{TB: t}
		ended := make(chan struct{})
		go func() { // Fatalf ends the goroutine it is called from
			defer close(ended)
			c.run(newTrial(judge, func(testing.TB) djamo.Deduper { return d }))
		}()
		<-ended
		return judge.said
	}
	require.Failf(t, "there is no such case", "%q", name)
	return ""
}

// recorder is a test that may fail without failing the one that runs it.
type recorder struct {
	testing.TB

	said string
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
