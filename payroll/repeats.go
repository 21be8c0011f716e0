package payroll

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/djamo/djamo-go"
)

// Repeated references, and payees with the same amount, are found by the hashes of rows, in memory that does not grow with the
// source. On the first reading, the hashes of each kind set bits of a filter. One whose bits are all set may have come before: it
// is a candidate. Most sources have none, and are not read again. Otherwise, rows whose hashes are candidates are held on a second
// reading, 16 bytes for each, and the repeats are among them. Rows with equal hashes are compared as they are before anything is
// called a repeat, so a hash of 64 bits is enough. A source with more rows than the filter tells apart, or with more candidates than
// there is room for, is read twice more for every part of the range of hashes.

// roomForKeys is how many hashes of a kind are held at most, 1 MB. The filter has 128 bits for each, 1 MB as well: enough for
// rowsPerKey times as many rows, a million, of which one in two hundred is a candidate then.
const (
	roomForKeys = 1 << 16
	bitsPerKey  = 128
	rowsPerKey  = 16
	probes      = 6 // bits for a hash
)

// repeat is a row that says again what an earlier one said.
type repeat struct{ first, again int64 } // their places in the source

// repeatList keeps the repeats that come first in the source and counts the rest.
type repeatList struct {
	limit int
	kept  []repeat
	more  int
}

func (l *repeatList) add(r repeat) {
	l.kept = append(l.kept, r)
	if len(l.kept) >= 2*l.limit+64 {
		l.trim()
	}
}

func (l *repeatList) trim() {
	slices.SortFunc(l.kept, func(a, b repeat) int { return cmp.Compare(a.again, b.again) })
	over := max(0, len(l.kept)-l.limit)
	l.kept = l.kept[:len(l.kept)-over]
	l.more += over
}

type key struct {
	hash uint64
	row  int64
}

// kind is the hashes of one kind in one part of their range.
type kind struct {
	room int
	full bool // there were more candidates than there is room for: what was found is worth nothing

	few        []uint64 // the first hashes, as long as they are not worth a filter
	filter     []uint64
	candidates []uint64 // in order once the first reading has ended

	held  []key // of the second reading
	found repeatList
}

// add notes a hash on the first reading.
func (k *kind) add(hash uint64) {
	switch {
	case k.full:
	case k.filter != nil:
		k.mark(hash)
	case len(k.few) < k.room/rowsPerKey:
		k.few = append(k.few, hash)
	default:
		k.filter = make([]uint64, k.room*bitsPerKey/64)
		for _, h := range append(k.few, hash) {
			k.mark(h)
		}
		k.few = nil
	}
}

// mark sets the bits of a hash, and notes it when all of them were set.
func (k *kind) mark(hash uint64) {
	seen, at, step, size := true, hash&math.MaxUint32, hash>>24&math.MaxUint32|1, uint64(len(k.filter))*64
	for range probes {
		bit := at % size
		word, mask := &k.filter[bit/64], uint64(1)<<(bit%64)
		seen = seen && *word&mask != 0
		*word |= mask
		at += step
	}
	if !seen {
		return
	}
	if k.candidates = append(k.candidates, hash); len(k.candidates) >= k.room {
		k.sortCandidates()
	}
}

// sortCandidates keeps each candidate once.
func (k *kind) sortCandidates() {
	slices.Sort(k.candidates)
	k.candidates = slices.Compact(k.candidates)
	if len(k.candidates) > k.room/4*3 {
		k.full, k.candidates = true, k.candidates[:0]
	}
}

// endFirst ends the first reading of a part, and reports whether there are candidates.
func (k *kind) endFirst() bool {
	if k.filter == nil {
		slices.Sort(k.few)
		for i := 1; i < len(k.few); i++ {
			if k.few[i] == k.few[i-1] {
				k.candidates = append(k.candidates, k.few[i])
			}
		}
	}
	k.sortCandidates()
	return len(k.candidates) > 0
}

// collect notes a row of the second reading, if its hash is a candidate.
func (k *kind) collect(hash uint64, row int64) {
	if _, candidate := slices.BinarySearch(k.candidates, hash); !candidate {
		return
	}
	if len(k.held) == k.room { // there are fewer candidates, so this makes room
		k.compact()
	}
	k.held = append(k.held, key{hash: hash, row: row})
}

