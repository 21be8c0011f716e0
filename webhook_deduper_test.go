package djamo_test

import (
	"context"
	"fmt"
	"log"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/dedupertest"
	"github.com/stretchr/testify/require"
)

func TestMemoryDeduper_Conforms(t *testing.T) {
	t.Parallel()
	shared := &djamo.MemoryDeduper{}
	dedupertest.Run(t, func(testing.TB) djamo.Deduper { return shared })
}

func TestMemoryDeduper_ForgetsTheOldest(t *testing.T) {
	t.Parallel()
	d := &djamo.MemoryDeduper{Remember: 3}
	for _, key := range []string{"1", "2", "3", "3", "1", "4"} { // a repeat takes no place of its own
		require.NoError(t, d.Done(t.Context(), key, "a"))
	}

	for key, want := range map[string]djamo.Claim{
		"1": djamo.ClaimGranted,
		"2": djamo.ClaimDone,
		"3": djamo.ClaimDone,
		"4": djamo.ClaimDone,
	} {
		got, err := d.Claim(t.Context(), key, "b", time.Hour)
		require.NoError(t, err)
		require.Equal(t, want, got, key)
	}
}

func TestMemoryDeduper_RemembersAHundredThousand(t *testing.T) {
	t.Parallel()
	var d djamo.MemoryDeduper
	const remembered = 100_000
	for i := range remembered + 1 {
		require.NoError(t, d.Done(t.Context(), strconv.Itoa(i), "a"))
	}
	first, err := d.Claim(t.Context(), "0", "b", time.Hour)
	require.NoError(t, err)
	require.Equal(t, djamo.ClaimGranted, first)
	second, err := d.Claim(t.Context(), "1", "b", time.Hour)
	require.NoError(t, err)
	require.Equal(t, djamo.ClaimDone, second)
}

func TestMemoryDeduper_LeaseEndsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var d djamo.MemoryDeduper
		claim := func(owner string) djamo.Claim {
			got, err := d.Claim(t.Context(), "key", owner, time.Minute)
			require.NoError(t, err)
			return got
		}
		require.Equal(t, djamo.ClaimGranted, claim("a"))
		time.Sleep(time.Minute - 1) //nolint:forbidigo // the clock of the bubble
		require.Equal(t, djamo.ClaimHeld, claim("b"))
		time.Sleep(time.Nanosecond) //nolint:forbidigo // the clock of the bubble
		require.Equal(t, djamo.ClaimGranted, claim("b"))
	})
}

// A thousand times as many deliveries as are remembered, from several goroutines, some of whose owners die: memory
// stays what it was when the ring was full.
//
//nolint:paralleltest // the heap is that of all tests which run at the moment
func TestMemoryDeduper_ConstantMemory(t *testing.T) {
	d := &djamo.MemoryDeduper{Remember: 100}
	deliver := func(from, to int) {
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for i := from + worker; i < to; i += 4 {
					key := "transactions/completed:" + strconv.Itoa(i)
					got, err := d.Claim(t.Context(), key, "a", time.Microsecond)
					if got != djamo.ClaimGranted || err != nil {
						t.Errorf("delivery %d: got %s and %v", i, got, err)
					}
					if i%10 == 0 {
						continue // killed
					}
					if err := d.Done(t.Context(), key, "a"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	}
	deliver(0, 5_000)
	before := heap()
	deliver(5_000, 105_000)
	require.Less(t, heap(), before+1<<20, "bytes on the heap, that were %d", before)
	runtime.KeepAlive(d)
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestClaim_String(t *testing.T) {
	t.Parallel()
	for claim, want := range map[djamo.Claim]string{
		djamo.ClaimHeld: "held", djamo.ClaimGranted: "granted", djamo.ClaimDone: "done", 3: "Claim(3)", -1: "Claim(-1)",
	} {
		require.Equal(t, want, claim.String())
	}
}

func TestClaim_ZeroPromisesNothing(t *testing.T) {
	t.Parallel()
	var forgotten djamo.Claim
	require.NotEqual(t, djamo.ClaimGranted, forgotten)
	require.NotEqual(t, djamo.ClaimDone, forgotten)
}

func BenchmarkMemoryDeduper(b *testing.B) {
	d := djamo.MemoryDeduper{Remember: 1 << 14} // so few that a key is forgotten when it comes again
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = fmt.Sprintf("transactions/completed:%036d:completed:2026-06-30T10:00:00.000Z", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := keys[i%len(keys)]
		if got, err := d.Claim(b.Context(), key, "a", time.Minute); got != djamo.ClaimGranted || err != nil {
			b.Fatal(got, err)
		}
		if err := d.Done(b.Context(), key, "a"); err != nil {
			b.Fatal(err)
		}
	}
}

// What a handler does with a Deduper: of two copies of one delivery the first is handled, the second waits for how that
// ends, and a third that comes later has nothing left to do.
func ExampleMemoryDeduper() {
	ctx := context.Background()
	var deduper djamo.MemoryDeduper
	claim := func(owner string) djamo.Claim {
		answer, err := deduper.Claim(ctx, "transactions/completed:6ae4:completed", owner, time.Minute)
		if err != nil {
			log.Fatal(err)
		}
		return answer
	}

	fmt.Println("first copy:", claim("attempt 1"))
	fmt.Println("second copy:", claim("attempt 2"))
	if err := deduper.Done(ctx, "transactions/completed:6ae4:completed", "attempt 1"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("third copy:", claim("attempt 3"))
	// Output:
	// first copy: granted
	// second copy: held
	// third copy: done
}
