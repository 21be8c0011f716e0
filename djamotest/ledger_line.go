package djamotest

import "slices"

// ledgerLine is the stored form of an entry: two for each transfer, with nothing that the garbage collector has to look at.
type ledgerLine struct {
	at, call       int64
	delta, balance int64
	place          uint32 // of the transfer, charge or refusal among all of its kind, counted from 1; 0 for the balance alone
	kind           uint8  // its place among allKinds
	route          uint8  // its place in the table, counted from 1; 0 for none
}

//nolint:gochecknoglobals // a table
var allKinds = [...]EntryKind{
	TransferAccepted, TransferCompleted, TransferFailed, TransferRefused,
	ChargeAccepted, ChargeCollected, ChargeGivenBack, ChargeExpired, ChargeGivenUp, ChargePaymentFailed, ChargeRefused, BalanceSet,
}

// pack makes the stored form of an entry.
func (s *state) pack(e entry) ledgerLine {
	line := ledgerLine{at: e.at, call: e.call, delta: e.delta, balance: e.balance}
	line.kind = uint8(slices.Index(allKinds[:], e.kind)) //nolint:gosec // there are twelve
	if e.route != nil {
		line.route = e.route.number
	}
	switch {
	case e.transaction != nil:
		line.place = e.transaction.number
	case e.charge != nil:
		line.place = e.charge.number
	case e.refusal != nil:
		s.refusals = append(s.refusals, *e.refusal)
		line.place = uint32(len(s.refusals)) //nolint:gosec // memory ends before
	}
	return line
}

// entryAt is a line of the ledger with what it is about.
func (a *API) entryAt(i int) entry {
	line := &a.ledger[i]
	e := entry{at: line.at, kind: allKinds[line.kind], call: line.call, delta: line.delta, balance: line.balance}
	if line.route > 0 {
		e.route = &a.table[line.route-1]
	}
	switch e.kind {
	case TransferAccepted, TransferCompleted, TransferFailed:
		e.transaction = a.numbered(line.place)
	case TransferRefused, ChargeRefused:
		e.refusal = &a.refusals[line.place-1]
	case BalanceSet:
	default:
		e.charge = a.charges[line.place-1]
	}
	return e
}
