package walletsync

import (
	"math"
	"slices"
	"strings"
	"time"
)

// place is what a Runner keeps of each wallet. There may be a million of them, nearly all of them idle, so it is small: the rest
// is in a memory, which only a wallet has that is being read or that is not simply in step.
type place struct {
	id      string
	consent string  // of the reads that are counted
	memory  *memory // nil: in step, and nothing to remember
	fence   int64   // of the lease; 0: another has it, or nobody
	due     time.Duration
	lastOK  time.Duration
	since   time.Duration // of the first read that is counted
	count   int32         // of the reads that found nothing and are not recorded yet
	queued  int32         // place in the heap, -1 when it is not there
	idle    uint8         // reads in a row that found nothing
	reached bool          // in step once, in this process
	busy    bool
	poked   bool
}

// never is a time that has not come yet.
const never = time.Duration(math.MinInt64)

// at is a time as a place keeps it: since the Runner was made, so that clocks that are set do not move it.
func (r *Runner) at(when time.Time) time.Duration {
	if when.IsZero() {
		return never
	}
	return when.Sub(r.made)
}

// find is the place of a wallet, nil when it is not among those of the Runner.
func (r *Runner) find(id string) *place {
	i, ok := slices.BinarySearchFunc(r.wallets, id, func(p place, id string) int { return strings.Compare(p.id, id) })
	if !ok {
		return nil
	}
	return &r.wallets[i]
}

// remember gives a wallet a memory, made of what its place has.
func (r *Runner) remember(p *place) *memory {
	if p.memory == nil {
		p.memory = &memory{idle: int(p.idle), reached: p.reached}
	}
	m := p.memory
	m.storing = r.storing
	if !p.busy { // else it is the read's
		m.lease = Lease{Wallet: p.id, Owner: r.engine.Owner, Fence: p.fence}
		m.nextLive = time.Time{}
		if p.due != never {
			m.nextLive = r.made.Add(p.due)
		}
	}
	return m
}

// forget ends a memory that holds no more than its place does.
func (r *Runner) forget(p *place) {
	m := p.memory
	p.idle, p.reached = uint8(min(m.idle, math.MaxUint8)), m.reached //nolint:gosec // it fits
	if m.reached && !m.ended && !m.backfilling && m.known == nil && m.came == [2]*returns{} && m.gaveUp == nil && m.warnedAt.IsZero() &&
		m.confirming == [2]int{} && m.failed+m.historyFailed+m.restarts+m.historyRestarts+m.announced == 0 {
		p.memory = nil
	}
}

// dueHeap orders wallets by when they are read next.
type dueHeap []*place //nolint:recvcheck // as container/heap has them

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].queued, h[j].queued = int32(i), int32(j) //nolint:gosec // there are fewer wallets than that
}

func (h *dueHeap) Push(x any) {
	p, _ := x.(*place)
	p.queued = int32(len(*h)) //nolint:gosec // as above
	*h = append(*h, p)
}

func (h *dueHeap) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	p.queued = -1
	return p
}
