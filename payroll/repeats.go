package payroll

import (
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/djamo/djamo-go"
)

// Repeated references, and payees with the same amount, are found by the hashes of rows, 16 bytes for each. As many
// hashes as there is room for are held at a time. A source with more rows is read once more for every part of the range
// of hashes that fits. Rows whose hashes meet are compared as they are before anything is called a repeat, so a hash of
// 64 bits is enough.

// roomForKeys is how many hashes of a kind are held: 4 MB, enough for 196,000 rows in a single reading.
const roomForKeys = 1 << 18

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

// keys are the hashes of one kind in one part of their range.
type keys struct {
	part, parts uint64
	room        int
	held        []key
	full        bool // there were more than there is room for: what was found is worth nothing
	found       repeatList
}

func (k *keys) add(hash uint64, row int64) {
	if k.full || hash%k.parts != k.part {
		return
	}
	if len(k.held) == k.room {
		k.compact()
		if k.full = len(k.held) > k.room/4*3; k.full {
			k.held = k.held[:0]
			return
		}
	}
	k.held = append(k.held, key{hash: hash, row: row})
}

// compact notes the repeats among what is held and keeps the first row of each hash.
func (k *keys) compact() {
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
func (k *keys) end() {
	if !k.full {
		k.compact()
	}
	k.held = k.held[:0]
}

// restart forgets everything.
func (k *keys) restart(parts uint64) {
	k.parts, k.full, k.held, k.found = parts, false, k.held[:0], repeatList{limit: k.found.limit}
}

// repeats are those of the references and those of what is paid.
type repeats struct {
	references, payments keys
	seed                 maphash.Seed
}

func newRepeats(limit, room int) *repeats {
	k := keys{parts: 1, room: room, found: repeatList{limit: limit}}
	return &repeats{references: k, payments: k, seed: maphash.MakeSeed()}
}

// payment is who gets how much.
type payment struct {
	msisdn djamo.MSISDN
	amount djamo.XOF
}

func paymentOf(r row) payment { return payment{r.payout.MSISDN, r.payout.Amount} }

// add notes a row, but for what is missing in it or wrong.
func (f *repeats) add(r row) {
	if r.payout.Reference != "" {
		f.references.add(maphash.String(f.seed, r.payout.Reference), r.payout.ID)
	}
	if p := paymentOf(r); p.msisdn != "" && p.amount != 0 {
		f.payments.add(maphash.Comparable(f.seed, p), r.payout.ID)
	}
}

func (f *repeats) full() bool { return f.references.full || f.payments.full }

// finish ends the first reading of the source's rows and reads them again, part by part, if there were too many.
func (f *repeats) finish(read rows, count int64) error {
	f.references.end()
	f.payments.end()
	for parts := int64(1); f.full(); {
		// Parts of two thirds of the room: hashes spread evenly enough for none of them to reach three quarters.
		parts = max(2*parts, 1+count/(int64(f.references.room)/3*2))
		f.references.restart(uint64(parts))
		f.payments.restart(uint64(parts))
		for part := uint64(0); part < uint64(parts) && !f.full(); part++ {
			f.references.part, f.payments.part = part, part
			if err := read(func(r row) bool { f.add(r); return !f.full() }); err != nil {
				return err
			}
			f.references.end()
			f.payments.end()
		}
	}
	f.references.held, f.payments.held = nil, nil
	f.references.found.trim()
	f.payments.found.trim()
	return nil
}
