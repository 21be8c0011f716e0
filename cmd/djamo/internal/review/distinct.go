package review

import (
	"encoding/binary"
	"slices"
)

// distinct counts different numbers in little memory: what was met is kept in order, as the steps from one number to the next.
// Phone numbers of a country take two bytes each where there are a million of them, and fewer where there are more.
type distinct struct {
	steps  []byte
	count  int
	latest []uint64 // not among the steps yet, in no order
}

// maxLatest is how many numbers are put in order at once.
const maxLatest = 1 << 15

func (d *distinct) add(number uint64) {
	if d.latest = append(d.latest, number); len(d.latest) == maxLatest {
		d.merge()
	}
}

// merge takes the latest numbers in among the others.
func (d *distinct) merge() {
	slices.Sort(d.latest)
	latest := slices.Compact(d.latest)
	merged := make([]byte, 0, len(d.steps)+3*len(latest))
	count, last := 0, uint64(0)
	put := func(number uint64) {
		if count == 0 || number != last {
			merged = binary.AppendUvarint(merged, number-last)
			count, last = count+1, number
		}
	}
	for known, left := uint64(0), d.steps; len(left) > 0; {
		step, size := binary.Uvarint(left)
		known, left = known+step, left[size:]
		for len(latest) > 0 && latest[0] < known {
			put(latest[0])
			latest = latest[1:]
		}
		put(known)
	}
	for _, number := range latest {
		put(number)
	}
	d.steps, d.count, d.latest = merged, count, d.latest[:0]
}

// total is how many different numbers there are.
func (d *distinct) total() int {
	d.merge()
	return d.count
}