// compact notes the repeats among what is held and keeps the first row of each hash.
func (k *kind) compact() {
	slices.SortFunc(k.held, func(a, b key) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
	kept := k.held[:0]
	for _, next := range k.held {
		if len(kept) > 0 && kept[len(kept)-1].hash == next.hash {
			k.found.add(repeat{first: kept[len(kept)-1].row, again: next.row})
		} else {
			kept = append(kept, next)
		}
	}
	k.held = kept
}

// end notes the last repeats of a part and makes room for the next.
func (k *kind) end() {
	k.compact()
	k.held, k.candidates, k.few = k.held[:0], k.candidates[:0], k.few[:0]
	clear(k.filter)
}

// restart forgets everything.
func (k *kind) restart() {
	k.end()
	k.full, k.found = false, repeatList{limit: k.found.limit}
}

// repeats are those of the references, of what they look like, and of what is paid.
type repeats struct {
	references, alike, payments kind
	seed                        maphash.Seed
	part, parts                 uint64 // of the range of hashes
	second                      bool   // the part is read the second time
}

func newRepeats(limit, room int) *repeats {
	k := kind{room: room, found: repeatList{limit: limit}}
	return &repeats{references: k, alike: k, payments: k, seed: maphash.MakeSeed(), parts: 1}
}

// all are the hashes of every kind.
func (f *repeats) all() []*kind { return []*kind{&f.references, &f.alike, &f.payments} }

// letterForms are the letters that stand for digits when people copy what they see.
const letterForms = "OoIl|"

// lookOf is what a reference looks like: the same for EMP-01, EMP-0I and EMP-Ol. References with other differences have
// other looks.
func lookOf(reference string) string {
	if !strings.ContainsAny(reference, letterForms) {
		return reference
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case 'O', 'o':
			return '0'
		case 'I', 'l', '|':
			return '1'
		}
		return r
	}, reference)
}

// payment is who gets how much.
type payment struct {
	msisdn djamo.MSISDN
	amount djamo.XOF
}

func paymentOf(r row) payment { return payment{r.payout.MSISDN, r.payout.Amount} }

// add notes a row, but for what is missing in it or wrong.
func (f *repeats) add(r row) {
	if reference := r.payout.Reference; reference != "" {
		hash := maphash.String(f.seed, reference)
		f.note(&f.references, hash, r)
		if !r.derived { // nobody copies those by hand
			if look := lookOf(reference); look != reference {
				hash = maphash.String(f.seed, look)
			}
			f.note(&f.alike, hash, r)
		}
	}
	if p := paymentOf(r); p.msisdn != "" && p.amount != 0 {
		f.note(&f.payments, maphash.Comparable(f.seed, p), r)
	}
}

func (f *repeats) note(k *kind, hash uint64, r row) {
	part, _ := bits.Mul64(hash, f.parts)
	switch {
	case part != f.part:
	case f.second:
		k.collect(hash, r.payout.ID)
	default:
		k.add(hash)
	}
}

func (f *repeats) full() bool {
	return slices.ContainsFunc(f.all(), func(k *kind) bool { return k.full })
}

// finish ends the first reading of the source's rows, of which there are so many, and reads them again: once if there are
// candidates, or part by part if there are too many.
func (f *repeats) finish(read rows, count int64) error {
	again := func() error {
		seen, full := int64(0), false
		err := read(func(r row) bool {
			f.add(r)
			seen, full = seen+1, f.full()
			return !full
		})
		if err == nil && !full && seen != count {
			err = errChanged()
		}
		return err
	}
	err := f.readCandidates(again)
	for err == nil && f.full() {
		f.parts = max(2*f.parts, 1+uint64(count)/uint64(max(1, f.references.room*rowsPerKey))) //nolint:gosec // neither is negative
		for _, k := range f.all() {
			k.restart()
		}
		for f.part = 0; f.part < f.parts && !f.full() && err == nil; f.part++ {
			if err = again(); err == nil {
				err = f.readCandidates(again)
			}
		}
	}
	for _, k := range f.all() {
		k.found.trim()
		*k = kind{found: k.found}
	}
	return err
}

// readCandidates ends the first reading of a part with the second, where there is anything to look for.
func (f *repeats) readCandidates(again func() error) (err error) {
	candidates := false
	for _, k := range f.all() {
		candidates = k.endFirst() || candidates
	}
	if candidates && !f.full() {
		f.second = true
		err = again()
		f.second = false
	}
	for _, k := range f.all() {
		k.end()
	}
	return err
}

// errChanged is a source that was not the same each time it was read.
func errChanged() error {
	return fmt.Errorf("%w: it was changed while it was read: read it again", ErrBadPlan)
}
