package dedupertest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/djamo/djamo-go"
)

const (
	copies   = 50 // of one delivery, at the same moment
	machines = 5  // that they reach
)

// concurrently calls f from as many goroutines as there are copies, each on one of the machines, and waits for them. They
// start at the same moment. The first error that one of them returns ends the others and fails the case.
func (t *trial) concurrently(f func(d djamo.Deduper, owner string) error) {
	t.Helper()
	handles := []djamo.Deduper{t.one, t.two}
	for len(handles) < machines {
		handles = append(handles, t.open(t.TB))
	}
	start := make(chan struct{})
	failed := make(chan error, copies)
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() {
			<-start
			if err := f(handles[i%machines], fmt.Sprintf("copy %d", i+1)); err != nil {
				failed <- fmt.Errorf("copy %d of %d on machine %d of %d: %w", i+1, copies, i%machines+1, machines, err)
				t.giveUp()
			}
		})
	}
	close(start)
	all.Wait()
	close(failed)
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
}

// counts is how often each answer was given.
type counts [djamo.ClaimDone + 1]atomic.Int64

// add counts an answer, if it is one.
func (c *counts) add(got djamo.Claim) error {
	if got < 0 || int(got) >= len(c) {
		return fmt.Errorf("got %s, which is no answer", got)
	}
	c[got].Add(1)
	return nil
}

// oneGranted fails unless one copy was granted the key and all others were held.
func (t *trial) oneGranted(key string, c *counts) {
	t.Helper()
	granted, held, done := c[djamo.ClaimGranted].Load(), c[djamo.ClaimHeld].Load(), c[djamo.ClaimDone].Load()
	if granted != 1 || held != copies-1 {
		t.Fatalf("%d copies claimed %s: granted %d, held %d, done %d; want 1 granted and %d held",
			copies, shown(key), granted, held, done, copies-1)
	}
}

func oneOfMany(t *trial) {
	var answers counts
	t.concurrently(func(d djamo.Deduper, owner string) error {
		got, err := d.Claim(t.ctx, t.key, owner, long)
		if err != nil {
			return err
		}
		return answers.add(got)
	})
	t.oneGranted(t.key, &answers)
}

func oneOfManyEach(t *trial) {
	answers := make([]counts, 40)
	t.concurrently(func(d djamo.Deduper, owner string) error {
		for i := range answers {
			got, err := d.Claim(t.ctx, fmt.Sprint(t.key, ":", i), owner, long)
			if err != nil {
				return err
			}
			if err := answers[i].add(got); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range answers {
		t.oneGranted(fmt.Sprint(t.key, ":", i), &answers[i])
	}
}

func oneOfManyExpired(t *trial) {
	t.claims(t.one, t.key, "dead", brief, djamo.ClaimGranted)
	t.outlive()
	oneOfMany(t)
}

// oneDoesIt is what happens to one delivery: some copies fail at it first, one carries it out, all learn of it.
func oneDoesIt(t *trial) {
	const fail = 3
	var running, runs, done atomic.Int64
	t.concurrently(func(d djamo.Deduper, owner string) error {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			got, err := d.Claim(t.ctx, t.key, owner, long)
			if err != nil {
				return err
			}
			switch got {
			case djamo.ClaimDone:
				if done.Load() == 0 {
					return fmt.Errorf("%s was told done before anybody said so", owner)
				}
				return nil
			case djamo.ClaimGranted:
				if n := running.Add(1); n > 1 {
					return fmt.Errorf("%d copies hold the claim at the same moment", n)
				}
				n := runs.Add(1)
				running.Add(-1)
				switch {
				case n <= fail:
					err = d.Release(t.ctx, t.key, owner)
				case n == fail+1:
					done.Add(1)
					err = d.Done(t.ctx, t.key, owner)
				default:
					return fmt.Errorf("%s was granted the claim after it was done", owner)
				}
				if err != nil {
					return err
				}
			case djamo.ClaimHeld:
			}
			<-tick.C
		}
	})
}
