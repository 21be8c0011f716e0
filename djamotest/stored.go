package djamotest

import (
	"hash/maphash"
	"strconv"
	"strings"
)

// transaction is the stored form; small, because there can be millions.
type transaction struct {
	idHi, idLo           uint64 // of its id, unless about has another
	text                 string // reference and description, in one piece of memory
	phone                uint64 // its digits
	amount, fee          int64
	createdAt, updatedAt int64
	request              int64
	about                *circumstances // nil for most
	number               uint32         // its place among all, counted from 1
	previous             uint32         // the number of an earlier one with the same reference (WithRepeatedReferences)
	referenceBytes       uint32         // of text
	status               transferStatus
}

// circumstances are what most transfers do not have, and what those of one batch have in common.
type circumstances struct {
	batch         *batch
	subCompany    *subCompany
	failureReason string
	id            string // one that a snapshot brought and that is none of ours
}

// transferStatus is a status in one byte.
type transferStatus uint8

const (
	pending transferStatus = iota
	completed
	failed
)

func (s transferStatus) String() string {
	return [...]string{pending: StatusPending, completed: StatusCompleted, failed: StatusFailed}[s]
}

const transferPrefix = "txn_"

func (t *transaction) id() string {
	if other := t.circumstances().id; other != "" {
		return other
	}
	return transferPrefix + writeUUID(t.idHi, t.idLo)
}

// setID takes the id of a snapshot, which need not be one of ours.
func (s *state) setID(t *transaction, id string) {
	hi, lo, ok := parseID(id)
	if ok {
		t.idHi, t.idLo = hi, lo
		return
	}
	about := t.circumstances()
	about.id = id
	t.about = s.share(about)
}

// parseID reads an id that id writes exactly so.
func parseID(id string) (hi, lo uint64, ok bool) {
	uuid, ok := strings.CutPrefix(id, transferPrefix)
	if !ok || len(uuid) != 36 {
		return 0, 0, false
	}
	digits := strings.ReplaceAll(uuid, "-", "")
	if len(digits) != 32 {
		return 0, 0, false
	}
	hi, errHi := strconv.ParseUint(digits[:16], 16, 64)
	lo, errLo := strconv.ParseUint(digits[16:], 16, 64)
	return hi, lo, errHi == nil && errLo == nil && writeUUID(hi, lo) == uuid
}

func (t *transaction) reference() string   { return t.text[:t.referenceBytes] }
func (t *transaction) description() string { return t.text[t.referenceBytes:] }

func (t *transaction) setText(reference, description string) {
	t.text, t.referenceBytes = reference+description, uint32(len(reference)) //nolint:gosec // memory ends before
}

// msisdn is the phone number; whatever is accepted has one of at most 15 digits.
func (t *transaction) msisdn() string { return "+" + strconv.FormatUint(t.phone, 10) }

func (t *transaction) setMSISDN(msisdn string) {
	t.phone, _ = strconv.ParseUint(strings.TrimPrefix(msisdn, "+"), 10, 64) // validMSISDN has accepted it
}

func (t *transaction) circumstances() circumstances {
	if t.about == nil {
		return circumstances{}
	}
	return *t.about
}

func (t *transaction) failureReason() string   { return t.circumstances().failureReason }
func (t *transaction) batch() *batch           { return t.circumstances().batch }
func (t *transaction) subCompany() *subCompany { return t.circumstances().subCompany }

// share returns circumstances that the transfer before may have too: those of one batch come one after the other.
func (s *state) share(c circumstances) *circumstances {
	switch {
	case c == (circumstances{}):
		return nil
	case s.shared == nil || *s.shared != c:
		s.shared = &c
	}
	return s.shared
}

// newTransaction is memory for one: they are made many at a time, which costs less of it.
func (s *state) newTransaction() *transaction {
	const together = 64
	if len(s.spare) == 0 {
		s.spare = make([]transaction, together)
	}
	t := &s.spare[0]
	s.spare = s.spare[1:]
	return t
}

// add makes a transfer one of the account's, behind those that are there.
func (s *state) add(t *transaction) {
	s.transactions = append(s.transactions, t)
	t.number = uint32(len(s.transactions)) //nolint:gosec // memory ends before
	s.byID.add(s.idHash(t), t.number)      // ids are never the same
	if before, slot := s.latest(t.reference()); before != nil {
		t.previous = before.number
		s.byReference.replace(slot, t.number)
		return
	}
	s.byReference.add(s.hash(t.reference()), t.number)
}

func (s *state) hash(text string) uint64 { return maphash.String(s.hashSeed, text) }

func (s *state) idHash(t *transaction) uint64 {
	if other := t.circumstances().id; other != "" {
		return s.hash(other)
	}
	return hashUUID(t.idHi, t.idLo)
}

func hashUUID(hi, lo uint64) uint64 { return mix(hi ^ mix(lo)) }

// withID is nil where there is none.
func (s *state) withID(id string) *transaction {
	hi, lo, ours := parseID(id)
	hash := hashUUID(hi, lo)
	if !ours {
		hash = s.hash(id)
	}
	for number, slot := s.byID.first(hash); number != 0; number, slot = s.byID.next(hash, slot) {
		t := s.numbered(number)
		if other := t.circumstances().id; ours && other == "" && t.idHi == hi && t.idLo == lo || other != "" && other == id {
			return t
		}
	}
	return nil
}

// withLatest is the newest transfer with a reference; older ones hang on it by previous.
func (s *state) withLatest(reference string) *transaction {
	t, _ := s.latest(reference)
	return t
}

// latest is withLatest, with the transfer's slot.
func (s *state) latest(reference string) (t *transaction, slot int) {
	hash := s.hash(reference)
	number, slot := s.byReference.first(hash)
	for ; number != 0; number, slot = s.byReference.next(hash, slot) {
		if t := s.numbered(number); t.reference() == reference {
			return t, slot
		}
	}
	return nil, 0
}

// numbered is nil for 0.
func (s *state) numbered(number uint32) *transaction {
	if number == 0 {
		return nil
	}
	return s.transactions[number-1]
}
